"""Where the plays are played: a sandbox, a git repository with the sample Worker, and a workspace, made once.

Branch `main` is the sample as it is, `broken` passes its gates and fails its health check, `tired` is well until it has
answered some requests, `declining` answers everything well and takes nobody's order. What a first play has made live is
kept as the *scenery* (a journal, and the versions behind it) that every later play begins with: canary was deployed
twice, so that it has a way back, and production once.
"""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.settings.environment import environment, npm_settings
from sandbox.running import Sandbox

SAMPLE = Path(__file__).parents[2] / "examples" / "hello-worker"
CANARY, PRODUCTION = "hello-canary", "hello"
DATABASES = {PRODUCTION: "5d0c7a52-3b5e-4c1f-9a55-0a7d00000001", CANARY: "5d0c7a52-3b5e-4c1f-9a55-0a7d00000002"}
"""What wrangler.jsonc of the sample names."""
RESOURCES = (
    ("kv", "0f1a95c1b8a24be6a9d0c0f7f0a1e001", "FLAGS"),
    ("kv", "0f1a95c1b8a24be6a9d0c0f7f0a1e002", "FLAGS-canary"),
    ("d1", DATABASES[PRODUCTION], "agent-db"),
    ("d1", DATABASES[CANARY], "agent-db-canary"),
)
ROOM = """\
[people.ana]
console = "ana"
roles = ["deployer"]

[rooms.ops]
console = "room"
"""
"""Who may type, and where it is told."""
CONFIG = """\
{told}
[targets.hello]
repo = "{repo}"
room = "ops"

[[targets.hello.components]]
name = "worker"
d1 = ["DB"]

[targets.hello.environments.canary]
wrangler_env = "canary"
url = "{canary}"
promotes_to = "production"
health = {{ path = "/health", cold_start = "{cold_start}" }}
watch = "1s"

[targets.hello.environments.production]
url = "{production}"
health = {{ path = "/health", cold_start = "{cold_start}" }}
watch = "1s"
{strategy}
[[targets.hello.gates]]
name = "tests"
run = "node --test"

[[targets.hello.gates]]
name = "no-debugger"
forbid = "^[[:space:]]*debugger;"

[[targets.hello.gates]]
name = "migrations"
migrations = true

[[targets.hello.verify]]
channel = "http"
path = "/"
text = "Hello"
"""
TIRED = (
    "    const response = await route(",
    "    globalThis.greeted = (globalThis.greeted ?? 0) + 1;\n"
    '    if (globalThis.greeted > 40) return new Response("Tired\\n", { status: 500 });\n'
    "    const response = await route(",
)
"""What makes the sample so: forty requests are more than it is asked before it has any traffic."""
SECRET = "API_KEY"
"""One that no version of the scenery has."""
DECLINING = (
    '  if (path === "/health")',
    '  if (path === "/checkout") return new Response("Sorry\\n", { headers: { "x-order": "declined" } });\n'
    '  if (path === "/health")',
)
"""What makes the sample so."""
_KEEP = 80
"""Uploads after which the scenery is made anew: only the hundred newest versions can be deployed."""


@dataclass(frozen=True)
class Gradual:
    """How production's traffic is given in steps."""

    weights: tuple[int, ...] = (10, 50, 100)
    bake: str = "10s"
    bake_max: str = "60s"
    inconclusive: str = "wait"
    sources: tuple[str, ...] = ('source = "probes"\nrate = 10',)
    """Each as the lines of its table."""

    @property
    def strategy(self) -> str:
        """Lines of the environment's table."""
        return (
            f'strategy = "gradual"\nweights = {list(self.weights)}\nbake = "{self.bake}"\n'
            f'bake_max = "{self.bake_max}"\ninconclusive = "{self.inconclusive}"\n'
        )

    @property
    def metrics(self) -> str:
        """A table for each source."""
        return "".join(f"\n[[targets.hello.metrics]]\n{one}\n" for one in self.sources)


