"""A typed command through everything real: intake, runner, git, npm, wrangler and the sandbox, with hostile names.

Person, subject, author, branch and wrangler's environment are of the worst kind that can be configured, committed or
typed. The recorder in front of the processes shows what each of them was given.
"""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

import adapters.http.settings
from adapters import cloudflare
from adapters.console.render import render, render_notice, text_of
from adapters.git.source import opened as opened_source
from adapters.http.channel import channels
from adapters.sql.journal import SqlJournal, open_journal
from adapters.system.clock import SystemClock
from adapters.system.process import SystemProcesses
from bot.app.answers import Answers
from bot.app.intake import Intake
from bot.app.runner import Runner
from bot.app.world import World
from bot.demo import Demo, stage
from bot.domain.commands import Origin, Typed
from bot.domain.fold import evolve, fold
from bot.domain.redaction import Redactor
from bot.domain.run import Run
from bot.domain.targets import Estate
from bot.domain.values import Actor, Outcome, Person, Role, RunId
from bot.settings import Settings, environment, load
from bot.view.card import card
from bot.view.notice import notices
from tests.adapters.git.repository import ENV
from tests.fakes.processes import RecordedProcesses
from tests.fuzz.typing import AUTHOR, SUBJECT, UNSEEN

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(400),
]
PERSON = "Mal \"lory\" 'x' $(touch canary) --env=production ; é"
BRANCH = "a;touch${IFS}canary"
PATIENCE = 180.0
"""Seconds for one run; the machine may be busy."""


@dataclass
class Ground:
    """A world of real parts, with what its processes were given."""

    demo: Demo
    world: World
    journal: SqlJournal
    processes: RecordedProcesses
    folder: Path

    def changed(self, estate: Estate) -> World:
        """The same world, configured otherwise."""
        return replace(self.world, estate=estate)

    def commit(self, subject: str, author: str) -> None:
        """A commit on main and on the branch with the hostile name."""
        where = self.demo.repository.folder
        for argv in (
            ["commit", "--quiet", "--allow-empty", f"--author={author} <m@acme.test>", "-m", subject],
            ["update-ref", f"refs/heads/{BRANCH}", "HEAD"],
        ):
            subprocess.run(["git", *argv], cwd=where, env=ENV, check=True)

    def given(self, part: str) -> set[str]:
        """Arguments of the bot's processes with this in them."""
        return {word for argv in self.processes.ran for word in argv if part in word}

    def executed(self) -> list[Path]:
        """Files that only a name that was run would have made."""
        inside = {"refs", "logs", "node_modules"}
        found = [one for one in self.folder.rglob("canary") if one.is_file() and not inside & set(one.parts)]
        return [*found, *Path.cwd().glob("canary")]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def ground(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ground]:
    folder, clock, processes = tmp_path_factory.mktemp("way"), SystemClock(), RecordedProcesses()
    async with AsyncExitStack() as stack:
        own = SystemProcesses(Redactor(()), clock, environment())
        demo = await stack.enter_async_context(stage(folder, own, watch="1s"))
        settings = load(
            {**environment(), **demo.environ},
            demo.config,
            {"http": lambda _: (), "health": lambda _: ()},
            {"probes": lambda _: ()},
        )
        assert isinstance(settings, Settings), settings
        journal = await stack.enter_async_context(open_journal(settings.database_url))
        web = await stack.enter_async_context(channels(clock, adapters.http.settings.Settings({})))
        workers = await stack.enter_async_context(cloudflare.provider(settings.cloudflare, processes, clock))
        source = stack.enter_context(opened_source(processes, clock, settings.git))
        estate = replace(settings.estate, people=(Person(PERSON, {"console": "you"}, frozenset(Role)),))
        providers, secrets = {"cloudflare": workers}, Redactor(settings.secrets)
        world = World(
            estate,
            clock,
            journal,
            journal,
            journal,
            journal,
            source,
            processes,
            providers,
            channels=web,
            redactor=secrets,
        )
        yield Ground(demo, world, journal, processes, folder)


