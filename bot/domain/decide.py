"""What a command leads to: facts to append, or a refusal. Pure; every rule about commands stands here.

The same question asked twice of the same journal has the same answer, and an answer that was overtaken by another
append is thrown away and asked again: so a button pressed twice, a delivery that came twice and two people in the
same second all end here.
"""

from datetime import datetime

from bot.domain.begin import decide_new, frozen_words, held
from bot.domain.board import Board
from bot.domain.board_events import Frozen, Locked, Unfrozen, Unlocked
from bot.domain.commands import (
    Abort,
    Advance,
    Approve,
    Asked,
    Deploy,
    Freeze,
    Lock,
    Pause,
    Promote,
    Reject,
    Resume,
    RollBack,
    SetWeight,
    Unfreeze,
    Unlock,
    Verify,
)
from bot.domain.events import AbortRequested, Approved, Rejected, SecretsAccepted
from bot.domain.picture import Decision, Note, Picture, Tell, clock_words
from bot.domain.plan import StepKind
from bot.domain.policy import known, may_approve
from bot.domain.refusal import Code, Refusal
from bot.domain.run import Run, Way
from bot.domain.steering import steer
from bot.domain.steps import approval_ends
from bot.domain.values import Role, RunId


def decide(asked: Asked, picture: Picture, new: RunId) -> Decision:
    """What the command leads to. Commands that only ask are not for here: they lead to nothing but an answer."""
    match asked.command:
        case Deploy() | Promote() | RollBack() | Verify():
            return decide_new(asked, picture, new)
        case Abort() | Approve() | Reject() | Pause() | Resume() | Advance() | SetWeight():
            return _decide_running(asked, picture)
        case Lock() | Unlock() | Freeze() | Unfreeze():
            return _decide_board(asked, picture)
        case _:
            return Refusal(Code.UNKNOWN_VERB)


def _decide_running(asked: Asked, picture: Picture) -> Decision:
    run = picture.run
    if run is None:
        return Refusal(Code.UNKNOWN_RUN, {"run": picture.site.run or ""})
    if run.way is Way.ENDED:
        says = {
            "run": run.id,
            "outcome": str(run.outcome).replace("_", " "),
            "when": clock_words(run.ended_at or asked.at),
        }
        return Refusal(Code.RUN_ENDED, says)
    match asked.command:
        case Abort():
            if run.going_back or run.aborted_by is not None:
                says = {"run": run.id, "environment": run.plan.environment.name}
                who = run.aborted_by.name if run.aborted_by else "the bot itself"
                return Refusal(Code.ALREADY_ABORTING, {**says, "who": who})
            return Tell(run.id, run.seq, AbortRequested(asked.actor, asked.at))
        case Approve(drawn=drawn):
            return _approve(asked, picture, run, drawn)
        case Pause() | Resume() | Advance() | SetWeight():
            return steer(asked, run)
        case _:
            fact = Rejected(asked.actor, asked.at)
            return Tell(run.id, run.seq, fact) if _waits_for(asked, run) else Refusal(Code.NOT_WAITING, {"run": run.id})


def _waits_for(asked: Asked, run: Run) -> bool:
    """Whether a no is waited for. A button's is about what it was drawn for: a no to a release that came late must not
    be taken for one to the older secrets that its way back needs.
    """
    drawn = asked.command.drawn if isinstance(asked.command, Reject) else None
    if run.question:
        return drawn in (None, "secrets")
    return _awaits_approval(run) and drawn in (None, "release")


def _awaits_approval(run: Run) -> bool:
    current = run.current
    return current is not None and current.kind is StepKind.APPROVAL and current.started_at is not None


def _approve(asked: Asked, picture: Picture, run: Run, drawn: str | None) -> Decision:
    if run.question and drawn in (None, "secrets"):
        return Tell(run.id, run.seq, SecretsAccepted(asked.actor, asked.at))
    if not _awaits_approval(run) or drawn == "secrets" or asked.at >= approval_ends(run, asked.at):
        return Refusal(Code.NOT_WAITING, {"run": run.id})
    if not may_approve(asked.actor, picture.estate):
        return Refusal(Code.NOT_ALLOWED, {"person": asked.actor.name, "role": Role.APPROVER.value})
    # Whoever was called otherwise when they asked for the run is still the same person.
    asker = known(run.actor, picture.estate).person
    if asked.actor.person in (run.actor.person, asker):
        return Refusal(Code.OWN_APPROVAL, {"run": run.id, "person": asked.actor.name})
    if any(one.person == asked.actor.person for one in run.approvals):
        return Refusal(Code.ALREADY_APPROVED, {"run": run.id, "person": asked.actor.name})
    # A freeze or a lock that came while it waited holds the one who asked for the run, not the one who approves.
    refusal = held(run.actor, asked.at, picture.board, run.plan.target, run.plan.environment)
    return refusal or Tell(run.id, run.seq, Approved(asked.actor, asked.at))


def _decide_board(asked: Asked, picture: Picture) -> Decision:
    board, site = picture.board, picture.site
    target = site.target.name if site.target else ""
    environment = site.environment.name if site.environment else ""
    lock = board.locks.get((target, environment))
    match asked.command:
        case Freeze(until=until, reason=reason):
            longer = _longer_freeze(asked, board, until)
            return longer or Note(Frozen(asked.actor, reason, asked.at, until))
        case Unfreeze():
            frozen = board.frozen(asked.at)
            return Note(Unfrozen(asked.actor, asked.at)) if frozen else Refusal(Code.NOT_FROZEN)
        case Lock(reason=reason):
            if lock is not None and lock.actor.person != asked.actor.person:
                return _held_by(lock)
            return Note(Locked(target, environment, asked.actor, reason, asked.at))
        case _:
            if lock is None:
                return Refusal(Code.NOT_LOCKED, {"environment": environment, "target": target})
            person = picture.estate.person(asked.actor.person)
            admin = person is not None and Role.ADMIN in person.roles
            mine = lock.actor.person == asked.actor.person
            return Note(Unlocked(target, environment, asked.actor, asked.at)) if mine or admin else _held_by(lock)


def _longer_freeze(asked: Asked, board: Board, until: datetime | None) -> Refusal | None:
    """Somebody else's freeze that lasts longer stays: who stops everybody for an hour does not end it early."""
    frozen = board.frozen(asked.at)
    if frozen is None or frozen.actor.person == asked.actor.person or until is None:
        return None
    shorter = frozen.until is None or until < frozen.until
    return frozen_words(frozen) if shorter else None


def _held_by(lock: Locked) -> Refusal:
    says = {"who": lock.actor.name, "reason": lock.reason or "no reason given", "when": clock_words(lock.at)}
    return Refusal(Code.LOCKED, {**says, "environment": lock.environment, "target": lock.target})
