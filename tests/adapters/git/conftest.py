from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.git.settings import Settings
from adapters.git.source import GitSource, opened
from tests.adapters.git.repository import Repository
from tests.fakes.clock import StillClock
from tests.fakes.processes import RecordedProcesses


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "origin")


@pytest.fixture
def repo(repository: Repository) -> str:
    return str(repository.path)


@pytest.fixture
def processes() -> RecordedProcesses:
    return RecordedProcesses()


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "workspace")


@pytest.fixture
def source(processes: RecordedProcesses, clock: StillClock, settings: Settings) -> Iterator[GitSource]:
    with opened(processes, clock, settings) as one:
        yield one
