"""What secrets look like: so that they are found in outrider.toml, and not repeated in what is said about it."""

import re

# Forms of tokens as their vendors publish them for secret scanning.
_FORMS = (
    r"xox[abeprs]-[\w-]{10,}",
    r"xapp-[\w-]{10,}",
    r"gh[oprsu]_\w{30,}",
    r"github_pat_\w{30,}",
    r"\d{8,10}:[\w-]{35}",
    r"[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,}",
    r"AKIA[0-9A-Z]{16}",
    r"sk-[\w-]{20,}",
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*",
)
_TOKEN = re.compile("|".join(f"(?:{one})" for one in _FORMS), re.ASCII | re.DOTALL)
_CREDENTIAL = re.compile(r"(?<=://)[^/@\s]+(?=@)")


def looks_secret(text: str) -> bool:
    """True for text that holds something of a token's form."""
    return _TOKEN.search(text) is not None


def has_credential(text: str) -> bool:
    """True for an address with a name or password in it."""
    return _CREDENTIAL.search(text) is not None


def masked(text: str) -> str:
    """The text with dots in place of tokens and credentials."""
    return _CREDENTIAL.sub("…", _TOKEN.sub("…", text))
