"""What the sandbox's tests share: one running sandbox, in which each test has Workers of its own names."""

import inspect
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from sandbox.install import install
from sandbox.running import Sandbox
from tests.sandbox.rest import Api
from tests.sandbox.wranglers import Wrangler, copied_project, wrangler_command


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
        yield running


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


@pytest_asyncio.fixture(
    loop_scope="session",
    params=["4.86.0", pytest.param("4.164.0", marks=pytest.mark.wrangler_current)],
)
async def wrangler(request: pytest.FixtureRequest, sandbox: Sandbox, name: str, tmp_path: Path) -> Wrangler:
    """Real wrangler in a copy of the sample project, whose Worker, namespaces and databases are this test's own."""
    project = await copied_project(sandbox, tmp_path / "project", name)
    return Wrangler(wrangler_command(request.param), sandbox, project)
