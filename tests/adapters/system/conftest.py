import os
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.system import sweep
from adapters.system.clock import SystemClock
from adapters.system.process import SystemProcesses
from bot.domain.redaction import Redactor
from tests.adapters.system.children import SECRET, Run, python


@pytest.fixture
def processes() -> SystemProcesses:
    return SystemProcesses(Redactor([SECRET]), SystemClock(), {"PATH": os.environ["PATH"]}, grace=0.5)


@pytest.fixture
def cookie() -> str:
    """Nobody else's: other tests may be running on this machine."""
    return f"{uuid.uuid4().hex}/worker"


@pytest.fixture
async def run(processes: SystemProcesses, tmp_path: Path, cookie: str) -> AsyncIterator[Run]:
    yield lambda *argv, **more: python(processes, tmp_path, cookie, *argv, **more)
    assert sweep.marked(cookie) == []
