"""Brings the Node packages of the edge into place, once: `npm ci`, guarded against a second starter."""

import fcntl
import json
import shutil
import subprocess
from pathlib import Path

EDGE = Path(__file__).parent / "edge"


class InstallError(Exception):
    """npm could not install; the message says what to do."""


def install() -> None:
    """Does nothing where the packages of this very lock file are installed. Takes about ten seconds otherwise."""
    if _installed():
        return
    with (EDGE / "package-lock.json").open() as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not _installed():
            _npm_ci()


def _installed() -> bool:
    """Whether the packages that npm noted as installed are those of the lock file (some are for other machines)."""
    noted = EDGE / "node_modules" / ".package-lock.json"
    if not noted.exists():
        return False
    wanted, there = (json.loads(one.read_text())["packages"] for one in (EDGE / "package-lock.json", noted))
    same = all(wanted.get(name, {}).get("version") == one["version"] for name, one in there.items())
    return same and {"node_modules/miniflare", "node_modules/workerd"} <= set(there)


def _npm_ci() -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise InstallError("npm is missing: install Node 20 or newer, which brings it.")
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(command, cwd=EDGE, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise InstallError(f"`npm ci` in {EDGE} failed:\n{done.stderr[-2000:]}")
