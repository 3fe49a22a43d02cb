"""What must be true when the storm is over: read from the journal, the account, the bot's own notes, and the platforms.

What was acknowledged was heard: that is in the journal, without exception. What the intake said of it is known too,
but for deeds that a kill came upon (*doubtful*), whose answers may have gone down with the bot; the journal has
what came of them. A deed that was on its way when the bot was killed and was not acknowledged may have come to
something or to nothing, and once at most.
"""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapters.sql import records
from bot.domain.board_events import Frozen, Locked, Unfrozen, Unlocked
from bot.domain.events import AbortRequested, Approved, Rejected, RunEnded
from bot.domain.fold import fold
from bot.domain.plan import RunKind
from bot.domain.run import Run
from bot.domain.values import Outcome
from tests.trio.account import moves
from tests.trio.storm import Deed, Storm

BEGUN = frozenset({"begun", "queued"})
MAY = frozenset({"ana", "ben"})
TOLD = {"aborting": AbortRequested, "approved": Approved, "rejected": Rejected}
BOARD = {"answer_locked": Locked, "answer_unlocked": Unlocked, "answer_frozen": Frozen, "answer_unfrozen": Unfrozen}
"""Code of an answer -> the fact that it tells of."""
Said = dict[str, Any]


@dataclass
class Proof:
    """Everything that there is to read, read once."""

    storm: Storm
    folder: Path
    runs: dict[str, Run] = field(default_factory=dict)
    board: list[Any] = field(default_factory=list)
    standing: set[str] = field(default_factory=set)
    decided: set[str] = field(default_factory=set)
    """Keys of deliveries that are marked as heard."""
    waiting: list[str] = field(default_factory=list)
    """Keys of those that are not."""
    heard: dict[str, list[Said]] = field(default_factory=lambda: defaultdict(list))
    events: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        with closing(sqlite3.connect(f"file:{self.folder / 'journal.db'}?mode=ro", uri=True)) as journal:
            for stream, name, version, data in journal.execute("SELECT stream, type, v, data FROM events ORDER BY seq"):
                event = records.from_record({**json.loads(data), "type": name, "v": version})
                self.events[stream].append(event)
            self.standing = {run for (run,) in journal.execute("SELECT run FROM standing")}
            self.decided = {key for (key,) in journal.execute("SELECT key FROM inbox WHERE heard = 1")}
            self.waiting = [key for (key,) in journal.execute("SELECT key FROM inbox WHERE heard = 0")]
        self.board = self.events.pop("board", [])
        folded = {name: fold(events) for name, events in self.events.items()}
        self.runs = {name: run for name, run in folded.items() if run is not None}
        for line in moves(self.folder / "heard"):
            self.heard[line["key"]].append(line)

    def doubtful(self, deed: Deed) -> bool:
        """A kill came between its beginning and the answer: it was on its way then, or its answer not noted yet."""
        return deed.unsaid or any(deed.begun < kill < deed.ended for kill in self.storm.kills)

    @property
    def lost(self) -> list[Deed]:
        """Acknowledged, and decided by no life of the bot."""
        return [deed for deed in self.storm.deeds if deed.delivery.acked and deed.delivery.key not in self.decided]

    def codes(self, deed: Deed) -> list[str]:
        """What the intake answered, once for each time that it heard of it."""
        return [said["codes"][0] if said["codes"] else "" for said in self.heard[deed.delivery.key]]

    def complaints(self) -> list[str]:
        """Everything that is not as it must be."""
        return [
            *self._deliveries(),
            *self._effects(),
            *self._facts(),
            *self._rights(),
            *self._rollbacks(),
            *self._acts(),
        ]

    def _deliveries(self) -> Iterator[str]:
        """What was acknowledged was heard, and whatever was heard was so once, however often it was delivered."""
        yield from (f"lost: {deed}" for deed in self.lost)
        yield from (f"kept and never decided: {key}" for key in self.waiting)
        for deed in self.storm.deeds:
            codes = self.codes(deed)
            if len(codes) > 1:
                yield f"heard {len(codes)} times: {deed}"
            if deed.delivery.acked and not codes and not self.doubtful(deed):
                yield f"never answered: {deed}"
            if {"fault", "trouble"} & set(codes):
                yield f"trouble: {codes} {deed}"

    def _effects(self) -> Iterator[str]:
        """A run for each delivery that was told so, and for no other."""
        begun = Counter(run.key for run in self.runs.values())
        for deed in self.storm.deeds:
            codes, runs = self.codes(deed), begun[deed.delivery.key]
            if runs > 1:
                yield f"{runs} runs for one delivery: {deed}"
            if codes and bool(BEGUN & set(codes)) != bool(runs):
                yield f"told {codes}, {runs} runs: {deed}"
        strays = set(begun) - {deed.delivery.key for deed in self.storm.deeds}
        if strays:
            yield f"runs that nobody asked for: {strays}"

    def _facts(self) -> Iterator[str]:
        """As many facts as were told of; a kill in between may leave one that nobody was told of."""
        codes = Counter(code for deed in self.storm.deeds for code in self.codes(deed))
        kills = len(self.storm.kills)
        board = Counter(type(event).__name__ for event in self.board)
        for code, kind in BOARD.items():
            if not codes[code] <= board[kind.__name__] <= codes[code] + kills:
                yield f"{code}: told {codes[code]} times, {board[kind.__name__]} facts"
        reasons = Counter(event.reason for event in self.board if isinstance(event, Locked | Frozen))
        yield from (f"{reason}: {times} times" for reason, times in reasons.items() if times > 1)
        for name, events in self.events.items():
            aborts = sum(isinstance(event, AbortRequested) for event in events)
            ends = sum(isinstance(event, RunEnded) for event in events)
            people = Counter(event.actor.person for event in events if isinstance(event, Approved))
            if aborts > 1 or ends != 1 or max(people.values(), default=0) > 1:
                yield f"{name}: {aborts} aborts, {ends} ends, approvals by {people}"

    def _rights(self) -> Iterator[str]:
        """Nothing is done for somebody who may not."""
        for deed in self.storm.deeds:
            harmless = deed.what in ("/status", "/history", "/whoami")
            done = set(self.codes(deed)) & (BEGUN | TOLD.keys() | BOARD.keys())
            if done and (deed.who not in MAY or harmless or deed.what.startswith("forged")):
                yield f"done for {deed.who}: {deed}"

    def _rollbacks(self) -> Iterator[str]:
        """Of those who press the same Roll back or Promote at once one begins a run, or none."""
        twins: dict[int, list[Deed]] = defaultdict(list)
        for deed in self.storm.deeds:
            if deed.twin and deed.what.startswith(("Roll back", "Promote")):
                twins[deed.twin].append(deed)
        for deeds in twins.values():
            begun = [deed for deed in deeds if BEGUN & set(self.codes(deed))]
            if len(begun) > 1:
                yield f"{len(begun)} runs: {'; '.join(map(str, begun))}"
        back = [run for run in self.runs.values() if run.plan.kind is RunKind.ROLLBACK]
        # One that was aborted has put back what it undid: whoever presses again begins another.
        undone = Counter(_undone(run) for run in back if run.outcome is Outcome.SUCCEEDED)
        undone.pop("", None)
        yield from (f"{versions} undone {times} times" for versions, times in undone.items() if times > 1)

    def _acts(self) -> Iterator[str]:
        """No act has moved traffic twice, and what is live is what the last word says."""
        cookies = Counter(move["cookie"] for move in moves(self.folder / "account") if move["cookie"])
        yield from (f"{cookie} moved traffic {times} times" for cookie, times in cookies.items() if times > 1)
        live = {move["place"][1]: move["shares"][0][0] for move in moves(self.folder / "account")}
        for run in (self.runs[name] for name in self.standing):
            left = [one.version for one in run.deployed]
            if left and left != [live[run.plan.environment.name]]:
                yield f"{run.plan.environment.name}: {left} should be live, {live} is"


def _undone(run: Run) -> str:
    """What a pressed Roll back was about."""
    return " ".join(live.version or "" for live in run.plan.undoes)


def unanswered(proof: Proof, deeds: Sequence[Deed]) -> list[str]:
    """Whoever was heard and read nothing: no answer, and no card of what they began."""
    shown = {card.run for side in proof.storm.here.trio.sides for card in side.cards()}
    begun = {run.key: run.id for run in proof.runs.values()}
    return [
        f"{proof.codes(deed)} {deed}"
        for deed in deeds
        if proof.codes(deed)
        and not (deed.excused or proof.doubtful(deed))
        and not deed.side.answers(deed.delivery)
        and begun.get(deed.delivery.key) not in shown
    ]
