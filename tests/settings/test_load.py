"""The configuration comes to Settings, or to everything that is wrong with it at once."""

import dataclasses
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain import targets as t
from bot.domain.values import Person, Role, Room
from bot.settings import Platform, Problems, Settings, config_path, load, schema
from bot.settings import shape as shapes
from bot.settings.variables import VARIABLES, example

ROOT = Path(__file__).parents[2]
ENVIRON = {"CLOUDFLARE_API_TOKEN": "cf-token", "CLOUDFLARE_ACCOUNT_ID": "0" * 32}

GOOD = """
[people.ana]
slack = "U024BE7LH"
telegram = "11223344"
roles = ["deployer", "approver"]

[rooms.ops]
slack = "C0123456789"

[targets.shop]
repo = "https://github.com/acme/shop"
room = "ops"

[[targets.shop.components]]
name = "worker"
d1 = ["db"]
required_secrets = ["STRIPE_KEY"]

[targets.shop.environments.canary]
wrangler_env = "canary"
url = "https://canary.test/"
promotes_to = "production"

[targets.shop.environments.production]
url = "https://shop.test"
strategy = "gradual"
approvals = 1

[[targets.shop.gates]]
name = "tests"
run = "npm test"

[[targets.shop.verify]]
channel = "http"
path = "/health"
"""


def fine(options: Mapping[str, t.Option]) -> Sequence[str]:
    return [f'"{key}" is no key of http' for key in options if key not in {"path", "status", "json", "token_env"}]


def read(text: str, environ: Mapping[str, str] = ENVIRON, folder: Path | None = None) -> Settings | Problems:
    folder = folder or ROOT / ".pytest_cache"
    folder.mkdir(exist_ok=True)
    path = folder / "outrider.toml"
    path.write_text(text, encoding="utf-8", errors="surrogateescape")
    return load(environ, path, {"http": fine, "health": fine})


def settled(text: str, environ: Mapping[str, str] = ENVIRON, folder: Path | None = None) -> Settings:
    got = read(text, environ, folder)
    assert isinstance(got, Settings), str(got)
    return got


def complaints(text: str, environ: Mapping[str, str] = ENVIRON) -> list[str]:
    got = read(text, environ)
    return str(got).splitlines() if isinstance(got, Problems) else []


# ---- what is right


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
        checks=(t.Check("http /health", "http", {"path": "/health"}),),
    )


def test_the_example_shows_every_key_and_is_right(tmp_path: Path) -> None:
    text = (ROOT / "outrider.example.toml").read_text(encoding="utf-8")
    settled(text, folder=tmp_path)
    uncommented = re.sub(r"^# (\w+ = )", r"\1", text, flags=re.MULTILINE)
    tomllib.loads(uncommented)
    keys = {key for model in tables() for key in model.model_fields}
    assert {key for key in keys if not re.search(rf"^[# ]*\[*.*\b{key}\b", text, re.MULTILINE)} == set()


def tables() -> list[type[shapes._Table]]:
    return [one for one in vars(shapes).values() if isinstance(one, type) and issubclass(one, shapes._Table)]


def test_every_field_of_the_domain_has_its_key() -> None:
    # Left out: what a key is called differently, and what the reader makes itself.
    pairs: list[tuple[Any, type[shapes._Table], set[str]]] = [
        (t.Component, shapes.ComponentTable, set()),
        (t.Health, shapes.HealthTable, set()),
        (t.Environment, shapes.EnvironmentTable, {"name"}),
        (t.Check, shapes.CheckTable, {"options"}),
        (t.Target, shapes.TargetTable, {"name", "checks"}),
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
        ("https://x-token:s3cret%2F1@git.test:8443/a.git", "https://git.test:8443/a.git", "s3cret/1"),
        ("https://s3cret@git.test/a.git", "https://git.test/a.git", "s3cret"),
        ("http://a:s3cret@[::1]:80/x", "http://[::1]:80/x", "s3cret"),
        ("ssh://git@git.test/a.git", "ssh://git@git.test/a.git", None),
        ("git@git.test:acme/shop.git", "git@git.test:acme/shop.git", None),
        ("file:///srv/shop.git", "file:///srv/shop.git", None),
        ("/srv/shop", "/srv/shop", None),
    ],
)
def test_a_credential_is_taken_out_of_a_repository(repo: str, address: str, word: str | None) -> None:
    got = settled(GOOD.replace("https://github.com/acme/shop", repo))
    assert got.estate.targets[0].repo == address
    assert {key: one.word for key, one in got.credentials.items()} == ({address: word} if word else {})
    assert word is None or word in got.secrets
    assert word is None or word not in repr(got.estate)


