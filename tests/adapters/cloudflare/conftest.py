"""What the tests stand on: a small account with scripted processes, or a sandbox with real wrangler."""

import json
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from adapters.cloudflare import CloudflareDeployer, CloudflareSettings, provider
from adapters.system.clock import SystemClock
from adapters.system.process import SystemProcesses
from bot.domain.redaction import Redactor
from bot.domain.targets import Component
from bot.domain.values import Live
from bot.ports.deployer import Provider, Subject
from sandbox.running import Sandbox
from tests.adapters.cloudflare.doubles import V1, Account, Scripted, Ticks, checkout, subject
from tests.sandbox.wranglers import wrangler_command

NODE_MODULES = Path(__file__).parents[3] / "examples/hello-worker/node_modules"
CODE = "export default { fetch() { return new Response('%s') } }"


@dataclass
class Ground:
    """A running sandbox with a checkout of a Worker, and the provider that deploys it."""

    sandbox: Sandbox
    provider: Provider
    folder: Path
    name: str
    """The Worker's, its own in each test: they share the sandbox."""
    config: dict[str, Any] = field(default_factory=dict)

    @property
    def deployer(self) -> CloudflareDeployer:
        assert isinstance(self.provider.deployer, CloudflareDeployer)
        return self.provider.deployer

    @property
    def hello(self) -> Subject:
        return subject(self.folder, component=Component("worker", d1=("agent-db",)))

    def write(self, text: str, **config: Any) -> None:
        """The Worker's code and configuration."""
        (self.folder / "index.js").write_text(text if "{" in text else CODE % text)
        base = {"name": self.name, "main": "index.js", "compatibility_date": "2026-04-01"}
        (self.folder / "wrangler.jsonc").write_text(json.dumps(base | config))

    async def upload(self, text: str) -> Live:
        """A first deployment, by one request and without wrangler."""
        metadata = {"main_module": "index.js", "compatibility_date": "2026-04-01"}
        module = ("index.js", CODE % text, "application/javascript+module")
        files = {"metadata": (None, json.dumps(metadata), "application/json"), "index.js": module}
        url = f"{self.sandbox.api}/accounts/{self.sandbox.account_id}/workers/scripts/{self.name}"
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.put(url, files=files, headers={"Authorization": f"Bearer {self.sandbox.token}"})
        assert answer.status_code == 200, answer.text
        return await self.deployer.live(self.hello)

    async def misbehave(self, do: str, method: str, path: str, **more: Any) -> None:
        """A rule for the API; `path` is the end of it."""
        rule: Mapping[str, Any] = {"do": do, "method": method, "path": f".*{path}", **more}
        await self.sandbox.post("rules/api", dict(rule))

    async def count(self, what: str) -> int:
        """How many of these the account has seen: deployments, uploads."""
        counters: dict[str, int] = (await self.sandbox.get("calls"))["counters"]
        return counters.get(what, 0)


def real_processes(token: str, node: str = "") -> SystemProcesses:
    """The real ones; `node` is another folder of Node's than that on PATH."""
    path = os.pathsep.join(filter(None, (node, os.environ["PATH"])))
    return SystemProcesses(Redactor([token]), SystemClock(), {"PATH": path})


def tools(wrangler: str) -> tuple[Path, str]:
    """The packages that have that wrangler, and the folder of the Node that it needs; empty for the one on PATH."""
    if wrangler == "4.86.0":
        return NODE_MODULES, ""
    node, shim = wrangler_command(wrangler)
    return Path(shim).parents[2], str(Path(node).parent)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def sandbox(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sandbox]:
    """One for all tests of a module; it takes seconds to start."""
    if not (NODE_MODULES / "wrangler").is_dir():
        pytest.skip("examples/hello-worker is not installed: run make test")
    async with Sandbox(tmp_path_factory.mktemp("sandbox"), token="t0ken-of-the-sandbox") as sandbox:
        yield sandbox


@pytest_asyncio.fixture(loop_scope="module")
async def ground(request: pytest.FixtureRequest, sandbox: Sandbox, tmp_path: Path) -> AsyncIterator[Ground]:
    """A new Worker in the sandbox, which has forgotten what it was told to do wrong. Its parameter: which wrangler."""
    modules, node = tools(getattr(request, "param", "4.86.0"))
    await sandbox.delete("rules")
    await sandbox.post("reset-calls")
    (tmp_path / "node_modules").symlink_to(modules)
    settings = CloudflareSettings(sandbox.token, sandbox.account_id, sandbox.api)
    async with provider(settings, real_processes(sandbox.token, node), SystemClock()) as one:
        ground = Ground(sandbox, one, tmp_path, f"hello-{uuid4().hex[:8]}")
        ground.write("one")
        yield ground


@pytest.fixture
def account() -> Account:
    account = Account()
    account.deploy((V1.version, 100), message="first")
    return account


@pytest.fixture
def processes() -> Scripted:
    return Scripted()


@pytest.fixture
def clock() -> Ticks:
    return Ticks()


@pytest.fixture
def hello(tmp_path: Path) -> Subject:
    return subject(checkout(tmp_path))


@pytest.fixture
async def deployer(account: Account, processes: Scripted, clock: Ticks) -> AsyncIterator[CloudflareDeployer]:
    async with account.served() as settings, provider(settings, processes, clock) as one:
        assert isinstance(one.deployer, CloudflareDeployer)
        yield one.deployer
