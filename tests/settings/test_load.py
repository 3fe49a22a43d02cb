"""A right configuration comes to Settings."""

import dataclasses
import re
import tomllib
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain import targets as t
from bot.domain.values import Person, Role, Room
from bot.settings import shape as shapes
from tests.settings.reading import ENVIRON, GOOD, ROOT, complaints, settled, tables


def test_the_shape_of_the_contract_is_read() -> None:
    estate = settled(GOOD).estate
    roles = frozenset({Role.DEPLOYER, Role.APPROVER})
    assert estate.people == (Person("ana", {"slack": "U024BE7LH", "telegram": "11223344"}, roles),)
    assert estate.rooms == (Room("ops", {"slack": "C0123456789"}),)
    (shop,) = estate.targets
    assert shop == t.Target(
        name="shop",
        repo="https://github.com/acme/shop",
        room="ops",
        components=(t.Component("worker", d1=("db",), required_secrets=("STRIPE_KEY",)),),
        environments=(
            t.Environment("canary", "https://canary.test", "canary", promotes_to="production"),
            t.Environment("production", "https://shop.test", strategy=t.Strategy.GRADUAL, approvals=1),
        ),
        gates=(t.CommandGate("tests", ("npm", "test")),),
        sources=(t.Source("tail", "tail"), t.Source("probes", "probes")),
        checks=(t.Check("http /health", "http", {"path": "/health"}),),
    )


def test_the_example_shows_every_key_and_is_right(tmp_path: Path) -> None:
    text = (ROOT / "outrider.example.toml").read_text(encoding="utf-8")
    settled(text, folder=tmp_path)
    uncommented = re.sub(r"^# (\w+ = )", r"\1", text, flags=re.MULTILINE)
    tomllib.loads(uncommented)
    keys = {key for model in tables() for key in model.model_fields}
    assert {key for key in keys if not re.search(rf"^[# ]*\[*.*\b{key}\b", text, re.MULTILINE)} == set()


def test_every_field_of_the_domain_has_its_key() -> None:
    # Left out: what a key is called differently, and what the reader makes itself.
    pairs: list[tuple[Any, type[shapes._Table], set[str]]] = [
        (t.Component, shapes.ComponentTable, set()),
        (t.Health, shapes.HealthTable, set()),
        (t.Environment, shapes.EnvironmentTable, {"name"}),
        (t.Check, shapes.CheckTable, {"options"}),
        (t.Target, shapes.TargetTable, {"name", "checks", "sources"}),
        (t.Source, shapes.MetricTable, {"kind", "options"}),
        (t.Floors, shapes.FloorsTable, set()),
        (t.CommandGate, shapes.GateTable, {"argv", "kind"}),
        (t.PatternGate, shapes.GateTable, {"pattern", "kind"}),
        (t.BranchGate, shapes.GateTable, {"kind"}),
        (t.CalendarGate, shapes.CalendarTable, {"name", "windows", "kind"}),
    ]
    for domain, table, others in pairs:
        assert {one.name for one in dataclasses.fields(domain)} - others <= set(table.model_fields)


def test_defaults_are_those_of_the_domain() -> None:
    text = GOOD.replace('strategy = "gradual"\napprovals = 1', "")
    (shop,) = settled(text).estate.targets
    assert shop.environments[1] == t.Environment("production", "https://shop.test")
    assert shop.floors == t.Floors()


def test_floors_are_those_that_were_said() -> None:
    metric = '[[targets.shop.metrics]]\nsource = "probes"\nextra = { declined = "/d" }\nfloors = { declined = 2 }\n'
    (shop,) = settled(f"{GOOD}{metric}[targets.shop.floors]\nerrors = 0.005\nslower = 1.5\n").estate.targets
    assert shop.floors == t.Floors(0.005, 1.5)
    assert shop.sources == (t.Source("probes", "probes", "", {"extra": {"declined": "/d"}}, {"declined": 2}),)


