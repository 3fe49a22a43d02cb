"""What rooms are told, on platforms that behave and on platforms that do not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.app.feed import Feed
from bot.domain.run import Run
from bot.domain.values import Outcome, RunId
from bot.ports.errors import Permanent, Temporary
from bot.view.sentences import Say
from tests.app.conftest import begin, ended, running, until
from tests.fakes.chat import FakeChat
from tests.fakes.estates import deploying
from tests.fakes.world import Fakes


@asynccontextmanager
async def telling(fakes: Fakes, *chats: FakeChat) -> AsyncIterator[None]:
    """The feed at work."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(Feed(fakes.world, chats).serve())
        yield
        task.cancel()


async def told_all(chat: FakeChat, run: RunId) -> None:
    """Return once the last card is one of a run that is over, and the last sentence was said."""

    async def over() -> bool:
        cards = chat.shown(run)
        return bool(cards) and cards[-1].over and any(code.startswith("ended_") for code in chat.codes())

    await until(over)


async def deploy(fakes: Fakes, *chats: FakeChat, run: str = "00000001") -> Run:
    fakes.provider.put("worker", "canary", "v-before")
    begun = await begin(fakes, deploying(), run)
    async with telling(fakes, *chats):
        async with running(fakes):
            done = await ended(fakes, begun)
        for chat in chats:
            if chat.dead is None:
                await told_all(chat, begun)
    return done


async def test_a_run_has_one_card_and_its_sentences_stand_below_it(fakes: Fakes) -> None:
    chat = FakeChat()
    run = await deploy(fakes, chat)
    assert list(chat.cards) == ["m1"]
    assert {thread for thread, _ in chat.said} == {"m1"}
    assert len(chat.keys) == len(set(chat.keys))
    assert chat.codes()[0] == Say.REQUESTED
    assert chat.shown(run.id)[-1].over


async def test_both_platforms_of_a_room_show_the_same(fakes: Fakes) -> None:
    slack, telegram = FakeChat("slack"), FakeChat("telegram")
    run = await deploy(fakes, slack, telegram)
    assert slack.shown(run.id)[-1] == telegram.shown(run.id)[-1]
    assert slack.codes() == telegram.codes()


async def test_promise_7_chat_is_a_view_a_dead_platform_changes_nothing(fakes: Fakes) -> None:
    dead, alive = FakeChat("slack", dead=Temporary("nobody answers")), FakeChat("discord")
    run = await deploy(fakes, dead, alive)
    assert run.outcome is Outcome.SUCCEEDED
    assert alive.shown(run.id)[-1].over
    dead.dead = None
    async with telling(fakes, dead, alive):
        await told_all(dead, run.id)
    assert dead.codes() == alive.codes()
    assert len(dead.cards) == 1


async def test_a_flooded_platform_is_told_later_and_nothing_twice(fakes: Fakes) -> None:
    chat = FakeChat(trouble=[Temporary("429", retry_after=30.0), Temporary("502"), Temporary("429", retry_after=5.0)])
    run = await deploy(fakes, chat)
    assert len(chat.cards) == 1
    assert len(chat.keys) == len(set(chat.keys))
    assert chat.shown(run.id)[-1].over


async def test_a_message_that_the_platform_never_takes_holds_up_nothing(fakes: Fakes) -> None:
    chat = FakeChat(trouble=[Permanent("invalid_blocks")])
    run = await deploy(fakes, chat)
    assert run.outcome is Outcome.SUCCEEDED
    assert chat.codes()[-1].startswith("ended_")


async def test_a_restart_goes_on_in_the_same_card_and_says_nothing_again(fakes: Fakes) -> None:
    chat = FakeChat()
    fakes.provider.put("worker", "canary", "v-before")
    run = await begin(fakes, deploying())

    async def some() -> bool:
        return len(chat.said) >= 2

    async with running(fakes):
        async with telling(fakes, chat):
            await until(some)
        done = await ended(fakes, run)
    async with telling(fakes, chat):
        await told_all(chat, run)
    assert done.outcome is Outcome.SUCCEEDED
    assert list(chat.cards) == ["m1"]
    assert len(chat.keys) == len(set(chat.keys))


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


async def test_drawings_are_coalesced(fakes: Fakes) -> None:
    """Many events, few edits: never more than one a second of the run's own time, and the last state always."""
    chat = FakeChat()
    run = await deploy(fakes, chat)
    assert run.ended_at is not None
    events = len(await fakes.world.journal.read(run.id))
    assert len(chat.shown(run.id)) < events
    assert chat.shown(run.id)[-1].over
