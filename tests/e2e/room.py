"""A chat platform in a folder, so that a test and a bot in another process can talk: a typed fake of `ports.chat`.

`inbox` holds what people typed, one JSON object a line; `offset` how many bytes of it were heard. `outbox` is what a
person would see: cards drawn, notices said, answers given, in their order. All of it outlives a kill of the bot.

It keeps the port's promise about keys: a card that was posted under a key is not posted a second time. A notice that
is said twice is in the outbox twice, for the test to count. While a file `down` is there, the platform is down.
"""

import asyncio
import json
import os
import uuid
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.domain.commands import Origin, Typed
from bot.domain.values import Actor
from bot.ports.chat import Intake, Limits
from bot.ports.errors import Temporary
from bot.view.card import RunCard
from bot.view.notice import Notice

PLATFORM = "console"
ADDRESS = "room"
Json = dict[str, Any]
_LOOK = 0.1
"""Seconds between two looks into the inbox."""


class FileRoom:
    """`Chat` on a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._cards = {one["key"]: one["card"] for one in lines(folder / "outbox") if one["did"] == "draw"}

    @property
    def platform(self) -> str:
        return PLATFORM

    @property
    def limits(self) -> Limits:
        return Limits(min_edit_interval=timedelta(milliseconds=20))

    async def draw(self, address: str, card: RunCard, known: str, key: str) -> str:
        self._refuse_when_down()
        reference = known or self._cards.get(key) or f"card-{uuid.uuid4().hex[:8]}"
        self._cards[key] = reference
        shown = asdict(card)
        self._write({"did": "draw", "key": key, "card": reference, "known": known, "address": address, "shown": shown})
        return reference

    async def say(self, address: str, thread: str, notice: Notice, key: str) -> None:
        self._refuse_when_down()
        self._write({"did": "say", "key": key, "card": thread, "address": address, "notice": asdict(notice)})

    async def listen(self, intake: Intake) -> None:
        while True:
            for said in self._unheard():
                origin = Origin(PLATFORM, ADDRESS)
                intent = Typed(said["text"], Actor(PLATFORM, said["account"]), origin, said["key"])
                for notice in await intake(intent) if await intake.keep(intent) else ():
                    self._write({"did": "answer", "key": said["key"], "notice": asdict(notice)})
                self._heard(said["end"])
            await asyncio.sleep(_LOOK)

    async def probe(self) -> None:
        """What is written into the inbox is read, whether the room takes cards or not."""

    def _unheard(self) -> list[Json]:
        """Lines after the offset, each with where it ends."""
        offset, inbox = self._folder / "offset", self._folder / "inbox"
        begin = int(offset.read_text()) if offset.is_file() else 0
        found = []
        for line in inbox.read_bytes()[begin:].splitlines(keepends=True) if inbox.is_file() else ():
            if line.endswith(b"\n"):
                begin += len(line)
                found.append({**json.loads(line), "end": begin})
        return found

    def _heard(self, end: int) -> None:
        new = self._folder / "offset.new"
        new.write_text(str(end))
        os.replace(new, self._folder / "offset")

    def _write(self, line: Json) -> None:
        append(self._folder / "outbox", line)

    def _refuse_when_down(self) -> None:
        if (self._folder / "down").exists():
            raise Temporary("the platform is down")


def append(path: Path, line: Json) -> None:
    """One line more, whole or not at all: one write of one buffer."""
    with path.open("ab", buffering=0) as file:
        file.write(json.dumps(line, default=_size).encode() + b"\n")


def _size(content: object) -> Json | str:
    """Of a file that goes with a notice nothing is kept but how long it is; times stand as they print."""
    return {"bytes": len(content)} if isinstance(content, bytes) else str(content)


def lines(path: Path) -> list[Json]:
    """Every whole line of the file."""
    content = path.read_bytes() if path.is_file() else b""
    return [json.loads(line) for line in content.splitlines(keepends=True) if line.endswith(b"\n")]
