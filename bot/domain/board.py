"""What stands where: the runs under way, the last word on each environment, locks and freezes.

A `Head` is a run in a few words, kept beside its stream so that a status or a hundred thousand past runs are looked
up, never folded. The board is what `decide` and the status page see.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.domain.board_events import BoardEvent, ForeignSeen, Frozen, Locked, Unfrozen, Unlocked
from bot.domain.plan import RunKind
from bot.domain.run import Run, Way
from bot.domain.values import Actor, Commit, Outcome, Release, RunId, Snapshot


@dataclass(frozen=True, slots=True)
class Head:
    """A run in a few words."""

    run: RunId
    kind: RunKind
    target: str
    environment: str
    actor: Actor
    requested_at: datetime
    key: str = ""
    subject: str = ""
    """Short commit and its subject, or what the run goes back to."""
    state: str = ""
    outcome: Outcome | None = None
    reason: str = ""
    ended_at: datetime | None = None
    release: Release | None = None
    way_back: Snapshot | None = None
    weight: int = 100
    """Of a rollout under way: the share of traffic that its canary is to have."""
    touched: bool = False
    """Something outside has been, or may have been, changed."""
    order: int = 0
    """The journal's position of the request: who asked first has the smaller one. Set by the journal."""

    @property
    def open(self) -> bool:
        """True while the run is not over."""
        return self.outcome is None

    @property
    def holds(self) -> bool:
        """True where the run holds its environment against others while it is open."""
        return self.kind is not RunKind.VERIFY


def head_of(run: Run) -> Head:
    """The run in a few words, to be kept beside its stream."""
    done = run.outcome is Outcome.SUCCEEDED
    # A run whose own way back failed, or that left what it had changed to somebody else's deploy, keeps its way-back
    # point too: a rollback asked for afterwards goes there.
    left = done or run.outcome is Outcome.NEEDS_HANDS or (run.outcome is Outcome.STOPPED and bool(run.touched))
    undoable = left and run.plan.kind in (RunKind.DEPLOY, RunKind.PROMOTE)
    return Head(
        run=run.id,
        kind=run.plan.kind,
        target=run.plan.target.name,
        environment=run.plan.environment.name,
        actor=run.actor,
        requested_at=run.requested_at,
        key=run.key,
        subject=_subject(run),
        state=_state(run),
        outcome=run.outcome,
        reason=run.reason,
        ended_at=run.ended_at,
        release=run.release if done else None,
        way_back=run.snapshot if undoable else None,
        weight=run.rollout.weight if run.plan.gradual and run.outcome is None else 100,
        touched=bool(run.touched),
    )


def _state(run: Run) -> str:
    """The step that it is at; where it waits for its turn or is over, that."""
    walking = run.way in (Way.FORWARD, Way.BACK)
    return str(run.current.kind if walking and run.current else run.way)


def _subject(run: Run) -> str:
    commit = run.commit or (run.plan.release.commit if run.plan.release else None)
    return commit_words(commit) if commit else run.plan.ref


def commit_words(commit: Commit) -> str:
    """A commit as a head's subject has it."""
    return f"{commit.short} {commit.subject}".strip()


@dataclass(frozen=True, slots=True)
class Board:
    """The whole picture at one moment."""

    runs: tuple[Head, ...] = ()
    """Runs under way, who asked first comes first."""
    standing: Mapping[tuple[str, str], Head] = field(default_factory=dict)
    """(target, environment) -> the last run that succeeded in changing it."""
    locks: Mapping[tuple[str, str], Locked] = field(default_factory=dict)
    freeze: Frozen | None = None
    foreign: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    """(target, environment, component) -> the last deployment of somebody else's that its room was told of."""

    def lane(self, target: str, environment: str) -> tuple[Head, ...]:
        """The runs that hold or wait for an environment: the first one runs, the others wait."""
        return tuple(
            head for head in self.runs if head.holds and head.target == target and head.environment == environment
        )

    def place(self, run: RunId) -> int:
        """How many runs are before this one in its environment; 0 means that it is its turn."""
        mine = next((head for head in self.runs if head.run == run), None)
        if mine is None or not mine.holds:
            return 0
        return [head.run for head in self.lane(mine.target, mine.environment)].index(run)

    def frozen(self, now: datetime) -> Frozen | None:
        """The freeze in force at that time."""
        over = self.freeze is not None and self.freeze.until is not None and self.freeze.until <= now
        return None if over else self.freeze


def fold_board(board: Board, events: Iterable[BoardEvent]) -> Board:
    """The board after these events of its own stream."""
    for event in events:
        board = _evolve(board, event)
    return board


def _evolve(board: Board, event: BoardEvent) -> Board:
    match event:
        case Locked(target=target, environment=environment):
            return replace(board, locks={**board.locks, (target, environment): event})
        case Unlocked(target=target, environment=environment):
            kept = {place: lock for place, lock in board.locks.items() if place != (target, environment)}
            return replace(board, locks=kept)
        case Frozen():
            return replace(board, freeze=event)
        case Unfrozen():
            return replace(board, freeze=None)
        case ForeignSeen(target=target, environment=environment, live=live):
            told = {**board.foreign, (target, environment, live.component): live.deployment}
            return replace(board, foreign=told)
