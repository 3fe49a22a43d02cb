"""Commands that begin a run: what has to hold, and the plan that it gets."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.domain.board import Board, Head, commit_words
from bot.domain.commands import Asked, Deploy, Promote, RollBack, Verify
from bot.domain.events import AbortRequested, RunRequested
from bot.domain.picture import Begin, Decision, Picture, Tell, clock_words
from bot.domain.plan import Plan, RunKind, deploy_plan, promote_plan, rollback_plan, verify_plan
from bot.domain.refusal import Code, Refusal
from bot.domain.run import Run
from bot.domain.targets import Environment, Strategy, Target
from bot.domain.values import Actor, Live, Outcome, Release, RunId, Share, Snapshot


def decide_new(asked: Asked, picture: Picture, new: RunId) -> Decision:
    """Begin a run of that name, or tell a run under way, or refuse."""
    target, environment = picture.site.target, picture.site.environment
    match asked.command:
        case Deploy() as command if target and environment:
            return _deploy(command, asked, picture, target, environment, new)
        case Promote() as command if target:
            return _promote(command, asked, picture, target, new)
        case RollBack() as command if target and environment:
            return _roll_back(command, asked, picture, target, environment, new)
        case Verify() if target and environment:
            standing = picture.board.standing.get((target.name, environment.name))
            return _begin(asked, verify_plan(target, environment, _left_by(standing) if standing else ()), new)
        case _:
            return Refusal(Code.NO_TARGET)


def _begin(asked: Asked, plan: Plan, new: RunId) -> Begin:
    return Begin(RunRequested(new, plan, asked.actor, asked.at, asked.key))


def held(actor: Actor, at: datetime, board: Board, target: Target, environment: Environment) -> Refusal | None:
    """A freeze, or a lock of somebody else's, that stands in this person's way. A rollback never asks."""
    frozen = board.frozen(at)
    if frozen is not None:
        until = clock_words(frozen.until) if frozen.until else "somebody says /unfreeze"
        says = {"who": frozen.actor.name, "reason": frozen.reason or "no reason given", "until": until}
        return Refusal(Code.FROZEN, says)
    lock = board.locks.get((target.name, environment.name))
    if lock is not None and lock.actor.person != actor.person:
        says = {
            "who": lock.actor.name,
            "reason": lock.reason or "no reason given",
            "when": clock_words(lock.at),
        }
        return Refusal(Code.LOCKED, {**says, "environment": environment.name, "target": target.name})
    return None


def detained(run: Run, board: Board, at: datetime) -> bool:
    """True for a queued run that a freeze, or a lock of somebody else's, has overtaken since it was asked for."""
    if run.plan.kind not in (RunKind.DEPLOY, RunKind.PROMOTE):
        return False
    return held(run.actor, at, board, run.plan.target, run.plan.environment) is not None


def _deploy(
    command: Deploy, asked: Asked, picture: Picture, target: Target, environment: Environment, new: RunId
) -> Decision:
    unknown = [name for name in command.only if target.component(name) is None]
    if unknown:
        known = ", ".join(one.name for one in target.components)
        return Refusal(Code.UNKNOWN_COMPONENT, {"component": unknown[0], "target": target.name, "known": known})
    plan = deploy_plan(target, _along(environment, command.strategy), command.ref or target.branch, command.only)
    return held(asked.actor, asked.at, picture.board, target, environment) or _begin(asked, plan, new)


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
    return held(asked.actor, asked.at, picture.board, target, environment) or _begin(asked, plan, new)


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
        return _stale(command.drawn, same, None)
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
        return _stale(command.drawn, (), picture.board.standing.get((target.name, drawn)))
    chosen = [one for one in stood if command.drawn in (None, one.run)]
    if running and not command.drawn:
        says = {"environment": running[0].environment, "run": running[0].run, "who": running[0].actor.name}
        return Refusal(Code.STILL_WATCHED, says)
    if not chosen:
        return Refusal(Code.NOTHING_TO_PROMOTE, {"target": target.name, "environment": earlier[0]})
    head = chosen[-1]
    if head.kind is RunKind.ROLLBACK or head.release is None:
        says = {"environment": head.environment, "who": head.actor.name}
        return Refusal(Code.ROLLED_BACK_SINCE, {**says, "when": clock_words(head.ended_at or head.requested_at)})
    return head, head.release


def _roll_back(
    command: RollBack, asked: Asked, picture: Picture, target: Target, environment: Environment, new: RunId
) -> Decision:
    """Back from what is live. Whatever else holds or waits for the environment is stopped for it.

    A run that has changed something goes back by its own abort: there its snapshot is the way-back point.
    """
    lane = picture.board.lane(target.name, environment.name)
    standing = picture.board.standing.get((target.name, environment.name))
    if command.drawn is not None and not _still_drawn(command.drawn, lane, standing):
        return _stale(command.drawn, lane, standing)
    going = next((head for head in lane if head.kind is RunKind.ROLLBACK), None)
    if going is not None and command.drawn is not None:
        return _stale(command.drawn, (going,), standing)
    if going is not None:
        says = {"run": going.run, "who": going.actor.name, "environment": going.environment}
        return Refusal(Code.ALREADY_ABORTING, says)
    stops = tuple(head.run for head in lane)
    if command.to is not None:
        return _and_stop(_roll_back_to(command.to, asked, picture, target, environment, new), stops)
    if lane and (lane[0].touched or command.drawn == lane[0].run):
        return _abort_first(asked, picture, lane[0], stops[1:])
    back = _to_way_back(command, asked, picture, target, environment, new)
    if lane and isinstance(back, Refusal):
        return _abort_first(asked, picture, lane[0], stops[1:])
    return _and_stop(back, stops)