@asynccontextmanager
async def running(world: World) -> AsyncIterator[Intake]:
    async with asyncio.TaskGroup() as group:
        runner = group.create_task(Runner(world).serve())
        yield Intake(world, Answers(world))
        runner.cancel()


async def play(ground: Ground, world: World, text: str) -> Run:
    """The run that the words began, once it is over."""
    by, origin = Actor("console", "you", shown=PERSON), Origin("console", "terminal")
    async with running(world) as intake, asyncio.timeout(PATIENCE):
        (notice,) = await intake(Typed(text, by, origin, uuid4().hex))
        assert notice.run, notice
        run = fold(await ground.journal.read(RunId(notice.run)))
        while run is None or run.outcome is None:
            await asyncio.sleep(0.2)
            run = fold(await ground.journal.read(RunId(notice.run)))
        return run


async def told(ground: Ground, run: Run) -> list[str]:
    """Everything that a terminal shows of the run: each card and each notice, line by line."""
    lines: list[str] = []
    before: Run | None = None
    for event in await ground.journal.read(run.id):
        after = evolve(before, event) if before else fold([event])
        assert after is not None
        said = [line for notice in notices(before, event, after) for line in render_notice(notice, 80)]
        lines += [text_of(line) for line in (*render(card(after, event.at), 80), *said)]
        before = after
    return lines


async def test_a_deploy_with_hostile_names_goes_its_way_and_runs_none_of_them(ground: Ground) -> None:
    ground.commit(SUBJECT, AUTHOR)
    run = await play(ground, ground.world, "/deploy canary main")
    assert run.outcome is Outcome.SUCCEEDED, (run.reason, run.log)
    assert run.actor.name == PERSON
    assert ground.executed() == []
    assert ground.given("touch") == set()
    assert ground.given('Mal "lory"') == set()
    shown = await told(ground, run)
    assert not [line for line in shown if UNSEEN.search(line)]
    assert any("%0a::set-output" in line for line in shown)
    live = run.deployed[0]
    assert f"run={run.id}" in live.message
    assert live.message.isprintable()
    assert "$" not in live.message


async def test_no_word_of_a_person_is_an_option(ground: Ground) -> None:
    before = len(ground.processes.ran)
    by, origin = Actor("console", "you"), Origin("console", "terminal")
    async with running(ground.world) as intake:
        for word in ("--env=production", "-x", "ref=--upload-pack=x", "ref=-x", "only=--x", "@{-1}", "a..b", BRANCH):
            (notice,) = await intake(Typed(f"/deploy canary {word}", by, origin, word))
            assert notice.code in {"bad_ref", "bad_word", "unknown_option"}, (word, notice)
    assert len(ground.processes.ran) == before


async def test_a_configured_branch_of_any_name_is_data_too(ground: Ground) -> None:
    (target,) = ground.world.estate.targets
    ground.commit("A branch of any name", "Mal")
    estate = replace(ground.world.estate, targets=(replace(target, branch=BRANCH),))
    run = await play(ground, ground.changed(estate), "/deploy canary")
    assert run.outcome is Outcome.SUCCEEDED, (run.reason, run.log)
    assert ground.given("touch") == set()
    assert ground.executed() == []


@pytest.mark.parametrize(
    "name", ["--config=/etc/passwd", "$(touch canary)", "a b;touch canary", "canary\n--env=production"]
)
async def test_wranglers_environment_is_one_argument(name: str, ground: Ground) -> None:
    (target,) = ground.world.estate.targets
    places = tuple(replace(one, wrangler_env=name) for one in target.environments if one.name == "canary")
    estate = replace(ground.world.estate, targets=(replace(target, environments=places),))
    run = await play(ground, ground.changed(estate), "/deploy canary")
    assert run.outcome is Outcome.STOPPED, run.outcome
    assert run.reason
    assert ground.given(name) <= {f"--env={name}"}
    assert ground.executed() == []
    assert not [line for line in await told(ground, run) if UNSEEN.search(line)]
