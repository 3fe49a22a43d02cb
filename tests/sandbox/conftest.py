"""What the sandbox's tests share: one running sandbox, in which each test has Workers of its own names."""

import inspect
import shutil
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from sandbox.install import install
from sandbox.running import Sandbox
from tests.sandbox.rest import Api
from tests.sandbox.wranglers import EXAMPLE

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
