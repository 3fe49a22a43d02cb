"""Outrider's judge as a rule of the bench: the real one, poll by poll."""

from datetime import timedelta

from bot.domain.analysis.counts import Poll
from bot.domain.analysis.dispersion import Prior
from bot.domain.analysis.evidence import Evidence
from bot.domain.analysis.judge import judge_evidence
from bot.domain.analysis.tolerance import Bake, Tolerance
from bot.domain.values import Mark
from tests.bench.analysis.rollout import BAKE
from tests.bench.analysis.streams import BEGUN, SOURCE

WEIGHTS = (10, 50, 100)
LONGEST = 3 * BAKE
"""How long a weight is measured at most, before a person is asked."""


class Outrider:
    """Weights 10, 50, 100; bake of 15 minutes, 45 at most."""

    def __init__(self, longest: int = LONGEST, prior: Prior | None = None) -> None:
        self.weight: int | None = WEIGHTS[0]
        self._longest = longest
        self._evidence = Evidence(Tolerance((SOURCE,), horizon=timedelta(seconds=2 * BAKE), prior=prior))
        self._since = 0

    def look(self, seconds: int, poll: Poll) -> None:
        self._evidence = self._evidence.add(poll)
        judged = judge_evidence(self._evidence, self._bake(), poll.at)
        if judged.mark is Mark.FAIL:
            self.weight = 0
        elif judged.mark is Mark.PASS:
            self.weight = next(one for one in WEIGHTS if one > (self.weight or 0))
            self._since = seconds
        elif judged.settled:
            self.weight = None

    def _bake(self) -> Bake:
        since = BEGUN + timedelta(seconds=self._since)
        return Bake(BEGUN, since, since + timedelta(seconds=BAKE), since + timedelta(seconds=self._longest))
