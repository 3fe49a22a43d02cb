"""Which version answers a request: pure.

Sources: Cloudflare's documentation of gradual deployments, version overrides and version affinity.
"""

import hashlib
import re
from collections.abc import Sequence

OVERRIDES = "Cloudflare-Workers-Version-Overrides"
AFFINITY = "Cloudflare-Workers-Version-Key"
_OVERRIDE = re.compile(r'\s*([a-z*][a-z0-9_*.-]*)=(?:"([^"]*)"|[A-Za-z*][\w.:/*-]*)\s*')
"""A member of the dictionary as RFC 8941 has it, with a string or a token; what is none spoils the whole header."""
_PREVIEW = re.compile(r"(?P<prefix>[0-9a-f]{8})-(?P<script>.+)")

Shares = Sequence[tuple[str, float]]
"""(version id, percentage), newest version first."""


def script_and_prefix(host: str, known: Sequence[str], domains: Sequence[str]) -> tuple[str, str] | None:
    """The Worker of a host name, and the first 8 digits of the version in its own URL (else ''); None if unknown."""
    name = host.rsplit(":", 1)[0].lower()
    label = next((name.removesuffix(f".{one}") for one in domains if name.endswith(f".{one}")), None)
    if label is None:
        return None
    if label in known:
        return label, ""
    preview = _PREVIEW.fullmatch(label)
    return (preview["script"], preview["prefix"]) if preview and preview["script"] in known else None


def override(header: str, script: str) -> str | None:
    """The version id that the header asks for this Worker; None where it says nothing of it, or cannot be read."""
    parts = [_OVERRIDE.fullmatch(part) for part in header.split(",")]
    asked = {part[1]: part[2] for part in parts if part}
    return asked.get(script) if all(parts) else None


def choose(shares: Shares, script: str, overrides: str, key: str, chance: float) -> str:
    """The version for one request. `chance` is a random number in [0, 1).

    An override holds only for a version of the deployment, at whatever share; else it is as if it were not there.
    A key always falls on the same point, and the newest version grows from 0: who has it keeps it as its share rises.
    """
    wanted = override(overrides, script) if overrides else None
    if wanted is not None and any(version == wanted for version, _ in shares):
        return wanted
    point = (_point(script, key) if key else chance) * 100
    for version, share in shares:
        if point < share:
            return version
        point -= share
    return shares[-1][0]


def _point(script: str, key: str) -> float:
    digest = hashlib.sha256(f"{script}\0{key}".encode()).digest()
    return int.from_bytes(digest[:7], "big") / float(1 << 56)
