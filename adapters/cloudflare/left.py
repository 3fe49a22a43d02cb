"""Tails that are open, written down: what a killed bot left behind, its next life takes away.

A tail that nobody deletes stays until it expires, hours later, and a Worker can have ten. The list of a Worker's tails
does not say whose they are, and somebody else's are not the bot's to delete; so the ids of its own are kept in a file
of the workspace. A kill between Cloudflare's answer and the note leaves one tail that nobody knows of.
"""

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

NAME = "tails.json"


class Left:
    """The note, in that folder; nothing is kept without one. One bot writes it at a time, as one holds the journal."""

    def __init__(self, folder: Path | None) -> None:
        self._path = folder / NAME if folder else None

    def opened(self, tail: str, worker: str) -> None:
        """That tail of that Worker is open."""
        self._write({**self.tails(), tail: worker})

    def gone(self, tail: str) -> None:
        """It is not any more."""
        self._write({one: worker for one, worker in self.tails().items() if one != tail})

    def tails(self) -> Mapping[str, str]:
        """Tail -> its Worker, of all that are not known to be gone; empty where the note cannot be read."""
        try:
            found = json.loads(self._path.read_text("utf-8")) if self._path else {}
        except (OSError, ValueError):
            return {}
        return {str(one): str(worker) for one, worker in found.items()} if isinstance(found, dict) else {}

    def _write(self, tails: Mapping[str, str]) -> None:
        """Whole or not at all; what cannot be written down is left to expire."""
        if self._path is None:
            return
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            new = self._path.with_suffix(".new")
            new.write_text(json.dumps(tails), "utf-8")
            os.replace(new, self._path)