def test_a_path_of_a_repository_begins_at_the_configuration(tmp_path: Path) -> None:
    got = settled(GOOD.replace("https://github.com/acme/shop", "../shop"), folder=tmp_path)
    assert got.estate.targets[0].repo == str(tmp_path.parent / "shop")


def test_the_token_of_github_opens_its_repositories() -> None:
    got = settled(GOOD, {**ENVIRON, "GITHUB_TOKEN": "gh-token"})
    assert got.credentials["https://github.com/acme/shop"].word == "gh-token"


# ---- secrets


def test_every_secret_is_known_and_in_no_repr() -> None:
    tokens = {one.name: f"value-of-{one.name}" for one in VARIABLES if one.secret}
    tokens |= {"SLACK_BOT_TOKEN": "xoxb-value", "SLACK_APP_TOKEN": "xapp-value", "TELEGRAM_BOT_TOKEN": "1:value"}
    others = {"STRIPE_KEY": "sk", "AWS_SECRET_ACCESS_KEY": "long-enough", "USE_TOKENS": "true", "SHOP": "shop-word"}
    text = GOOD + 'token_env = "SHOP"\n'
    environ = {
        **ENVIRON,
        **tokens,
        **others,
        "DATABASE_URL": "postgresql://a:p%40ss@db/x",
        "HTTPS_PROXY": "http://u:px@p",
    }
    got = settled(text, environ)
    expected = {*tokens.values(), "sk", "long-enough", "shop-word", "p%40ss", "p@ss", "px"}
    assert got.secrets == expected - {tokens["DATABASE_URL"]}
    assert got.named == {"SHOP": "shop-word"}
    assert [one for one in got.secrets - {"sk", "px"} if one in repr(got)] == []


@pytest.mark.parametrize(
    "secret",
    ["xoxb-1234567890-abcdef", "ghp_" + "a" * 36, "12345678:" + "A" * 35, "AKIA" + "A" * 16, "sk-" + "a" * 24],
)
def test_a_secret_in_the_file_is_found_and_not_repeated(secret: str) -> None:
    (line,) = complaints(GOOD + f'json = {{ word = "{secret}" }}\n')
    last = GOOD.count("\n") + 1
    assert line.startswith(f"outrider.toml:{last}: targets.shop.verify[1].json.word: this looks like a secret.")
    said = "\n".join(complaints(GOOD.replace('room = "ops"', f'room = "{secret}"')))
    assert "no room is called" in said
    assert secret not in said


def test_a_password_in_an_address_is_found_and_not_repeated() -> None:
    said = "\n".join(complaints(GOOD.replace("https://shop.test", "htps://u:pass-word@shop.test")))
    assert "no address" in said
    assert "pass-word" not in said


def test_a_secret_variable_of_the_wrong_form_is_not_repeated() -> None:
    (line,) = complaints(GOOD, {**ENVIRON, "SLACK_BOT_TOKEN": "xapp-oops"})
    assert line == "environment: SLACK_BOT_TOKEN: its value is no bot token. Take the one that begins with xoxb-."


# ---- the environment


def test_the_example_of_the_environment_is_the_table() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert text == example()
    shown = dict(line.split("=", 1) for line in text.splitlines() if line and not line.startswith("#"))
    assert shown == {one.name: one.default for one in VARIABLES}


