"""Commands that begin a run: what has to hold, and the plan that it gets."""

from dataclasses import replace
from datetime import datetime
from itertools import takewhile

from bot.domain.board import Board, Head, commit_words
from bot.domain.board_events import Frozen
from bot.domain.commands import Asked, Deploy, Promote, RollBack, Verify
from bot.domain.picture import Begin, Decision, Picture, clock_words
from bot.domain.plan import Plan, RunKind, deploy_plan, promote_plan, verify_plan
from bot.domain.refusal import Code, Refusal
from bot.domain.rollback import beginning, left_by, roll_back, stale
from bot.domain.run import Run
from bot.domain.targets import Environment, Strategy, Target
from bot.domain.values import Actor, Outcome, Release, RunId


def decide_new(asked: Asked, picture: Picture, new: RunId) -> Decision:
    """Begin a run of that name, or tell a run under way, or refuse."""
    target, environment = picture.site.target, picture.site.environment
    match asked.command:
        case Deploy() as command if target and environment:
            return _deploy(command, asked, picture, target, environment, new)
        case Promote() as command if target:
            return _promote(command, asked, picture, target, new)
        case RollBack() as command if target and environment:
            return roll_back(command, asked, picture, target, environment, new)
        case Verify() if target and environment:
            standing = picture.board.standing.get((target.name, environment.name))
            return beginning(asked, verify_plan(target, environment, left_by(standing) if standing else ()), new)
        case _:
            return Refusal(Code.NO_TARGET)


def held(actor: Actor, at: datetime, board: Board, target: Target, environment: Environment) -> Refusal | None:
    """A freeze, or a lock of somebody else's, that stands in this person's way. A rollback never asks."""
    frozen = board.frozen(at)
    if frozen is not None:
        return frozen_words(frozen)
    lock = board.locks.get((target.name, environment.name))
    if lock is not None and lock.actor.person != actor.person:
        says = {
            "who": lock.actor.name,
            "reason": lock.reason or "no reason given",
            "when": clock_words(lock.at),
        }
        return Refusal(Code.LOCKED, {**says, "environment": environment.name, "target": target.name})
    return None


def frozen_words(frozen: Frozen) -> Refusal:
    """The refusal that tells of a freeze."""
    until = clock_words(frozen.until) if frozen.until else "somebody says /unfreeze"
    return Refusal(
        Code.FROZEN, {"who": frozen.actor.name, "reason": frozen.reason or "no reason given", "until": until}
    )


def detained(run: Run, board: Board, at: datetime) -> Refusal | None:
    """The freeze, or the lock of somebody else's, that has overtaken a run since it was asked for: one that is queued,
    or is under way and has changed nothing. One that has changed something goes on: half-way is no place to be left.
    """
    ships = run.plan.kind in (RunKind.DEPLOY, RunKind.PROMOTE)
    if not ships or run.touched or run.going_back or run.outcome is not None:
        return None
    return held(run.actor, at, board, run.plan.target, run.plan.environment)


def _deploy(
    command: Deploy, asked: Asked, picture: Picture, target: Target, environment: Environment, new: RunId
) -> Decision:
    unknown = [name for name in command.only if target.component(name) is None]
    if unknown:
        known = ", ".join(one.name for one in target.components)
        return Refusal(Code.UNKNOWN_COMPONENT, {"component": unknown[0], "target": target.name, "known": known})
    plan = deploy_plan(target, _along(environment, command.strategy), command.ref or target.branch, command.only)
    return held(asked.actor, asked.at, picture.board, target, environment) or _past_held(asked, picture, plan, new)


def _promote(command: Promote, asked: Asked, picture: Picture, target: Target, new: RunId) -> Decision:
    found = _verified(command, picture, target)
    if isinstance(found, Refusal):
        return found
    head, release = found
    source = target.environment(head.environment)
    environment = target.environment(source.promotes_to) if source and source.promotes_to else None
    if environment is None:
        return Refusal(Code.NO_NEXT_ENVIRONMENT, {"environment": head.environment, "target": target.name})
    if refusal := _not_whole(release, target) or _on_its_way(command, picture, target, environment, release):
        return refusal
    there = picture.board.standing.get((target.name, environment.name))
    if there is not None and there.release is not None and _contains(there.release, release):
        says = {"release": release.name, "environment": environment.name, "who": there.actor.name}
        return Refusal(Code.ALREADY_LIVE, {**says, "when": clock_words(there.ended_at or there.requested_at)})
    plan = promote_plan(target, _along(environment, command.strategy), release)
    return held(asked.actor, asked.at, picture.board, target, environment) or _past_held(asked, picture, plan, new)


