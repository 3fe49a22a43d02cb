"""The promise, on fixed seeds and few rollouts; `make bench-analysis` measures it on many."""

import pytest

from tests.bench.analysis.outrider import Outrider
from tests.bench.analysis.rollout import End, roll_out
from tests.bench.analysis.scenarios import BAD, HARMLESS, HEALTHY, NOISY
from tests.bench.analysis.streams import Scenario, Stream

ROLLOUTS = 3


@pytest.mark.parametrize("scenario", [*HEALTHY, *NOISY, *HARMLESS], ids=lambda one: one.name)
def test_a_harmless_release_is_not_rolled_back(scenario: Scenario) -> None:
    ends = [roll_out(Outrider(longest=900), Stream(scenario, number)).end for number in range(ROLLOUTS)]
    assert End.BACK not in ends


CLEAR = [one for one in BAD if "hard down" in one.name or "x20" in one.name or one.name == "100/s leak"]


@pytest.mark.parametrize("scenario", CLEAR, ids=lambda one: one.name)
def test_a_clearly_bad_release_is(scenario: Scenario) -> None:
    ends = [roll_out(Outrider(), Stream(scenario, number)).end for number in range(ROLLOUTS)]
    assert ends == [End.BACK] * ROLLOUTS
