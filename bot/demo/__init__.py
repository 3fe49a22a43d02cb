"""`outrider demo`: everything on this machine, with nothing to sign up for.

A sandbox (a Cloudflare account that runs here), a git repository with the sample Worker in it, a configuration, and
the terminal as the chat. Everything lies in one folder and may be deleted; checkouts and packages stay in it from one
demo to the next, so that the second one begins at once.
"""

import asyncio
import fcntl
import json
import re
import shutil
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO

import httpx

from bot.demo.repository import ROOT, Repository
from bot.demo.yesterday import RESOURCES, deploy_by_hand
from bot.ports.errors import Permanent
from bot.ports.process import Processes

FOLDER = Path(".outrider") / "demo"
STARTING = 120.0
"""Seconds that the sandbox may take to come up the first time."""
NEEDED = "the demo needs git, and Node 20 or newer with its npm"
LEAVING = 15.0
"""Seconds that it may take to go."""
CONFIG = """\
[people.You]
console = "you"
roles = ["deployer", "approver", "admin"]

[rooms.terminal]
console = "terminal"

[targets.hello]
repo = "{repo}"
room = "terminal"

[[targets.hello.components]]
name = "worker"
config = "wrangler.jsonc"
d1 = ["DB"]

[targets.hello.environments.canary]
wrangler_env = "canary"
url = "{canary}"
promotes_to = "production"
health = {{ path = "/health", cold_start = "15s" }}
watch = "{watch}"

[targets.hello.environments.production]
url = "{production}"
strategy = "gradual"
weights = [10, 50, 100]
bake = "10s"
bake_max = "2m"
health = {{ path = "/health", cold_start = "15s" }}
watch = "{watch}"

[[targets.hello.metrics]]
source = "probes"
name = "own requests"
rate = 10
path = "/"

[[targets.hello.gates]]
name = "tests"
run = "npm test"

[[targets.hello.gates]]
name = "no-debugger"
forbid = "^[[:space:]]*debugger;"
paths = ["src"]

[[targets.hello.gates]]
name = "branch"
branches = ["main"]

[[targets.hello.gates]]
name = "migrations"
migrations = true

[[targets.hello.verify]]
channel = "http"
path = "/"
text = "Hello"
max_latency = "2s"

[[targets.hello.verify]]
channel = "health"
path = "/health"
"""


@dataclass(frozen=True, slots=True)
class Demo:
    """A stage that is set: `environ` and `config` are what `bot.settings` reads."""

    environ: Mapping[str, str]
    config: Path
    repository: Repository


@asynccontextmanager
async def stage(folder: Path, processes: Processes, watch: str = "20s") -> AsyncIterator[Demo]:
    """Set the stage, and clear it when the block ends. What an earlier demo deployed is forgotten."""
    await _look_for_tools(processes)
    with _alone(folder):
        _clear(folder)
        repository = Repository(folder / "repository", processes)
        await repository.create()
        async with _sandbox((folder / "sandbox").resolve()) as account:
            canary, production = await _resources(str(account["api"]))
            await deploy_by_hand(account, repository.folder)
            config = _configure(folder, canary, production, watch)
            yield Demo(_environ(folder, config, account), config, repository)


async def _look_for_tools(processes: Processes) -> None:
    """`Permanent`, in one sentence, where something that the demo stands on is not on PATH or too old."""
    for tool, least in (("git", 2), ("node", 20), ("npm", 0)):
        try:
            ran = await processes.run([tool, "--version"], cwd=ROOT, env={}, deadline=timedelta(minutes=1))
        except Permanent:
            raise Permanent(f"{tool} is not on PATH: {NEEDED}") from None
        version = re.search(r"\d+", ran.out)
        if ran.status != 0 or version is None or int(version[0]) < least:
            raise Permanent(f"{tool} on PATH does not work or is too old ({ran.out.strip() or 'no answer'}): {NEEDED}")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """The folder for this demo alone: setting the stage would clear another one's away."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Permanent(f"another demo runs in {folder}: leave it, or name another folder by --folder") from None
        yield


def _clear(folder: Path) -> None:
    for old in ("journal.db", "journal.db-wal", "journal.db-shm", "journal.db-lock"):
        (folder / old).unlink(missing_ok=True)
    shutil.rmtree(folder / "sandbox", ignore_errors=True)
    (folder / "sandbox").mkdir(parents=True)


def _configure(folder: Path, canary: str, production: str, watch: str) -> Path:
    repo = (folder / "repository").resolve()
    config = folder / "outrider.toml"
    config.write_text(CONFIG.format(repo=repo, canary=canary, production=production, watch=watch), "utf-8")
    return config


def _environ(folder: Path, config: Path, account: Mapping[str, object]) -> Mapping[str, str]:
    return {
        "OUTRIDER_CONFIG": str(config),
        "OUTRIDER_WORKSPACE": str(folder / "workspace"),
        "DATABASE_URL": f"sqlite:///{folder / 'journal.db'}",
        "CLOUDFLARE_API_BASE_URL": str(account["api"]),
        "CLOUDFLARE_API_TOKEN": str(account["token"]),
        "CLOUDFLARE_ACCOUNT_ID": str(account["account_id"]),
    }


@asynccontextmanager
async def _sandbox(state: Path) -> AsyncIterator[Mapping[str, object]]:
    """The sandbox as a process of its own, until the block ends. It goes when the pipe to it closes, so it cannot be
    left behind, whatever ends the demo.
    """
    log = state / "sandbox.log"
    with _appending(log) as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "sandbox", "--state", str(state), "--until-eof",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=errors,
            cwd=ROOT, start_new_session=True,
        )  # fmt: skip  # one flag and its value on a line
    try:
        yield await _ready(process, log)
    finally:
        # Not by a signal: asyncio looks whether the child still lives before it sends one, and may so take its exit
        # status from under its own watcher.
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(LEAVING):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def _appending(log: Path) -> IO[bytes]:
    return log.open("ab")


def _tail(log: Path) -> list[str]:
    return log.read_text("utf-8", "replace").splitlines()[-20:]


async def _ready(process: asyncio.subprocess.Process, errors: Path) -> Mapping[str, object]:
    line = b""
    if process.stdout is not None:
        try:
            async with asyncio.timeout(STARTING):
                line = await process.stdout.readline()
        except TimeoutError:
            process.kill()
    if not line:
        raise Permanent("the sandbox did not start", _tail(errors))
    ready = json.loads(line)
    if not isinstance(ready, dict):
        raise Permanent("the sandbox said something else than where it is")
    return ready


async def _resources(api: str) -> tuple[str, str]:
    """Make what the sample needs, and say where its two Workers answer: canary, production."""
    control = api.removesuffix("/client/v4") + "/_sandbox"
    async with httpx.AsyncClient(trust_env=False) as client:
        for kind, identifier, name in RESOURCES:
            body = {"kind": kind, "id": identifier, "name": name}
            (await client.post(f"{control}/resources", json=body)).raise_for_status()
        urls = [
            str((await client.get(f"{control}/scripts/{name}/url")).raise_for_status().json()["url"])
            for name in ("hello-canary", "hello")
        ]
    return urls[0], urls[1]
