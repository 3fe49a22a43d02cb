"""The address of a repository, and the credential that may stand in it."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

_SCP = re.compile(r"[\w.-]+@[\w.-]+:[^/].*", re.ASCII)
SCHEMES = ("https", "http", "ssh", "git", "file")


@dataclass(frozen=True, slots=True)
class Credential:
    """What git may show to the host of a repository over HTTP."""

    name: str
    word: str = field(repr=False)
    """The token or password."""


@dataclass(frozen=True, slots=True)
class Repo:
    """Where a repository is. `address` is without any credential and safe to print."""

    address: str
    credential: Credential | None = None


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
        port = parts.port
    except ValueError:
        return "is no address of a repository"
    if parts.scheme not in SCHEMES:
        return f"has a scheme that git is not asked to follow; use {', '.join(SCHEMES)} or a path"
    if parts.scheme != "file" and not parts.hostname:
        return "names no host"
    return _without_credential(parts, port)


def _without_credential(parts: SplitResult, port: int | None) -> Repo:
    """`https://token@host` and `https://name:token@host` carry a secret; the name in `ssh://git@host` is none."""
    if not (parts.username or parts.password):
        return Repo(urlunsplit(parts))
    bare = f"[{parts.hostname}]" if ":" in str(parts.hostname) else str(parts.hostname)
    host = f"{bare}:{port}" if port else bare
    name, word = unquote(parts.username or ""), unquote(parts.password or "")
    if parts.scheme == "ssh" and not word:
        return Repo(urlunsplit(parts))
    address = urlunsplit(parts._replace(netloc=host))
    return Repo(address, Credential(name, word) if word else Credential("x-access-token", name))
