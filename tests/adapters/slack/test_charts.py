"""A chart below the card: drawn by Slack where the workspace takes that, a picture where not, and never both."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.slack.charts import charts
from adapters.slack.client import Slack, opened
from bot.ports.errors import Temporary
from bot.view.chart import Chart, Panel
from bot.view.document import Document
from bot.view.notice import Notice, Tone
from tests.adapters.slack.stage import ROOM, settings_for
from tests.fakes.clock import StillClock
from tests.vendors.slack.blocks import problems
from tests.vendors.slack.server import Server
from tests.vendors.slack.workspace import Message, Workspace
from tests.view.gallery import SCREENS

VALUES = st.none() | st.floats(0, 1e9)
CHART = Chart(
    "1a2b3c4 in production",
    timedelta(minutes=6),
    ((0.0, 10), (0.5, 50)),
    (
        Panel("errors, % of requests", (0.1, 0.2, 0.1, 0.2), (0.1, 2.0, 4.0, 4.0)),
        Panel("95 of 100 answers within, ms", (80.0, 81.5, 80.0, 90.0), (None, 82.0, 88.0, 300.0)),
    ),
    "Errors of canary and baseline.",
)
PICTURE = Document("rollout.png", "image/png", b"\x89PNG-ish", CHART.alt)
BACK = Notice("going_back", "Going back: errors of the canary.", Tone.BAD, document=PICTURE, chart=CHART)
KEY = "k3v9x2mq:20:0"


async def drawn(chat: Slack) -> str:
    return await chat.draw(ROOM, SCREENS["rollout_bad"](), "", "k3v9x2mq:card")


def thread(space: Workspace, reference: str) -> list[Message]:
    return space.standing(ROOM, reference.partition(":")[2])


def native(message: Message) -> int:
    return sum(block["type"] == "data_visualization" for block in message.blocks)


def test_both_sides_over_time_with_the_weights() -> None:
    errors, latency = charts(CHART)
    assert [one["name"] for one in errors["chart"]["series"]] == ["baseline", "canary"]
    assert errors["chart"]["axis_config"]["categories"] == ["0:00 · 10 %", "1:30", "3:00 · 50 %", "4:30"]
    assert [one["value"] for one in errors["chart"]["series"][1]["data"]] == [0.1, 2.0, 4.0, 4.0]
    assert latency["chart"]["axis_config"]["categories"] == ["1:30 · 10 %", "3:00 · 50 %", "4:30"], "both have counted"


@pytest.mark.parametrize("panel", [Panel("a", (None, 1.0), (2.0, None)), Panel("a", (1.0,), (2.0,))])
def test_what_cannot_be_a_line_is_left_to_the_picture(panel: Panel) -> None:
    assert charts(replace(CHART, panels=(*CHART.panels[:1], panel))) == []
    assert charts(None) == []


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=40),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 100)), max_size=5),
    st.floats(0, 1e6),
    st.text(max_size=80),
)
def test_slack_takes_whatever_is_drawn_and_no_peak_is_lost(
    values: list[tuple[float | None, float | None]], weights: list[tuple[float, int]], span: float, title: str
) -> None:
    panel = Panel(title or "-", tuple(one for one, _ in values), tuple(one for _, one in values))
    made = charts(Chart("t", timedelta(seconds=span), tuple(weights), (panel,), "alt"))
    assert problems(made) == []
    if made and all(one is not None for pair in values for one in pair):
        peaks = [max(point["value"] for point in one["data"]) for one in made[0]["chart"]["series"]]
        assert peaks == [pytest.approx(max(one or 0 for one in side), abs=1e-3) for side in zip(*values, strict=True)]


async def test_slack_draws_it_and_no_picture_follows(chat: Slack, space: Workspace) -> None:
    card = await drawn(chat)
    for _ in range(2):
        await chat.say(ROOM, card, BACK, KEY)
    [said] = thread(space, card)
    assert (said.text, native(said), said.files) == (BACK.text, 2, [])
    assert space.calls["files.getUploadURLExternal"] == 0
    assert space.violations == []


async def test_a_report_is_no_picture_of_the_chart_and_follows(chat: Slack, space: Workspace) -> None:
    card = await drawn(chat)
    report = Document("outrider-k3v9x2mq.json", "application/json", b"{}\n", "Report of run k3v9x2mq.")
    await chat.say(ROOM, card, replace(BACK, document=report), KEY)
    said, shared = thread(space, card)
    assert (native(said), [file["name"] for file in shared.files]) == (2, [report.name])


async def test_a_workspace_without_charts_gets_the_picture_and_is_not_asked_again(
    chat: Slack, space: Workspace
) -> None:
    space.charts = False
    card = await drawn(chat)
    before = space.calls["chat.postMessage"]
    for number in range(3):
        await chat.say(
            ROOM, card, replace(BACK, document=replace(PICTURE, name=f"{number}.png", alt=f"{number}")), f"k:{number}"
        )
    assert [native(one) for one in thread(space, card)] == [0] * 6
    assert [len(one.files) for one in thread(space, card)] == [0, 1] * 3
    assert space.calls["chat.postMessage"] - before == 4, "the first was refused once, and said again without"
    assert space.violations == []


async def test_a_crash_before_the_picture_is_made_good(server: Server, clock: StillClock, space: Workspace) -> None:
    """The next life does not know yet what the workspace takes; what stands there says that the picture is missing."""
    space.charts = False
    async with opened(settings_for(server), clock) as life:
        card = await drawn(life)
        await life.say(ROOM, card, replace(BACK, document=None), KEY)
    async with opened(settings_for(server), clock) as life:
        await life.say(ROOM, card, BACK, KEY)
    assert [len(one.files) for one in thread(space, card)] == [0, 1]


async def test_another_life_posts_nothing_twice(server: Server, clock: StillClock, space: Workspace) -> None:
    async with opened(settings_for(server), clock) as life:
        card = await drawn(life)
        await life.say(ROOM, card, BACK, KEY)
    async with opened(settings_for(server), clock) as life:
        await life.say(ROOM, card, BACK, KEY)
    [said] = thread(space, card)
    assert native(said) == 2


@pytest.mark.parametrize("fault", ["lost", "cut", "500"])
async def test_a_lost_answer_costs_nothing(chat: Slack, space: Workspace, fault: str) -> None:
    card = await drawn(chat)
    space.faults["chat.postMessage"] = [fault]
    with pytest.raises(Temporary):
        await chat.say(ROOM, card, BACK, KEY)
    await chat.say(ROOM, card, BACK, KEY)
    [said] = thread(space, card)
    assert native(said) == 2


async def test_a_thread_that_is_gone_takes_no_chart_with_it(chat: Slack, space: Workspace) -> None:
    await chat.say(ROOM, f"{ROOM}:1.1", BACK, KEY)
    [said] = space.standing(ROOM)
    assert native(said) == 2


def damaged(path: str, value: object) -> list[dict[str, Any]]:
    """The chart's first block with one thing in it changed."""
    made: list[dict[str, Any]] = json.loads(json.dumps(charts(CHART)[:1]))
    *way, last = path.split(".")
    spot: Any = made[0]
    for name in way:
        spot = spot[int(name)] if name.isdigit() else spot[name]
    spot[int(last) if last.isdigit() else last] = value
    return made


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("title", "x" * 51),
        ("title", ""),
        ("text", "x"),
        ("chart.type", "radar"),
        ("chart.legend", True),
        ("chart.series", []),
        ("chart.series.1.name", "baseline"),
        ("chart.series.0.name", "x" * 21),
        ("chart.series.0.data", []),
        ("chart.series.0.data.0.value", None),
        ("chart.series.0.data.0.value", float("nan")),
        ("chart.series.0.data.0.label", "another"),
        ("chart.axis_config.categories.1", "0:00 · 10 %"),
        ("chart.axis_config.x_label", "x" * 51),
        ("chart.axis_config.unit", "%"),
    ],
)
def test_the_stand_in_takes_no_other(path: str, value: object) -> None:
    assert problems(charts(CHART)[:1]) == []
    assert problems(damaged(path, value)) != []


def test_the_stand_in_takes_two_of_them_and_none_where_there_are_none() -> None:
    assert problems(charts(CHART)) == []
    assert problems(charts(CHART) * 2) != []
    assert problems(charts(CHART), charts=False) != []
