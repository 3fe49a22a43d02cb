"""Abort, approve and reject: who may say what to which run, and when it is too late."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain import commands as c
from bot.domain.board_events import Frozen
from bot.domain.decide import decide
from bot.domain.events import AbortRequested, Approved, Rejected, SecretsAccepted
from bot.domain.picture import Tell
from bot.domain.plan import RunKind, StepKind
from bot.domain.refusal import Code
from bot.domain.run import Run
from bot.domain.values import Actor, Person
from tests.fakes import estates
from tests.fakes.asking import NEW, ask, code, played, refused, told
from tests.fakes.estates import ANA, BOB, EVE, MAX, NOON, OTHER_RUN, RUN, actor, board, head, target
from tests.fakes.walk import How, Walk

OPEN = head(outcome=None)
DONE = head()
UNDONE = head(OTHER_RUN, RunKind.ROLLBACK, number=1, at=NOON + timedelta(hours=1))
FREEZE = Frozen(actor(MAX), "an incident", NOON)


def waiting(by: Actor | None = None, approvals: int = 1) -> Run:
    """A promotion that waits for its approval."""
    place = replace(estates.PRODUCTION, approvals=approvals)
    walked = Walk(estates.promoting(target(environments=[estates.CANARY, place])))
    walked.go(approve=False)
    return replace(walked.run, actor=by or actor())


def asking() -> Run:
    """A run whose way back asks about secrets."""
    walked = Walk(estates.deploying(), {StepKind.HEALTH: How.FAIL, StepKind.RESTORE: How.QUESTION})
    return walked.go(agree=False)


IN_PRODUCTION = board([head(kind=RunKind.PROMOTE, place="production", outcome=None)])


@pytest.mark.parametrize("command", [c.Abort(RUN), c.Approve(RUN), c.Reject(RUN)])
def test_a_run_that_is_not_known_or_over_is_refused(command: c.Command) -> None:
    assert code(ask(command)) is Code.UNKNOWN_RUN
    ended = played({})
    refusal = refused(ask(command, run=ended))
    assert refusal.code is Code.RUN_ENDED
    assert refusal.says["outcome"] == "succeeded"


def test_an_abort_is_heard_once() -> None:
    run = estates.started()
    assert told(ask(c.Abort(RUN), run=run)) == AbortRequested(actor(), NOON)
    aborting = estates.started(AbortRequested(actor(EVE), NOON))
    assert refused(ask(c.Abort(RUN), run=aborting)).says["who"] == "eve"
    back = played({StepKind.HEALTH: How.FAIL}, until=StepKind.RESTORE)
    assert refused(ask(c.Abort(RUN), run=back)).says["who"] == "the bot itself"


def test_a_second_person_lets_it_go() -> None:
    assert told(ask(c.Approve(RUN), IN_PRODUCTION, EVE, run=waiting())) == Approved(actor(EVE), NOON)
    assert told(ask(c.Approve(RUN, "release"), IN_PRODUCTION, MAX, run=waiting())) == Approved(actor(MAX), NOON)


@pytest.mark.parametrize("platform", estates.PLATFORMS)
def test_promise_10_own_approval_is_refused_from_every_account(platform: str) -> None:
    command = c.Approve(RUN)
    asked = estates.asked(command, actor(ANA, platform))
    decision = decide(asked, estates.picture(command, IN_PRODUCTION, told=waiting(by=actor(ANA, "slack"))), NEW)
    assert code(decision) is Code.OWN_APPROVAL


@pytest.mark.parametrize("platform", estates.PLATFORMS)
def test_promise_10_own_approval_is_refused_under_another_name(platform: str) -> None:
    """The configuration was changed while it waited: ana is called anna now."""
    anna = replace(ANA, name="anna")
    of = estates.estate(people=[anna, EVE])
    assert code(ask(c.Approve(RUN), IN_PRODUCTION, anna, of, waiting(by=actor(ANA, platform)))) is Code.OWN_APPROVAL


@pytest.mark.parametrize("platform", estates.PLATFORMS)
def test_promise_10_one_person_approves_once_from_however_many_accounts(platform: str) -> None:
    run = replace(waiting(approvals=2), approvals=(actor(EVE, "slack"),))
    command = c.Approve(RUN)
    decision = decide(
        estates.asked(command, actor(EVE, platform)), estates.picture(command, IN_PRODUCTION, told=run), NEW
    )
    assert code(decision) is Code.ALREADY_APPROVED


def test_a_deployer_is_no_second_pair_of_eyes() -> None:
    assert code(ask(c.Approve(RUN), IN_PRODUCTION, BOB, run=waiting())) is Code.NOT_ALLOWED


def test_somebody_who_lost_the_role_cannot_approve_any_more() -> None:
    demoted = estates.estate(people=[ANA, Person("eve", EVE.accounts, frozenset())])
    assert code(ask(c.Approve(RUN), IN_PRODUCTION, EVE, demoted, waiting())) is Code.NOT_ALLOWED


@pytest.mark.parametrize("drawn", [None, "release", "secrets"])
def test_an_approval_of_what_does_not_wait_is_refused(drawn: str | None) -> None:
    assert code(ask(c.Approve(RUN, drawn), by=EVE, run=estates.started())) is Code.NOT_WAITING
    if drawn == "secrets":
        assert code(ask(c.Approve(RUN, drawn), by=EVE, run=waiting())) is Code.NOT_WAITING
    if drawn == "release":
        assert code(ask(c.Approve(RUN, drawn), by=EVE, run=asking())) is Code.NOT_WAITING


def test_an_approval_that_comes_after_its_time_is_refused() -> None:
    """The bot may have been down when it expired, and hears the press first."""
    run = waiting()
    late = replace(estates.asked(c.Approve(RUN), actor(EVE)), at=NOON + timedelta(hours=4))
    assert code(decide(late, estates.picture(late.command, IN_PRODUCTION, told=run), NEW)) is Code.NOT_WAITING
    early = replace(late, at=NOON + timedelta(hours=4, seconds=-1))
    assert isinstance(decide(early, estates.picture(late.command, IN_PRODUCTION, told=run), NEW), Tell)


def test_promise_9_no_approval_lets_a_run_go_through_a_freeze_or_a_lock() -> None:
    frozen = replace(IN_PRODUCTION, freeze=FREEZE)
    assert code(ask(c.Approve(RUN), frozen, EVE, run=waiting())) is Code.FROZEN
    held = replace(IN_PRODUCTION, locks={("moltworker", "production"): estates.locked(actor(BOB), "production")})
    assert code(ask(c.Approve(RUN), held, EVE, run=waiting())) is Code.LOCKED
    assert isinstance(told(ask(c.Approve(RUN), held, EVE, run=waiting(by=actor(BOB)))), Approved)
    assert isinstance(told(ask(c.Reject(RUN), frozen, EVE, run=waiting())), Rejected)
    assert isinstance(told(ask(c.Approve(RUN), frozen, EVE, run=asking())), SecretsAccepted)


@pytest.mark.parametrize("by", [ANA, BOB, EVE, MAX])
@pytest.mark.parametrize("drawn", [None, "secrets"])
def test_whoever_may_roll_back_may_agree_about_secrets(by: Person, drawn: str | None) -> None:
    assert told(ask(c.Approve(RUN, drawn), by=by, run=asking())) == SecretsAccepted(actor(by), NOON)


def test_a_no_is_heard_where_something_waits() -> None:
    for run in (waiting(), asking()):
        assert told(ask(c.Reject(RUN), run=run)) == Rejected(actor(), NOON)
    assert code(ask(c.Reject(RUN), run=estates.started())) is Code.NOT_WAITING