@dataclass
class Stage:
    """One for each process of the tests. `folder` holds everything that a bot touches, and nothing else does."""

    folder: Path
    sandbox: Sandbox
    urls: Mapping[str, str] = field(default_factory=dict)
    heads: Mapping[str, str] = field(default_factory=dict)
    """Branch -> commit."""
    first: str = ""
    """The version that canary's way back leads to."""
    live: dict[str, str] = field(default_factory=dict)
    """Worker -> the version that the scenery has live."""
    plays: int = 0
    changed: set[str] = field(default_factory=set)
    """Workers whose newest version has a secret that the scenery's versions have not."""

    async def set(self) -> None:
        """The repository, the resources, and where the Workers answer."""
        self.heads = _repository(self.folder / "repository")
        await self.sandbox.post("settings", {"rate_limit": 1_000_000, "graphql_limit": 1_000_000})
        for kind, identifier, name in RESOURCES:
            await self.sandbox.post("resources", {"kind": kind, "id": identifier, "name": name})
        self.urls = {name: await self.sandbox.url(name) for name in (CANARY, PRODUCTION)}

    def new_folder(self) -> Path:
        """For one play."""
        self.plays += 1
        folder = self.folder / "plays" / str(self.plays)
        folder.mkdir(parents=True)
        return folder

    def configure(
        self, folder: Path, cold_start: str, scenery: bool = True, told: str = ROOM, gradual: Gradual | None = None
    ) -> Mapping[str, str]:
        """A play's configuration and journal; the environment of its bot. `told`: people and rooms; `gradual`: how
        production is given its traffic.
        """
        config = folder / "outrider.toml"
        urls = {"canary": self.urls[CANARY], "production": self.urls[PRODUCTION]}
        strategy, metrics = (gradual.strategy, gradual.metrics) if gradual else ("", "")
        places = {"repo": self.folder / "repository", "cold_start": cold_start, "strategy": strategy, **urls}
        config.write_text(CONFIG.format(told=told, **places) + metrics, "utf-8")
        if scenery:
            shutil.copy(self.folder / "scenery.db", folder / "journal.db")
        inherited = {name: value for name, value in environment().items() if name in ("PATH", "HOME", "LANG")}
        return {
            **inherited,
            **npm_settings(environment()),
            "OUTRIDER_CONFIG": str(config),
            "OUTRIDER_WORKSPACE": str(self.folder / "workspace"),
            "DATABASE_URL": f"sqlite:///{folder / 'journal.db'}",
            "CLOUDFLARE_API_BASE_URL": self.sandbox.api,
            "CLOUDFLARE_API_TOKEN": self.sandbox.token,
            "CLOUDFLARE_ACCOUNT_ID": self.sandbox.account_id,
        }

    async def keep_scenery(self, journal: Path, first: str) -> None:
        """What is live now, and the journal that led there, are what later plays begin with."""
        shutil.copy(journal, self.folder / "scenery.db")
        self.first = first
        self.live = {name: (await self.live_of(name))[0] for name in (CANARY, PRODUCTION)}

    async def fresh(self, worker: str, migrated: bool, secret: bool = False) -> None:
        """Nothing misbehaves or is counted, the Worker is as in the scenery, its migrations are applied or not.

        With `secret` somebody has set one since: the version that is live is the scenery's but for that.
        """
        await self.sandbox.delete("rules")
        await self.sandbox.post("held/release", {"then": "cut"})
        await self.forget_secret(worker)
        if await self.live_of(worker) != [self.live[worker]]:
            await self.deployment(worker, self.live[worker])
        if not migrated:
            await self.query(worker, "DROP TABLE IF EXISTS greetings; DROP TABLE IF EXISTS d1_migrations")
        if secret:
            await self._newest(worker)
            body = {"name": SECRET, "text": "of today", "type": "secret_text"}
            await self.sandbox.call("PUT", f"/workers/scripts/{worker}/secrets", body)
            self.changed.add(worker)
        await self.sandbox.post("reset-calls")

    async def forget_secret(self, worker: str) -> None:
        """A further version has it not: the next upload takes its secrets from that."""
        if worker in self.changed:
            await self._newest(worker)
            await self.sandbox.call("DELETE", f"/workers/scripts/{worker}/secrets/{SECRET}")
            self.changed.discard(worker)

    async def _newest(self, worker: str) -> None:
        """Its newest version is live, as a change of secrets wants it."""
        await self.deployment(worker, (await self.versions(worker))[0])

    async def worn(self) -> bool:
        """True where the scenery's versions will soon be too old to be deployed."""
        listed = [await self.versions(name) for name in (CANARY, PRODUCTION)]
        return not self.first or any(len(one) > _KEEP and one.index(self._oldest(one)) > _KEEP for one in listed)

    def _oldest(self, listed: list[str]) -> str:
        known = [one for one in listed if one in (self.first, *self.live.values())]
        return known[-1]

    async def versions(self, worker: str) -> list[str]:
        """Ids, newest first."""
        listed = await self.sandbox.call("GET", f"/workers/scripts/{worker}/versions?per_page=100&deployable=true")
        return [one["id"] for one in listed.get("items", [])]

    async def deployments(self, worker: str) -> list[dict[str, Any]]:
        """As the API tells them, newest first."""
        listed = await self.sandbox.call("GET", f"/workers/scripts/{worker}/deployments")
        return list(listed.get("deployments", []))

    async def live_of(self, worker: str) -> list[str]:
        """The versions that are live."""
        return [one["version_id"] for live in (await self.deployments(worker))[:1] for one in live["versions"]]

    async def deployment(self, worker: str, *versions: str, email: str = "scenery@example.com") -> None:
        """A deployment from the dashboard, with the same share for each version."""
        shares = [{"version_id": one, "percentage": 100 // len(versions)} for one in versions]
        await self.sandbox.post("dashboard-deployment", {"script": worker, "versions": shares, "email": email})

    async def query(self, worker: str, sql: str) -> list[dict[str, Any]]:
        """Rows of the last statement, from the Worker's database."""
        path = f"/d1/database/{DATABASES[worker]}/query"
        answered = await self.sandbox.call("POST", path, {"sql": sql, "params": []})
        assert isinstance(answered, list), answered
        rows: list[dict[str, Any]] = answered[-1]["results"]
        return rows

    @contextmanager
    def shared_modules(self, shelf: Path) -> Iterator[None]:
        """One process of the tests installs packages, the others copy them; `shelf` is common to all of them."""
        shelf.mkdir(parents=True, exist_ok=True)
        mine = self.folder / "workspace" / "modules"
        with (shelf / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if (shelf / "modules").is_dir():
                shutil.copytree(shelf / "modules", mine, symlinks=True)
                fcntl.flock(lock, fcntl.LOCK_UN)
                yield
                return
            yield
            shutil.copytree(mine, shelf / "new", symlinks=True)
            os.rename(shelf / "new", shelf / "modules")


def _repository(folder: Path) -> Mapping[str, str]:
    shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns("node_modules", ".wrangler"))
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder, "Say hello")
    git(folder, "checkout", "--quiet", "-b", "broken")
    health = folder / "src" / "health.js"
    health.write_text(health.read_text("utf-8").replace("FROM greetings", "FROM greetings_v2"), "utf-8")
    commit(folder, "Read greetings from the new table")
    git(folder, "checkout", "--quiet", "-b", "tired", "main")
    index = folder / "src" / "index.js"
    index.write_text(index.read_text("utf-8").replace(*TIRED), "utf-8")
    commit(folder, "Count the greetings")
    git(folder, "checkout", "--quiet", "-b", "declining", "main")
    index.write_text(index.read_text("utf-8").replace(*DECLINING), "utf-8")
    commit(folder, "Check out in one step")
    git(folder, "checkout", "--quiet", "main")
    return {name: git(folder, "rev-parse", name).strip() for name in ("main", "broken", "tired", "declining")}


def commit(folder: Path, subject: str) -> None:
    """Everything in the folder, as one commit more."""
    git(folder, "add", "--all")
    git(folder, "-c", "user.name=Ana", "-c", "user.email=ana@example.com", "commit", "--quiet", "-m", subject)


def git(folder: Path, *words: str) -> str:
    """What that git command prints."""
    quiet = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"}
    return subprocess.run(["git", *words], cwd=folder, env=quiet, check=True, capture_output=True, text=True).stdout
