"""A rollback: where it goes, and what is stopped for it."""

from collections.abc import Sequence
from dataclasses import replace

from bot.domain.board import Head, commit_words
from bot.domain.commands import Asked, RollBack
from bot.domain.events import AbortRequested, RunRequested
from bot.domain.picture import Begin, Decision, Picture, Tell, clock_words
from bot.domain.plan import Plan, RunKind, rollback_plan
from bot.domain.refusal import Code, Refusal
from bot.domain.targets import Environment, Target
from bot.domain.values import ComponentVersion, Live, Outcome, Release, RunId, Share, Snapshot


def beginning(asked: Asked, plan: Plan, new: RunId) -> Begin:
    """The run of that name and plan, as asked for."""
    return Begin(RunRequested(new, plan, asked.actor, asked.at, asked.key))


def roll_back(
    command: RollBack, asked: Asked, picture: Picture, target: Target, environment: Environment, new: RunId
) -> Decision:
    """Back from what is live. Whatever else holds or waits for the environment is stopped for it.

    A run that has changed something goes back by its own abort: there its snapshot is the way-back point.
    """
    lane = picture.board.lane(target.name, environment.name)
    standing = picture.board.standing.get((target.name, environment.name))
    if command.drawn is not None and not _still_drawn(command.drawn, lane, standing):
        return stale(command.drawn, lane, standing)
    going = next((head for head in lane if head.kind is RunKind.ROLLBACK), None)
    if going is not None and command.drawn is not None:
        return stale(command.drawn, (going,), standing)
    if going is not None:
        says = {"run": going.run, "who": going.actor.name, "environment": going.environment}
        return Refusal(Code.ALREADY_ABORTING, says)
    stops = (*(head.run for head in lane), *_following(picture, target, environment, standing))
    if command.to is not None:
        return _and_stop(_roll_back_to(command.to, asked, picture, target, environment, new), stops)
    if lane and (lane[0].touched or command.drawn == lane[0].run):
        return _abort_first(asked, picture, lane)
    back = _to_way_back(command, asked, picture, target, environment, new)
    if lane and isinstance(back, Refusal):
        return _abort_first(asked, picture, lane)
    return _and_stop(back, stops)


def _following(picture: Picture, target: Target, environment: Environment, standing: Head | None) -> tuple[RunId, ...]:
    """Promotions of the release that is rolled back here, as far as they have changed nothing: it was the reason for
    them that it is well here.
    """
    if standing is None or standing.release is None or environment.promotes_to is None:
        return ()
    subject = commit_words(standing.release.commit)
    lane = picture.board.lane(target.name, environment.promotes_to)
    same = (head for head in lane if head.kind is RunKind.PROMOTE and head.subject == subject)
    return tuple(head.run for head in same if not head.touched)


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
    undoes = left_by(standing) if command.drawn else ()
    plan = rollback_plan(target, environment, goal, _release_of(goal, picture.past))
    return beginning(asked, replace(plan, undoes=undoes), new)


def _broken(past: Sequence[Head]) -> Head | None:
    """The last run that left something behind, where it did not succeed: there a rollback goes first.

    Its own way back failed, or somebody else's deploy ended it. Failed rollbacks are passed over (asking again means
    the same goal), and so is what was restored.
    """
    last = next((one for one in past if left_something(one)), None)
    return last if last is not None and last.outcome is not Outcome.SUCCEEDED else None


def left_something(head: Head) -> bool:
    """True for a run after which something else is live than before it, as far as it knows."""
    match head.outcome:
        case Outcome.SUCCEEDED:
            return head.holds
        case Outcome.NEEDS_HANDS:
            return head.holds and head.kind is not RunKind.ROLLBACK
        case Outcome.STOPPED:
            return head.holds and head.touched
        case _:
            return False


def _still_drawn(drawn: str, lane: Sequence[Head], standing: Head | None) -> bool:
    """A button holds for the run under way, and for the last word on what is live. Where a run is changing that, the
    press stops it and restores: whoever asks for the way back never makes it wait.
    """
    if lane and lane[0].run == drawn:
        return True
    return standing is not None and standing.run == drawn


def stale(drawn: str, lane: Sequence[Head], standing: Head | None) -> Refusal:
    """A button that was overtaken, with who did what when."""
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


def left_by(head: Head) -> tuple[Live, ...]:
    """What that run left live, as far as it succeeded."""
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
    heads = [head for head in picture.past if head.release is not None and head.release.versions]
    named = [head for head in heads if head.release and head.release.commit.sha.startswith(name.lower())]
    commits = dict.fromkeys(head.release.commit.sha[:12] for head in named if head.release)
    if len(commits) > 1:
        return Refusal(Code.WHICH_RELEASE, {"release": name, "known": ", ".join(commits)})
    if not named:
        known = ", ".join(dict.fromkeys(head.release.name for head in heads if head.release)) or "none yet"
        says = {"release": name, "environment": environment.name, "known": known}
        return Refusal(Code.UNKNOWN_RELEASE, says)
    return beginning(asked, _plan_to(named[0], target, environment), new)


def _plan_to(head: Head, target: Target, environment: Environment) -> Plan:
    """To what was live after that run: what it brought, and of a deploy of some components the others beside them."""
    brought = {live.component: live for live in left_by(head)}
    before = {live.component: live for live in (head.way_back.lives if head.way_back else ()) if live.shares}
    lives = tuple((before | brought).values())
    release = head.release
    if release is not None:
        beside = [ComponentVersion(one.component, one.version or "", worker=one.worker) for one in lives]
        whole = tuple(release.of(one.component) or one for one in beside)
        release = replace(release, versions=whole)
    return rollback_plan(target, environment, Snapshot(lives), release)


def _abort_first(asked: Asked, picture: Picture, lane: Sequence[Head]) -> Decision:
    run, first = picture.run, lane[0]
    if run is None or run.id != first.run or run.going_back or run.aborted_by:
        who = run.aborted_by.name if run is not None and run.aborted_by else "the bot itself"
        says = {"run": first.run, "who": who, "environment": first.environment}
        return Refusal(Code.ALREADY_ABORTING, says)
    return Tell(run.id, run.seq, AbortRequested(asked.actor, asked.at), tuple(head.run for head in lane[1:]))
