"""The README says what is so: its configuration loads, its words exist, its files and tests are there."""

import ast
import re
import tomllib
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.__main__ import CHANNELS, SOURCES, _console
from bot.demo import CONFIG
from bot.demo.repository import Repository
from bot.domain.closest import closest
from bot.domain.grammar import parse
from bot.domain.plan import WAY_BACK, deploy_plan
from bot.domain.refusal import Refusal
from bot.domain.targets import Estate
from bot.domain.verbs import BY_WORD, VERBS
from bot.settings import Settings, load
from bot.settings.variables import variables
from tests.docs.pages import PAGES, READMES, ROOT, blocks, rows, section, spoken, text

ENVIRON = {"CLOUDFLARE_API_TOKEN": "cf-token", "CLOUDFLARE_ACCOUNT_ID": "0" * 32, "WORKER_TOKEN": "worker-token"}
LINES = 12


def settled(content: str, folder: Path) -> Settings:
    path = folder / "outrider.toml"
    path.write_text(content, encoding="utf-8")
    settings = load(ENVIRON, path, CHANNELS, SOURCES)
    assert isinstance(settings, Settings), str(settings)
    return settings


def demo(folder: Path) -> str:
    """The demo's configuration, filled in."""
    return CONFIG.format(repo=folder, canary="http://a.test", production="http://b.test", watch="20s")


def demo_estate(folder: Path) -> Estate:
    return settled(demo(folder), folder).estate


def test_its_configuration_loads_without_a_problem(tmp_path: Path) -> None:
    (content,) = blocks("toml", section("Your own Worker"))
    assert len(content.splitlines()) <= LINES
    estate = settled(content, tmp_path).estate
    assert _console(estate) is not None, "`run` would not open a chat in the terminal"
    (target,) = estate.targets
    assert [one.name for one in target.environments] == ["canary", "production"]
    assert all((target.components, target.gates, target.checks))


def test_the_configuration_of_the_example_loads_with_the_real_channels(tmp_path: Path) -> None:
    assert settled(text("outrider.example.toml"), tmp_path).estate.targets


@pytest.mark.parametrize("page", [*READMES, "docs/evidence.md"])
def test_checks_and_sources_in_the_pages_load(page: str, tmp_path: Path) -> None:
    for block in blocks("toml", text(page)):
        tomllib.loads(block)
        settled(f"{demo(tmp_path)}\n{block}", tmp_path)


def test_its_commands_are_the_verbs_in_their_forms() -> None:
    told = [row[0].strip("`") for row in rows(section("Commands"))]
    assert sorted(told) == sorted(verb.form for verb in VERBS)


@pytest.mark.parametrize("page", [*PAGES, *READMES])
def test_every_command_that_a_page_names_is_one(page: str) -> None:
    named = {word for one in spoken(text(page)) for word in re.findall(r"^/([a-z]+)(?= |$)", one)}
    others = {"break", "fix", "quit"} | {
        "invite",
        "outrider",
        "setprivacy",
        "newbot",
        "mybots",
    }  # the demo's own, Slack's, Telegram's
    assert {word for word in named - others - PATHS if word not in BY_WORD} == set()


PATHS = {"health", "healthz", "metrics", "proc"}
"""Paths that the pages name and that look like commands."""


def test_what_it_says_to_type_in_the_demo_is_understood(tmp_path: Path) -> None:
    (typed, *_) = [block for block in blocks("text", section("Try it")) if block.startswith("/")]
    lines = [re.split(r"\s{3,}", line)[0] for line in typed.splitlines()]
    estate = demo_estate(tmp_path)
    own = {"/break": Repository.break_it, "/fix": Repository.fix_it}
    answers = [parse(line, estate, datetime(2026, 11, 21, tzinfo=UTC)) for line in lines if line.split()[0] not in own]
    assert [asdict(one) for one in answers if isinstance(one, Refusal)] == []
    assert set(own) <= set(lines)


@pytest.mark.parametrize("page", [*PAGES, *READMES])
def test_every_file_that_a_page_points_to_is_there(page: str) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", text(page))
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not ((ROOT / page).parent / link).exists()] == []


@pytest.mark.parametrize("page", [*PAGES, *READMES])
def test_every_path_that_a_page_names_is_there(page: str) -> None:
    paths = [one.partition("::")[0] for one in spoken(text(page)) if re.match(r"(bot|adapters|sandbox|tests)/", one)]
    assert [path for path in paths if not (ROOT / path).exists() and "NAME" not in path] == []


def names_in(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_the_transcript_has_the_steps_of_a_run_that_goes_back(tmp_path: Path) -> None:
    (transcript,) = blocks("text", section("A deploy that fails and comes back"))
    shown = re.findall(r"^▌ [✓✗–] (\w+)(?=  |$)", transcript, flags=re.MULTILINE)
    (target,) = demo_estate(tmp_path).targets
    plan = deploy_plan(target, target.environments[0], target.branch)
    assert shown == [*plan.steps, *WAY_BACK]


def test_every_promise_has_its_test() -> None:
    named = [row[1].strip("`").split("::") for row in rows(section("Promises"))]
    assert len(named) >= 11
    assert [name for path, name in named if name not in names_in(path)] == []


def test_the_tests_named_beside_the_traps_are_there() -> None:
    part = section("What goes wrong without it")
    there = {name for path in re.findall(r"\((tests/[^)]+)\)", part) for name in names_in(path)}
    named = {one for one in spoken(part) if one.startswith("test_")}
    assert named
    assert named <= there


@pytest.mark.parametrize("page", [*PAGES, *READMES])
def test_every_goal_of_make_that_a_page_names_is_one(page: str) -> None:
    goals = set(re.findall(r"^([a-z-]+):", text("Makefile"), flags=re.MULTILINE))
    assert {goal for one in spoken(text(page)) for goal in re.findall(r"\bmake ([a-z-]+)", one)} <= goals


@pytest.mark.parametrize("page", PAGES)
def test_every_variable_that_a_page_names_is_one(page: str) -> None:
    named = {one for one in spoken(text(page)) if re.fullmatch(r"[A-Z]+(_[A-Z]+)+", one)} - CONSTANTS
    wrong = {name: closest(name, variables()) for name in named if name not in variables()}
    assert wrong == {}


CONSTANTS = {"CHAT_FILES"}
"""Names in capitals that are no variables of the environment."""


def test_the_snippets_name_the_same_binding() -> None:
    part = section("Your own Worker")
    (binding,) = re.findall(r'"binding": "(\w+)"', blocks("jsonc", part)[0])
    assert f"env.{binding}.id" in blocks("js", part)[0]
