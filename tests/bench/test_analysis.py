"""The bench of the analysis: its dice, and the peers' rules, each against a sentence of the peer's documentation."""

from random import Random
from statistics import fmean, pvariance

import pytest

from bot.domain.analysis.counts import Counts, Poll
from bot.domain.analysis.histogram import Histogram
from tests.bench.analysis.aims import aims
from tests.bench.analysis.peers import Argo, Flagger, Kayenta
from tests.bench.analysis.rollout import End, Rule, roll_out
from tests.bench.analysis.streams import Scenario, Stream, poisson
from tests.bench.analysis.table import RULES, measure, tables
from tests.domain.analysis.worlds import at


def weights(rule: Rule, canary: Counts, baseline: Counts, polls: int) -> list[int | None]:
    """What the rule wants after each poll of 30 seconds."""
    wanted = []
    for number in range(1, polls + 1):
        rule.look(
            30 * number, Poll(at(30 * number - 30), at(30 * number), "traffic", rule.weight or 0, baseline, canary)
        )
        wanted.append(rule.weight)
        if rule.weight in (0, 100):
            break
    return wanted


def side(requests: int, errors: int, bucket: int = -25) -> Counts:
    return Counts(requests, errors, Histogram({bucket: requests}) if requests else Histogram())


GOOD, BAD, SLOW = side(100, 0), side(100, 10), side(100, 0, bucket=-5)


@pytest.mark.parametrize("mean", [0.0, 0.3, 5.0, 11.9, 12.1, 80.0, 20_000.0])
def test_the_dice_have_the_mean_and_the_variance_of_poisson(mean: float) -> None:
    chance = Random(1)
    drawn = [poisson(chance, mean) for _ in range(20_000)]
    assert fmean(drawn) == pytest.approx(mean, abs=5 * (mean / 20_000) ** 0.5)
    assert pvariance(drawn) == pytest.approx(mean, rel=0.06)


def test_a_stream_depends_on_nothing_but_its_numbers() -> None:
    scenario = Scenario("same", 50, 0.01, clump=3, jitter=0.1, drift=True)
    assert Stream(scenario, 3).poll(60, 10) == Stream(scenario, 3).poll(60, 10)
    assert Stream(scenario, 3).poll(60, 10) != Stream(scenario, 4).poll(60, 10)


def test_bursts_and_leaks_keep_their_mean() -> None:
    scenario = Scenario("mean", 100, 0.01, ratio=2, clump=5)
    polls = [Stream(scenario, number).poll(0, 50) for number in range(800)]
    assert fmean(one.baseline.errors for one in polls) == pytest.approx(15, rel=0.08)
    assert fmean(one.canary.errors for one in polls) == pytest.approx(30, rel=0.08)
    assert Stream(Scenario("leak", 100, 0.001, grows=0.002), 1).error_rate(600, canary=True) == pytest.approx(0.021)


def test_flagger_adds_its_step_at_each_passed_check_and_promotes_after_ten() -> None:
    found = weights(Flagger(), GOOD, GOOD, 40)
    assert found[1::2] == [10, 15, 20, 25, 30, 35, 40, 45, 50, 100]


@pytest.mark.parametrize("canary", [BAD, SLOW, side(0, 0)])
def test_flagger_rolls_back_after_five_failed_checks_whatever_the_baseline_does(canary: Counts) -> None:
    assert len(weights(Flagger(), canary, canary, 40)) == 10


def test_flaggers_counter_is_not_set_back() -> None:
    rule = Flagger()
    for number in range(1, 10):
        canary = BAD if number % 2 else GOOD
        for half in (0, 1):
            seconds = 60 * number - 30 + 30 * half
            rule.look(seconds, Poll(at(seconds - 30), at(seconds), "traffic", 10, GOOD, canary))
    assert rule.weight == 0


def test_argo_needs_a_fourth_failed_measurement() -> None:
    assert len(weights(Argo(interval=60), BAD, GOOD, 100)) == 8
    assert weights(Argo(), GOOD, GOOD, 100)[-1] == 100
    assert len(weights(Argo(), GOOD, GOOD, 100)) == 60


def test_kayenta_passes_what_is_the_same_and_fails_what_is_clearly_higher() -> None:
    assert weights(Kayenta(), GOOD, GOOD, 60)[-1] == 100
    assert len(weights(Kayenta(), BAD, GOOD, 60)) == 10
    assert len(weights(Kayenta(), SLOW, GOOD, 60)) == 10


def test_kayenta_without_data_is_a_zero() -> None:
    assert weights(Kayenta(), side(0, 0), GOOD, 60)[-1] == 0


def test_a_rollout_counts_the_harm_until_it_ends() -> None:
    back = roll_out(Flagger(), Stream(Scenario("down", 100, 0.0, added=1), 1))
    assert (back.end, back.seconds) == (End.BACK, 300)
    assert back.bad == pytest.approx(5 * 300, rel=0.1)
    good = roll_out(Flagger(), Stream(Scenario("fine", 100), 1))
    assert (good.end, good.bad) == (End.PROMOTED, 0)


@pytest.mark.soak
def test_the_whole_bench_prints_its_tables_and_aims() -> None:
    measured = measure(2)
    assert {rule for rule, _ in measured} == set(RULES)
    assert any(line.startswith("| outrider |") for line in tables(measured))
    assert len(aims(measured)) > 50
