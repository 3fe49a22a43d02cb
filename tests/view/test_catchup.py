from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.plan import StepKind
from bot.view.catchup import Behind, Condensed, Untold, condensed, untold
from bot.view.notice import Notice, Tone
from bot.view.sentences import Say
from tests.view.stories import TRACE, Story, at, deploy, promote, unhealthy_with_log

BEHIND = Behind(most=5, age=timedelta(minutes=1))
HOUR = timedelta(hours=1)


def caught(story: Story, told: int = 0, after: timedelta = HOUR, most_text: int = 4000) -> Condensed | None:
    return condensed(untold(story.events, told), story.now + after, BEHIND, most_text)


def words(found: Condensed | None) -> str:
    assert found is not None
    return "\n".join(" ".join(row) for row in found.notice.rows)


def test_a_whole_run_is_one_notice_and_its_end_stays_for_itself() -> None:
    story = deploy().until()
    waiting = untold(story.events, 0)
    found = caught(story)
    assert found is not None
    assert found.seq == waiting[-2].seq
    assert waiting[-1].said[0].code == Say.ENDED_LIVE
    assert found.notice.code == Say.CAUGHT_UP
    assert found.notice.text == (
        f"Told late and all at once: {len(found.notice.rows)} things, "
        f"from {waiting[0].at:%H:%M:%S} to {waiting[-2].at:%H:%M:%S} UTC."
    )
    said = [notice.text for one in waiting[:-1] for notice in one.said]
    assert [row[1] for row in found.notice.rows] == said
    assert found.notice.tone is Tone.PLAIN


def test_what_failed_is_told_with_its_log() -> None:
    found = caught(deploy({StepKind.HEALTH: unhealthy_with_log}).until())
    assert found is not None
    assert "Going back" in words(found)
    assert found.notice.tone is Tone.BAD
    assert found.notice.log == TRACE


def test_a_second_late_is_told_as_ever() -> None:
    story = deploy().until(at(StepKind.WATCH))
    assert sum(len(one.said) for one in untold(story.events, 0)) > BEHIND.most
    assert caught(story, after=timedelta(seconds=1)) is None
    assert caught(story, after=timedelta(minutes=1)) is not None


def test_few_old_notices_are_told_as_ever() -> None:
    story = deploy().until()
    waiting = untold(story.events, 0)
    assert condensed(waiting[-BEHIND.most :], story.now + HOUR, BEHIND, 4000) is None
    assert condensed(waiting[-BEHIND.most - 1 :], story.now + HOUR, BEHIND, 4000) is not None


def test_the_cursor_is_minded() -> None:
    story = deploy().until()
    waiting = untold(story.events, 0)
    again = untold(story.events, waiting[1].seq)
    assert again == waiting[2:]
    assert untold(story.events, len(story.events)) == ()
    found = caught(story, waiting[0].seq)
    assert found is not None
    assert "asked for this deploy" not in words(found)


def test_a_question_that_waits_stays_for_itself() -> None:
    story = promote().until(at(StepKind.APPROVAL))
    waiting = untold(story.events, 0)
    assert waiting[-1].said[0].code == Say.APPROVAL_ASKED
    found = condensed(waiting, story.now + HOUR, Behind(most=1), 4000)
    assert found is not None
    assert found.seq < waiting[-1].seq


def test_a_run_that_is_not_over_is_condensed_to_its_last_word() -> None:
    story = deploy().until(at(StepKind.WATCH))
    found = caught(story)
    assert found is not None
    assert found.seq == untold(story.events, 0)[-1].seq


def test_the_report_is_in_the_end_and_nowhere_else() -> None:
    story = deploy().until()
    documents = [one.document for late in untold(story.events, 0) for one in late.said]
    assert [one is not None for one in documents] == [False] * (len(documents) - 1) + [True]


def flood(tones: list[Tone], length: int) -> tuple[Untold, ...]:
    begun = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
    return tuple(
        Untold(
            at + 1, begun + timedelta(seconds=at), (Notice("said", f"{at}: " + "😀" * length, tone, log=("x",) * 9),)
        )
        for at, tone in enumerate(tones)
    )


@given(st.lists(st.sampled_from([Tone.PLAIN, Tone.GOOD, Tone.BAD]), min_size=7, max_size=60), st.integers(0, 400))
def test_it_fits_and_keeps_the_failures_longest(tones: list[Tone], length: int) -> None:
    waiting = flood(tones, length)
    found = condensed(waiting, waiting[-1].at + HOUR, BEHIND, 2000)
    assert found is not None
    cells = [*(cell for row in found.notice.rows for cell in row), *found.notice.log, found.notice.text]
    assert sum(len(one.encode("utf-16-le")) // 2 for one in cells) <= 2000
    shown = [row for row in found.notice.rows if row[0] != "…"]
    numbers = [int(row[1].partition(":")[0]) for row in shown]
    assert numbers == sorted(numbers)
    left = {tones[at] for at in range(len(tones)) if at not in numbers}
    if left:
        assert found.notice.rows[-1] == (
            "…",
            f"and {len(tones) - len(shown)} more thing" + "s" * (len(tones) - len(shown) > 1),
        )
    if Tone.BAD in left:
        assert {tones[at] for at in numbers} <= {Tone.BAD}


@pytest.mark.parametrize("most_text", [4000, 13_000, 100_000])
def test_nobody_is_given_more_than_can_be_read(most_text: int) -> None:
    waiting = flood([Tone.GOOD] * 60, 200)
    found = condensed(waiting, waiting[-1].at + HOUR, BEHIND, most_text)
    assert found is not None
    assert sum(len(cell) for row in found.notice.rows for cell in row) < 4000
