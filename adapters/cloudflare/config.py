"""What the checkout's wrangler configuration says: the Worker's name in an environment, and its databases.

Rules are wrangler's own (developers.cloudflare.com, Wrangler configuration): `env.NAME` stands for an
environment, whose Worker is `env.NAME.name` or else the top level's name followed by `-NAME`; databases are
not inherited, an environment names its own.
"""

import asyncio
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import json5

from bot.domain.targets import Component
from bot.ports.deployer import Subject
from bot.ports.errors import Permanent

DEFAULT = Component(name="").config
OTHERS = ("wrangler.json", "wrangler.toml")
"""What wrangler looks for too; taken where the component keeps the default and that file is not there."""
LARGEST = 65_536
"""Bytes of a configuration that are still read: with comments in it, 13 thousand take 0.2 seconds."""
Table = Mapping[str, Any]
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,254}")
"""A Worker's name as wrangler takes it, and an id: either becomes a part of the API's paths."""


@dataclass(frozen=True, slots=True)
class Database:
    """A D1 database of a Worker. `migrations` is a folder in the checkout that may be missing."""

    name: str
    id: str
    migrations: Path
    table: str = "d1_migrations"


@dataclass(frozen=True, slots=True)
class Worker:
    """One Worker in one environment, as a checkout describes it."""

    name: str
    env: str
    """wrangler's environment; empty for the top level."""
    root: Path
    """The checkout."""
    folder: Path
    """Where commands run."""
    config: Path
    databases: Mapping[str, Database]
    """By name and by binding."""
    section: Table = field(default_factory=dict)
    """What the environment says itself; the top level where there is none."""
    top: Table = field(default_factory=dict)

    def setting(self, name: str) -> object:
        """A setting that an environment inherits from the top level; None where neither has it."""
        return self.section.get(name, self.top.get(name))

    def database(self, name: str) -> Database:
        """The database of that name or binding."""
        if name not in self.databases:
            known = ", ".join(sorted({one.name for one in self.databases.values()})) or "none"
            where = f"env.{self.env}.d1_databases" if self.env else "d1_databases"
            raise Permanent(f"{self.config.name} has no database {name!r} in {where} (it has: {known}).")
        return self.databases[name]


async def worker_of(subject: Subject) -> Worker:
    """`read_worker`, beside the event loop."""
    return await asyncio.to_thread(read_worker, subject)


async def name_of(subject: Subject) -> str:
    """The Worker's name, from the checkout where there is one, or else as it was known before."""
    if subject.folder is not None:
        return (await worker_of(subject)).name
    if not subject.worker:
        raise Permanent(f"The Worker's name of {subject.component.name} is not known without a checkout.")
    return subject.worker


def read_worker(subject: Subject) -> Worker:
    """The component's Worker; `Permanent` where there is no checkout or its configuration is of no use."""
    if subject.folder is None:
        name = subject.component.name
        raise Permanent(f"The Worker's name of {name!r} stands in its wrangler configuration: no code is at hand.")
    root = subject.folder.resolve()
    folder = _inside(root, root / subject.component.path)
    path = _find(root, folder, subject.component.config)
    env = subject.environment.wrangler_env
    top = _load(path)
    section = _section(path, top, env)
    databases = _databases(path, section)
    return Worker(_name(path, top, section, env), env, root, folder, path, databases, section, top)


def _inside(root: Path, path: Path) -> Path:
    """The path without links, which must not lead out of the checkout."""
    real = path.resolve()
    if not real.is_relative_to(root):
        raise Permanent(f"{path.relative_to(root)} leads out of the checkout.")
    return real


def _find(root: Path, folder: Path, config: str) -> Path:
    names = [folder / config, root / config]
    if config == DEFAULT:
        names[1:1] = [folder / other for other in OTHERS]
    for path in names:
        if path.is_file():
            return _inside(root, path)
    raise Permanent(f"The commit has no {config}: set the component's `config` to its wrangler configuration.")


def _load(path: Path) -> Table:
    stat = path.stat()
    if stat.st_size > LARGEST:
        raise Permanent(f"{path.name} is larger than a wrangler configuration can be (64 KiB).")
    return _parsed(_Seen(path, stat.st_mtime_ns, stat.st_size))


class _Seen(NamedTuple):
    """A file as it was at some time."""

    path: Path
    changed: int
    size: int


@lru_cache(maxsize=256)
def _parsed(seen: _Seen) -> Table:
    """The configuration; parsed once, as every reading of what is live needs the name in it."""
    path = seen.path
    try:
        top = _parse(path.suffix, path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        what = " ".join(str(error).split())[:200]
        raise Permanent(f"{path.name} cannot be read: {what}.") from error
    if not isinstance(top, dict):
        raise Permanent(f"{path.name} is not a table of settings.")
    return top


def _parse(suffix: str, text: str) -> object:
    """TOML, or JSON with comments; a file without any is read a thousand times faster as plain JSON."""
    if suffix == ".toml":
        return tomllib.loads(text)
    try:
        return json.loads(text)
    except ValueError:
        return json5.loads(text)


def _section(path: Path, top: Table, env: str) -> Table:
    """What counts for the environment and is not inherited."""
    if not env:
        return top
    environments = top.get("env")
    section = environments.get(env) if isinstance(environments, dict) else None
    if not isinstance(section, dict):
        names = ", ".join(sorted(environments)) if isinstance(environments, dict) and environments else "none"
        raise Permanent(f"{path.name} has no environment {env!r} (it has: {names}).")
    return section


def _name(path: Path, top: Table, section: Table, env: str) -> str:
    own = section.get("name")
    name = own or top.get("name")
    if not isinstance(name, str) or not name:
        raise Permanent(f"{path.name} does not name the Worker: set `name`.")
    whole = name if own or not env else f"{name}-{env}"
    if not _NAME.fullmatch(whole):
        raise Permanent(f"{whole[:80]!r} in {path.name} is no Worker's name: letters, digits, - and _ only.")
    return whole


def _databases(path: Path, section: Table) -> Mapping[str, Database]:
    found: dict[str, Database] = {}
    listed = section.get("d1_databases")
    for one in listed if isinstance(listed, list) else []:
        if isinstance(one, dict):
            database = _database(path, one)
            if database is not None:
                found |= {name: database for name in (one.get("binding"), database.name) if isinstance(name, str)}
    return found


def _database(path: Path, one: Table) -> Database | None:
    """None for a database without a name or an id: it does not exist yet."""
    name, known = one.get("database_name"), one.get("database_id")
    if not isinstance(name, str) or not isinstance(known, str) or not name or not _NAME.fullmatch(known):
        return None
    folder, table = one.get("migrations_dir"), one.get("migrations_table")
    return Database(
        name,
        known,
        path.parent / (folder if isinstance(folder, str) and folder else "migrations"),
        table if isinstance(table, str) and table else "d1_migrations",
    )
