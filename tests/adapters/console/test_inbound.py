import pytest

from adapters.console.inbound import inbound
from bot.domain.commands import Origin, Pressed, Typed
from bot.domain.values import Actor

ACTOR, ORIGIN = Actor("console", "ana"), Origin("console", "terminal")
NUMBERS = {1: "rollback:k3v9x2mq", 2: "promote:k3v9x2mq"}


@pytest.mark.parametrize(("text", "token"), [("1", "rollback:k3v9x2mq"), (" [2] ", "promote:k3v9x2mq"), ("9", "")])
def test_a_number_presses_its_button(text: str, token: str) -> None:
    assert inbound(text, ACTOR, ORIGIN, "k", NUMBERS) == Pressed(token, ACTOR, ORIGIN, "k")


@pytest.mark.parametrize("text", ["/deploy canary", "1a", "²", "123", "1 2", "-1"])
def test_everything_else_is_words(text: str) -> None:
    assert inbound(f" {text}\n", ACTOR, ORIGIN, "k", NUMBERS) == Typed(text, ACTOR, ORIGIN, "k")
