"""How long something is tried, and when nobody may repeat it."""

from datetime import timedelta

import pytest

from bot.app.persist import BACKWARD, FORWARD, settle
from bot.ports.errors import Doubtful, Permanent, Temporary
from tests.fakes.clock import StillClock


class Outage:
    """Loses the answer of every change for a while; `done` tells whether the last one was done all the same."""

    def __init__(self, clock: StillClock, span: timedelta) -> None:
        self.clock = clock
        self.over = clock.now() + span
        self.tries = 0

    async def change(self) -> str:
        self.tries += 1
        if self.clock.now() < self.over:
            raise Doubtful("Cloudflare's API is in trouble (502).")
        return "done"

    async def ask(self) -> str | None:
        return None


@pytest.mark.parametrize("span", [timedelta(minutes=2), timedelta(minutes=25)])
async def test_promise_3_the_way_back_outlasts_an_outage_in_which_every_answer_is_lost(span: timedelta) -> None:
    """Each time it was asked, and it had not happened: that is no reason to give up before its time is over."""
    clock = StillClock()
    outage = Outage(clock, span)
    assert await settle(clock, BACKWARD, outage.change, outage.ask) == "done"


async def test_what_is_in_doubt_for_too_long_is_left_in_doubt() -> None:
    clock = StillClock()
    outage = Outage(clock, timedelta(hours=2))
    began = clock.now()
    with pytest.raises(Doubtful):
        await settle(clock, FORWARD, outage.change, outage.ask)
    assert FORWARD <= clock.now() - began <= FORWARD + timedelta(minutes=1)


async def test_what_was_done_after_all_is_never_done_again() -> None:
    clock = StillClock()
    outage = Outage(clock, timedelta(hours=2))

    async def found() -> str:
        return "found"

    assert await settle(clock, FORWARD, outage.change, found) == "found"
    assert outage.tries == 1


async def test_an_answer_in_doubt_is_asked_for_again_before_anything_is_repeated() -> None:
    clock = StillClock()
    outage = Outage(clock, timedelta(minutes=3))
    answers: list[str | None] = [None, "found"]

    async def ask() -> str | None:
        if clock.now() < outage.over:
            raise Doubtful("What is live of worker keeps changing.")
        return answers.pop()

    assert await settle(clock, BACKWARD, outage.change, ask) == "found"
    assert outage.tries == 1


async def test_a_refusal_is_not_tried_again() -> None:
    async def refuse() -> str:
        raise Permanent("no such version")

    async def ask() -> str | None:
        raise Temporary("nobody asks")

    with pytest.raises(Permanent):
        await settle(StillClock(), BACKWARD, refuse, ask)
