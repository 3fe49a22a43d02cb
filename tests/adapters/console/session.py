"""A console with a scripted bot behind it, as a program of its own: what the terminal and pipe tests start.

`/deploy canary` runs well, `/deploy production` waits for `/approve`, `/deploy broken` rolls back, `/deploy slow`
goes on until `/finish`; `/say TEXT` says it; everything else is refused. Pressed buttons are told.
"""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from adapters.console.client import Console
from adapters.console.completing import Words
from adapters.console.settings import Settings
from bot.domain.commands import Intent, Pressed
from bot.domain.events import Approved, Event, RunRequested
from bot.domain.fold import evolve, start
from bot.domain.plan import StepKind
from bot.domain.run import Run
from bot.domain.values import RunId
from bot.view.card import card
from bot.view.notice import Notice, Tone, begun, notices
from tests.fakes.intake import Calls
from tests.view.stories import BEN, Story, at, deploy, promote, unhealthy_with_log

PACE = 0.01
VERBS = {"deploy": "/deploy ENV [TARGET] [REF]: bring a commit live", "drill": "/drill ENV", "help": "/help"}
NAMES = (RunId(f"run0000{number}") for number in range(1, 10))


@dataclass
class Bot:
    """Plays stories into the console."""

    console: Console
    group: asyncio.TaskGroup
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    left: int = 0

    async def intake(self, intent: Intent) -> Sequence[Notice]:
        return (await self._hear(intent),)

    async def _hear(self, intent: Intent) -> Notice:
        if isinstance(intent, Pressed):
            return Notice("pressed", f"Pressed {intent.token or 'nothing'}.")
        verb, _, rest = intent.text.partition(" ")
        if verb == "/say":
            await self.console.say("", "", Notice("said", rest), "")
            return Notice("done", "Said.")
        if verb in ("/approve", "/finish"):
            self.go_on.set()
            return Notice("done", "So it goes on.")
        story = {
            "canary": deploy,
            "slow": deploy,
            "production": promote,
            "broken": lambda: deploy({StepKind.HEALTH: unhealthy_with_log}),
        }.get(rest)
        if verb != "/deploy" or story is None:
            return Notice("unknown_verb", f"I do not know {intent.text}.", Tone.BAD)
        return self._begin(story(), slow=rest == "slow")

    def _begin(self, story: Story, slow: bool) -> Notice:
        story = Story(story.plan, story.answers, run_id=next(NAMES))
        self.group.create_task(self._play(story, slow))
        return begun(story.run)

    async def _play(self, story: Story, slow: bool) -> None:
        if slow:
            story.until(at(StepKind.HEALTH))
            await self._tell(story, 0)
            await self.go_on.wait()
        seq = len(story.events) if slow else 0
        story.until()
        if story.run.outcome is None:
            await self._tell(story, seq)
            seq = len(story.events)
            await self.go_on.wait()
            story.hear(Approved(BEN, story.now)).until()
        await self._tell(story, seq)

    async def _tell(self, story: Story, after: int) -> None:
        for before, event, run in list(_states(story.events))[after:]:
            await self.console.draw("terminal", card(run, event.at), run.id if before else "", "")
            for notice in notices(before, event, run):
                await self.console.say("terminal", run.id, notice, "")
            await asyncio.sleep(PACE)


def _states(events: Sequence[Event]) -> Iterator[tuple[Run | None, Event, Run]]:
    first = events[0]
    assert isinstance(first, RunRequested)
    run = start(first)
    yield None, first, run
    for event in events[1:]:
        before, run = run, evolve(run, event)
        yield before, event, run


async def boom(rest: str) -> str:
    """Break the sample Worker."""
    if rest == "badly":
        raise ValueError("the repository is not there")
    return f"Broken: {rest or 'health'}."


async def main() -> int:
    history = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    settings = Settings(account="ana", history=history, grace=0.5)
    words = Words(VERBS, ("moltworker",), ("canary", "production"))
    console = Console(settings, words, {"break": boom})
    async with asyncio.TaskGroup() as group:
        bot = Bot(console, group)
        await console.listen(Calls(bot.intake))
        status = int(console.failed)
        bot.go_on.set()
    return status


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
