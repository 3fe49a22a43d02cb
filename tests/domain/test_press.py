"""Tokens of buttons: short enough for every platform, and never a surprise."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.commands import Abort, Approve, Command, Pause, Promote, Reject, Resume, RollBack
from bot.domain.press import parse_token, token
from bot.domain.refusal import Code, Refusal
from bot.domain.values import RunId

RUNS = st.text("0123456789abcdefghjkmnpqrstvwxyz", min_size=8, max_size=8).map(RunId)
"""As the port's clock draws them: Crockford's base 32, lower case."""


def meant(verb: str, about: str, run: RunId) -> Command:
    match verb, about:
        case "approve", _:
            return Approve(run, drawn=about or "release")
        case "rollback", _:
            return RollBack(drawn=run)
        case "promote", _:
            return Promote(drawn=run)
        case "abort", _:
            return Abort(run)
        case "reject", _:
            return Reject(run, drawn=about or None)
        case "pause", _:
            return Pause(run)
        case _:
            return Resume(run, drawn=about or None)


VERBS = ("rollback", "promote", "abort", "approve", "reject", "pause", "resume")


@given(verb=st.sampled_from(VERBS), about=st.sampled_from(["", "release", "secrets"]), run=RUNS)
def test_a_token_means_what_it_was_made_for_and_fits_every_platform(verb: str, about: str, run: RunId) -> None:
    made = token(verb, run, about)
    assert made.isascii()
    assert len(made.encode()) <= 60
    assert parse_token(made) == meant(verb, about, run)


@given(text=st.one_of(st.text(), st.from_regex(r"[a-z_]{0,14}:[0-9a-z]{6,9}(:[a-z]{0,14})?\n?", fullmatch=True)))
@example("rollback:0000run1\n")
@example("rollback:0000run1:")
@example("rollback:\u0660\u0660\u0660\u0660\u0660\u0660\u0660\u0660")
@example("deploy:0000run1")
@example("ROLLBACK:0000run1")
@example("rollback:0000RUN1")
@example("approve:0000run1:secrets:release")
def test_any_text_is_a_command_or_a_refusal(text: str) -> None:
    parsed = parse_token(text)
    if isinstance(parsed, Refusal):
        assert parsed.code is Code.STALE_PRESS
    else:
        verb, run, *about = text.split(":")
        assert parsed == meant(verb, about[0] if about else "", RunId(run))


@pytest.mark.parametrize("verb", ["deploy", "lock", "freeze", "unfreeze", "weight", "advance", "verify"])
def test_no_button_carries_a_word_that_a_person_has_to_type(verb: str) -> None:
    assert isinstance(parse_token(token(verb, RunId("0000run1"))), Refusal)
