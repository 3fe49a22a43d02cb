"""Payloads in the shapes that Slack documents become intents; what nobody asked for does not."""

from typing import Any

import pytest

from adapters.slack.inbound import Way, command_of, inbound, plain, way
from bot.domain.commands import Origin, Pressed, Typed
from bot.domain.values import Actor
from bot.domain.verbs import VERBS

SLASH: dict[str, Any] = {
    "token": "gIkuvaNzQIHg97ATvDxqgjtO",
    "team_id": "T0001",
    "team_domain": "example",
    "channel_id": "C2147483705",
    "channel_name": "test",
    "user_id": "U2147483697",
    "user_name": "steve",
    "command": "/deploy",
    "text": "canary main",
    "response_url": "https://hooks.slack.com/commands/1234/5678",
    "trigger_id": "13345224609.738474920.8088930838d88f008e0",
    "api_app_id": "A123456",
}
MENTION: dict[str, Any] = {
    "token": "ZZZZZZWSxiZZZ2yIvs3peJ",
    "team_id": "T123ABC456",
    "api_app_id": "A123ABC456",
    "event": {
        "type": "app_mention",
        "user": "U123ABC456",
        "text": "<@U0LAN0Z89> promote",
        "ts": "1515449522.000016",
        "channel": "C123ABC456",
        "event_ts": "1515449522000016",
    },
    "type": "event_callback",
    "event_id": "Ev123ABC456",
    "event_time": 1515449522000016,
}
PRESS: dict[str, Any] = {
    "type": "block_actions",
    "team": {"id": "T9TK3CUKW", "domain": "example"},
    "user": {"id": "UA8RXUSPL", "username": "jtorrance", "team_id": "T9TK3CUKW"},
    "api_app_id": "AABA1ABCD",
    "container": {
        "type": "message",
        "message_ts": "1548261231.000200",
        "channel_id": "CBR2V3XEX",
        "is_ephemeral": False,
    },
    "trigger_id": "12321423423.333649436676.d8c1bb837935619ccad0f624c448ffb3",
    "channel": {"id": "CBR2V3XEX", "name": "review-updates"},
    "message": {"bot_id": "BAH5CA16Z", "type": "message", "text": "…", "ts": "1548261231.000200"},
    "response_url": "https://hooks.slack.com/actions/AABA1ABCD/1232321423432/D09sSasdasdAS9091209",
    "actions": [
        {
            "action_id": "outrider:rollback:k3v9x2mq",
            "block_id": "=qXel",
            "text": {"type": "plain_text", "text": "Roll back", "emoji": False},
            "value": "rollback:k3v9x2mq",
            "type": "button",
            "action_ts": "1548426417.840180",
        }
    ],
}


def typed(payload: dict[str, Any]) -> Typed:
    found = inbound(payload)
    assert isinstance(found, Typed)
    return found


def mentioned(text: str, **more: Any) -> dict[str, Any]:
    return {**MENTION, "event": {**MENTION["event"], "text": text, **more}}


def test_a_slash_command() -> None:
    assert inbound(SLASH) == Typed(
        "/deploy canary main",
        Actor("slack", "U2147483697", shown="steve"),
        Origin("slack", "C2147483705"),
        "slack:13345224609.738474920.8088930838d88f008e0",
    )
    assert way(SLASH) == Way("C2147483705", "U2147483697", "https://hooks.slack.com/commands/1234/5678")


def test_a_mention_in_a_room_and_in_a_thread() -> None:
    assert typed(MENTION).text == "promote"
    assert typed(MENTION).key == "slack:Ev123ABC456"
    assert typed(MENTION).origin == Origin("slack", "C123ABC456", "", "C123ABC456:1515449522.000016")
    below = mentioned("<@U0LAN0Z89> approve", thread_ts="1515449500.000001")
    assert typed(below).origin.thread == "C123ABC456:1515449500.000001"
    assert way(below) == Way("C123ABC456", "U123ABC456", thread="1515449500.000001")


