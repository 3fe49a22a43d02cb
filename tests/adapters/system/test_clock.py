from datetime import UTC, timedelta

from adapters.system.clock import SystemClock
from bot.ports.clock import Clock


def test_now_is_utc() -> None:
    clock: Clock = SystemClock()
    assert clock.now().tzinfo is UTC


async def test_sleep_takes_its_time_and_none_where_there_is_none() -> None:
    clock = SystemClock()
    began = clock.elapsed()
    await clock.sleep(timedelta(milliseconds=20))
    assert clock.elapsed() - began >= 0.019
    await clock.sleep(timedelta(days=-1))
    assert clock.elapsed() - began < 10


def test_names_of_runs() -> None:
    names = {SystemClock().new_run() for _ in range(2000)}
    assert len(names) == 2000
    assert {len(name) for name in names} == {8}
    assert set("".join(names)) == set("0123456789abcdefghjkmnpqrstvwxyz")
