"""Answers that only look: `/status`, `/history`, `/plan`, `/secrets`. Pure; what was read comes in.

Rows begin with their name, so that a platform may show them as a table or as lines.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.board import Board, Head
from bot.domain.board_events import Frozen
from bot.domain.migrations import stays
from bot.domain.picture import clock_words
from bot.domain.plan import PROBES, StepKind
from bot.domain.targets import Environment, Strategy, Target, Unsure
from bot.domain.values import Commit, Live, Outcome, Reach, Snapshot, Verdict
from bot.view.notice import Notice, Tone
from bot.view.sentences import Say, say
from bot.view.words import NOUNS, ago, count, listed, named, readiness, span, traffic, why

COMMITS = 10
"""As many of a plan's commits are listed."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the provider said of one environment: each component's live state, or why it could not be read."""

    target: Target
    environment: Environment
    lives: tuple[Live, ...] = ()
    trouble: str = ""

    @property
    def place(self) -> str:
        """Where: `moltworker → canary`."""
        return f"{self.target.name} → {self.environment.name}"


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a deploy would meet and bring. `gates` None: not tried; each verdict is as a run would have it."""

    target: Target
    environment: Environment
    commit: Commit
    commits: tuple[Commit, ...] | None = None
    """Those since what is live, newest first; None where nobody knows what is live there."""
    lives: tuple[Live, ...] = ()
    gates: Mapping[str, Verdict | None] = field(default_factory=dict)
    """Gate -> what it said; None for one that was not tried, as only a run does."""
    pending: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Database -> migrations that would be applied."""
    unread: Mapping[str, str] = field(default_factory=dict)
    """What could not be read -> why."""
    reach: Mapping[str, Reach] = field(default_factory=dict)
    """Component -> what a rollback from the deploy would meet."""


def status(readings: Sequence[Reading], board: Board, now: datetime) -> tuple[Notice, ...]:
    """What is live where, at which weight, since when and by whom; then drift, locks, the freeze and the queue."""
    if not readings:
        return (Notice(Say.STATUS_EMPTY, say(Say.STATUS_EMPTY), private=True),)
    targets = {one.target.name: one.target for one in readings}
    told = [_target_status(name, [one for one in readings if one.target.name == name], board, now) for name in targets]
    return (*told, *_drifts(readings, board), *_holds(board, targets, now))


def _target_status(target: str, readings: Sequence[Reading], board: Board, now: datetime) -> Notice:
    rows = [row for reading in readings for row in _live_rows(reading, board, now)]
    return Notice(Say.STATUS, say(Say.STATUS, target=target), rows=tuple(rows))


def _live_rows(reading: Reading, board: Board, now: datetime) -> list[tuple[str, ...]]:
    if reading.trouble:
        return [(reading.environment.name, f"could not be read: {reading.trouble}")]
    head = board.standing.get((reading.target.name, reading.environment.name))
    several = len(reading.lives) > 1
    rows: list[tuple[str, ...]] = [
        (
            reading.environment.name,
            f"{live.component} {traffic(live)}" if several else traffic(live),
            _release_words(live, head),
            _since_words(live, head, now),
        )
        for live in reading.lives
    ]
    return [*rows, *_back_rows(reading, head, board)]


def _back_rows(reading: Reading, head: Head | None, board: Board) -> list[tuple[str, ...]]:
    """Whether a rollback is possible, as the last run's card says it; nothing where somebody else deployed since, or a
    run is changing things.
    """
    busy = any(one.touched for one in board.lane(reading.target.name, reading.environment.name))
    if head is None or head.way_back is None or busy or not all(_ours(live, head) for live in reading.lives):
        return []
    return [(reading.environment.name, f"rollback {readiness(head.way_back)}")]


def _ours(live: Live, head: Head | None) -> bool:
    """True where what is live is what our last run left there."""
    left = head.release.of(live.component) if head and head.release else None
    return left is not None and left.version == live.version


def _release_words(live: Live, head: Head | None) -> str:
    return named(head.release.commit) if head and head.release and _ours(live, head) else live.message


def _since_words(live: Live, head: Head | None, now: datetime) -> str:
    who = head.actor.name if head and _ours(live, head) else live.author
    since = ago(live.since, now) if live.since else ""
    return ", ".join(part for part in (since, f"by {who}" if who else "") if part)


def _drifts(readings: Sequence[Reading], board: Board) -> tuple[Notice, ...]:
    """What is live although no run of ours left it there."""
    found = []
    for reading in readings:
        head = board.standing.get((reading.target.name, reading.environment.name))
        busy = any(one.touched for one in board.lane(reading.target.name, reading.environment.name))
        for live in () if busy else reading.lives:
            left = head.release.of(live.component) if head and head.release else None
            if left is None or left.version == live.version:
                continue
            author = f", deployed by {live.author}" if live.author else ""
            blanks = {"place": reading.place, "component": live.component, "live": traffic(live), "author": author}
            text = say(Say.DRIFT, expected=left.version[:8], **blanks)
            found.append(Notice(Say.DRIFT, text, Tone.BAD))
    return tuple(found)


def _holds(board: Board, targets: Mapping[str, Target], now: datetime) -> tuple[Notice, ...]:
    found = []
    frozen = board.frozen(now)
    if frozen is not None:
        found.append(_frozen(frozen))
    locks = [lock for (target, _), lock in board.locks.items() if target in targets]
    if locks:
        held = [(f"{one.target} → {one.environment}", f"by {one.actor.name}", one.reason) for one in locks]
        text = say(Say.LOCKS, count=count(len(locks), "environment"))
        found.append(Notice(Say.LOCKS, text, Tone.ASK, tuple(tuple(filter(None, row)) for row in held)))
    runs = [head for head in board.runs if head.target in targets]
    if runs:
        rows = tuple(_under_way(head, board) for head in runs)
        text = say(Say.UNDER_WAY, count=count(len(runs), "run"))
        found.append(Notice(Say.UNDER_WAY, text, rows=rows))
    return tuple(found)


def _frozen(frozen: Frozen) -> Notice:
    until = clock_words(frozen.until) if frozen.until else "somebody says /unfreeze"
    reason = frozen.reason or "no reason given"
    return Notice(Say.FREEZE, say(Say.FREEZE, who=frozen.actor.name, until=until, reason=reason), Tone.ASK)


def _under_way(head: Head, board: Board) -> tuple[str, ...]:
    ahead = board.place(head.run)
    rolling = f"canary at {head.weight} %" if head.state == StepKind.ROLLOUT else head.state
    state = f"waits for {count(ahead, 'run')} before it" if ahead else rolling
    what = f"{NOUNS[head.kind]} {head.target} → {head.environment}"
    return head.run, what, head.subject, f"{state}, by {head.actor.name}"


_OUTCOMES = {
    None: "under way",
    Outcome.SUCCEEDED: "succeeded",
    Outcome.ROLLED_BACK: "rolled back",
    Outcome.ABORTED: "aborted",
    Outcome.STOPPED: "stopped",
    Outcome.NEEDS_HANDS: "needs hands",
}


def history(heads: Sequence[Head], now: datetime, where: str = "") -> Notice:
    """Past runs, newest first; `where` names the place that was asked about."""
    if not heads:
        blank = f" of {where}" if where else ""
        return Notice(Say.HISTORY_EMPTY, say(Say.HISTORY_EMPTY, where=blank), private=True)
    rows = tuple(_past(head, now) for head in heads)
    return Notice(Say.HISTORY, say(Say.HISTORY, count=count(len(heads), "run")), rows=rows, private=True)


def _past(head: Head, now: datetime) -> tuple[str, ...]:
    what = f"{NOUNS[head.kind]} {head.target} → {head.environment}"
    ended = _OUTCOMES[head.outcome] + (f": {why(head.reason)}" if head.reason and head.outcome else "")
    when = f"{ago(head.ended_at or head.requested_at, now)} by {head.actor.name}"
    return head.run, what, head.subject, f"{ended} ({when})"


def outlook(found: Outlook) -> Notice:
    """What a deploy would do."""
    blanks = {"subject": named(found.commit), "place": f"{found.target.name} → {found.environment.name}"}
    bad = {name: one for name, one in found.gates.items() if one is not None and not one.passed}
    rows = (
        *_gate_rows(found),
        *_traffic_rows(found),
        *_change_rows(found),
        *(("not known", what, why) for what, why in found.unread.items()),
    )
    if bad:
        reason = "; ".join(f"{name}: {one.reason}" if one.reason else name for name, one in bad.items())
        return Notice(Say.PLAN_BLOCKED, say(Say.PLAN_BLOCKED, reason=reason, **blanks), Tone.BAD, rows, private=True)
    if found.commits == () and not any(found.pending.values()):
        return Notice(Say.PLAN_NOTHING, say(Say.PLAN_NOTHING, **blanks), rows=rows, private=True)
    number = "a first release" if found.commits is None else count(len(found.commits), "commit")
    return Notice(Say.PLAN, say(Say.PLAN, commits=number, **blanks), Tone.GOOD, rows, private=True)


def _gate_rows(found: Outlook) -> tuple[tuple[str, ...], ...]:
    return tuple(
        ("gate", name, "tried by the run" if one is None else "holds" if one.passed else one.reason or str(one.mark))
        for name, one in found.gates.items()
    )


_UNSURE = {
    Unsure.WAIT: "held up to {limit} while nobody can tell, then somebody is asked",
    Unsure.ASK: "where nobody can tell by then, somebody is asked",
    Unsure.BACK: "where nobody can tell by then, it goes back",
}


def _traffic_rows(found: Outlook) -> list[tuple[str, ...]]:
    """How traffic would reach it, and what it would be judged by; nothing where all of it moves at once."""
    place = found.environment
    if place.strategy is not Strategy.GRADUAL:
        return []
    unsure = _UNSURE[place.inconclusive].format(limit=span(place.bake_max))
    kinds = [f"{one.name} ({one.kind})" if one.name != one.kind else one.name for one in found.target.sources]
    return [
        ("traffic", " → ".join(f"{weight} %" for weight in place.weights), "each weight read back and measured"),
        ("bake", span(place.bake), f"less where the evidence is in; {unsure}"),
        ("measured by", listed(kinds) or PROBES.name, "canary against baseline, over the same time"),
    ]


def _change_rows(found: Outlook) -> tuple[tuple[str, ...], ...]:
    commits = found.commits or ()
    rows = [("commit", one.short, f"{one.subject} ({one.author})" if one.author else one.subject) for one in commits]
    if len(rows) > COMMITS:
        rows = [*rows[:COMMITS], ("commit", "…", f"and {len(commits) - COMMITS} more")]
    rows += [("migrate", database, listed(names)) for database, names in found.pending.items() if names]
    if found.lives:
        rows.append(("way back", "rollback", readiness(_way_back(found))))
    return tuple(rows)


def _way_back(found: Outlook) -> Snapshot:
    """The snapshot that a run would take, and what it would add to its databases."""
    there = [found.reach[live.component] for live in found.lives if live.shares and live.component in found.reach]
    along = {database for one in found.target.components if one.rewind_d1 for database in one.d1}
    added = [stays(database) for database, names in found.pending.items() if names and database not in along]
    return Snapshot(
        found.lives,
        refused=tuple(one.refused for one in there if one.refused),
        limits=(*(limit for one in there for limit in one.limits), *added),
    )


def secrets(
    target: Target,
    environment: Environment,
    required: Mapping[str, tuple[str, ...]],
    here: Mapping[str, frozenset[str]],
    elsewhere: Mapping[str, Mapping[str, frozenset[str]]],
) -> Notice:
    """Which secrets are missing; names only.

    `required`: component -> names. `here`: component -> names that it has. `elsewhere`: other environment -> the
    same, to show what one has that this one lacks.
    """
    place = f"{target.name} → {environment.name}"
    missing = {name: [one for one in wanted if one not in here.get(name, ())] for name, wanted in required.items()}
    rows = [("missing", component, listed(names, 20)) for component, names in missing.items() if names]
    for other, found in elsewhere.items():
        for component, names in found.items():
            more = sorted(names - here.get(component, frozenset()))
            rows += [(f"only in {other}", component, listed(more, 20))] if more else []
    lacking = [one for names in missing.values() for one in names]
    if lacking:
        text = say(Say.SECRETS_MISSING, place=place, secrets=listed(lacking, 20))
        return Notice(Say.SECRETS_MISSING, text, Tone.BAD, tuple(rows), private=True)
    return Notice(Say.SECRETS_COMPLETE, say(Say.SECRETS_COMPLETE, place=place), Tone.GOOD, tuple(rows), private=True)
