"""What is said of a link on other platforms."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.link import Link, LinkState
from bot.view.links import link_notice
from bot.view.notice import Tone

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
LIVE = Link(LinkState.LIVE, NOON)
DEAF = Link(LinkState.DEAF, NOON, "nobody answers its pings.")
OFF = Link(LinkState.OFF, NOON, "its token was revoked")
STARTING = Link(LinkState.STARTING, NOON)
BACK = Link(LinkState.LIVE, NOON + timedelta(minutes=4))


def test_a_deaf_link_is_said_with_its_reason_and_what_to_do() -> None:
    notice = link_notice("slack", None, DEAF)
    assert notice is not None
    assert (notice.code, notice.tone) == ("link_deaf", Tone.BAD)
    assert notice.text == (
        "I do not hear what is said on Slack: nobody answers its pings. I try again and again; talk to me here."
    )


def test_a_link_that_is_back_says_how_long_it_was_away() -> None:
    notice = link_notice("telegram", DEAF, BACK)
    assert notice is not None
    assert (notice.code, notice.tone) == ("link_back", Tone.GOOD)
    assert notice.text.startswith("I hear Telegram again, after 4m")


def test_a_platform_that_is_off_says_that_somebody_has_to_mend_it() -> None:
    for before in (None, DEAF):
        notice = link_notice("discord", before, OFF)
        assert notice is not None
        assert notice.text == "Discord is off until somebody mends it and starts me anew: its token was revoked."


@pytest.mark.parametrize(
    ("before", "now"), [(None, LIVE), (None, STARTING), (DEAF, STARTING), (DEAF, DEAF), (OFF, OFF), (BACK, LIVE)]
)
def test_nothing_is_said_twice_nor_of_what_is_as_it_should_be(before: Link | None, now: Link) -> None:
    assert link_notice("slack", before, now) is None