GATES = {
    'run = "npm test -- --grep \'a b\'"\ndeadline = "1m30s"': t.CommandGate(
        "g", ("npm", "test", "--", "--grep", "a b"), timedelta(seconds=90)
    ),
    'forbid = "[[:space:]]x"\npaths = ["src"]': t.PatternGate("g", "[[:space:]]x", ("src",)),
    'branches = ["main", "release/*"]': t.BranchGate("g", ("main", "release/*")),
    'calendar = {zone = "Europe/Berlin", closed = ["fri 14:00-24:00", "sat-sun", "mon"]}': t.CalendarGate(
        "g",
        "Europe/Berlin",
        (t.Window((4,), time(14, 0), time.max), t.Window((5, 6)), t.Window((0,))),
    ),
    "migrations = true": t.MigrationGate("g"),
    "secrets = true": t.SecretsGate("g"),
}


@pytest.mark.parametrize(("text", "gate"), GATES.items())
def test_each_kind_of_gate(text: str, gate: t.Gate) -> None:
    (shop,) = settled(GOOD + f'[[targets.shop.gates]]\nname = "g"\n{text}\n').estate.targets
    assert shop.gates[1] == gate


def test_rows_without_a_name_are_told_apart() -> None:
    more = '[[targets.shop.verify]]\nchannel = "http"\npath = "/health"\n[[targets.shop.verify]]\nchannel = "health"\n'
    (shop,) = settled(GOOD + more).estate.targets
    assert [check.name for check in shop.checks] == ["http /health", "http /health (2)", "health"]


@pytest.mark.parametrize(
    ("repo", "address", "word"),
    [
        ("https://github.com/acme/shop", "https://github.com/acme/shop", None),
        ("https://bot%401:s3cret%2F1@git.test:8443/a.git", "https://bot%401@git.test:8443/a.git", "s3cret/1"),
        ("https://s3cret:x-oauth-basic@git.test/a.git", "https://git.test/a.git", "s3cret"),
        ("https://git.test/a.git#x", "https://git.test/a.git#x", None),
        ("https://s3cret@git.test/a.git", "https://git.test/a.git", "s3cret"),
        ("http://a:s3cret@[::1]:80/x", "http://a@[::1]:80/x", "s3cret"),
        ("ssh://git@git.test/a.git", "ssh://git@git.test/a.git", None),
        ("git@git.test:acme/shop.git", "git@git.test:acme/shop.git", None),
        ("file:///srv/shop.git", "file:///srv/shop.git", None),
        ("/srv/shop", "/srv/shop", None),
    ],
)
def test_a_credential_is_taken_out_of_a_repository(repo: str, address: str, word: str | None) -> None:
    got = settled(GOOD.replace("https://github.com/acme/shop", repo))
    assert got.estate.targets[0].repo == address
    server = re.sub("//[^/]*@", "//", address)
    assert got.git.tokens == ({server: word} if word else {})
    assert word is None or word in got.secrets
    assert word is None or word not in repr(got.estate)


def test_a_path_of_a_repository_begins_at_the_configuration(tmp_path: Path) -> None:
    got = settled(GOOD.replace("https://github.com/acme/shop", "../shop"), folder=tmp_path)
    assert got.estate.targets[0].repo == str(tmp_path.parent / "shop")


def test_the_token_of_github_opens_its_repositories() -> None:
    got = settled(GOOD, {**ENVIRON, "GITHUB_TOKEN": "gh-token"})
    assert got.git.tokens == {"https://github.com": "gh-token"}


def test_plain_http_is_for_repositories_on_this_machine() -> None:
    local = GOOD.replace("https://github.com/acme/shop", "http://127.0.0.1:8080/shop")
    assert "http" in settled(local).git.protocols
    assert "http" not in settled(GOOD).git.protocols
    assert "has a scheme" in complaints(local.replace("127.0.0.1", "git.test"))[0]