HOME: dict[str, Any] = {
    **MENTION,
    "event": {
        "type": "app_home_opened",
        "user": "U123ABC456",
        "channel": "D123ABC456",
        "event_ts": "1515449522000016",
        "tab": "home",
    },
}


def test_the_home_that_is_opened_asks_how_things_stand() -> None:
    asked = typed(HOME)
    assert (asked.text, asked.actor.account, asked.key) == ("/status", "U123ABC456", "slack:Ev123ABC456")
    assert asked.origin == Origin("slack", "D123ABC456", alone=True)
    assert way(HOME) == Way("D123ABC456", "U123ABC456", home=True)
    for changed in ({"tab": "messages"}, {"user": ""}):
        assert inbound({**HOME, "event": {**HOME["event"], **changed}}) is None


def test_a_press() -> None:
    assert inbound(PRESS) == Pressed(
        "rollback:k3v9x2mq",
        Actor("slack", "UA8RXUSPL", shown="jtorrance"),
        Origin("slack", "CBR2V3XEX", "", "CBR2V3XEX:1548261231.000200"),
        "slack:12321423423.333649436676.d8c1bb837935619ccad0f624c448ffb3",
    )
    assert way(PRESS).thread == "1548261231.000200", "what is said publicly of a press goes below its card"


@pytest.mark.parametrize("verb", [verb.word for verb in VERBS])
def test_every_verb_has_a_command_that_comes_back_as_itself(verb: str) -> None:
    assert typed({**SLASH, "command": command_of(verb), "text": ""}).text == f"/{verb}"


@pytest.mark.parametrize(
    ("command", "text", "wanted"),
    [
        ("/outrider", "status moltworker", "status moltworker"),
        ("/outrider", "", "/help"),
        ("/outrider-status", "", "/status"),
        ("/lock", "canary it&apos;s broken &amp; I &lt;look&gt;", "/lock canary it&apos;s broken & I <look>"),
    ],
)
def test_commands_as_they_are_typed(command: str, text: str, wanted: str) -> None:
    assert typed({**SLASH, "command": command, "text": text}).text == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("<@U0LAN0Z89>", "/help"),
        ("<@U0LAN0Z89|outrider>: deploy canary", ": deploy canary"),
        ("please <@U0LAN0Z89> status", "status"),
        ("status <@U0LAN0Z89>", "status"),
        ("<@U0LAN0Z89> deploy canary <http://v1.2.3|v1.2.3>", "deploy canary v1.2.3"),
        ("<@U0LAN0Z89> freeze 2h ask <@U777> in <#C1|general> <!here>", "freeze 2h ask <@U777> in #general here"),
        ("<@U0LAN0Z89>\u00a0deploy  canary", "deploy canary"),
        ("<@U0LAN0Z89> <mailto:a@b.c|a@b.c>", "a@b.c"),
    ],
)
def test_mentions_as_they_are_written(text: str, wanted: str) -> None:
    assert typed(mentioned(text)).text == wanted


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"type": "event_callback", "event": "?"},
        mentioned("<@U0LAN0Z89> deploy canary", bot_id="B1"),
        mentioned("<@U0LAN0Z89> deploy canary", subtype="bot_message"),
        mentioned("<@U0LAN0Z89> deploy canary", edited={"user": "U1", "ts": "1"}),
        mentioned("<@U0LAN0Z89> deploy canary", user=""),
        {**MENTION, "event_id": ""},
        {**MENTION, "event": {**MENTION["event"], "type": "message"}},
        {**SLASH, "user_id": None},
        {**SLASH, "trigger_id": ""},
        {**PRESS, "actions": []},
        {**PRESS, "actions": [{"action_id": "other", "value": "rollback:k3v9x2mq"}]},
        {**PRESS, "user": None},
        {"type": "view_submission", "user": {"id": "U1"}},
    ],
)
def test_what_nobody_asked_is_nothing(payload: dict[str, Any]) -> None:
    assert inbound(payload) is None


def test_entities_are_read_once() -> None:
    assert plain("&amp;lt;b&amp;gt;") == "&lt;b&gt;"
