"""The digest of a bundle: SHA-256 over the names and bytes of its modules, in order of their names.

What says nothing about the code is left out: wrangler's README with the time of day, and source maps, which
hold the checkout's path. The random name of a folder that wrangler bundles helpers in stands in comments
and is made the same.
"""

import hashlib
import re
from pathlib import Path

_RANDOM = re.compile(rb"\.wrangler/tmp/([a-z-]+)-[A-Za-z0-9]{6}\b")


def digest(folder: Path) -> str:
    """Of everything below the folder; empty where there is no module."""
    modules = [path for path in sorted(folder.rglob("*")) if path.is_file() and _counts(path, folder)]
    total = hashlib.sha256()
    for path in modules:
        data = _RANDOM.sub(rb".wrangler/tmp/\1", path.read_bytes())
        name = path.relative_to(folder).as_posix().encode()
        total.update(b"%d:%s%d:" % (len(name), name, len(data)))
        total.update(data)
    return total.hexdigest() if modules else ""


def _counts(path: Path, folder: Path) -> bool:
    return path.suffix != ".map" and path.relative_to(folder) != Path("README.md")
