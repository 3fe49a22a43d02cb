"""Buttons of earlier cards: taken away and given back where that is needed, and no card looked at for nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bot.app.drawn import BARE, PRESSABLE
from bot.app.feed import RECENT
from bot.domain.events import Event
from bot.domain.values import Outcome, RunId
from bot.ports.journal import Journal
from tests.app.conftest import begin, ended, running, until
from tests.app.test_feed import deploy, telling
from tests.fakes.chat import FakeChat
from tests.fakes.estates import deploying
from tests.fakes.world import Fakes


async def test_the_roll_back_button_goes_to_the_newest_run_of_the_environment(fakes: Fakes) -> None:
    chat = FakeChat()
    first = await deploy(fakes, chat)
    assert [one.label for one in chat.shown(first.id)[-1].buttons if one.token.startswith("rollback")]
    chat.said.clear()
    second = await begin(fakes, deploying(), "00000002")

    async def moved() -> bool:
        old, new = chat.shown(first.id)[-1], chat.shown(second)
        return (
            bool(new)
            and any(one.token == f"rollback:{second}" for one in new[-1].buttons)
            and not any(one.token.startswith("rollback") for one in old.buttons)
        )

    async with telling(fakes, chat), running(fakes):
        await ended(fakes, second)
        await until(moved)


@dataclass
class CountingJournal:
    """The journal, and which runs' streams were read."""

    real: Journal
    reads: list[str] = field(default_factory=list)

    async def read(self, run: RunId, after: int = 0) -> Sequence[Event]:
        self.reads.append(run)
        return await self.real.read(run, after)

    def __getattr__(self, name: str) -> object:
        return getattr(self.real, name)


async def test_cards_that_have_nothing_to_take_back_are_not_looked_at_again(fakes: Fakes) -> None:
    """With as many runs behind it as may be, a new run reads the stream of the one that can be undone, and its own."""
    chat = FakeChat()
    fakes.provider.put("worker", "canary", "v-before")
    runs = []
    async with telling(fakes, chat), running(fakes):
        for at in range(1, RECENT + 1):
            run = await begin(fakes, deploying(), f"{at:08}")
            runs.append(run)
            await ended(fakes, run)
            await until(lambda run=run: _pressable(chat, run))  # type: ignore[misc]  # a lambda's default has no type
    drawn = {run: len(chat.shown(run)) for run in runs}
    counting = CountingJournal(fakes.world.journal)
    watched = replace(fakes, world=replace(fakes.world, journal=counting))  # type: ignore[arg-type]  # the rest is passed on
    async with telling(watched, chat), running(fakes):
        new = await begin(fakes, deploying(), "00000099")
        await ended(fakes, new)
        await until(lambda: _pressable(chat, new))
    assert set(counting.reads) == {runs[-1], new}
    assert {run: len(chat.shown(run)) - drawn[run] for run in runs if len(chat.shown(run)) > drawn[run]} == {
        runs[-1]: 1
    }
    assert not chat.shown(runs[-1])[-1].buttons


async def _pressable(chat: FakeChat, run: RunId) -> bool:
    """The card can be pressed, and nothing more is under way: its thread has ended too."""
    over = bool(chat.shown(run)) and chat.shown(run)[-1].over and bool(chat.shown(run)[-1].buttons)
    return over and any(key.startswith(run) for key in chat.keys) and str(chat.said[-1][1].code).startswith("ended_")


async def test_a_button_comes_back_where_the_run_after_it_changed_nothing(fakes: Fakes) -> None:
    chat = FakeChat()
    first = await deploy(fakes, chat)
    fakes.processes.statuses["npm"] = 1
    second = await begin(fakes, deploying(), "00000002")

    async def gone() -> bool:
        return not chat.shown(first.id)[-1].buttons

    async def back() -> bool:
        return bool(chat.shown(first.id)[-1].buttons)

    async with telling(fakes, chat):
        await until(gone)
        async with running(fakes):
            assert (await ended(fakes, second)).outcome is Outcome.STOPPED
            await until(back)


async def test_a_button_that_a_dead_platform_kept_goes_when_the_next_run_begins(fakes: Fakes) -> None:
    """The bot was started anew meanwhile, and knows of it only by what the journal says was drawn."""
    chat = FakeChat()
    first = await deploy(fakes, chat)
    assert chat.shown(first.id)[-1].buttons
    second = await begin(fakes, deploying(), "00000002")
    async with running(fakes):
        await ended(fakes, second)
    third = await begin(fakes, deploying(), "00000003")

    async def gone() -> bool:
        return not chat.shown(first.id)[-1].buttons and bool(chat.shown(third))

    async with telling(fakes, chat):
        await until(gone)


async def drawn_last(fakes: Fakes, chat: FakeChat, run: RunId, sign: str) -> int:
    """Let everything be told, and then the journal say that this run's card was drawn with that sign, as it is when the
    bot was killed before it could put the card right. How often the card was drawn.
    """

    async def all_told() -> bool:
        return not await fakes.world.cursors.behind()

    async with telling(fakes, chat):
        await until(all_told)
    await fakes.world.cursors.tell(*[replace(one, drawn=f"0{sign}") for one in await fakes.world.cursors.told(run)])
    return len(chat.shown(run))


async def test_what_a_kill_left_to_press_goes_with_the_next_life(fakes: Fakes) -> None:
    """Nothing begins or ends that would have the card looked at again."""
    chat = FakeChat()
    first = await deploy(fakes, chat)
    await deploy(fakes, chat, run="00000002")
    drawn = await drawn_last(fakes, chat, first.id, PRESSABLE)

    async def anew() -> bool:
        return len(chat.shown(first.id)) > drawn

    async with telling(fakes, chat):
        await until(anew)
    assert not chat.shown(first.id)[-1].buttons


async def test_what_a_kill_left_without_its_button_gets_it_back(fakes: Fakes) -> None:
    chat = FakeChat()
    first = await deploy(fakes, chat)
    drawn = await drawn_last(fakes, chat, first.id, BARE)

    async def anew() -> bool:
        return len(chat.shown(first.id)) > drawn

    async with telling(fakes, chat):
        await until(anew)
    assert chat.shown(first.id)[-1].buttons