def _past_held(asked: Asked, picture: Picture, plan: Plan, new: RunId) -> Begin:
    """Whoever holds the environment does not wait behind what their own lock holds there: that is stopped."""
    board, place = picture.board, (plan.target.name, plan.environment.name)
    begin, lock = beginning(asked, plan, new), board.locks.get(place)
    if lock is None or lock.actor.person != asked.actor.person:
        return begin
    ships = (RunKind.DEPLOY, RunKind.PROMOTE)
    others = (head for head in board.lane(*place) if head.actor.person != asked.actor.person)
    return replace(begin, stops=tuple(head.run for head in others if head.kind in ships and not head.touched))


def _along(environment: Environment, strategy: str | None) -> Environment:
    """The environment with the strategy that was asked for this time."""
    return replace(environment, strategy=Strategy(strategy)) if strategy else environment


def _contains(there: Release, release: Release) -> bool:
    """True where every component of the release is live there at that commit."""
    names = {one.component for one in there.versions}
    return there.commit == release.commit and {one.component for one in release.versions} <= names


def _not_whole(release: Release, target: Target) -> Refusal | None:
    """What was verified together is shipped together, or not at all."""
    gone = [one.component for one in release.versions if target.component(one.component) is None]
    if not gone:
        return None
    known = ", ".join(one.name for one in target.components)
    return Refusal(Code.UNKNOWN_COMPONENT, {"component": gone[0], "target": target.name, "known": known})


def _on_its_way(
    command: Promote, picture: Picture, target: Target, environment: Environment, release: Release
) -> Refusal | None:
    """Asked for again while the first one's run is still under way: that one is to be steered, not followed."""
    lane = picture.board.lane(target.name, environment.name)
    subject = commit_words(release.commit)
    same = [head for head in lane if head.kind is RunKind.PROMOTE and head.subject == subject]
    if not same:
        return None
    if command.drawn is not None:
        return stale(command.drawn, same, None)
    says = {"release": release.name, "environment": environment.name, "run": same[0].run, "who": same[0].actor.name}
    return Refusal(Code.ON_ITS_WAY, says)


def _verified(command: Promote, picture: Picture, target: Target) -> tuple[Head, Release] | Refusal:
    """The release to promote: what the last run of an earlier environment left there, verified."""
    earlier = [one.name for one in target.environments if one.promotes_to]
    if not earlier:
        return Refusal(Code.NO_NEXT_ENVIRONMENT, {"environment": "any", "target": target.name})
    heads = [picture.board.standing.get((target.name, name)) for name in earlier]
    stood = sorted((one for one in heads if one), key=lambda one: one.ended_at or one.requested_at)
    running = [one for name in earlier for one in picture.board.lane(target.name, name)]
    if command.drawn is not None and not any(one.run == command.drawn for one in stood):
        drawn = picture.site.environment.name if picture.site.environment else ""
        return stale(command.drawn, (), picture.board.standing.get((target.name, drawn)))
    chosen = [one for one in stood if command.drawn in (None, one.run)]
    if running and not command.drawn:
        says = {"environment": running[0].environment, "run": running[0].run, "who": running[0].actor.name}
        return Refusal(Code.STILL_WATCHED, says)
    if not chosen:
        return Refusal(Code.NOTHING_TO_PROMOTE, {"target": target.name, "environment": earlier[0]})
    head = chosen[-1]
    if refusal := _being_undone(command, picture, head):
        return refusal
    if head.kind is RunKind.ROLLBACK or head.release is None:
        says = {"environment": head.environment, "who": head.actor.name}
        return Refusal(Code.ROLLED_BACK_SINCE, {**says, "when": clock_words(head.ended_at or head.requested_at)})
    return head, head.release


def _being_undone(command: Promote, picture: Picture, head: Head) -> Refusal | None:
    """Somebody is rolling that very release back, or has tried to: it is no release that anybody vouches for."""
    lane = picture.board.lane(head.target, head.environment)
    since = takewhile(lambda one: one.run != head.run, picture.past)
    here = (one for one in (*lane, *since) if one.environment == head.environment and one.kind is RunKind.ROLLBACK)
    back = next((one for one in here if one.open or one.outcome is Outcome.NEEDS_HANDS), None)
    if back is None:
        return None
    if command.drawn is not None:
        return stale(command.drawn, (back,), head)
    says = {"environment": back.environment, "who": back.actor.name, "when": clock_words(back.requested_at)}
    return Refusal(Code.TRIED_BACK, says)
