"""The machine's clock was set back by hours while the bot was down: what the journal holds is from times to come."""

from datetime import timedelta

from bot.domain.baking import LOOK
from bot.domain.plan import StepKind
from bot.domain.run import seeing
from tests.domain.test_rollout_meanwhile import at_ten
from tests.domain.test_watch import watched
from tests.fakes.walk import How, Walk


def started_anew(walked: Walk) -> set[str]:
    """What is begun at once by a bot that comes back three hours ago."""
    walked.crash()
    walked.now -= timedelta(hours=3)
    before = len(walked.asked)
    walked.settle()
    return {action.item for _, action in walked.asked[before:]}


def test_promise_6_a_canary_is_measured_though_the_clock_was_set_back() -> None:
    walked = at_ten()
    for key in list(walked.flight):
        walked.land(key)
    walked.now += timedelta(seconds=30)
    walked.settle()
    for key in list(walked.flight):
        walked.land(key)
    assert not walked.run.open_acts
    assert started_anew(walked) == {f"{LOOK}probes", seeing("worker")}


def test_promise_6_a_watch_goes_on_though_the_clock_was_set_back() -> None:
    walked = watched([How.PASS])
    assert walked.run.current is not None
    assert walked.run.current.kind is StepKind.WATCH
    assert not walked.run.open_acts
    assert "round 2" in started_anew(walked)
    answer = walked.settle()
    assert not answer.events
    assert "round 3" not in {action.item for _, action in walked.asked}, "at its own pace from there"
