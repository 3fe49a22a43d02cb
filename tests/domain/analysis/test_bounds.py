from math import inf

import pytest

from bot.domain.analysis.bounds import below
from bot.domain.analysis.histogram import Histogram, bucket


def test_nothing_is_drawn_out_of_nothing() -> None:
    assert below({}) == below({inf: 7}) == below({0.0: 3}) == below({0.1: 0, 1: 0, inf: 0}) == Histogram()


def test_each_latency_lies_between_its_bounds() -> None:
    found = below({0.1: 0, 0.2: 100, 0.4: 100, 0.8: 140, inf: 140})
    assert found.total == 140
    assert sum(count for place, count in found.buckets.items() if place < bucket(0.1)) == 0
    assert sum(count for place, count in found.buckets.items() if bucket(0.1) <= place <= bucket(0.2)) == 100
    assert sum(count for place, count in found.buckets.items() if bucket(0.22) < place < bucket(0.38)) == 0
    assert found.quantile(0.99) == pytest.approx(0.8, rel=0.15)


def test_what_is_slower_than_the_highest_bound_is_not_lost() -> None:
    found = below({0.1: 10, 1.0: 10, inf: 15})
    assert found.total == 15
    assert sum(count for place, count in found.buckets.items() if place >= bucket(1.0)) == 5


def test_what_is_quicker_than_the_lowest_bound_lies_below_it() -> None:
    found = below({0.1: 10, inf: 10})
    assert found.total == 10
    assert all(bucket(0.05) <= place <= bucket(0.1) for place in found.buckets)


def test_counts_that_fall_where_they_should_rise_add_nothing() -> None:
    assert below({0.1: 10, 0.2: 4, 0.4: 12, inf: 3}).total == 12


def test_bounds_in_one_bucket_lose_nothing() -> None:
    assert below({0.1: 3, 0.101: 7, 0.102: 11, inf: 11}).total == 11


def test_a_slower_side_looks_slower() -> None:
    quick, slow = below({0.1: 90, 0.2: 99, inf: 100}), below({0.1: 40, 0.2: 80, inf: 100})
    assert (slow.quantile(0.5) or 0) > (quick.quantile(0.5) or 0) * 1.3
