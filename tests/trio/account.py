"""An account that outlives the bot: every move of traffic is a line in a file, written before the bot knows of it."""

import asyncio
import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.domain.values import Commit, Live, Share
from bot.ports.deployer import Act, Subject
from tests.fakes.world import FakeProvider

PAUSE = 0.01
"""Seconds that a deploy is on its way there, and back."""


@dataclass
class Account(FakeProvider):
    """The fake provider, with its memory in a file."""

    file: Path = field(default_factory=Path)

    def __post_init__(self) -> None:
        for move in moves(self.file):
            self._take(move)

    async def deploy(self, act: Act, subject: Subject, commit: Commit, expected: Live) -> Live:
        await asyncio.sleep(PAUSE)
        live = await super().deploy(act, subject, commit, expected)
        await asyncio.sleep(PAUSE)
        return live

    def _move(self, act: Act, subject: Subject, shares: tuple[Share, ...]) -> Live:
        move = {
            "cookie": act.cookie,
            "place": [subject.component.name, subject.environment.name],
            "shares": [[one.version, one.weight] for one in shares],
            "run": act.run,
            "at": self.clock.now().isoformat(),
        }
        append(self.file, move)
        return self._take(move)

    def _take(self, move: dict[str, Any]) -> Live:
        component, environment = move["place"]
        shares = tuple(Share(version, weight) for version, weight in move["shares"])
        self.calls.append(move["cookie"])
        self.done.add(move["cookie"])
        message, at = f"outrider run={move['run']}", datetime.fromisoformat(move["at"])
        worker = f"{component}-{environment}"
        live = Live(component, shares, f"d-{len(self.calls)}", "bot", message, at, worker)
        self.lives[component, environment] = live
        return live


def moves(file: Path) -> list[dict[str, Any]]:
    """Every move of traffic so far."""
    content = file.read_bytes() if file.is_file() else b""
    return [json.loads(line) for line in content.splitlines(keepends=True) if line.endswith(b"\n")]


def append(file: Path, line: dict[str, Any]) -> None:
    """One line more, whole or not at all: one write of one buffer."""
    with file.open("ab", buffering=0) as opened:
        opened.write(json.dumps(line).encode() + b"\n")