def test_the_contract_names_these_variables() -> None:
    named = """SLACK_BOT_TOKEN SLACK_APP_TOKEN SLACK_SIGNING_SECRET DISCORD_BOT_TOKEN TELEGRAM_BOT_TOKEN
    TELEGRAM_WEBHOOK_SECRET CLOUDFLARE_API_TOKEN CLOUDFLARE_ACCOUNT_ID GITHUB_TOKEN DATABASE_URL PORT
    SLACK_API_BASE_URL DISCORD_API_BASE_URL TELEGRAM_API_BASE_URL CLOUDFLARE_API_BASE_URL GITHUB_API_BASE_URL"""
    assert set(named.split()) <= {one.name for one in VARIABLES}


VALUE_OF = {
    "PORT": "81",
    "LOG_LEVEL": "debug",
    "LOG_FORMAT": "json",
    "DATABASE_URL": "sqlite:///other.db",
    "SLACK_BOT_TOKEN": "xoxb-other",
    "SLACK_APP_TOKEN": "xapp-other",
    "TELEGRAM_BOT_TOKEN": "1:other",
    "HTTPS_PROXY": "http://other",
}


@pytest.mark.parametrize("name", [one.name for one in VARIABLES if one.name != "OUTRIDER_CONFIG"])
def test_every_variable_reaches_the_settings(name: str) -> None:
    value = VALUE_OF.get(name, "http://other" if name.endswith("_URL") else "other")
    without, got = settled(GOOD), settled(GOOD, {**ENVIRON, name: f" {value}\n"})
    assert flat(got) - flat(without) >= {value}


def flat(value: object) -> set[str]:
    if dataclasses.is_dataclass(value):
        return {one for field in dataclasses.fields(value) for one in flat(getattr(value, field.name))}
    return {str(value)}


def test_the_configuration_is_where_the_environment_says() -> None:
    assert config_path({}) == Path("outrider.toml")
    assert config_path({"OUTRIDER_CONFIG": "/etc/outrider.toml"}) == Path("/etc/outrider.toml")


@pytest.mark.parametrize(
    ("environ", "slack"),
    [
        ({}, "SLACK_BOT_TOKEN is not set"),
        ({"SLACK_BOT_TOKN": "x"}, "SLACK_BOT_TOKEN is not set (but SLACK_BOT_TOKN is: was it meant?)"),
        (
            {"SLACK_BOT_TOKEN": "xoxb-x"},
            "neither SLACK_APP_TOKEN (Socket Mode) nor SLACK_SIGNING_SECRET (webhooks) is set",
        ),
        ({"SLACK_BOT_TOKEN": "xoxb-x", "SLACK_SIGNING_SECRET": "y"}, ""),
    ],
)
def test_a_platform_without_its_token_is_off_and_says_why(environ: dict[str, str], slack: str) -> None:
    got = settled(GOOD, {**ENVIRON, **environ}).platforms
    assert got[0] == Platform("slack", slack)
    assert got[0].on is not bool(slack)
    assert [one.on for one in got[1:]] == [False, False]


@pytest.mark.parametrize(
    ("environ", "line"),
    [
        ({"PORT": "65536"}, 'PORT: "65536" is no port.'),
        ({"PORT": "eighty"}, 'PORT: "eighty" is no port.'),
        ({"LOG_LEVEL": "loud"}, 'LOG_LEVEL: "loud" is no level.'),
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL: its value is no address of a database."),
        ({"GITHUB_API_BASE_URL": "github"}, 'GITHUB_API_BASE_URL: "github" is no address.'),
        ({"OUTRIDER_CONFGI": "x"}, "OUTRIDER_CONFGI: there is no such variable. Did you mean OUTRIDER_CONFIG?"),
        ({"CLOUDFLARE_API_TOKEN": " "}, "CLOUDFLARE_API_TOKEN: it is not set"),
        ({"TELEGRAM_WEBHOOK_SECRET": "a b"}, "TELEGRAM_WEBHOOK_SECRET: its value has other characters."),
        ({"GITHUB_TOKEN": "a\nb"}, "GITHUB_TOKEN: its value has invisible characters in it."),
    ],
)
def test_what_is_wrong_in_the_environment_is_said(environ: dict[str, str], line: str) -> None:
    (said,) = complaints(GOOD, {**ENVIRON, **environ})
    assert said.startswith(f"environment: {line}")


# ---- what is wrong in the file


