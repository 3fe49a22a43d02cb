"""A Worker's name and databases, as wrangler would read them, and a sentence for each thing that is wrong."""

import json
import os
from pathlib import Path

import pytest

from adapters.cloudflare.config import read_worker
from bot.domain.targets import Component
from bot.ports.errors import Permanent
from tests.adapters.cloudflare.doubles import checkout, subject

JSONC = """{ // a comment
  "name": "hello", /* and another */
  "d1_databases": [{"binding": "DB", "database_name": "prod-db", "database_id": "id-1"}],
  "env": {
    "canary": {
      "d1_databases": [
        {"binding": "DB", "database_name": "canary-db", "database_id": "id-2",
         "migrations_dir": "sql", "migrations_table": "seen"},
        {"binding": "NEW"}, {"binding": "UP", "database_name": "up", "database_id": "../x"},
      ],
    },
    "staging": {"name": "elsewhere"},
  },
}"""
TOML = """
name = "hello"
[[d1_databases]]
binding = "DB"
database_name = "prod-db"
database_id = "id-1"
[env.canary]
vars = { A = "1" }
"""


@pytest.mark.parametrize(("env", "name"), [("", "hello"), ("canary", "hello-canary"), ("staging", "elsewhere")])
def test_the_name_follows_wranglers_rule(tmp_path: Path, env: str, name: str) -> None:
    assert read_worker(subject(checkout(tmp_path, JSONC), env)).name == name


def test_databases_belong_to_their_environment(tmp_path: Path) -> None:
    folder = checkout(tmp_path, JSONC).resolve()
    top = read_worker(subject(folder)).database("prod-db")
    canary = read_worker(subject(folder, "canary"))
    assert (top.id, top.migrations, top.table) == ("id-1", folder / "migrations", "d1_migrations")
    found = canary.database("DB")
    assert (found.name, found.id, found.migrations, found.table) == (
        "canary-db",
        "id-2",
        folder / "sql",
        "seen",
    )
    with pytest.raises(Permanent, match=r"no database 'prod-db' in env\.canary\.d1_databases \(it has: canary-db\)"):
        canary.database("prod-db")
    for unusable in ("NEW", "UP", "up"):
        with pytest.raises(Permanent, match=f"no database {unusable!r}"):
            canary.database(unusable)


def test_toml_is_read_too_where_the_component_says_nothing(tmp_path: Path) -> None:
    worker = read_worker(subject(checkout(tmp_path, TOML, "wrangler.toml"), "canary"))
    assert (worker.name, dict(worker.databases)) == ("hello-canary", {})


def test_a_component_has_its_own_folder(tmp_path: Path) -> None:
    checkout(tmp_path, '{"name": "root"}')
    (tmp_path / "workers/api").mkdir(parents=True)
    (tmp_path / "workers/api/wrangler.jsonc").write_text('{"name": "api"}')
    api = read_worker(subject(tmp_path, component=Component("api", path="workers/api")))
    assert (api.name, api.folder) == ("api", tmp_path.resolve() / "workers/api")
    whole = Component("api", path="workers/api", config="workers/api/wrangler.jsonc")
    assert read_worker(subject(tmp_path, component=whole)) == api


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ("{", "wrangler.jsonc cannot be read"),
        ('{"a": ' * 5000, "cannot be read"),
        ("[1]", "is not a table"),
        ("{}", "does not name the Worker"),
        ('{"name": 7}', "does not name the Worker"),
        ('{"name": ".."}', "'..' in wrangler.jsonc is no Worker's name"),
        ('{"name": "a/b"}', "is no Worker's name"),
        ('{"name": "--force"}', "is no Worker's name"),
        ('{"name": "' + "a" * 1_100_000 + '"}', "larger than"),
    ],
)
def test_a_configuration_that_is_of_no_use(tmp_path: Path, config: str, sentence: str) -> None:
    with pytest.raises(Permanent, match=sentence) as trouble:
        read_worker(subject(checkout(tmp_path, config)))
    assert "\n" not in trouble.value.reason
    assert str(tmp_path) not in trouble.value.reason


@pytest.mark.parametrize("config", ['{"name": "a"}', '{"name": "a", "env": {"b": {}}}', '{"name": "a", "env": 1}'])
def test_an_environment_that_is_not_there(tmp_path: Path, config: str) -> None:
    with pytest.raises(Permanent, match=r"no environment 'canary' \(it has: (b|none)\)"):
        read_worker(subject(checkout(tmp_path, config), "canary"))


def test_no_configuration_and_no_checkout(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match=r"has no wrangler\.jsonc"):
        read_worker(subject(tmp_path))
    with pytest.raises(Permanent, match="no code is at hand"):
        read_worker(subject(None))


@pytest.mark.parametrize("component", [Component("a", path=".."), Component("a", config="../out.jsonc")])
def test_nothing_outside_the_checkout_is_read(tmp_path: Path, component: Component) -> None:
    (tmp_path / "out.jsonc").write_text('{"name": "out"}')
    (tmp_path / "wrangler.jsonc").write_text('{"name": "out"}')
    inside = checkout(tmp_path / "inside", "{}")
    with pytest.raises(Permanent, match="leads out of the checkout"):
        read_worker(subject(inside, component=component))


def test_a_link_out_of_the_checkout_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "out.jsonc").write_text(json.dumps({"name": "out"}))
    inside = checkout(tmp_path / "inside", "{}")
    (inside / "wrangler.jsonc").unlink()
    os.symlink(tmp_path / "out.jsonc", inside / "wrangler.jsonc")
    with pytest.raises(Permanent, match="leads out of the checkout"):
        read_worker(subject(inside))
