"""Payloads in Mattermost's shape become intents, or nothing."""

import json
from typing import Any

import pytest

from adapters.mattermost.commands import lines
from adapters.mattermost.inbound import Here, command_of, inbound
from bot.domain.commands import Origin, Pressed, Typed
from bot.domain.values import Actor
from bot.domain.verbs import VERBS
from tests.vendors.mattermost.server import BUILT_IN

ME, ANA, OPS = "b" * 26, "a" * 26, "c" * 26
HERE = Here(ME, "outrider")
SLASH = {
    "channel_id": OPS,
    "channel_name": "ops",
    "command": "/deploy",
    "response_url": "https://chat.example/hooks/commands/x",
    "team_domain": "acme",
    "team_id": "t" * 26,
    "text": "canary  main",
    "token": "k" * 26,
    "trigger_id": "MWg6YW5hOjE3OTU=",
    "user_id": ANA,
    "user_name": "ana",
}
PRESS = {
    "user_id": ANA,
    "user_name": "ana",
    "channel_id": OPS,
    "post_id": "p" * 26,
    "trigger_id": "MWg6YW5hOjE3OTU=",
    "type": "",
    "context": {"token": "rollback:k3v9x2mq", "signature": "s"},
}


def posted(message: str, kind: str = "O", **post: Any) -> dict[str, Any]:
    shown = {"id": "p" * 26, "user_id": ANA, "channel_id": OPS, "root_id": "", "message": message, "type": ""}
    data = {"channel_type": kind, "sender_name": "@ana", "post": json.dumps({**shown, "props": {}, **post})}
    return {"event": "posted", "data": data, "broadcast": {"channel_id": OPS}, "seq": 7}


def test_a_slash_command() -> None:
    found = inbound(SLASH, HERE)
    assert isinstance(found, Typed)
    assert (found.text, found.actor) == ("/deploy canary main", Actor("mattermost", ANA, shown="ana"))
    assert found.origin == Origin("mattermost", OPS)
    assert SLASH["trigger_id"] not in found.key
    again = inbound({**SLASH, "trigger_id": "other"}, HERE)
    assert again is not None
    assert again.key != found.key


@pytest.mark.parametrize(
    ("command", "text", "wanted"),
    [
        ("/outrider", "status", "status"),
        ("/outrider", "", "/help"),
        ("/outrider-status", "", "/status"),
        ("/outrider-help", "", "/help"),
        ("/approve", "k3v9x2mq", "/approve k3v9x2mq"),
    ],
)
def test_the_command_that_takes_every_verb_and_those_with_names_of_their_own(
    command: str, text: str, wanted: str
) -> None:
    found = inbound({**SLASH, "command": command, "text": text}, HERE)
    assert isinstance(found, Typed)
    assert found.text == wanted


def test_a_press() -> None:
    found = inbound(PRESS, HERE)
    assert isinstance(found, Pressed)
    assert (found.token, found.actor.account) == ("rollback:k3v9x2mq", ANA)
    assert found.origin == Origin("mattermost", OPS, message="p" * 26)


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        ("@outrider deploy canary", "deploy canary"),
        ("@Outrider, approve", "approve"),
        ("@outrider", "/help"),
        ("@outrider: /status", "/status"),
        ("hello @outrider", None),
        ("deploy canary", None),
        ("@outriders deploy canary", None),
    ],
)
def test_a_message_counts_where_it_begins_with_the_bots_name(message: str, wanted: str | None) -> None:
    found = inbound(posted(message), HERE)
    assert (found.text if isinstance(found, Typed) else None) == wanted


def test_a_thread_and_a_conversation_of_two() -> None:
    below = inbound(posted("@outrider approve", root_id="r" * 26), HERE)
    assert below is not None
    assert below.origin == Origin("mattermost", OPS, "r" * 26, "p" * 26)
    alone = inbound(posted("status", "D"), HERE)
    assert isinstance(alone, Typed)
    assert (alone.text, alone.origin.alone) == ("status", True)


@pytest.mark.parametrize(
    "payload",
    [
        posted("@outrider deploy canary", user_id=ME),
        posted("@outrider deploy canary", type="system_join_channel"),
        posted("@outrider deploy canary", props={"from_bot": "true"}),
        posted("@outrider deploy canary", props={"from_webhook": "true"}),
        posted("@outrider deploy canary", props={"override_username": "ana"}),
        {**posted("@outrider deploy canary"), "event": "post_edited"},
        {"event": "posted", "data": {"post": "{no json"}},
        {"event": "posted", "data": {"post": "[]"}},
        {"event": "posted", "data": None},
        {"event": "hello", "data": {"connection_id": "x"}},
        {**SLASH, "trigger_id": ""},
        {**SLASH, "user_id": None},
        {**PRESS, "context": {}},
        {**PRESS, "context": "x"},
        {},
    ],
    ids=lambda one: str(one)[:40],
)
def test_nobody_asked_for_anything(payload: dict[str, Any]) -> None:
    assert inbound(payload, HERE) is None


def test_every_verb_has_a_command_that_mattermost_lets_the_bot_have() -> None:
    made = lines("https://bot.example/", "acme", "root")
    words = [line.split("--trigger-word ")[1].split()[0] for line in made]
    assert words == ["outrider", *(command_of(verb.word).removeprefix("/") for verb in VERBS)]
    assert not BUILT_IN & set(words)
    assert all("--url https://bot.example/mattermost/command " in line for line in made)
    assert "--autocompleteHint '[TARGET] [ENV]'" in made[words.index("history")]
