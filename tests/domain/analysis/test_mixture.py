from datetime import UTC, datetime, timedelta
from itertools import product
from math import exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.analysis.mixture import stake_until, stakes, wealth, wealth_from_start

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
rows = st.lists(st.tuples(st.floats(-3, 3), st.floats(-3, 3)), max_size=12)


def minutes(*after: float) -> list[datetime]:
    return [BEGUN + timedelta(minutes=one) for one in after]


@given(st.lists(st.floats(0.1, 10_000), min_size=1, max_size=40))
def test_no_more_is_staked_than_there_is(after: list[float]) -> None:
    placed = stakes(BEGUN, minutes(*sorted(after)), HOUR)
    assert all(one >= 0 for one in placed)
    assert sum(placed) < 1
    assert placed[0] >= 0.5


def test_polls_twice_as_often_stake_the_same_in_all() -> None:
    rare, often = stakes(BEGUN, minutes(10, 20, 30), HOUR), stakes(BEGUN, minutes(5, 10, 15, 20, 25, 30), HOUR)
    assert sum(rare) == pytest.approx(sum(often))


def test_something_is_kept_for_every_later_beginning() -> None:
    kept = [1 - stake_until(timedelta(hours=hours), HOUR) for hours in range(0, 100, 5)]
    assert kept == sorted(kept, reverse=True)
    assert kept[-1] > 0


def test_a_poll_from_before_the_beginning_counts_as_the_start() -> None:
    assert stakes(BEGUN, minutes(-2, -1), HOUR) == [0.5, 0.0]


@given(st.lists(st.floats(0.05, 0.95), min_size=1, max_size=5), st.floats(1, 4), st.floats(0.1, 3))
def test_a_fair_game_stays_fair_whatever_is_divided_and_capped(odds: list[float], phi: float, cap: float) -> None:
    """Coins whose odds are known, bets at other odds: the mean over all outcomes is never above 1."""
    placed, bets = stakes(BEGUN, minutes(*range(1, len(odds) + 1)), HOUR), (0.3, 0.8)
    expected = 0.0
    for outcome in product((0, 1), repeat=len(odds)):
        chance, path = 1.0, []
        for head, p in zip(outcome, odds, strict=True):
            chance *= p if head else 1 - p
            path.append(tuple(log((bet if head else 1 - bet) / (p if head else 1 - p)) for bet in bets))
        expected += chance * wealth(path, placed, phi, cap)
    assert expected <= 1 + 1e-9


@given(rows, st.floats(1, 10), st.floats(0.1, 5))
def test_dividing_never_makes_anybody_richer_than_the_undivided_game(
    grown: list[tuple[float, float]], phi: float, cap: float
) -> None:
    placed = stakes(BEGUN, minutes(*range(1, len(grown) + 1)), HOUR)
    assert wealth(grown, placed, phi, cap) <= max(1, wealth(grown, placed, 1.0, 300)) + 1e-9


@given(rows, st.floats(0.1, 3))
def test_a_poll_adds_no_more_than_its_cap(grown: list[tuple[float, float]], cap: float) -> None:
    placed = stakes(BEGUN, minutes(*range(1, len(grown) + 2)), HOUR)
    before = wealth(grown, placed[:-1], 1.0, cap)
    after = wealth([*grown, (50.0, 50.0)], placed, 1.0, cap)
    assert after <= before * exp(cap) + 1e-9


def test_nothing_known_is_the_stake_itself() -> None:
    assert wealth([], [], 1.0, 3.0) == 1.0
    assert wealth_from_start([], 1.0, 3.0) == 1.0
    assert wealth([(0.0, 0.0)] * 5, stakes(BEGUN, minutes(1, 2, 3, 4, 5), HOUR), 1.0, 3.0) == pytest.approx(1)


def test_a_late_regression_is_not_hidden_by_a_good_record() -> None:
    grown = [(-0.5,)] * 60 + [(1.0,)] * 20
    placed = stakes(BEGUN, minutes(*range(1, 81)), HOUR)
    assert wealth(grown, placed, 1.0, 3.0) > 1e5
    assert wealth_from_start(grown, 1.0, 3.0) < 1e-3


def test_wealth_stays_finite() -> None:
    assert wealth([(300.0,)] * 1000, [1.0] + [0.0] * 999, 1.0, 300.0) < float("inf")
