"""What is still obeyed when it comes to be decided late."""

from datetime import timedelta

import pytest

from bot.domain.commands import Intent, Origin, Pressed, Typed
from bot.domain.grammar import parse
from bot.domain.late import EXPECTED, WAITED_FOR, Due, due
from bot.domain.press import parse_token
from bot.domain.refusal import Code, Refusal
from bot.domain.verbs import VERBS
from tests.fakes.estates import ANA, NOON, actor, estate

ORIGIN = Origin("slack", "C-OPS")
MOMENT = timedelta(microseconds=1)


def of_typed(text: str, age: timedelta, asks: bool = False) -> Due:
    return due(Typed(text, actor(ANA), ORIGIN, "k"), parse(text, estate(), NOON), asks, age)


def of_pressed(verb: str, age: timedelta) -> Due:
    intent: Intent = Pressed(f"{verb}:k3v9x2mq", actor(ANA), ORIGIN, "k")
    command = parse_token(f"{verb}:k3v9x2mq")
    assert not isinstance(command, Refusal)
    return due(intent, command, False, age)


@pytest.mark.parametrize("verb", [verb.word for verb in VERBS])
def test_a_typed_command_is_obeyed_for_ten_minutes_whatever_it_is(verb: str) -> None:
    assert of_typed(f"/{verb}", EXPECTED) is Due.OBEY
    assert of_typed(f"/{verb}", EXPECTED + MOMENT) is Due.ASK_AGAIN


def test_a_question_is_answered_for_a_minute() -> None:
    assert of_typed("/status", WAITED_FOR, asks=True) is Due.OBEY
    assert of_typed("/status", WAITED_FOR + MOMENT, asks=True) is Due.DROP


@pytest.mark.parametrize(
    ("verb", "old"),
    [
        ("abort", Due.OBEY),
        ("rollback", Due.OBEY),
        ("pause", Due.OBEY),
        ("reject", Due.OBEY),
        ("promote", Due.ASK_AGAIN),
        ("approve", Due.ASK_AGAIN),
        ("resume", Due.ASK_AGAIN),
        ("advance", Due.ASK_AGAIN),
    ],
)
def test_a_press_that_makes_things_safer_is_obeyed_however_old(verb: str, old: Due) -> None:
    assert of_pressed(verb, EXPECTED) is Due.OBEY
    assert of_pressed(verb, timedelta(days=1)) is old


def test_what_means_nothing_is_like_a_command() -> None:
    intent = Pressed("DROP TABLE", actor(ANA), ORIGIN, "k")
    refusal = Refusal(Code.STALE_PRESS)
    assert due(intent, refusal, False, EXPECTED) is Due.OBEY
    assert due(intent, refusal, False, EXPECTED + MOMENT) is Due.ASK_AGAIN
