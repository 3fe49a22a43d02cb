"""Trying again: how long, how often, and never twice what may have been done."""

from datetime import timedelta

import pytest

from bot.app.persist import BACKWARD, DOUBTS, FORWARD, persist, settle
from bot.ports.errors import Doubtful, Permanent, Temporary, Trouble
from tests.fakes.clock import StillClock


class Counting:
    """Raises each of these in turn, the last one from then on; None: it answers."""

    def __init__(self, *troubles: Trouble | None) -> None:
        self.troubles = troubles
        self.times = 0

    async def __call__(self) -> str:
        trouble = self.troubles[min(self.times, len(self.troubles) - 1)]
        self.times += 1
        if trouble is not None:
            raise trouble
        return "done"


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


async def waited(patience: timedelta, attempt: Counting) -> float:
    """Seconds until it was done."""
    clock = StillClock()
    begun = clock.elapsed()
    assert await persist(clock, patience, attempt) == "done"
    return clock.elapsed() - begun


async def test_who_says_when_to_come_back_is_obeyed() -> None:
    assert await waited(FORWARD, Counting(Temporary("429", retry_after=20.0), None)) == 20.0
    assert await waited(FORWARD, Counting(Temporary("429"), Temporary("502"), None)) == 3.0


@pytest.mark.parametrize("patience", [FORWARD, BACKWARD])
async def test_the_five_minutes_of_a_limit_are_waited_out(patience: timedelta) -> None:
    slow, limited = Temporary("502"), Temporary("429", retry_after=300.0)
    assert await waited(patience, Counting(slow, limited, None)) == 301.0


async def test_at_once_is_never_taken_at_its_word() -> None:
    """`retry-after: 0` for as long as the trouble lasts: a call each second, not thousands."""
    attempt = Counting(Temporary("429", retry_after=0.0))
    with pytest.raises(Temporary):
        await persist(StillClock(), FORWARD, attempt)
    assert attempt.times == FORWARD.total_seconds() + 1


async def test_longer_than_patience_is_said_at_once() -> None:
    attempt = Counting(Temporary("429", retry_after=3600.0))
    with pytest.raises(Temporary):
        await persist(StillClock(), BACKWARD, attempt)
    assert attempt.times == 1


async def test_what_is_refused_is_not_repeated() -> None:
    attempt = Counting(Permanent("no"))
    with pytest.raises(Permanent):
        await persist(StillClock(), BACKWARD, attempt)
    assert attempt.times == 1


async def test_what_is_in_doubt_is_asked_about_before_it_is_done_again() -> None:
    asked: list[int] = []
    attempt = Counting(Doubtful("the answer was lost"), Doubtful("the answer was lost"), None)

    async def ask() -> str | None:
        asked.append(attempt.times)
        return "found" if attempt.times == 2 else None

    assert await settle(StillClock(), FORWARD, attempt, ask) == "found"
    assert asked == [1, 2]
    assert attempt.times == 2


async def test_what_an_earlier_life_began_is_asked_about_first() -> None:
    attempt = Counting(None)

    async def ask() -> str | None:
        return "found"

    assert await settle(StillClock(), FORWARD, attempt, ask, asked_first=True) == "found"
    assert attempt.times == 0


async def test_doubts_are_few_on_the_way_forward_and_last_as_long_as_patience_on_the_way_back() -> None:
    async def never() -> None:
        return None

    lost = Doubtful("Cloudflare's API is in trouble (500).")
    forward, back, clock = Counting(lost), Counting(lost), StillClock()
    with pytest.raises(Doubtful):
        await settle(StillClock(), FORWARD, forward, never)
    assert forward.times == DOUBTS
    begun = clock.elapsed()
    with pytest.raises(Doubtful):
        await settle(clock, BACKWARD, back, never, doubts=None)
    assert BACKWARD.total_seconds() <= clock.elapsed() - begun < BACKWARD.total_seconds() + 60
    assert back.times > 100


@pytest.mark.parametrize("span", [timedelta(minutes=2), timedelta(minutes=25)])
async def test_promise_3_the_way_back_outlasts_an_outage_in_which_every_answer_is_lost(span: timedelta) -> None:
    """Each time it was asked, and it had not happened: that is no reason to give up before its time is over."""
    clock = StillClock()
    outage = Outage(clock, span)
    assert await settle(clock, BACKWARD, outage.change, outage.ask, doubts=None) == "done"


async def test_what_is_in_doubt_for_too_long_is_left_in_doubt() -> None:
    clock = StillClock()
    outage = Outage(clock, timedelta(hours=2))
    began = clock.now()
    with pytest.raises(Doubtful):
        await settle(clock, FORWARD, outage.change, outage.ask, doubts=None)
    assert FORWARD <= clock.now() - began <= FORWARD + timedelta(minutes=1)


async def test_what_was_done_after_all_is_never_done_again() -> None:
    clock = StillClock()
    outage = Outage(clock, timedelta(hours=2))

    async def found() -> str:
        return "found"

    assert await settle(clock, FORWARD, outage.change, found, doubts=None) == "found"
    assert outage.tries == 1


async def test_an_answer_in_doubt_is_asked_for_again_before_anything_is_repeated() -> None:
    clock = StillClock()
    outage = Outage(clock, timedelta(minutes=3))
    answers: list[str | None] = [None, "found"]

    async def ask() -> str | None:
        if clock.now() < outage.over:
            raise Doubtful("What is live of worker keeps changing.")
        return answers.pop()

    assert await settle(clock, BACKWARD, outage.change, ask, doubts=None) == "found"
    assert outage.tries == 1
