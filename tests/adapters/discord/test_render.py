"""Cards and notices as payloads: as recorded, within every limit, with nothing of anybody else's read as markup."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.discord.layout import layout
from adapters.discord.markup import block, cut, length, said
from adapters.discord.render import render, render_notice
from bot.view.card import Button, ButtonStyle, CheckRow, Light, RunCard, StepRow
from bot.view.notice import Notice, Tone
from tests.adapters.discord.golden import FOLDER, pages, spoken, written
from tests.vendors.discord.rules import message_problems
from tests.vendors.discord.state import TEXT_DISPLAY, Json, walk
from tests.view.gallery import SCREENS

TEXT = st.text(max_size=400)
LIGHTS = st.sampled_from(Light)
STEPS = st.builds(StepRow, LIGHTS, st.text(min_size=1, max_size=80), st.floats(0, 9999), TEXT)
CHECKS = st.builds(CheckRow, LIGHTS, st.text(min_size=1, max_size=80), st.floats(0, 9999), TEXT)
BUTTONS = st.builds(
    Button,
    st.text("abc é", min_size=1, max_size=100).filter(str.strip),
    st.from_regex(r"(rollback|abort|promote):[0-9a-h]{8}", fullmatch=True),
    st.sampled_from(ButtonStyle),
)
CARDS = st.builds(
    RunCard,
    run=st.just("k3v9x2mq"),
    title=st.text(min_size=1, max_size=300),
    subtitle=TEXT,
    actor=TEXT,
    state=st.text(max_size=2000),
    light=LIGHTS,
    steps=st.lists(STEPS, max_size=40).map(tuple),
    checks=st.lists(CHECKS, max_size=60).map(tuple),
    canary=st.none() | st.integers(-5, 120),
    ready=st.none() | st.booleans(),
    way_back=TEXT,
    buttons=st.lists(BUTTONS, max_size=12, unique_by=lambda one: one.token).map(tuple),
)
NOTICES = st.builds(
    Notice,
    st.just("code"),
    st.text(min_size=1, max_size=3000),
    st.sampled_from(Tone),
    st.lists(st.lists(TEXT, max_size=4).map(tuple), max_size=60).map(tuple),
    st.lists(st.text(max_size=500), max_size=60).map(tuple),
)


@pytest.mark.parametrize("name", sorted(pages()))
def test_every_page_is_as_recorded(name: str) -> None:
    assert written(pages()[name]) == (FOLDER / name).read_text("utf-8")


@pytest.mark.parametrize("name", sorted(SCREENS))
def test_the_library_sends_what_was_rendered(name: str) -> None:
    payload = render(SCREENS[name]())
    sent = layout(payload["components"]).to_components()  # type: ignore[no-untyped-call]  # the library says no types here
    assert _bare(sent) == _bare(payload["components"])
    assert message_problems(payload) == []


def test_every_notice_is_taken() -> None:
    for notice in spoken().values():
        assert message_problems(render_notice(notice)) == []


@settings(max_examples=40)
@given(CARDS)
def test_any_card_fits(card: RunCard) -> None:
    assert message_problems(render(card, "123")) == []


@settings(max_examples=40)
@given(NOTICES)
def test_any_notice_fits(notice: Notice) -> None:
    problems = message_problems(render_notice(notice))
    assert problems == []


def test_what_does_not_fit_is_counted_and_what_failed_stays() -> None:
    rows = [CheckRow(Light.PASSED, f"channel {n} {'x' * 50}", 0.1) for n in range(200)]
    rows[150] = CheckRow(Light.FAILED, "the broken one", 0.2, "closed with code 1011")
    text = _text(render(replace(SCREENS["running"](), checks=tuple(rows))))
    assert "the broken one" in text
    shown = sum("channel" in line for line in text.splitlines())
    assert f"… and {200 - shown - 1} more" in text


def test_a_running_step_shows_no_time_as_it_would_stand_still() -> None:
    text = _text(render(replace(SCREENS["running"](), steps=(StepRow(Light.RUNNING, "deploy", 12.0),))))
    assert "🔵 deploy\n" in text + "\n"


@pytest.mark.parametrize(
    "evil",
    ["@everyone", "<@1001>", "<#1>", "<t:0:R>", "[a](https://evil.example)", "**b**", "__u__", "`c`", "||s||", "~~x~~"],
)
def test_nothing_of_anybody_elses_is_markup(evil: str) -> None:
    shown = said(evil)
    assert shown.startswith("\\")
    assert re.search(rf"(?<!\\){re.escape(evil)}", shown) is None


def test_lines_that_look_like_headings_lists_or_links_are_plain() -> None:
    assert said("# big") == "\\# big"
    assert said("- item") == "\\- item"
    assert said("1. first") == "1\\. first"
    assert said("see https://evil.example now") == "see https\\://evil.example now"
    assert said("so :tada: it") == "so \\:tada: it"
    assert said("/health answered 500: no") == "/health answered 500: no"


def test_what_cannot_be_seen_is_taken_out() -> None:
    assert said("a\u202eb\u200bc\x1b[31mred\x07") == "abcred"
    assert said("two\nlines") == "two lines"


def test_a_log_cannot_end_its_block() -> None:
    shown = block(["```", "@everyone ````"])
    assert shown.count("```") == 2
    assert shown.startswith("```\n")
    assert shown.endswith("\n```")


def test_a_cut_never_halves_a_character() -> None:
    assert cut("🟢🟢🟢", 4) == "🟢…"
    assert length("🟢") == 2
    assert cut("abc", 3) == "abc"
    assert cut("abc", 0) == ""


def _text(payload: dict[str, Any]) -> str:
    return "\n".join(one["content"] for one in walk(payload["components"]) if one["type"] == TEXT_DISPLAY)


def _bare(components: list[Json]) -> str:
    """Without what the library adds: these are Discord's own defaults."""
    added = {"spoiler", "disabled", "divider", "spacing"}

    def bare(one: Json) -> Json:
        inner = {name: [bare(part) for part in one[name]] for name in ("components",) if name in one}
        beside = {"accessory": bare(one["accessory"])} if "accessory" in one else {}
        return {key: value for key, value in one.items() if key not in added} | inner | beside

    return json.dumps([bare(one) for one in components], sort_keys=True)
