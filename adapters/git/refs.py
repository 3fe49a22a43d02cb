"""Which words may be asked of git as a branch, tag or hash. Pure; nothing reaches git before it has passed
here.

The form is that of `git check-ref-format` (gitrevisions and check-ref-format manual pages), and stricter:
nothing that a terminal or a chat would not show as it is, and nothing that git could take for an option.
"""

import re

MAX_LENGTH = 200
HASH = re.compile(r"[0-9a-f]{4,40}", re.IGNORECASE)
FULL_HASH = re.compile(r"[0-9a-f]{40}")
SIGNS = " ~^:?*[\\"


def problem(ref: str) -> str:
    """What is wrong with the word, as the end of a sentence; empty where it may be asked for."""
    rules = (
        (not ref, "is empty"),
        (len(ref) > MAX_LENGTH, f"is longer than {MAX_LENGTH} characters"),
        (ref.startswith("-"), "begins with a hyphen"),
        (not ref.isprintable(), "has characters that cannot be seen"),
        (any(one.isspace() or one in SIGNS for one in ref), f"has a space or one of {SIGNS.strip()}"),
        (".." in ref or "@{" in ref or ref == "@", "has .. or @{, which name no branch, tag or hash"),
        (
            not all(map(_is_part, ref.split("/"))),
            "has a part that is empty, ends in .lock, or begins with a dot",
        ),
        (ref.endswith("."), "ends with a dot"),
    )
    return next((what for broken, what in rules if broken), "")


def _is_part(part: str) -> bool:
    return bool(part) and not part.startswith(".") and not part.endswith(".lock")


def shown(ref: str) -> str:
    """The word as a sentence may quote it: short, and with nothing that cannot be seen."""
    seen = "".join(one if one.isprintable() else "?" for one in ref)
    return f"{seen[:60]}…" if len(seen) > 60 else seen


def is_hash(ref: str) -> bool:
    """True for 4 to 40 hexadecimal digits."""
    return HASH.fullmatch(ref) is not None


def is_full_hash(sha: str) -> bool:
    """True for all 40 digits, lower case."""
    return FULL_HASH.fullmatch(sha) is not None
