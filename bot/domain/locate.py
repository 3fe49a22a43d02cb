"""Which target, environment and run a command means: words that may be left out are found, or asked for."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.board import Board, Head
from bot.domain.commands import (
    Abort,
    Advance,
    Approve,
    Command,
    Deploy,
    Lock,
    Pause,
    Promote,
    Reject,
    Resume,
    RollBack,
    SetWeight,
    ShowHistory,
    ShowPlan,
    ShowSecrets,
    ShowStatus,
    Unlock,
    Verify,
)
from bot.domain.plan import StepKind
from bot.domain.refusal import Code, Refusal
from bot.domain.targets import Environment, Estate, Target
from bot.domain.values import Room, RunId

ROLLING = frozenset({StepKind.SMOKE, StepKind.ROLLOUT})
"""Steps at which a rollout can be steered."""
WAITING = frozenset({StepKind.APPROVAL, StepKind.SWITCH, StepKind.RESTORE})
"""Steps at which a run may wait for a person's yes or no."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where a command applies. `run` is the run that it is about, for commands about one."""

    target: Target | None = None
    environment: Environment | None = None
    run: RunId | None = None


def locate(
    command: Command, estate: Estate, board: Board, room: Room | None, earlier: Head | None = None
) -> Site | Refusal:
    """The place that a command means in this room, or what is missing or unknown.

    `earlier` is the run that a pressed button was drawn for, where it is on the board no more.
    """
    match command:
        case Deploy() | ShowPlan() | Verify() | ShowSecrets() | Lock() | Unlock():
            return _named(command.target, command.environment, estate, room)
        case Promote(target=target):
            return _pressed(command.drawn, estate, board, earlier) or _only_target(target, estate, room)
        case RollBack():
            return _pressed(command.drawn, estate, board, earlier) or _to_roll_back(command, estate, board, room)
        case Abort(run=run):
            return _under_way(run, estate, board, room)
        case Pause(run=run) | Resume(run=run) | Advance(run=run):
            return _under_way(run, estate, board, room, ROLLING)
        case Approve(run=run) | Reject(run=run):
            return _under_way(run, estate, board, room, WAITING)
        case SetWeight(target=target):
            found = _only_target(target, estate, room)
            return found if isinstance(found, Refusal) else _under_way(None, estate, board, room, ROLLING, found.target)
        case ShowStatus(target=target) | ShowHistory(target=target):
            return _shown(target, getattr(command, "environment", None), estate, room)
        case _:
            return Site()


def _named(target: str | None, environment: str, estate: Estate, room: Room | None) -> Site | Refusal:
    site = _only_target(target, estate, room)
    if isinstance(site, Refusal) or site.target is None:
        return site
    return _environment(site.target, environment)


def _environment(target: Target, name: str) -> Site | Refusal:
    environment = target.environment(name)
    if environment is None:
        known = ", ".join(one.name for one in target.environments)
        return Refusal(Code.UNKNOWN_ENVIRONMENT, {"environment": name, "target": target.name, "known": known})
    return Site(target, environment)


def _only_target(name: str | None, estate: Estate, room: Room | None) -> Site | Refusal:
    known = ", ".join(one.name for one in estate.targets)
    if name is not None:
        target = estate.target(name)
        return Site(target) if target else Refusal(Code.UNKNOWN_TARGET, {"target": name, "known": known})
    here = [one for one in estate.targets if room is None or one.room == room.name]
    if len(here) == 1:
        return Site(here[0])
    if here:
        return Refusal(Code.WHICH_TARGET, {"known": ", ".join(one.name for one in here)})
    return Refusal(Code.NO_TARGET, {"known": known})


def _shown(target: str | None, environment: str | None, estate: Estate, room: Room | None) -> Site | Refusal:
    """Status and history without a target mean everything."""
    if target is None and environment is None:
        return Site()
    site = _only_target(target, estate, room)
    if isinstance(site, Refusal) or site.target is None or environment is None:
        return site
    return _environment(site.target, environment)


def _head_site(head: Head, estate: Estate) -> Site:
    """A run goes on although its target or environment was taken out of the configuration, and is steered all the same:
    it has its own plan.
    """
    target = estate.target(head.target)
    return Site(target, target.environment(head.environment) if target else None, head.run)


def _pressed(drawn: str | None, estate: Estate, board: Board, earlier: Head | None) -> Site | Refusal | None:
    """The place of the run that a button was drawn for; None for typed words."""
    if drawn is None:
        return None
    heads = (*board.runs, *board.standing.values(), *((earlier,) if earlier else ()))
    head = next((one for one in heads if one.run == drawn), None)
    if head is None:
        return Refusal(Code.STALE_PRESS, {"run": drawn, "reason": "something else has happened since"})
    site = _head_site(head, estate)
    if site.target is None:
        return Refusal(Code.UNKNOWN_TARGET, {"target": head.target, "known": ""})
    if site.environment is None:
        known = ", ".join(one.name for one in site.target.environments)
        says = {"environment": head.environment, "target": head.target, "known": known}
        return Refusal(Code.UNKNOWN_ENVIRONMENT, says)
    return site


def _under_way(
    run: RunId | None,
    estate: Estate,
    board: Board,
    room: Room | None,
    at: Collection[str] = (),
    target: Target | None = None,
) -> Site | Refusal:
    """The run of that name, else the only one of the target, or of the room, that is meant: at one of these steps
    where any is, holding its environment rather than only measuring, its turn rather than queued.
    """
    if run is not None:
        head = next((one for one in board.runs if one.run == run), None)
        return _head_site(head, estate) if head else Site(run=run)
    inside = (target,) if target else (one for one in estate.targets if room is None or one.room == room.name)
    names = {one.name for one in inside}
    here = [head for head in board.runs if head.target in names]
    meant = [head for head in here if head.state in at] or [head for head in here if head.holds] or here
    first = [head for head in meant if board.place(head.run) == 0] or meant
    if not first:
        return Refusal(Code.NO_RUN)
    if len(first) > 1:
        shown = ", ".join(f"{one.run} ({one.kind} {one.target} → {one.environment})" for one in first)
        return Refusal(Code.WHICH_RUN, {"known": shown})
    return _head_site(first[0], estate)


def _to_roll_back(command: RollBack, estate: Estate, board: Board, room: Room | None) -> Site | Refusal:
    """Without an environment: where a run is under way, else where the last change was."""
    site = _only_target(command.target, estate, room)
    if isinstance(site, Refusal) or site.target is None:
        return site
    if command.environment is not None:
        return _with_run(_environment(site.target, command.environment), board)
    name = site.target.name
    busy = {head.environment for head in board.runs if head.target == name and head.holds}
    changed = [head for place, head in board.standing.items() if place[0] == name]
    if len(busy) > 1:
        return Refusal(Code.WHICH_ENVIRONMENT, {"known": ", ".join(sorted(busy))})
    if busy:
        return _with_run(_environment(site.target, busy.pop()), board)
    if not changed:
        return Refusal(Code.NOTHING_TO_ROLL_BACK, {"target": name, "environment": "any environment"})
    return _environment(site.target, max(changed, key=_ended).environment)


def _with_run(site: Site | Refusal, board: Board) -> Site | Refusal:
    """A rollback is about the run that is under way there, if one is: it has to be stopped first."""
    if isinstance(site, Refusal) or site.target is None or site.environment is None:
        return site
    lane = board.lane(site.target.name, site.environment.name)
    return replace(site, run=lane[0].run) if lane else site


def _ended(head: Head) -> datetime:
    return head.ended_at or head.requested_at
