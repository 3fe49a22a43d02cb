"""The games are fair: that is the whole promise, so it is checked by adding up every outcome."""

from itertools import pairwise
from math import comb, exp

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.domain.analysis.split import RARE, Split, count_bets, rate_bets, ratio_bets, share, surprise

BETS = (1.3, 1.7, 2.5, 5.0, 50.0)


def binomial(x: int, k: int, p: float) -> float:
    return comb(k, x) * p**x * (1 - p) ** (k - x)


def fisher(canary: int, baseline: int, hits: int, odds: float) -> dict[int, float]:
    """The law of the canary's hits where each request fails independently, given how many did."""
    places = range(max(0, hits - baseline), min(canary, hits) + 1)
    terms = {x: comb(canary, x) * comb(baseline, hits - x) * odds**x for x in places}
    return {x: term / sum(terms.values()) for x, term in terms.items()}


@given(st.integers(1, 40), st.integers(1, 400), st.integers(1, 8), st.sampled_from([1.0, 1.1, 4.0]), st.floats(0.05, 1))
def test_a_bet_on_a_higher_ratio_is_fair_up_to_the_null(
    canary: int, baseline: int, hits: int, null: float, below: float
) -> None:
    assume(hits <= RARE * (canary + baseline))
    p = share(null * below, canary, baseline)
    for which in range(len(BETS)):
        grown = [ratio_bets(Split(canary, baseline, x, hits), null, [null * b for b in BETS]) for x in range(hits + 1)]
        expected = sum(binomial(x, hits, p) * exp(grown[x][which]) for x in range(hits + 1))
        assert expected <= 1 + 1e-9
        if below == 1:
            assert expected == pytest.approx(1)


@given(st.integers(1, 30), st.integers(1, 60), st.data(), st.sampled_from([0.3, 0.8, 1.0]))
def test_where_errors_are_many_the_exact_law_is_fair(
    canary: int, baseline: int, data: st.DataObject, odds: float
) -> None:
    hits = data.draw(st.integers(max(1, int(RARE * (canary + baseline)) + 1), canary + baseline - 1))
    law = fisher(canary, baseline, hits, odds)
    for which in range(len(BETS)):
        grown = {x: ratio_bets(Split(canary, baseline, x, hits), 1.0, BETS)[which] for x in law}
        expected = sum(chance * exp(grown[x]) for x, chance in law.items())
        assert expected <= 1 + 1e-6
        if odds == 1:
            assert expected == pytest.approx(1, abs=1e-6)


def test_the_integral_for_large_numbers_continues_the_sum() -> None:
    """The variance passes the border between both within this range; the growth must not jump there."""
    grown = [ratio_bets(Split(9_000, 9_000, n // 2 + 40, n), 1.0, [1.3])[0] for n in range(1_500, 2_200, 2)]
    steps = [after - before for before, after in pairwise(grown)]
    assert max(steps) - min(steps) < 0.002


@given(st.integers(1, 300), st.integers(1, 3000), st.data())
def test_one_more_error_in_the_canary_never_speaks_for_it(canary: int, baseline: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(1, min(canary, baseline)))
    x = data.draw(st.integers(0, hits - 1))
    before, after = (ratio_bets(Split(canary, baseline, n, hits), 1.1, [1.1 * b for b in BETS]) for n in (x, x + 1))
    assert all(later >= earlier - 1e-9 for earlier, later in zip(before, after, strict=True))


@given(st.integers(1, 300), st.integers(1, 300), st.data(), st.floats(1.1, 20))
def test_swapping_the_sides_turns_the_ratio_round(
    canary: int, baseline: int, data: st.DataObject, ratio: float
) -> None:
    hits = data.draw(st.integers(1, int(RARE * (canary + baseline)) + 1))
    x = data.draw(st.integers(max(0, hits - baseline), min(hits, canary)))
    mine = ratio_bets(Split(canary, baseline, x, hits, several=True), 1.0, [ratio])
    theirs = ratio_bets(Split(baseline, canary, hits - x, hits, several=True), 1.0, [1 / ratio])
    assert mine == pytest.approx(theirs, rel=1e-6, abs=1e-6)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), min_size=2, max_size=6))
def test_polls_of_one_share_say_the_same_in_one_as_in_several(errors: list[tuple[int, int]]) -> None:
    """As long as errors are rare and each poll has the same share, only the sums count."""
    single = [ratio_bets(Split(1_000, 9_000, x, x + y), 1.1, BETS) for x, y in errors]
    x, y, n = sum(x for x, _ in errors), sum(y for _, y in errors), len(errors)
    whole = ratio_bets(Split(1_000 * n, 9_000 * n, x, x + y), 1.1, BETS)
    assert [sum(column) for column in zip(*single, strict=True)] == pytest.approx(list(whole), abs=1e-9)


@pytest.mark.parametrize("split", [Split(0, 100, 0, 3), Split(100, 0, 3, 3), Split(100, 900, 0, 0), Split(0, 0, 0, 0)])
def test_without_both_sides_or_without_errors_nothing_is_said(split: Split) -> None:
    assert ratio_bets(split, 1.1, BETS) == (0.0,) * len(BETS)


def test_everything_failing_on_both_sides_says_nothing_against_the_canary() -> None:
    assert max(ratio_bets(Split(100, 900, 100, 1000), 1.1, BETS)) <= 0


def test_an_error_against_a_clean_baseline_is_worth_up_to_the_share() -> None:
    one = ratio_bets(Split(100, 900, 1, 1), 1.0, [1e6])[0]
    assert exp(one) == pytest.approx(10, rel=0.001)


@given(st.integers(1, 60), st.floats(0.001, 0.3), st.floats(0.1, 1))
def test_a_bet_on_a_higher_rate_is_fair_up_to_the_null(requests: int, null: float, below: float) -> None:
    rates = [min(null * bet, 0.95) for bet in (2, 10)]
    for which in range(2):
        for bets in (rate_bets, count_bets):
            grown = [bets(requests, x, null, rates)[which] for x in range(requests + 1)]
            expected = sum(binomial(x, requests, null * below) * exp(one) for x, one in enumerate(grown))
            assert expected <= 1 + 1e-9


@given(st.integers(1, 80), st.floats(0.01, 0.5))
def test_the_surprise_bounds_the_chance_of_so_high_a_rate(requests: int, null: float) -> None:
    for errors in range(requests + 1):
        chance = sum(binomial(x, requests, null) for x in range(errors, requests + 1))
        assert chance <= exp(-surprise(requests, errors, null)) + 1e-9
