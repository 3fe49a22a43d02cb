from datetime import UTC, datetime, timedelta

from adapters.system.clock import SystemClock
from bot.ports.clock import Clock


def test_now_is_utc() -> None:
    clock: Clock = SystemClock()
    assert clock.now().tzinfo is UTC


class Machine:
    """A machine's two clocks: one shows the time and may be set, the other only runs."""

    def __init__(self) -> None:
        self.shown = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
        self.ran = 100.0
        self.clock = SystemClock(lambda: self.shown, lambda: self.ran)

    def run(self, seconds: float) -> datetime:
        self.ran += seconds
        self.shown += timedelta(seconds=seconds)
        return self.clock.now()


def test_a_clock_that_is_set_back_goes_on() -> None:
    """Or nothing would be measured until it shows the same time again."""
    machine = Machine()
    before = machine.run(60)
    machine.shown -= timedelta(hours=3)
    assert machine.clock.now() >= before
    later = machine.run(60)
    assert timedelta(seconds=50) <= later - before <= timedelta(seconds=60)


def test_a_clock_that_was_set_back_is_right_again_in_the_end() -> None:
    machine = Machine()
    machine.run(60)
    machine.shown -= timedelta(minutes=10)
    told = [machine.run(60) for _ in range(110)]
    assert told == sorted(told)
    assert told[-1] == machine.shown


def test_a_clock_that_is_set_forward_is_followed() -> None:
    machine = Machine()
    machine.run(60)
    machine.shown += timedelta(hours=3)
    assert machine.run(1) == machine.shown


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
