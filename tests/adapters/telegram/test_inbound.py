"""Updates as Telegram sends them become intents, or nothing."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.telegram.inbound import Here, asked_at, inbound, press_id
from adapters.telegram.place import Place, read_place
from bot.domain.commands import Origin, Pressed, Typed
from bot.domain.values import Actor

HERE = Here(1000001, "outrider_bot", frozenset({"-100500", "-100600/7"}))
ANA = {"id": 11, "is_bot": False, "first_name": "Ana", "username": "ana", "language_code": "en"}
GROUP = {"id": -100500, "title": "Ops", "type": "supergroup"}
FORUM = {"id": -100600, "title": "Forum", "type": "supergroup", "is_forum": True}
ALONE = {"id": 11, "first_name": "Ana", "username": "ana", "type": "private"}
BOT = {"id": 1000001, "is_bot": True, "first_name": "Outrider", "username": "outrider_bot"}


def message(text: str, chat: dict[str, Any] = GROUP, **more: Any) -> dict[str, Any]:
    return {
        "update_id": 5001,
        "message": {"message_id": 40, "from": ANA, "chat": chat, "date": 1795000000, "text": text} | more,
    }


def press(**more: Any) -> dict[str, Any]:
    card = {"message_id": 41, "from": BOT, "chat": GROUP, "date": 1795000000, "text": "Deploy"}
    query = {"id": "4382bfdwdsb323b2d9", "from": ANA, "message": card, "chat_instance": "1", "data": "abort:k3v9x2mq"}
    return {"update_id": 5002, "callback_query": {**query, **more}}


def text_of(update: dict[str, Any]) -> str | None:
    found = inbound(update, HERE)
    assert found is None or isinstance(found, Typed)
    return found.text if found else None


def test_a_command_in_a_group() -> None:
    assert inbound(message("/deploy canary"), HERE) == Typed(
        "/deploy canary",
        Actor("telegram", "11", shown="ana"),
        Origin("telegram", "-100500", "", "-100500:40"),
        "telegram:1000001:5001",
    )


def test_a_press() -> None:
    assert inbound(press(), HERE) == Pressed(
        "abort:k3v9x2mq",
        Actor("telegram", "11", shown="ana"),
        Origin("telegram", "-100500", "", "-100500:41"),
        "telegram:1000001:5002",
    )
    assert press_id(press()) == "4382bfdwdsb323b2d9"
    assert press_id(message("/help")) == ""


def test_a_press_on_a_card_too_old_to_be_seen() -> None:
    gone = {"message_id": 41, "chat": GROUP, "date": 0}
    found = inbound(press(message=gone), HERE)
    assert isinstance(found, Pressed)
    assert found.origin.message == "-100500:41"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("/deploy@outrider_bot canary", "/deploy canary"),
        ("/Deploy@Outrider_Bot canary", "/Deploy canary"),
        ("/deploy@other_bot canary", None),
        ("/deplyo canary", "/deplyo canary"),
        ("/weather", None),
        ("/weather@outrider_bot", "/weather"),
        ("@outrider_bot approve", "approve"),
        ("@outrider_bot: approve", "approve"),
        ("@Outrider_bot", "/help"),
        ("@somebody approve", None),
        ("deploy canary", None),
        ("good morning", None),
        ("/\u2060approve k3v9x2mq", "/approve k3v9x2mq"),
        ("/", None),
        ("   ", None),
    ],
)
def test_what_is_meant_for_the_bot_in_a_group(typed: str, meant: str | None) -> None:
    assert text_of(message(typed)) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("deploy canary", "deploy canary"), ("/start", "/help"), ("/weather", "/weather"), ("/deploy@other_bot x", None)],
)
def test_alone_with_the_bot_everything_is_meant_for_it(typed: str, meant: str | None) -> None:
    assert text_of(message(typed, ALONE)) == meant


def test_a_picture_says_nothing() -> None:
    update = message("")
    del update["message"]["text"]
    assert inbound(update, HERE) is None


def test_a_reply_to_the_bot_that_begins_with_a_verb_is_a_command() -> None:
    card = {"message_id": 30, "from": BOT, "chat": GROUP, "date": 1, "text": "Deploy"}
    other = {**card, "from": ANA}
    assert text_of(message("approve", reply_to_message=card)) == "approve"
    assert text_of(message("looks good", reply_to_message=card)) is None
    assert text_of(message("approve", reply_to_message=other)) is None


@pytest.mark.parametrize(
    "more",
    [
        {"from": {**ANA, "is_bot": True}},
        {"from": None},
        {"forward_origin": {"type": "user", "date": 1, "sender_user": ANA}},
        {"via_bot": BOT},
        {"sender_chat": GROUP},
    ],
)
def test_what_nobody_in_particular_says_is_not_obeyed(more: dict[str, Any]) -> None:
    assert inbound(message("/deploy canary", **more), HERE) is None


@pytest.mark.parametrize(
    ("chat", "more", "address", "thread", "reference"),
    [
        (FORUM, {"message_thread_id": 7, "is_topic_message": True}, "-100600/7", "7", "-100600/7:40"),
        (FORUM, {"message_thread_id": 8, "is_topic_message": True}, "-100600", "8", "-100600/8:40"),
        (FORUM, {}, "-100600", "", "-100600:40"),
        (GROUP, {"message_thread_id": 12}, "-100500", "", "-100500:40"),
    ],
)
def test_where_it_was_said(
    chat: dict[str, Any], more: dict[str, Any], address: str, thread: str, reference: str
) -> None:
    found = inbound(message("/status", chat, **more), HERE)
    assert found is not None
    assert found.origin == Origin("telegram", address, thread, reference)


def test_when_it_was_said() -> None:
    assert asked_at(message("/status")) == 1795000000
    assert asked_at(press()) is None


@pytest.mark.parametrize("text", ["-100500", "-100600/7", "-100500:41", "-100600/7:41", "11"])
def test_places_are_read_as_they_are_written(text: str) -> None:
    place = read_place(text)
    assert place is not None
    assert text == (place.reference if place.message else place.address)


@pytest.mark.parametrize("text", ["", "#ops", "12x", "--1", "1:2:3", "-100500/", "\u0661\u0662"])
def test_what_is_no_place(text: str) -> None:
    assert read_place(text) is None


def test_a_place_knows_groups() -> None:
    assert Place(-5).group
    assert not Place(5).group


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.data())
def test_a_damaged_update_never_raises(data: st.DataObject) -> None:
    """Any part of a real update replaced by anything."""
    update = json.loads(json.dumps(data.draw(st.sampled_from([message("/deploy canary"), press()]))))
    part, key = update, data.draw(st.sampled_from(list(update)))
    while isinstance(part[key], dict) and part[key] and data.draw(st.booleans()):
        part = part[key]
        key = data.draw(st.sampled_from(list(part)))
    part[key] = data.draw(JSON)
    inbound(update, HERE)
    asked_at(update)
    press_id(update)
