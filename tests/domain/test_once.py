"""A flood is a line a minute, and the counts add up to what came."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.once import MOST, OTHERS, SPAN, Line, Once, What

HERE = What("bad_signature", "slack", "192.0.2.7")


def test_what_stays_alone_is_one_line() -> None:
    once = Once()
    assert once.came(HERE, 0) == (Line(HERE, 1),)
    assert once.due(SPAN - 1) == ()
    assert once.open
    assert once.due(SPAN) == ()
    assert not once.open


def test_a_flood_is_one_line_at_once_and_then_its_count_each_minute() -> None:
    once = Once()
    said = [once.came(HERE, second / 10) for second in range(500)]
    assert [line for lines in said for line in lines] == [Line(HERE, 1)]
    assert once.due(SPAN) == (Line(HERE, 499),)
    assert once.came(HERE, SPAN + 1) == ()
    assert once.due(2 * SPAN) == (Line(HERE, 1),)
    assert once.due(3 * SPAN) == ()
    assert once.came(HERE, 3 * SPAN) == (Line(HERE, 1),)


def test_what_was_left_out_is_told_though_nobody_looked_in_time() -> None:
    once = Once()
    for _ in range(3):
        once.came(HERE, 0)
    assert once.came(HERE, 5 * SPAN) == (Line(HERE, 2),)
    assert once.due(6 * SPAN) == (Line(HERE, 1),)


def test_another_reason_or_source_has_a_line_of_its_own() -> None:
    once = Once()
    others = [What("old_timestamp", "slack", "192.0.2.7"), What("bad_signature", "slack", "192.0.2.8")]
    assert [once.came(what, 0) for what in (HERE, *others)] == [(Line(what, 1),) for what in (HERE, *others)]


def test_sources_without_end_are_told_together() -> None:
    once = Once()
    lines = [line for each in range(10 * MOST) for line in once.came(What("unknown_person", "slack", f"U{each}"), 0)]
    assert len(lines) == MOST + 1
    assert lines[-1] == Line(What("unknown_person", "slack", OTHERS), 1)
    assert once.due(SPAN) == (Line(What("unknown_person", "slack", OTHERS), 9 * MOST - 1),)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 40)), max_size=60))
def test_the_counts_add_up_and_no_window_has_two_lines(steps: list[tuple[str, float]]) -> None:
    once, now, told = Once(), 0.0, list[tuple[float, Line]]()
    for source, later in steps:
        now += later
        told += [(now, line) for line in once.came(What("x", "slack", source), now)]
    while once.open:
        now += SPAN
        told += [(now, line) for line in once.due(now)]
    assert sum(line.times for _, line in told) == len(steps)
    for source in "abc":
        times = [at for at, line in told if line.what.source == source]
        assert all(later - earlier >= SPAN - 1e-9 for earlier, later in pairwise(times))
