from collections.abc import Iterator
from itertools import combinations
from math import exp
from statistics import fmean, pvariance

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.analysis.histogram import Histogram
from bot.domain.analysis.latency import Pooled, pool, rank, rank_bets, tail
from bot.domain.analysis.split import ratio_bets

values = st.lists(st.integers(0, 6), min_size=1, max_size=40)


def histogram(places: list[int]) -> Histogram:
    return Histogram({one: places.count(one) for one in sorted(set(places))})


def rank_sum(canary: list[int], pooled: list[int]) -> float:
    """Midranks, the slow way."""
    ordered = sorted(pooled)
    return sum(ordered.index(one) + (ordered.count(one) + 1) / 2 for one in canary)


def ranks_of(pooled: Pooled) -> Iterator[tuple[int, float]]:
    """The midrank of each place."""
    below = 0
    for place, canary, baseline in pooled.cells:
        yield place, below + (canary + baseline + 1) / 2
        below += canary + baseline


@given(st.lists(st.integers(0, 4), min_size=3, max_size=8), st.data())
def test_the_rank_sum_has_the_mean_and_variance_of_all_ways_to_deal(pooled: list[int], data: st.DataObject) -> None:
    size = data.draw(st.integers(1, len(pooled) - 1))
    deals = [set(chosen) for chosen in combinations(range(len(pooled)), size)]
    sums = [rank_sum([pooled[i] for i in chosen], pooled) for chosen in deals]
    found = []
    for chosen in deals:
        canary = [pooled[i] for i in chosen]
        baseline = [pooled[i] for i in range(len(pooled)) if i not in chosen]
        found.append(rank(pool(histogram(canary), histogram(baseline), 0)))
    if len(set(pooled)) == 1:
        assert found == [None] * len(deals)
        return
    spread = pvariance(sums) ** 0.5
    for one, total in zip(found, sums, strict=True):
        assert one is not None
        assert one.z == pytest.approx((total - fmean(sums)) / spread, abs=1e-9)


@pytest.mark.parametrize("sizes", [(6, 6), (2, 10), (4, 9)])
@pytest.mark.parametrize("effect", [0.06, 0.12, 0.25, 0.5, 1.0])
def test_the_bet_on_ranks_is_fair(sizes: tuple[int, int], effect: float) -> None:
    """Over all ways to deal the same latencies to both sides."""
    size, all_of_them = sizes[0], sum(sizes)
    grown = []
    for chosen in combinations(range(all_of_them), size):
        baseline = [i for i in range(all_of_them) if i not in chosen]
        grown.append(rank_bets(rank(pool(histogram(list(chosen)), histogram(baseline), 0)), [effect])[0])
    assert fmean(map(exp, grown)) <= 1.01


@given(values, values)
def test_swapping_the_sides_turns_the_rank_round(some: list[int], others: list[int]) -> None:
    one = rank(pool(histogram(some), histogram(others), 0))
    other = rank(pool(histogram(others), histogram(some), 0))
    assert (one is None) == (other is None)
    if one and other:
        assert (one.z, one.scale) == pytest.approx((-other.z, other.scale), abs=1e-9)


@given(values, values)
def test_a_margin_never_makes_the_canary_look_slower(some: list[int], others: list[int]) -> None:
    tails = []
    for margin in (0, 1, 3):
        found = pool(histogram(some), histogram(others), margin)
        rank_of = dict(ranks_of(found))
        tails.append(sum(canary * rank_of[place] for place, canary, _ in found.cells))
    assert tails == sorted(tails, reverse=True)


@given(values, values, st.integers(-50, 50))
def test_what_slows_down_both_alike_says_nothing(some: list[int], others: list[int], slower: int) -> None:
    moved = pool(histogram([one + slower for one in some]), histogram([one + slower for one in others]), 1)
    still = pool(histogram(some), histogram(others), 1)
    assert rank(moved) == rank(still)
    assert [tail(moved, part) for part in (0.1, 0.5)] == [tail(still, part) for part in (0.1, 0.5)]


@given(values, values, st.floats(0.02, 0.9))
def test_a_tail_holds_no_more_than_its_part(some: list[int], others: list[int], part: float) -> None:
    found = tail(pool(histogram(some), histogram(others), 0), part)
    assert found.hits <= part * (len(some) + len(others))
    slowest = sorted(some + others, reverse=True)[: found.hits]
    assert found.in_canary == sum(1 for one in some if slowest and one >= slowest[-1])


@pytest.mark.parametrize("empty", [([], [1, 2]), ([1, 2], []), ([], [])])
def test_a_side_without_latencies_says_nothing(empty: tuple[list[int], list[int]]) -> None:
    pooled = pool(histogram(empty[0]), histogram(empty[1]), 1)
    assert rank(pooled) is None
    assert rank_bets(None, (0.1, 0.5)) == (0.0, 0.0)
    assert ratio_bets(tail(pooled, 0.1), 1.0, (2.0,)) == (0.0,)
