"""A journal of its own for each test."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.sql.journal import SqlJournal, open_journal

SOON = timedelta(milliseconds=50)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outrider.db"


@pytest.fixture
async def journal(path: Path) -> AsyncIterator[SqlJournal]:
    async with open_journal(f"sqlite:///{path}", busy=SOON) as opened:
        yield opened
