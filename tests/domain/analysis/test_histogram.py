from math import exp, log
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.analysis.histogram import FASTEST, RATIO, SLOWEST, Histogram, bucket

latencies = st.lists(st.floats(0.0001, 3000), max_size=60)


@given(st.floats(0.0002, 3000))
def test_a_latency_lies_in_its_bucket(seconds: float) -> None:
    place = bucket(seconds)
    assert RATIO**place * 0.999999 <= seconds <= RATIO ** (place + 1) * 1.000001


@pytest.mark.parametrize(
    ("seconds", "place"), [(0.0, FASTEST), (-1.0, FASTEST), (float("nan"), FASTEST), (1e9, SLOWEST), (1.05, 0)]
)
def test_what_cannot_be_is_put_at_the_ends(seconds: float, place: int) -> None:
    assert bucket(seconds) == place


@given(latencies, latencies)
def test_merging_and_taking_away_are_each_others_opposite(some: list[float], more: list[float]) -> None:
    both = Histogram.of(some).merged(Histogram.of(more))
    assert both == Histogram.of(some + more)
    assert both.total == len(some) + len(more)
    assert both.since(Histogram.of(some)) == Histogram.of(more)


def test_a_bucket_that_fell_is_a_reset() -> None:
    assert Histogram({3: 1, 4: 9}).since(Histogram({3: 2})) is None


@given(latencies.filter(bool), st.floats(0.01, 0.99))
def test_a_quantile_is_good_to_a_bucket(some: list[float], share: float) -> None:
    exact = sorted(some)[max(0, min(len(some) - 1, round(share * len(some) + 0.4999999) - 1))]
    found = Histogram.of(some).quantile(share)
    assert found is not None
    assert abs(log(found / exact)) <= 2 * log(RATIO)


def test_nothing_has_no_quantile() -> None:
    assert Histogram().quantile(0.5) is None


def test_a_histogram_drawn_through_quantiles_has_them() -> None:
    chance = Random(1)
    some = sorted(0.1 * exp(chance.gauss(0, 0.6)) for _ in range(20_000))
    given_ones = {share: some[int(share * len(some))] for share in (0.25, 0.5, 0.75, 0.9, 0.99, 0.999)}
    drawn = Histogram.through(given_ones, 20_000)
    assert drawn.total == pytest.approx(20_000, abs=1)
    for share, seconds in given_ones.items():
        assert drawn.quantile(share) == pytest.approx(seconds, rel=0.1)


@given(st.dictionaries(st.sampled_from([0.25, 0.5, 0.9, 0.99]), st.floats(0.0, 100.0)), st.integers(0, 500))
def test_any_quantiles_are_drawn_through(quantiles: dict[float, float], total: int) -> None:
    assert Histogram.through(quantiles, total).total == (total if quantiles else 0)


@given(latencies, st.floats(1, 50))
def test_thinning_keeps_one_in_so_many(some: list[float], interval: float) -> None:
    assert Histogram.of(some).thinned(interval).total == int(len(some) / interval)


def test_an_empty_bucket_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Histogram({4: 0})
