"""A clock that stands until it is moved."""

from datetime import UTC, datetime, timedelta

from bot.domain.values import RunId


class StillClock:
    """Starts at an hour that everybody can read; `sleep` moves it."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def elapsed(self) -> float:
        return self.time.timestamp()

    async def sleep(self, span: timedelta) -> None:
        self.time += span

    def new_run(self) -> RunId:
        return RunId("00000000")
