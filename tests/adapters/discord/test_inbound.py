"""Interactions in the shape that the gateway delivers them."""

from typing import Any

import pytest

from adapters.discord.inbound import inbound
from bot.domain.commands import Deploy, Lock, Origin, Pressed, RollBack, SetWeight, Typed
from bot.domain.grammar import parse
from bot.domain.refusal import Code, Refusal
from bot.domain.values import Actor
from tests.fakes.estates import NOON, estate
from tests.vendors.discord import payloads
from tests.vendors.discord.state import Channel, Json, World

WORLD = World("token")
ROOM = WORLD.channel("ops")
THREAD = Channel(4711, "run", 11, ROOM.id)


def payload(kind: int, data: Json, where: Channel = ROOM) -> dict[str, Any]:
    return payloads.interaction(WORLD, kind, where, (1001, "ana"), data).payload


def typed(name: str, **words: object) -> str:
    options = [{"name": key, "type": 3, "value": word} for key, word in words.items()]
    found = inbound(payload(2, {"id": "1", "type": 1, "name": name, "options": options}))
    assert isinstance(found, Typed)
    return found.text


def meant(name: str, **words: object) -> object:
    return parse(typed(name, **words), estate(), NOON)


def test_a_command_is_the_line_that_would_be_typed_elsewhere() -> None:
    delivered = payload(2, {"id": "1", "type": 1, "name": "status"})
    actor = Actor("discord", "1001", shown="Ana")
    assert inbound(delivered) == Typed("/status", actor, Origin("discord", str(ROOM.id)), f"discord:{delivered['id']}")


def test_options_are_said_by_their_key_whatever_their_order() -> None:
    assert meant("deploy", ref="main", env="canary") == Deploy("canary", ref="main")
    assert meant("rollback", to="3f9c2d1", target="moltworker") == RollBack(target="moltworker", to="3f9c2d1")
    assert meant("weight", weight=25) == SetWeight(25)
    assert meant("lock", reason="a = b, and env=x", env="canary") == Lock("canary", "a = b, and env=x")


@pytest.mark.parametrize("word", ["main production", "main\u00a0only=x", " main  x "])
def test_a_word_never_slips_into_the_next_slot(word: str) -> None:
    found = meant("deploy", env="canary", ref=word)
    assert isinstance(found, Refusal)
    assert found.code is Code.BAD_REF


def test_an_empty_option_is_none() -> None:
    assert typed("deploy", env="canary", ref="  ") == "/deploy env=canary"


def test_a_press_carries_its_token() -> None:
    delivered = payload(3, {"custom_id": "rollback:k3v9x2mq", "component_type": 2}, THREAD)
    delivered["message"] = {"id": "99"}
    found = inbound(delivered)
    assert isinstance(found, Pressed)
    assert found.token == "rollback:k3v9x2mq"
    assert found.origin == Origin("discord", str(ROOM.id), thread="4711", message="99")


def test_the_name_is_the_one_that_the_server_shows() -> None:
    delivered = payload(2, {"id": "1", "type": 1, "name": "status"})
    delivered["member"]["nick"] = "Ana B."
    found = inbound(delivered)
    assert found is not None
    assert found.actor.shown == "Ana B."


@pytest.mark.parametrize(
    ("kind", "data"), [(1, {}), (2, {"type": 2, "name": "deploy"}), (4, {"name": "deploy"}), (5, {"custom_id": "x"})]
)
def test_what_asks_for_nothing_is_nothing(kind: int, data: Json) -> None:
    assert inbound(payload(kind, data)) is None


def test_a_bot_and_nobody_are_not_heard() -> None:
    delivered = payload(2, {"id": "1", "type": 1, "name": "status"})
    delivered["member"]["user"]["bot"] = True
    assert inbound(delivered) is None
    delivered["member"] = None
    assert inbound(delivered) is None