WRONG = [
    ("[people.ana]", "[people.ana]\nslak = 'x'", 'people.ana.slak: there is no key "slak". Did you mean "slack"?'),
    ("[rooms.ops]", "[rooms.ops]\nirc = '#x'", 'rooms.ops.irc: there is no key "irc". Known: console, discord'),
    ('room = "ops"', 'room = "opps"', 'targets.shop.room: no room is called "opps". Did you mean "ops"?'),
    (
        'room = "ops"',
        'room = "ops"\nbrnch = "x"',
        'targets.shop.brnch: there is no key "brnch". Did you mean "branch"?',
    ),
    ('"11223344"', "11223344", 'people.ana.telegram: text is needed here. Put it in quotes: "11223344".'),
    ('"approver"]', '"aprover"]', 'people.ana.roles[2]: "aprover" is not possible here. Write "viewer", '),
    ('name = "worker"', 'name = "worker"\nkind = "lambda"', 'components[1].kind: "lambda" is not possible here.'),
    ('name = "worker"', 'name = "-x"', 'components[1].name: "-x" does not have the form'),
    ('name = "worker"', 'name = "worker"\npath = "../x"', "components[1].path: it leads out of the repository."),
    ('name = "worker"', 'name = "worker"\nbuild = "a \'b"', "components[1].build: its quotes do not close"),
    ('d1 = ["db"]', "rewind_d1 = true", "components[1].rewind_d1: there is no database to rewind."),
    ('d1 = ["db"]', 'd1 = ["db", "db"]', 'components[1].d1: "db" stands here twice.'),
    ('d1 = ["db"]', 'd1 = "db"', 'components[1].d1: a list is needed here. Put it in brackets: ["db"].'),
    ('url = "https://shop.test"', "", 'environments.production: "url" is missing. Add "url".'),
    ("https://shop.test", "shop.test", 'production.url: "shop.test" is no address. Begin it with https://'),
    ("https://shop.test", "https://shop.test/?a", "production.url: an address that paths are added to"),
    ("https://shop.test", "https://canary.test", 'production.url: "canary" has the same: they would be measured as'),
    ('wrangler_env = "canary"\n', "", 'production.wrangler_env: "canary" has the same: they would deploy over'),
    ('"production"\n', '"prodction"\n', 'canary.promotes_to: no environment is called "prodction". Did you mean'),
    ('"production"\n', '"canary"\n', "canary.promotes_to: promotion goes in a circle: canary → canary."),
    ("approvals = 1", "approvals = 2", "production.approvals: it asks for 2, and 1 person has the role"),
    ("approvals = 1", "approvals = -1", "production.approvals: the number is too small. 0 is the least."),
    ("approvals = 1", 'approval_expires = "1h"', "production.approval_expires: no approval is asked for."),
    ("approvals = 1", "weights = [50, 10, 100]", "each weight has to be more than the one before. Write [10, 50, 100]"),
    ("approvals = 1", "weights = [10, 50]", "weights: the last weight has to be 100. Write [10, 50, 100]."),
    ("approvals = 1", "weights = []", "production.weights: nothing stands here."),
    ("approvals = 1", 'bake = "soon"', 'production.bake: "soon" is no span of time. Write it like "90s"'),
    ("approvals = 1", 'bake = "0s"', 'production.bake: "0s" has to be longer than nothing.'),
    ("approvals = 1", 'health = {paht = "/"}', 'health.paht: there is no key "paht". Did you mean "path"?'),
    ("approvals = 1", 'health = {path = "x"}', 'production.health.path: "x" does not have the form'),
    ('"gradual"', '"direct"\nbake = "5m"', 'production.bake: it means nothing with strategy "direct".'),
    ('"gradual"', '"slow"', 'production.strategy: "slow" is not possible here. Write "direct" or "gradual".'),
    ('run = "npm test"', "", "gates[1]: the gate says no kind. Add one of run, forbid"),
    ('run = "npm test"', 'run = "x"\nsecrets = true', "gates[1]: the gate has 2 kinds: run, secrets."),
    ('run = "npm test"', 'secrets = true\npaths = ["x"]', 'gates[1].paths: it belongs to a gate with "forbid".'),
    ('run = "npm test"', "secrets = false", 'gates[1].secrets: "false" is not possible here. Write true.'),
    ('run = "npm test"', 'run = " "', "gates[1].run: its quotes do not close, or it is empty."),
    ('run = "npm test"', 'forbid = "(x"', 'gates[1].forbid: "(x" has a bracket that does not close.'),
    ('run = "npm test"', 'branches = ["--x"]', 'gates[1].branches: "--x" begins with a hyphen.'),
    (
        'run = "npm test"',
        'calendar = {zone = "Europe/Berln", closed = ["sat"]}',
        'gates[1].calendar.zone: there is no time zone "Europe/Berln". Did you mean "Europe/Berlin"?',
    ),
    (
        'run = "npm test"',
        'calendar = {zone = "UTC", closed = ["fri 18:00-06:00"]}',
        'gates[1].calendar.closed[1]: "fri 18:00-06:00" is no time of the week.',
    ),
    ('channel = "http"', 'channel = "htpp"', 'verify[1].channel: no channel is called "htpp". Did you mean "http"?'),
    ('path = "/health"', 'pth = "/"', 'verify[1].pth: "pth" is no key of http.'),
    ('path = "/health"', 'attempt = "1m"', "verify[1].attempt: one attempt may take longer than all of them"),
    ('path = "/health"', 'max_latency = "11s"', "verify[1].max_latency: an attempt ends before it takes so long."),
    ("https://github.com/acme/shop", "ftp://x/y", "targets.shop.repo: it has a scheme that git is not asked to follow"),
    ("https://github.com/acme/shop", "--upload-pack=x", "targets.shop.repo: it is no address of a repository."),
    ('room = "ops"', 'room = "ops"\nbranch = "-x"', 'targets.shop.branch: "-x" is no branch.'),
]


