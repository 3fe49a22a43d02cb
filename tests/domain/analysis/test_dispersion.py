from random import Random
from statistics import fmean

import pytest

from bot.domain.analysis.dispersion import (
    Prior,
    common_ratio,
    dispersion,
    prior_from,
    rank_scatter,
    split_scatter,
)
from bot.domain.analysis.latency import Rank
from bot.domain.analysis.split import Split
from tests.bench.analysis.streams import Scenario, Stream


def splits(scenario: Scenario, number: int, polls: int = 30) -> list[Split]:
    found = []
    for time in range(0, polls * 30, 30):
        poll = Stream(scenario, number).poll(time, 50)
        failed = poll.canary.errors
        found.append(Split(poll.canary.requests, poll.baseline.requests, failed, failed + poll.baseline.errors))
    return found


def measured(scenario: Scenario) -> float:
    return fmean(dispersion(split_scatter(splits(scenario, number))) for number in range(30))


def test_independent_errors_have_hardly_any() -> None:
    assert measured(Scenario("calm", 100, 0.01)) < 1.15


def test_bursts_have_it() -> None:
    """Geometric bursts of five on average scatter nine times as much as single errors."""
    assert 6 < measured(Scenario("bursts", 100, 0.01, clump=5)) < 11


def test_one_change_of_level_is_not_scatter() -> None:
    assert measured(Scenario("bad", 100, 0.01, ratio=3, begins=450)) < 1.3


def test_what_was_known_before_counts_until_more_is_known() -> None:
    assert dispersion([], Prior(4.0, 10)) > 3
    assert dispersion([0.5, -0.5] * 200, Prior(4.0, 10)) < 1.2
    assert dispersion([]) == pytest.approx(1.5 / (1 + 0.25 * 2**0.5))


def test_an_hour_of_bursts_is_remembered() -> None:
    calm = [(p.baseline, p.hits - p.in_canary) for p in splits(Scenario("calm", 100, 0.01), 1, 120)]
    bursts = [(p.baseline, p.hits - p.in_canary) for p in splits(Scenario("bursts", 100, 0.01, clump=5), 1, 120)]
    known, other = prior_from(bursts), prior_from(calm)
    assert known
    assert other
    assert (known.phi > 5, known.weight, other.phi < 1.6) == (True, 20, True)


@pytest.mark.parametrize("history", [[], [(100, 0)] * 50, [(100, 3)] * 5, [(0, 0)] * 20])
def test_too_little_history_is_none(history: list[tuple[int, int]]) -> None:
    assert prior_from(history) is None


def test_the_common_ratio_is_finite_and_about_right() -> None:
    assert common_ratio([]) is None
    assert common_ratio([Split(100, 900, 0, 0)]) is None
    assert common_ratio([Split(1000, 9000, 0, 50)]) == pytest.approx(0.0, abs=0.1)
    assert common_ratio([Split(1000, 9000, 50, 50)]) == pytest.approx(909, rel=0.01)
    assert common_ratio([Split(1000, 9000, 30, 120), Split(5000, 5000, 150, 200)]) == pytest.approx(3, rel=0.03)


def test_a_common_effect_on_ranks_is_not_scatter() -> None:
    chance = Random(1)
    ranks = [Rank(4 * scale + chance.gauss(0, 1), scale) for scale in (1.0, 2.0, 3.0) * 30]
    assert dispersion(rank_scatter(ranks)) < 1.3
    assert rank_scatter([]) == []
