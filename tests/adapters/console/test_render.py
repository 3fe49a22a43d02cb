import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcwidth

from adapters.console.render import Line, brief, render, render_notice, text_of
from adapters.console.text import columns, cut, pad, plain, wrap
from bot.view.card import Button, ButtonStyle, CheckRow, Light, RunCard, StepRow
from bot.view.notice import Notice, Tone
from tests.view.gallery import FOLDER, SCREENS, WIDTHS, pages

FAMILY = "\U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f44d\U0001f3fd \u2764\ufe0f"
NASTY = ["\x1b[31mred\x1b[0m", "a\u202eb\u2066c", "漢字" * 40, FAMILY * 9, "e" + "\u0301" * 9, "\x9b2J\x07\r\n", "{x}"]
ANY = st.text(max_size=60) | st.sampled_from(NASTY)
LIGHTS = st.sampled_from(Light)
SECONDS = st.none() | st.floats(0, 1e6, allow_nan=False)
CARDS = st.builds(
    RunCard,
    run=ANY,
    title=ANY,
    subtitle=ANY,
    actor=ANY,
    state=ANY,
    light=LIGHTS,
    steps=st.lists(st.builds(StepRow, LIGHTS, ANY, SECONDS, ANY), max_size=4).map(tuple),
    checks=st.lists(st.builds(CheckRow, LIGHTS, ANY, SECONDS, ANY), max_size=4).map(tuple),
    canary=st.none() | st.integers(0, 100),
    ready=st.none() | st.booleans(),
    way_back=ANY,
    buttons=st.lists(st.builds(Button, ANY, ANY, st.sampled_from(ButtonStyle)), max_size=5).map(tuple),
    over=st.booleans(),
)
NOTICES = st.builds(
    Notice,
    code=st.just("any"),
    text=ANY,
    tone=st.sampled_from(Tone),
    rows=st.lists(st.lists(ANY, max_size=9).map(tuple), max_size=4).map(tuple),
    log=st.lists(ANY, max_size=5).map(tuple),
)


def harmless(lines: list[Line], width: int) -> None:
    """No control, invisible or direction-changing character, and no line over the width."""
    for line in lines:
        text = "".join(part for _, part in line)
        kinds = {unicodedata.category(sign) for sign in text}
        assert not kinds & {"Cc", "Cf", "Cs", "Zl", "Zp"}, ascii(text)
        assert sum(max(0, wcwidth(sign)) for sign in text) <= width, text


@given(CARDS, st.integers(40, 140), st.booleans())
def test_no_card_breaks_out_of_its_lines(card: RunCard, width: int, ascii_only: bool) -> None:
    for draw in (render, brief):
        lines = draw(card, width, ascii_only)
        harmless(lines, width)
        assert not ascii_only or all(part.isascii() for line in lines for _, part in line)


@given(NOTICES, st.integers(40, 140), st.booleans(), ANY)
def test_no_notice_breaks_out_of_its_lines(notice: Notice, width: int, ascii_only: bool, about: str) -> None:
    lines = render_notice(notice, width, ascii_only, about)
    harmless(lines, width)
    assert not ascii_only or all(part.isascii() for line in lines for _, part in line)


@given(ANY, st.integers(2, 80))
def test_wrapping_loses_nothing_but_spaces(text: str, width: int) -> None:
    tame = plain(text)
    lines = wrap(tame, width)
    assert all(columns(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == tame.replace(" ", "")


@given(ANY, st.integers(1, 80))
def test_cutting_keeps_the_beginning(text: str, width: int) -> None:
    tame = plain(text)
    short = cut(tame, width)
    assert columns(short) <= width
    assert tame.startswith(short.removesuffix("…")) or short == tame


@pytest.mark.parametrize("name", SCREENS)
@pytest.mark.parametrize("width", WIDTHS)
def test_cards_look_as_they_did(name: str, width: int) -> None:
    kept = (FOLDER / f"{name}_{width}.txt").read_text("utf-8").splitlines()
    drawn = [text_of(line) for line in render(SCREENS[name](), width)]
    assert drawn == kept
    assert max(map(columns, kept)) <= width


def test_the_folder_holds_these_pages_and_no_others() -> None:
    assert {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.txt")} == pages()


def test_times_stand_at_the_right_edge() -> None:
    lines = [text_of(line) for line in render(SCREENS["succeeded"](), 80)]
    timed = [line for line in lines if line.endswith(("ms", "s")) and "✓" in line]
    assert len(timed) == 12
    assert {len(line) for line in timed} == {80}


def test_wide_and_joined_characters_keep_the_columns() -> None:
    card = replace(SCREENS["running"](), subtitle=f"1a2b3c4 漢字 {FAMILY}", title="Deploy 犬 → canary")
    title = "".join(part for _, part in render(card, 80)[0])
    assert columns(title) == 80
    assert plain(FAMILY) == "\U0001f469\U0001f469\U0001f467 \U0001f44d \u2764"


def test_control_and_bidi_characters_are_neutralised() -> None:
    assert plain("a\x1b[31mb") == "a\ufffd[31mb"
    assert plain("x\u202ey\u2066z\u200b") == "xyz"
    assert plain("one\ntwo\tthree\u2028four") == "one two three four"
    assert plain("e" + "\u0301" * 9) == "e" + "\u0301" * 2
    assert plain("\udcff") == "\ufffd"


def test_ascii_has_its_own_marks_and_words() -> None:
    assert plain("Déjà → canary … “a”", ascii=True) == 'Deja -> canary ... "a"'
    assert plain("漢", ascii=True) == "?"
    assert "[1] Abort" in pages()["running_ascii.txt"]
    assert pages()["running_ascii.txt"].isascii()


def test_a_traffic_bar_is_there_when_traffic_is_split() -> None:
    card = SCREENS["rollout_baking"]()
    [bar] = [text_of(line) for line in render(card, 80) if "· canary 10 %" in text_of(line)]
    assert (bar.count("█"), bar.count("░")) == (4, 36)
    assert not [line for line in render(replace(card, canary=None), 80) if "░" in text_of(line)]
    full = [text_of(line) for line in render(replace(card, canary=100), 60) if "· canary 100 %" in text_of(line)]
    assert "░" not in full[0]


def test_a_long_reason_is_wrapped_and_a_very_long_one_cut() -> None:
    row = StepRow(Light.FAILED, "health", 1.0, "it did not answer as it should have " * 12)
    lines = [text_of(line) for line in render(replace(SCREENS["running"](), steps=(row,), checks=()), 80)]
    at = next(number for number, line in enumerate(lines) if "health" in line)
    assert lines[at + 2].endswith("…")
    assert lines[at + 3] == "▌"


def test_buttons_without_a_number_are_not_shown() -> None:
    card = SCREENS["succeeded"]()
    numbers = {card.buttons[1].token: 7}
    assert text_of(render(card, 80, numbers=numbers)[-1]) == "▌ [7] Promote"
    assert "[" not in text_of(render(card, 80, numbers={})[-1])


def test_a_notice_has_its_rows_and_log_below_it() -> None:
    notice = Notice("any", "Something.", Tone.BAD, rows=(("gate", "tests", "failed"), ("x", "y", "z")), log=("a", "b"))
    assert [text_of(line) for line in render_notice(notice, 60, about="Deploy a → b")] == [
        "✗ Deploy a → b: Something.",
        "    gate  tests  failed",
        "    x     y      z",
        "    │ a",
        "    │ b",
    ]


def test_padding_counts_columns() -> None:
    assert pad("漢", 4) == "漢  "
    assert pad("abc", 2) == "abc"
