"""A repository's address, taken apart: what git may be told on its command line, and what only its
environment.

A credential in the address (`https://TOKEN@host/…`) or in the settings travels as one HTTP header, bound to
that server alone. It is in no argument list, no stored remote and no message.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from bot.ports.errors import Permanent

SCP = re.compile(r"(?:[\w.][\w.-]*@)?[\w][\w.-]*:(?![/\\]{2})[^\s-][^\s]*")
HIDDEN = "•••"


@dataclass(frozen=True, slots=True)
class Address:
    """`url` is safe to show and to pass on; `folder` names the repository's folder in the workspace."""

    url: str
    folder: str
    header: str = field(default="", repr=False)
    """An HTTP header with the credential, empty for none."""
    scope: str = ""
    """The server that the header is for, as the beginning of an address."""
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def scrub(self, text: str) -> str:
        """The text without the credential, in any of the forms that it travels in."""
        for secret in self.secrets:
            text = text.replace(secret, HIDDEN)
        return text


def parse(text: str, tokens: Mapping[str, str]) -> Address:
    """The address of a path, `file://`, `https://`, `ssh://` or `host:path` form; `Permanent` for anything
    else.
    """
    if not text or text.startswith("-") or not text.isprintable():
        raise Permanent("the repository's address is not one: give a path, or an https or ssh address")
    if "://" in text:
        return _of_url(text, tokens)
    if "::" in text:
        raise Permanent("the repository's address names a remote helper: give a path, or an https or ssh address")
    if SCP.fullmatch(text) and not Path(text).exists():
        return Address(text, _folder(text))
    path = str(Path(text).expanduser().absolute())
    return Address(path, _folder(path))


def _of_url(text: str, tokens: Mapping[str, str]) -> Address:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise Permanent("the repository's address cannot be read: check its host and port") from None
    scheme = parts.scheme.lower()
    if scheme not in ("http", "https"):
        return Address(text, _folder(text), secrets=tuple(filter(None, [parts.password])))
    if not parts.hostname:
        raise Permanent("the repository's address has no host")
    scope = f"{scheme}://{parts.hostname}{f':{port}' if port else ''}"
    url = scope + parts.path
    return _with_credential(Address(url, _folder(url), scope=f"{scope}/"), parts, _token(url, tokens))


def _with_credential(plain: Address, parts: SplitResult, token: str) -> Address:
    person, secret = unquote(parts.username or ""), unquote(parts.password or "") or token
    if not person and not secret:
        return plain
    pair = f"{person or 'x-access-token'}:{secret}"
    encoded = base64.b64encode(pair.encode()).decode()
    # A name alone, without a password, is how some write a token.
    secrets = (encoded, *filter(None, [secret, parts.password])) if secret else (encoded, person)
    return Address(plain.url, plain.folder, f"Authorization: Basic {encoded}", plain.scope, secrets)


def _token(url: str, tokens: Mapping[str, str]) -> str:
    """The token of the longest beginning that ends where a part of the address ends."""
    fits = [one for one in tokens if f"{url}/".startswith(f"{one.rstrip('/')}/")]
    return tokens[max(fits, key=len)] if fits else ""


def _folder(url: str) -> str:
    """Readable, and different for different addresses."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", url.rstrip("/").removesuffix(".git").rsplit("/", 1)[-1])
    return f"{name.strip('-')[:40] or 'repository'}-{hashlib.sha256(url.encode()).hexdigest()[:8]}"
