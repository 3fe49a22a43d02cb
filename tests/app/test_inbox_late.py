"""What was kept by a life of the bot that ended, or was never handed on: what becomes of it."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from bot.app.inbox import FORSAKEN
from bot.domain.press import token
from bot.ports.errors import Permanent
from tests.app.conftest import begin, until
from tests.app.test_inbox import Life, all_said, facts, pressed, typed
from tests.fakes.estates import STRANGER, deploying
from tests.fakes.world import Fakes


@pytest.mark.parametrize("text", ["/deploy canary", "/rollback canary", "/freeze", "/abort", "nonsense"])
async def test_what_was_typed_long_ago_is_not_obeyed_and_the_person_is_told(fakes: Fakes, text: str) -> None:
    await Life(fakes).intake.keep(typed(text))
    await fakes.clock.sleep(timedelta(minutes=11))
    for codes in (["ask_again"], []):
        life = Life(fakes)
        async with life.served():
            await life.said(*codes)
    board, events = await fakes.world.journal.board()
    assert (board.runs, events) == ((), 0)


async def test_a_question_of_long_ago_is_dropped(fakes: Fakes) -> None:
    await Life(fakes).intake.keep(typed("/status"))
    await fakes.clock.sleep(timedelta(minutes=2))
    life = Life(fakes)
    async with life.served():
        assert await fakes.world.inbox.unheard() == []
    assert life.chat.said == []


async def test_a_press_that_makes_things_safer_is_obeyed_however_old_and_others_are_not(fakes: Fakes) -> None:
    run = await begin(fakes, deploying())
    before = Life(fakes)
    for verb in ("approve", "promote", "abort"):
        await before.intake.keep(pressed(token(verb, run)))
    await fakes.clock.sleep(timedelta(hours=3))
    life = Life(fakes)
    async with life.served():
        await until(lambda: all_said(life, 3))
    assert Counter(life.chat.codes()) == Counter(["ask_again", "ask_again", "aborting"])
    assert (await facts(fakes))["AbortRequested"] == 1


@pytest.mark.parametrize("cancelled", [False, True])
async def test_what_its_adapter_does_not_hand_on_is_taken_up_in_the_same_life(fakes: Fakes, cancelled: bool) -> None:
    life, intent = Life(fakes), typed("/lock canary mine")
    async with life.served():
        await life.intake.keep(intent)
        if cancelled:
            async with asyncio.TaskGroup() as group:
                asking = group.create_task(life.intake(intent))
                await asyncio.sleep(0)
                asking.cancel()
        await until(lambda: fakes.world.inbox.was_heard(intent.key))
        board, events = await fakes.world.journal.board()
        assert [lock.reason for lock in board.locks.values()] == ["mine"]
        assert events == 1
        assert fakes.clock.elapsed() >= FORSAKEN.total_seconds() or cancelled


async def test_strangers_and_places_that_are_no_rooms_get_no_late_answer(fakes: Fakes) -> None:
    before = Life(fakes)
    await before.intake.keep(typed("/deploy canary", STRANGER))
    await before.intake.keep(typed("/deploy canary", room="C-ELSEWHERE"))
    await before.intake.keep(typed("/unlock canary"))
    life = Life(fakes)
    async with life.served():
        await life.said("not_locked")
    assert (await facts(fakes))["RunRequested"] == 0


async def test_a_platform_that_does_not_take_a_late_answer_ends_nothing(fakes: Fakes) -> None:
    before = Life(fakes)
    for text in ("/lock canary mine", "/unlock canary"):
        await before.intake.keep(typed(text))
    life = Life(fakes)
    life.chat.trouble = [Permanent("this room is archived")]
    async with life.served():
        await until(lambda: all_said(life, 1))
    assert (await fakes.world.journal.board())[1] == 2
