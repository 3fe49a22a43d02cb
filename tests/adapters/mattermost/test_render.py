"""Every screen as Mattermost gets it: held to golden files, and taken by the strict stand-in."""

import json
from dataclasses import replace

import pytest

from adapters.mattermost.render import MOST, Door, render, render_notice, together
from adapters.mattermost.text import JOINER, literal
from bot.view.card import Button, ButtonStyle, CheckRow, Light, StepRow
from bot.view.notice import Notice, Tone
from tests.adapters.mattermost.golden import DOOR, FOLDER, pages, written
from tests.vendors.mattermost.rules import problems, read
from tests.view.gallery import SCREENS

HOSTILE = "@all @ana #now ~ops :tada: **bold** _it_ `code` [x](https://evil.example) <b> www.evil.example | a\u202e\x00"


@pytest.mark.parametrize("name", sorted(pages()))
def test_the_payload_is_the_golden_one_and_mattermost_takes_it(name: str) -> None:
    payload = pages()[name]
    assert written(payload) == (FOLDER / name).read_text("utf-8")
    assert list(problems(payload)) == []
    assert read(payload["message"])[1] == []


def test_there_is_no_golden_file_without_a_screen() -> None:
    assert {file.name for file in FOLDER.iterdir()} == set(pages())


def test_words_of_others_are_words() -> None:
    card = replace(
        SCREENS["running"](),
        title=HOSTILE,
        state=HOSTILE,
        steps=(StepRow(Light.RUNNING, HOSTILE, None, HOSTILE),),
        checks=(CheckRow(Light.FAILED, HOSTILE, 1.0, HOSTILE),),
    )
    text, meant = read(render(card, DOOR)["message"])
    assert meant == []
    told = text.replace(JOINER, "")
    assert told.count("[x](https://evil.example) <b> www.evil.example") == 4
    said = render_notice(Notice("x", HOSTILE, rows=((HOSTILE, HOSTILE),), log=(HOSTILE, "```", "@all")))["message"]
    assert read(said)[1] == []
    assert said.count("```") == 2


TOUCHABLE = ["@all", "#tag", "~channel", ":tada:", "https://x.test", "WWW.x.test", "mailto:a"]
WORDS = ["12:30", "a: b", "C#", "3 > 2", "50 %", "a-b", "x ~ y", "mail at once"]
FIRST = ["# x", "- x", "1. x", "1) x", "+ x", "> x", "-x", "* x", "~~x~~", "__x__", "2024-01-01"]


@pytest.mark.parametrize("word", TOUCHABLE)
def test_what_mattermost_makes_touchable_has_a_joiner_in_it(word: str) -> None:
    assert JOINER in literal(word, 100)
    assert read(literal(f"a {word} b", 100))[1] == []


@pytest.mark.parametrize("word", [*WORDS, *FIRST])
def test_words_are_read_as_they_stand(word: str) -> None:
    text, meant = read(literal(word, 100))
    assert meant == []
    assert text.replace(JOINER, "") == word
    assert word not in WORDS or JOINER not in text


def test_everything_fits_and_what_is_left_out_is_counted() -> None:
    long = "*é" * 900
    card = replace(
        SCREENS["running"](),
        title=long,
        subtitle=long,
        actor=long,
        state=long,
        way_back=long,
        ready=False,
        steps=tuple(StepRow(Light.FAILED, long, 1.0, long) for _ in range(40)),
        checks=tuple(CheckRow(Light.FAILED, long, 1.0, long) for _ in range(40)),
    )
    message = render(card, DOOR)["message"]
    assert len(message) <= MOST
    assert message.count(" more") == 2
    notice = Notice("x", long, Tone.BAD, tuple((long, long, long) for _ in range(100)), (long,) * 100)
    assert len(render_notice(notice)["message"]) <= MOST
    assert 0 < len(together([notice] * 9)) <= MOST


def test_a_buttons_id_is_made_of_what_it_does_and_not_of_its_place() -> None:
    first, second = Button("Pause", "pause:k3v9x2mq"), Button("Abort", "abort:k3v9x2mq", ButtonStyle.DANGER)
    drawn = [replace(SCREENS["running"](), buttons=buttons) for buttons in ((first, second), (second,))]
    ids = [[one["id"] for one in render(card, DOOR)["props"]["attachments"][0]["actions"]] for card in drawn]
    assert ids[0][1] == ids[1][0]
    assert ids[0][0] not in ids[1]
    none = render(replace(SCREENS["running"](), buttons=()), DOOR)
    assert none["props"]["attachments"] == []


def test_the_secret_itself_is_in_no_payload() -> None:
    door = Door("https://bot.example", "very-secret-token")
    assert "very-secret" not in json.dumps(render(SCREENS["succeeded"](), door))
    assert "very-secret" not in repr(door)
    assert door.sign("abort:k3v9x2mq") != door.sign("pause:k3v9x2mq")
    assert door.sign("abort:k3v9x2mq") != Door(door.url, "other").sign("abort:k3v9x2mq")
