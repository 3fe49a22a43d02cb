"""The stage of these tests, set once for each process of pytest, and what they print at the end."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from sandbox.running import Sandbox
from tests.e2e.scenes import make_scenery
from tests.e2e.stage import Stage


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Everything but the bot. Packages are installed once, whatever the number of processes."""
    folder = tmp_path_factory.mktemp("e2e")
    async with Sandbox(folder / "account") as sandbox:
        made = Stage(folder / "stage", sandbox)
        made.folder.mkdir()
        await made.set()
        with made.shared_modules(_common(tmp_path_factory)):
            await make_scenery(made)
        yield made


def _common(factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of this run of pytest share."""
    base = factory.getbasetemp()
    return (base.parent if base.name.startswith("popen-") else base) / "packages"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The matrix: one line for each kind of run and of points."""
    reports = [one for kind in ("passed", "failed") for one in terminalreporter.getreports(kind)]
    rows = [value for one in reports for name, value in one.user_properties if name == "matrix"]
    if rows:
        terminalreporter.section("crash matrix")
    for line in (value for one in reports for name, value in one.user_properties if name == "seen"):
        terminalreporter.line(line)
    for kind, tried, passed in rows:
        terminalreporter.line(f"{kind}: points tried {tried}, passed {passed}")
