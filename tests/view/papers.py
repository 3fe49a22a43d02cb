"""Notices that came late, and notices with a document, for whoever draws them."""

from datetime import timedelta

from bot.domain.plan import StepKind
from bot.view.catchup import Behind, condensed, untold
from bot.view.document import Document
from bot.view.notice import Notice
from tests.view.rollouts import bad
from tests.view.stories import deploy, unhealthy_with_log

CHART = Document("bake.png", "image/png", b"\x89PNG\r\n\x1a\n", "Errors of canary (2 %) and baseline, by the minute.")


def late() -> Notice:
    """Everything of a run that failed and went back, but its end."""
    story = deploy({StepKind.HEALTH: unhealthy_with_log}).until()
    found = condensed(untold(story.events, 0), story.now + timedelta(hours=1), Behind(), 4000)
    assert found is not None
    return found.notice


def charted() -> Notice:
    """A rollout is going back, with its chart."""
    [said] = [one for told in untold(bad().events, 0) for one in told.said if one.chart is not None]
    return said


def last() -> Notice:
    """The end of a run, with its report."""
    return untold(deploy().until().events, 0)[-1].said[-1]
