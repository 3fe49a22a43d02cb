"""Brings the Node packages of the edge into place, once: `npm ci` beside the lock file, guarded against a second starter."""

import fcntl
import shutil
import subprocess
from pathlib import Path

EDGE = Path(__file__).parent / "edge"
_MARK = EDGE / "node_modules" / ".sandbox-installed"


class InstallError(Exception):
    """npm could not install; the message says what to do."""


def install() -> None:
    """Does nothing where the packages of this very lock file are installed. Takes about ten seconds otherwise."""
    lock = (EDGE / "package-lock.json").read_text()
    if _installed(lock):
        return
    with (EDGE / "package-lock.json").open() as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not _installed(lock):
            _npm_ci()
            _MARK.write_text(lock)


def _installed(lock: str) -> bool:
    return _MARK.exists() and _MARK.read_text() == lock


def _npm_ci() -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise InstallError("npm is missing: install Node 20 or newer, which brings it.")
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(command, cwd=EDGE, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise InstallError(f"`npm ci` in {EDGE} failed:\n{done.stderr[-2000:]}")
