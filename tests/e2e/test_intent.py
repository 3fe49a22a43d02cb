"""What counts as too much traffic for a canary, and for how long it may be so."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.e2e.intent import READ_BACK, Had, too_much

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


HELD = READ_BACK + 5
"""Seconds until the canary's half was taken away, after 0 % was meant for it."""


@pytest.mark.parametrize(
    ("gone", "found"),
    [
        ((), 1),
        (((-30, -20),), 1),
        (((-10, 2),), 1),
        (((-10, 6),), 0),
        (((3, 5), (4, 7)), 1),
        (((3, 6), (5, 9)), 0),
        (((HELD - 1, HELD + 60),), 1),
        (((HELD + 1, HELD + 60),), 1),
    ],
)
def test_only_a_living_bot_can_take_traffic_away(gone: tuple[tuple[float, float], ...], found: int) -> None:
    half = Had(50, at(-60), at(HELD), ours=True)
    wanted = [(at(-60), 50), (at(0), 0)]
    spans = [(at(since), at(until)) for since, until in gone]
    assert len(list(too_much([half], wanted, at(100), spans))) == found


def test_more_than_was_meant_when_it_came_is_too_much_for_no_time_at_all() -> None:
    more = Had(50, at(0), at(1), ours=True)
    assert len(list(too_much([more], [(at(-60), 10)], at(100), [(at(-100), at(100))]))) == 1
    assert list(too_much([more], [(at(-60), 50)], at(100))) == []
    assert list(too_much([Had(50, at(0), at(1), ours=False)], [(at(-60), 10)], at(100))) == []
