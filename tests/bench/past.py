"""Questions about a long past: `/history` and `/status` with 100,000 runs in the journal, by turns with almost none.

Both journals stand behind the same bot, the same account and the same words; the runs are written straight into the
tables, as appending them one by one would take the better part of an hour.
"""

import itertools
import json
import os
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert

from adapters.sql import SqlJournal, open_journal, records, statements
from adapters.sql.tables import events, heads
from bot.app.answers import Answers
from bot.app.intake import Intake
from bot.domain.board import Head
from bot.domain.commands import Origin, Typed
from bot.domain.events import ActStarted, RunEnded, RunRequested, RunStarted, StepEnded, StepStarted
from bot.domain.plan import RunKind, StepKind, deploy_plan
from bot.domain.values import (
    Actor,
    Commit,
    ComponentVersion,
    Live,
    Mark,
    Outcome,
    Release,
    RunId,
    Share,
    Snapshot,
    Verdict,
)
from bot.settings import Settings
from tests.bench.figures import Figure, median, spread
from tests.bench.resting import resident
from tests.bench.stand import Stand, stand

LONG, SHORT = 100_000, 100
AT_ONCE = 5_000
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
YOU = Actor("console", "you", "you")
WARM = 20
STEPS = (StepKind.CHECKOUT, StepKind.SNAPSHOT, StepKind.DEPLOY)


async def long_past(asked: int, runs: int = LONG) -> Sequence[Figure]:
    """Each question so many times of either journal."""

    async def prepare(settings: Settings) -> None:
        async with open_journal(settings.database_url) as journal:
            await fill(journal, settings, runs)

    async with stand(prepare) as here, _short(here) as short:
        await here.run("/deploy canary")
        long = Intake(here.world, Answers(here.world))
        figures = []
        for words in ("/history", "/status"):
            figures += await _compared(words, long, short, asked)
        return figures


@asynccontextmanager
async def _short(here: Stand) -> AsyncIterator[Intake]:
    """The same bot with a short past."""
    url = f"sqlite:///{(here.demo.config.parent / 'short.db').resolve()}"
    async with open_journal(url) as journal:
        await fill(journal, here.settings, SHORT)
        world = replace(here.world, journal=journal, archive=journal, cursors=journal, inbox=journal)
        yield Intake(world, Answers(world))


async def _compared(words: str, long: Intake, short: Intake, asked: int) -> list[Figure]:
    name = words.removeprefix("/")
    for intake in (long, short):
        for _ in range(min(WARM, asked)):
            await _ask(intake, words)
    before = resident(os.getpid())
    times = [(await _ask(long, words), await _ask(short, words)) for _ in range(asked)]
    grown = resident(os.getpid()) - before
    many, few = [one for one, _ in times], [one for _, one in times]
    return [
        *spread(f"{name}_100k", many),
        *spread(f"{name}_100", few),
        Figure(f"{name}_100k_vs_100", median(many) / median(few), "ratio"),
        Figure(f"{name}_100k_growth", grown, "MiB"),
    ]


_DELIVERIES = itertools.count(1)


async def _ask(intake: Intake, words: str) -> float:
    intent = Typed(words, YOU, Origin("console", "terminal"), f"past:{next(_DELIVERIES)}")
    begun = time.perf_counter()
    said = await intake(intent)
    took = time.perf_counter() - begun
    if any(notice.code in ("trouble", "fault") for notice in said):
        raise RuntimeError(f"{words}: {said}")
    return took


async def fill(journal: SqlJournal, settings: Settings, runs: int) -> None:
    """Write that many past runs: deploys of both environments, every tenth of them rolled back."""
    stream = _stream(settings)
    async with journal._writing() as connection:
        for first in range(0, runs, AT_ONCE):
            past = [_head(settings, number) for number in range(first, min(first + AT_ONCE, runs))]
            rows = [{**statements._head_row(head), "position": number} for number, head in enumerate(past, first + 1)]
            await connection.execute(insert(heads), rows)
            await connection.execute(insert(events), [{"stream": head.run, **row} for head in past for row in stream])
        for number in range(max(0, runs - 4), runs):
            await statements.put_head(connection, _head(settings, number), None)


def _head(settings: Settings, number: int) -> Head:
    target = settings.estate.targets[0]
    environment = ("canary", "production")[number % 2]
    worker = ("hello-canary", "hello")[number % 2]
    commit = Commit(f"{number:040x}", f"Say hello for the {number}th time", "ana")
    asked = FIRST + timedelta(minutes=10 * number)
    good = number % 10 != 3
    live = Live("worker", (Share(f"{number:032x}", 100),), f"d-{number}", "you@example.com", since=asked, worker=worker)
    return Head(
        run=RunId(f"{number:08d}"),
        kind=RunKind.DEPLOY,
        target=target.name,
        environment=environment,
        actor=YOU,
        requested_at=asked,
        key=f"past:run:{number}",
        subject=f"{commit.short} {commit.subject}",
        state="ended",
        outcome=Outcome.SUCCEEDED if good else Outcome.ROLLED_BACK,
        reason="" if good else "health: 503 instead of 200 (14 tries in 15 s)",
        ended_at=asked + timedelta(minutes=2),
        release=Release(commit, (ComponentVersion("worker", f"{number:032x}", "d" * 64, worker),)) if good else None,
        way_back=Snapshot((live,)) if good else None,
        touched=True,
    )


def _stream(settings: Settings) -> list[dict[str, Any]]:
    """A run's events, fewer than a real one's and of the same kinds; the same for each, as nobody reads them."""
    written = [records.to_record(event) for event in _events(settings, _head(settings, 0))]
    return [
        {"seq": seq, "type": one.pop("type"), "v": one.pop("v"), "data": json.dumps(one)}
        for seq, one in enumerate(written, start=1)
    ]


def _events(settings: Settings, head: Head) -> Iterator[Any]:
    target, at = settings.estate.targets[0], head.requested_at
    plan = deploy_plan(target, target.environments[0], target.branch)
    yield RunRequested(head.run, plan, head.actor, at, head.key)
    yield RunStarted(at)
    for step in STEPS:
        yield StepStarted(step, at)
        yield ActStarted(step, "worker", at)
        yield StepEnded(step, Verdict(Mark.PASS), at)
    yield RunEnded(head.outcome or Outcome.SUCCEEDED, head.reason, at, head.release, head.way_back)
