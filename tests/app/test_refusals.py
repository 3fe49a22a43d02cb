"""Refusals in the log: which code, from whom, how often; and never a line for each."""

import asyncio
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.app.answers import Answers
from bot.app.inbox import DurableIntake
from bot.app.intake import Intake
from bot.app.refusals import Refusals
from bot.domain.commands import Origin, Typed
from bot.domain.once import SPAN
from bot.domain.refusal import Code, Unheard
from bot.domain.values import Actor
from tests.fakes.clock import StillClock
from tests.fakes.estates import ANA, OPS, STRANGER, VIC, actor
from tests.fakes.world import Fakes

ROOM = Origin("slack", OPS.addresses["slack"])


class HandClock(StillClock):
    """Waits until it is moved by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.waits = asyncio.Event()
        self.goes = asyncio.Event()

    async def sleep(self, span: timedelta) -> None:
        self.waits.set()
        await self.goes.wait()
        self.goes.clear()
        self.waits.clear()
        self.time += span

    async def over(self) -> None:
        """The minute that is waited for is over, and what comes of it is done."""
        async with asyncio.timeout(20):
            await self.waits.wait()
            self.goes.set()
            while self.goes.is_set():  # noqa: ASYNC110 - whoever wakes clears it, and tells nobody
                await asyncio.sleep(0)


async def test_a_minute_later_the_count_is_told() -> None:
    clock = HandClock()
    refusals = Refusals(clock)
    with capture_logs() as lines:
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(refusals.serve())
            for _ in range(50):
                refusals.note(Unheard.BAD_SIGNATURE, "slack", "192.0.2.7")
            assert [one["times"] for one in lines] == [1]
            await clock.over()
            assert [one["times"] for one in lines] == [1, 49]
            await clock.over()
            assert len(lines) == 2
            refusals.note(Unheard.BAD_SIGNATURE, "slack", "192.0.2.7")
            serving.cancel()
    assert [one["times"] for one in lines] == [1, 49, 1]
    first = {"event": "refused", "log_level": "warning", "code": "bad_signature", "platform": "slack"}
    assert lines[0] == {**first, "source": "192.0.2.7", "times": 1}


@pytest.mark.parametrize(
    ("who", "text", "code", "level"),
    [
        (STRANGER, "/deploy canary", Code.UNKNOWN_PERSON, "warning"),
        (actor(VIC), "/deploy canary", Code.NOT_ALLOWED, "warning"),
        (actor(ANA), "/depoly canary", Code.UNKNOWN_VERB, "info"),
        (actor(ANA), "/abort", Code.NO_RUN, "info"),
    ],
)
async def test_what_is_refused_is_told_once(fakes: Fakes, who: Actor, text: str, code: Code, level: str) -> None:
    intake = DurableIntake(fakes.world, Intake(fakes.world, Answers(fakes.world)), [])
    with capture_logs() as lines:
        for number in range(5):
            intent = Typed(text, who, ROOM, f"slack:{number}")
            assert await intake.keep(intent)
            await intake(intent)
    told = [one for one in lines if one["event"] == "refused"]
    assert [(one["code"], one["source"], one["log_level"]) for one in told] == [(code, who.account, level)]


async def test_what_comes_again_is_told_once_and_not_done(fakes: Fakes) -> None:
    intake = DurableIntake(fakes.world, Intake(fakes.world, Answers(fakes.world)), [])
    intent = Typed("/whoami", actor(ANA), ROOM, "slack:again")
    assert await intake.keep(intent)
    with capture_logs() as lines:
        assert [await intake.keep(intent) for _ in range(5)] == [False] * 5
    assert [one["code"] for one in lines if one["event"] == "refused"] == [Unheard.HEARD_BEFORE]


def test_a_minute_is_a_minute() -> None:
    assert timedelta(seconds=SPAN) == timedelta(minutes=1)
