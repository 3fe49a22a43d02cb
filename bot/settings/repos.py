"""The address of a repository, and the token that may stand in it."""

import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit

from bot.settings.tokens import looks_secret

_SCP = re.compile(r"[\w.-]+@[\w.-]+:[^/].*", re.ASCII)
SCHEMES = ("https", "ssh", "file")
_NO_PASSWORD = ("", "x-oauth-basic")
"""What stands where a password would be when the name is the token."""


@dataclass(frozen=True, slots=True)
class Repo:
    """Where a repository is. `address` has no secret in it; `server` is the address without a name too."""

    address: str
    server: str = ""
    token: str = field(default="", repr=False)


def read_repo(text: str, folder: Path) -> Repo | str:
    """The repository that the text names, or what is wrong with it. A relative path begins at `folder`."""
    if text.startswith("-") or not text.isprintable():
        return "is no address of a repository"
    if _SCP.fullmatch(text):
        return Repo(text)
    if "://" not in text:
        return Repo(str((folder / Path(text).expanduser()).resolve()))
    try:
        parts = urlsplit(text)
        host = _host(parts)
    except ValueError:
        return "is no address of a repository"
    if parts.scheme == "file":
        return Repo(text)
    if not parts.hostname:
        return "names no host"
    if parts.scheme not in SCHEMES and not (parts.scheme == "http" and loopback(parts.hostname)):
        return f"has a scheme that git is not asked to follow; use {', '.join(SCHEMES)} or a path"
    return _without_token(parts, host)


def loopback(host: str) -> bool:
    """True for this machine's own addresses: there plain http harms nobody."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _host(parts: SplitResult) -> str:
    """Host and port, as an address has them; ValueError for a port that is none."""
    bare = f"[{parts.hostname}]" if ":" in str(parts.hostname) else str(parts.hostname)
    return f"{bare}:{parts.port}" if parts.port else bare


def _without_token(parts: SplitResult, host: str) -> Repo:
    """`https://TOKEN@host` and `https://name:TOKEN@host` carry a secret; the name in `ssh://git@host` is none."""
    name, token = unquote(parts.username or ""), unquote(parts.password or "")
    if parts.scheme != "ssh" and (token in _NO_PASSWORD or looks_secret(name)):
        name, token = "", name
    server = urlunsplit(parts._replace(netloc=host))
    named = urlunsplit(parts._replace(netloc=f"{quote(name, safe='')}@{host}")) if name else server
    return Repo(named, server, token)