@pytest.mark.parametrize(("right", "wrong", "line"), WRONG, ids=[line[:40] for _, _, line in WRONG])
def test_what_is_wrong_is_said_alone_and_with_its_line(right: str, wrong: str, line: str) -> None:
    assert right in GOOD
    said = complaints(GOOD.replace(right, wrong, 1))
    assert [one for one in said if line in one] == said[:1], said
    assert all(re.match(r"outrider\.toml:\d+: ", one) for one in said)


MORE = [
    ('[people.ben]\nslack = "U024BE7LH"', 'people.ben.slack: "ana" has the same account.'),
    ('[people.Ana]\nslack = "U1"', 'people.Ana: it differs from "ana" in case alone.'),
    ("[people.ben]\nroles = 1", "people.ben.roles: a list is needed here."),
    ('[rooms.dev]\nslack = "C0123456789"', 'rooms.dev.slack: "ops" has the same conversation.'),
    ("[rooms.dev]", "rooms.dev: the room is on no platform."),
    ('[targets."a b"]', 'targets."a b"'),
    ('[[targets.shop.components]]\nname = "Worker"', 'components[2].name: another component is called "Worker" too.'),
    ('[[targets.shop.gates]]\nname = "tests"\nrun = "x"', 'gates[2].name: another gate is called "tests" too.'),
    (
        '[targets.shop.environments.beta]\nurl = "https://b.test"\nwrangler_env = "b"\npromotes_to = "production"',
        'beta.promotes_to: "canary" promotes to "production" already.',
    ),
    ("[chanels]", 'chanels: there is no key "chanels".'),
    ("[[targets.shop.verify]]\npath = '/'", 'verify[2]: "channel" is missing.'),
]


@pytest.mark.parametrize(("more", "line"), MORE, ids=[line[:40] for _, line in MORE])
def test_what_a_further_table_makes_wrong_is_said(more: str, line: str) -> None:
    assert any(line in one for one in complaints(f"{GOOD}\n{more}\n"))