def _and_stop(decision: Decision, stops: tuple[RunId, ...]) -> Decision:
    return replace(decision, stops=stops) if isinstance(decision, Begin) else decision


def _to_way_back(
    command: RollBack, asked: Asked, picture: Picture, target: Target, environment: Environment, new: RunId
) -> Decision:
    standing = picture.board.standing.get((target.name, environment.name))
    if command.drawn is None:
        standing = _broken(picture.past) or standing
    if standing is None:
        says = {"target": target.name, "environment": environment.name}
        return Refusal(Code.NOTHING_TO_ROLL_BACK, says)
    if standing.way_back is None or standing.way_back.blocked:
        return _no_way_back(standing)
    goal = standing.way_back
    undoes = _left_by(standing) if command.drawn else ()
    plan = rollback_plan(target, environment, goal, _release_of(goal, picture.past))
    return _begin(asked, replace(plan, undoes=undoes), new)


def _broken(past: Sequence[Head]) -> Head | None:
    """The last run that left something behind, where its own way back failed: there a rollback goes first.

    Failed rollbacks are passed over (asking again means the same goal), and so is what was restored.
    """
    left = (Outcome.SUCCEEDED, Outcome.NEEDS_HANDS)
    failed = (RunKind.ROLLBACK, Outcome.NEEDS_HANDS)
    changed = (one for one in past if one.holds and one.outcome in left and (one.kind, one.outcome) != failed)
    last = next(changed, None)
    return last if last is not None and last.outcome is Outcome.NEEDS_HANDS else None


def _still_drawn(drawn: str, lane: Sequence[Head], standing: Head | None) -> bool:
    """A button holds for the run under way, and for the last word on what is live. Where a run is changing that, the
    press stops it and restores: whoever asks for the way back never makes it wait.
    """
    if lane and lane[0].run == drawn:
        return True
    return standing is not None and standing.run == drawn


def _stale(drawn: str, lane: Sequence[Head], standing: Head | None) -> Refusal:
    last = lane[0] if lane else standing
    if last is None:
        return Refusal(Code.STALE_PRESS, {"run": drawn, "reason": "nothing is known of it any more"})
    did = "is under way" if last.open else "came after it"
    at = clock_words(last.ended_at or last.requested_at)
    reason = f"{last.kind} {last.run} by {last.actor.name} ({at}) {did}"
    return Refusal(Code.STALE_PRESS, {"run": drawn, "reason": reason})


def _no_way_back(standing: Head) -> Refusal:
    if standing.kind is RunKind.ROLLBACK:
        reason = (
            f"{standing.actor.name} rolled it back already, {clock_words(standing.ended_at or standing.requested_at)}"
        )
    else:
        reason = standing.way_back.blocked if standing.way_back else "what was live before is not known"
    return Refusal(Code.NO_WAY_BACK, {"environment": standing.environment, "reason": reason})


def _left_by(head: Head) -> tuple[Live, ...]:
    versions = head.release.versions if head.release else ()
    return tuple(Live(one.component, (Share(one.version, 100),), worker=one.worker) for one in versions)


def _release_of(goal: Snapshot, past: Sequence[Head]) -> Release | None:
    """The release whose versions a snapshot shows, if a run of ours made it."""
    live = {(one.component, one.version) for one in goal.lives}
    releases = [head.release for head in past if head.release is not None]
    return next((one for one in releases if live and live <= {(v.component, v.version) for v in one.versions}), None)


def _roll_back_to(
    name: str, asked: Asked, picture: Picture, target: Target, environment: Environment, new: RunId
) -> Decision:
    releases = [head.release for head in picture.past if head.release is not None and head.release.versions]
    found = next((one for one in releases if one.commit.sha.startswith(name.lower())), None)
    if found is None:
        known = ", ".join(dict.fromkeys(one.name for one in releases)) or "none yet"
        says = {"release": name, "environment": environment.name, "known": known}
        return Refusal(Code.UNKNOWN_RELEASE, says)
    lives = tuple(Live(one.component, (Share(one.version, 100),), worker=one.worker) for one in found.versions)
    return _begin(asked, rollback_plan(target, environment, Snapshot(lives), found), new)


def _abort_first(asked: Asked, picture: Picture, first: Head, stops: tuple[RunId, ...]) -> Decision:
    run = picture.run
    if run is None or run.id != first.run or run.going_back or run.aborted_by:
        who = run.aborted_by.name if run is not None and run.aborted_by else "the bot itself"
        says = {"run": first.run, "who": who, "environment": first.environment}
        return Refusal(Code.ALREADY_ABORTING, says)
    return Tell(run.id, run.seq, AbortRequested(asked.actor, asked.at), stops)
