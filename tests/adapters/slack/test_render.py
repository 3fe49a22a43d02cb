"""Every screen as Slack gets it: held to golden files, and taken by the strict stand-in.

`python -m tests.adapters.slack.test_render` writes the golden files anew.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.slack.render import Payload, render, render_notice, render_notices
from bot.domain.values import RunId
from bot.view.card import Button, ButtonStyle, CheckRow, Light, RunCard, StepRow
from bot.view.notice import Notice, Tone
from tests.vendors.slack.blocks import MOST_CHARACTERS, characters, problems
from tests.view.gallery import SCREENS
from tests.view.papers import charted, late

GOLDEN = Path(__file__).parent / "golden"
NOTICES: Mapping[str, Notice] = {
    "plain": Notice("said", "ana asked for a deploy of main to moltworker → canary."),
    "log": Notice("failed", "Gate tests failed: npm test exited with 1.", Tone.BAD, log=("> vitest run", "  1 failed")),
    "rows": Notice(
        "help", "You can:", Tone.GOOD, rows=(("Ship",), ("/deploy ENV", "take a commit", "there")), private=True
    ),
    "asked": Notice("asked", "Who lets it go?", Tone.ASK),
    "late": late(),
}
HOSTILE = "<!channel> <@U0ANA> *bold* `code` & <http://evil.example|ok>\u202e\x00\n:tada:"


def rendered() -> dict[str, Payload]:
    """File name -> payload."""
    cards = {f"{name}.json": render(made()) for name, made in SCREENS.items()}
    plain = {f"{name}_plain.json": render(SCREENS[name](), plan=False) for name in ("running", "succeeded")}
    notices = {f"notice_{name}.json": render_notice(one) for name, one in NOTICES.items()}
    chart = render_notice(charted(), charts=True)
    return {**cards, **plain, **notices, "notice_chart.json": chart}


@pytest.mark.parametrize("name", sorted(rendered()))
def test_the_payload_is_the_golden_one_and_slack_takes_it(name: str) -> None:
    payload = rendered()[name]
    assert payload == json.loads((GOLDEN / name).read_text("utf-8"))
    assert problems(payload["blocks"]) == []
    size = characters(payload["blocks"])
    assert size < MOST_CHARACTERS
    assert payload["text"]


def test_there_is_no_golden_file_without_a_screen() -> None:
    assert {file.name for file in GOLDEN.iterdir()} == set(rendered())


@pytest.mark.parametrize("name", sorted(SCREENS))
def test_plain_blocks_say_what_the_plan_says(name: str) -> None:
    card = SCREENS[name]()
    with_plan, without = words(render(card)["blocks"]), words(render(card, plan=False)["blocks"])
    for step in card.steps:
        assert any(step.name in one for one in with_plan)
        assert any(step.name in one for one in without)
    assert problems(render(card, plan=False)["blocks"], plan=False) == []


def words(value: object) -> list[str]:
    """Every text in the blocks."""
    match value:
        case dict():
            own = [text for name in ("text", "title") if isinstance(text := value.get(name), str)]
            return own + [one for more in value.values() for one in words(more)]
        case list():
            return [one for more in value for one in words(more)]
        case _:
            return []


def hostile() -> RunCard:
    return RunCard(
        run=RunId("k3v9x2mq"),
        title=HOSTILE,
        subtitle=HOSTILE,
        actor=HOSTILE,
        state=HOSTILE,
        light=Light.RUNNING,
        steps=(StepRow(Light.FAILED, HOSTILE, 1.0, HOSTILE),),
        checks=(CheckRow(Light.FAILED, HOSTILE, 1.0, HOSTILE),),
        ready=False,
        way_back=HOSTILE,
        buttons=(Button(HOSTILE, "abort:k3v9x2mq"),),
    )


@pytest.mark.parametrize("plan", [True, False])
def test_nothing_a_person_wrote_becomes_markup(plan: bool) -> None:
    """The text to fall back to knows markup, so it is escaped; everything else is of a kind that knows none."""
    payload = render(hostile(), plan)
    assert "<" not in payload["text"]
    assert "mrkdwn" not in json.dumps(payload)
    assert not {kind for kind in kinds(payload["blocks"]) if kind in ("user", "channel", "broadcast", "link")}
    assert not any(bad in one for one in words(payload["blocks"]) for bad in "\u202e\x00\n")
    assert problems(payload["blocks"]) == []


def kinds(value: object) -> set[str]:
    match value:
        case dict():
            return {str(value.get("type"))}.union(*(kinds(one) for one in value.values()))
        case list():
            return set().union(*(kinds(one) for one in value))
        case _:
            return set()


@pytest.mark.parametrize("plan", [True, False])
def test_the_largest_card_fits(plan: bool) -> None:
    long = "x" * 5000
    card = replace(
        hostile(),
        title=long,
        subtitle=long,
        state=long,
        way_back=long,
        steps=tuple(StepRow(Light.PASSED, long, 1.0, long) for _ in range(100)),
        checks=tuple(CheckRow(Light.FAILED, long, 1.0, long) for _ in range(100)),
        buttons=tuple(Button(long, f"abort:{number}", ButtonStyle.PRIMARY) for number in range(40)),
    )
    payload = render(card, plan)
    assert problems(payload["blocks"]) == []
    size = characters(payload["blocks"])
    assert size < MOST_CHARACTERS
    more = [one for one in words(payload["blocks"]) if re.search(r"and \d+ more|the first \d+ of them", one)]
    assert len(more) == 2, "what is left out is counted"


def test_the_largest_notice_fits() -> None:
    long = "x" * 5000
    notice = Notice(
        "said", long, rows=tuple((long, long, long) for _ in range(100)), log=tuple(long for _ in range(50))
    )
    payload = render_notice(notice)
    assert problems(payload["blocks"]) == []
    size = characters(payload["blocks"])
    assert size < MOST_CHARACTERS


def test_only_one_button_is_primary() -> None:
    buttons = tuple(Button("Go", f"approve:{number}", ButtonStyle.PRIMARY) for number in range(3))
    actions: list[dict[str, Any]] = render(replace(hostile(), buttons=buttons))["blocks"][-1]["elements"]
    assert [one.get("style") for one in actions] == ["primary", None, None]


def test_a_clock_that_runs_is_not_shown() -> None:
    """Nothing redraws a card for its clocks alone, so they would stand still."""
    card = replace(hostile(), steps=(StepRow(Light.RUNNING, "build", 3.2), StepRow(Light.PASSED, "gates", 12.4)))
    shown = " ".join(words(render(card)["blocks"]))
    assert "12.4s" in shown
    assert "3.2s" not in shown


def test_short_notices_share_a_message_and_long_ones_do_not() -> None:
    short = Notice("said", "One.")
    long = Notice("said", "Many.", rows=tuple(("name", "x" * 300) for _ in range(40)))
    assert len(render_notices([short, short])) == 1
    assert len(render_notices([long, long, long, short])) == 2
    assert all(characters(one["blocks"]) < MOST_CHARACTERS for one in render_notices([long] * 5))
    assert render_notices([]) == []


def main() -> None:
    """Write the golden files."""
    GOLDEN.mkdir(exist_ok=True)
    for name, payload in rendered().items():
        (GOLDEN / name).write_text(json.dumps(payload, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