def test_everything_is_said_at_once_in_the_order_of_lines() -> None:
    text = GOOD
    for right, wrong in [
        ('"approver"]', '"aprover"]'),
        ('room = "ops"', 'room = "x"'),
        ("https://shop.test", "x"),
        ("1\n", "7\n"),
    ]:
        text = text.replace(right, wrong, 1)
    said = complaints(text, {"PORT": "x"})
    assert [one.split(": ")[0] for one in said[:3]] == ["environment"] * 3
    assert [one.split(":")[1] for one in said[3:]] == ["5", "12", "25", "27"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[a]\nb = \n", "outrider.toml:2: this is not TOML: invalid value."),
        ("a = 1\na = 2\n", "outrider.toml:2: this is not TOML: cannot overwrite a value."),
        ("a = 1\nb = '''", "outrider.toml:2: this is not TOML"),
        ("a = 1\nb = \udcff", "outrider.toml:2: this is not UTF-8."),
        ("a = " + "[" * 5000, "outrider.toml:1: tables or lists are nested too deeply."),
        ("a = " + "1" * 5000, "outrider.toml:1: this is not TOML"),
    ],
)
def test_a_broken_file_gives_its_line(text: str, line: str) -> None:
    (said,) = complaints(text)
    assert said.startswith(line)


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    got = load(ENVIRON, tmp_path / "outrider.toml", {})
    assert str(got).startswith(
        f"{tmp_path}/outrider.toml: the configuration cannot be read (No such file or directory)."
    )


# ---- the published schema


def test_the_schema_is_published_as_it_is() -> None:
    assert json.loads((ROOT / "schema/outrider.schema.json").read_text(encoding="utf-8")) == schema()


def test_the_schema_takes_what_the_settings_take() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    validator = jsonschema.Draft202012Validator(schema())
    for text in (GOOD, (ROOT / "outrider.example.toml").read_text(encoding="utf-8")):
        assert list(validator.iter_errors(tomllib.loads(text))) == []
    for wrong in ('[people.a]\nslak = "x"', "[x]", '[rooms."a b"]', '[[targets.shop.gates]]\nname = "x"'):
        assert list(validator.iter_errors(tomllib.loads(f"{GOOD}\n{wrong}")))


def test_every_key_of_the_schema_is_described() -> None:
    for name, table in schema()["$defs"].items():
        assert all("description" in key for key in table["properties"].values()), name


# ---- any file

ATOMS = st.sampled_from(
    [
        "1",
        "-1",
        "true",
        "1.5",
        "nan",
        "2026-11-21",
        '""',
        '"x"',
        '"5m"',
        '"canary"',
        '"http://u:p@h"',
        '"$(x)"',
        '"a\\u202eb"',
    ]
)
VALUES = (
    ATOMS
    | st.lists(ATOMS, max_size=3).map(lambda parts: f"[{', '.join(parts)}]")
    | ATOMS.map(lambda atom: f"{{ a = {atom}, path = {atom} }}")
)
KEYS = st.sampled_from(sorted({key for model in tables() for key in model.model_fields} | {"slack", "x", '"a b"'}))
LINES = st.tuples(KEYS, VALUES).map(lambda pair: f"{pair[0]} = {pair[1]}")
HEADERS = st.sampled_from(
    [
        *("[people.ana]", "[rooms.ops]", "[people]", "[rooms]", "[targets]", "[targets.shop]", "[targets.shop.gates]"),
        *("[[targets.shop.components]]", "[[targets.shop.gates]]", "[[targets.shop.verify]]", "[[people]]"),
        *("[targets.shop.environments.canary]", "[targets.shop.environments.canary.health]", "[[targets.shop]]"),
        *("[targets.shop.environments]", "[[targets.shop.environments]]", "[x", '["\\u0000"]'),
    ]
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(LINES | HEADERS, max_size=14).map("\n".join) | st.text())
def test_any_file_is_settings_or_sentences(text: str) -> None:
    got = read(text.encode("utf-8", "replace").decode())
    for line in str(got).splitlines() if isinstance(got, Problems) else []:
        assert re.fullmatch(r"(outrider\.toml:\d+|environment): [^\n]+\.( [^\n]+[.?])?", line), line
        assert line.isprintable()


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.integers(0, len(GOOD.splitlines()) - 1), LINES | HEADERS | st.just(""))
def test_any_changed_line_of_a_right_file_is_settings_or_sentences(at: int, line: str) -> None:
    lines = GOOD.splitlines()
    lines[at] = line
    got = read("\n".join(lines))
    assert isinstance(got, Settings) or (got.found and all(one.what for one in got.found))
