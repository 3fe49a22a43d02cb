"""Cards and notices as messages of Slack. Pure: the same card is the same payload.

A payload has `blocks`, and `text` for notifications, screen readers and clients without blocks. The steps are a `plan`
block (task cards that tick) where the workspace takes it, lines of rich text where not.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from adapters.slack.charts import charts as chart_blocks
from adapters.slack.inbound import ACTION, command_of
from adapters.slack.rich import (
    BUTTON,
    Block,
    Piece,
    context,
    cut,
    emoji,
    escaped,
    header,
    lines,
    quoted,
    rich,
    said,
    section,
    tame,
    weigh,
)
from bot.view.card import Button, ButtonStyle, CheckRow, Light, RunCard, StepRow
from bot.view.notice import Notice, Tone
from bot.view.words import count, took

Payload = dict[str, Any]

ROOM = 4_000
"""Characters for the steps of a card, for its checks, and for the rows of a notice."""
WHOLE = 10_000
"""Characters of one answer; the platform refuses from about 13,200 on."""
MOST = 13_000
"""Characters of any one message; cards and notices are cut so that they stay below."""
FALLBACK = 800
"""Characters of the text to fall back to: escaped it may be five times as long, and `chat.update` takes 4,000."""
MOST_BLOCKS = 50
MOST_BUTTONS = 25
BAR = 20

MARKS = {
    Light.PASSED: "white_check_mark",
    Light.FAILED: "x",
    Light.RUNNING: "large_blue_circle",
    Light.WAITING: "white_circle",
    Light.UNSURE: "warning",
    Light.SKIPPED: "heavy_minus_sign",
}
TONES = {Tone.GOOD: "white_check_mark", Tone.BAD: "x", Tone.ASK: "question"}
_STATUS = {
    Light.PASSED: "complete",
    Light.FAILED: "error",
    Light.UNSURE: "error",
    Light.RUNNING: "in_progress",
    Light.WAITING: "pending",
    Light.SKIPPED: "pending",
}


def render(card: RunCard, plan: bool = True) -> Payload:
    """The whole card; `plan`: with the block that not every workspace takes yet."""
    blocks = [
        header(card.title),
        rich(section([emoji(MARKS[card.light]), said(" "), said(cut(card.state, 500) or "–", bold=True)])),
        context([card.subtitle, f"by {card.actor}", f"run {card.run}"]),
        *(_plan(card) if plan else _steps(card)),
        *_checks(card.checks),
        *_traffic(card.canary),
        *_way_back(card),
        *_buttons(card.buttons),
    ]
    return {"text": fallback(card), "blocks": blocks}


def fallback(card: RunCard) -> str:
    """The card in one line."""
    return escaped(cut(f"{card.title}: {card.state} ({card.subtitle}, by {card.actor}, run {card.run})", FALLBACK))


def _took(light: Light, seconds: float | None) -> str:
    """How long something took, once it is over: a running clock would stand still between two drawings."""
    return "" if seconds is None or light in (Light.RUNNING, Light.WAITING) else took(seconds)


def _plan(card: RunCard) -> list[Block]:
    done = sum(one.light is Light.PASSED for one in card.steps)
    cards = [_step_card(card.run, number, one) for number, one in enumerate(card.steps, 1)]
    most = _room_for(cards)
    title = f"Plan: {done} of {count(len(cards), 'step')}" + (f", the first {most} of them" if cards[most:] else "")
    return [{"type": "plan", "title": title, "tasks": cards[:most]}] if cards else []


def _step_card(run: str, number: int, step: StepRow) -> Block:
    time = _took(step.light, step.seconds)
    title = (cut(step.name, 100) or "–") + (f" · {time}" if time else "")
    drawn: Block = {
        "type": "task_card",
        "task_id": f"{run}-{number}",
        "title": title,
        "status": _STATUS[step.light],
    }
    if note := cut(step.note, 150):
        drawn["details"] = rich(section([said(note)]))
    return drawn


def _steps(card: RunCard) -> list[Block]:
    rows = [_row(one.light, one.name, _took(one.light, one.seconds), one.note, 150) for one in card.steps]
    return [rich(lines(_fitting(rows)))] if rows else []


def _checks(checks: Sequence[CheckRow]) -> list[Block]:
    rows = [_row(one.light, one.channel, _took(one.light, one.latency), one.reason, 300) for one in checks]
    return [rich(lines(_fitting(rows)))] if rows else []


def _row(light: Light, name: str, time: str, words: str, most: int) -> list[Piece]:
    """A mark, a name, how long it took, and a few words."""
    row = [emoji(MARKS[light]), said(" "), said(cut(name, 100) or "–", bold=True)]
    row += [said(f"  {time}")] if time else []
    return [*row, said(f"  {cut(words, most)}")] if words else row


def _fitting(rows: Sequence[list[Piece]]) -> list[list[Piece]]:
    """As many rows as there is room for; the last line says how many are not shown."""
    most = _room_for(rows)
    return [*rows[:most], [said(f"and {len(rows) - most} more")]] if rows[most:] else list(rows)


def _room_for(pieces: Sequence[object]) -> int:
    """How many of them fit into `ROOM`."""
    sizes = accumulate(weigh(one) for one in pieces)
    return sum(size <= ROOM for size in sizes)


def _traffic(canary: int | None) -> list[Block]:
    if canary is None:
        return []
    weight = min(100, max(0, canary))
    filled = round(BAR * weight / 100)
    bar = "░" * (BAR - filled) + "█" * filled
    return [rich(section([said(bar, code=True), said(f"  baseline {100 - weight} % · canary {weight} %")]))]


def _way_back(card: RunCard) -> list[Block]:
    if card.ready is None or not card.way_back:
        return []
    light = Light.PASSED if card.ready else Light.FAILED
    return [rich(section([emoji(MARKS[light]), said(f" {cut(card.way_back, 400)}")]))]


def _buttons(buttons: Sequence[Button]) -> list[Block]:
    """At most one is primary: the platform's guidance allows one in a row."""
    drawn: list[Block] = []
    primary = next((one for one in buttons if one.style is ButtonStyle.PRIMARY), None)
    for one in buttons[:MOST_BUTTONS]:
        drawn.append(
            {
                "type": "button",
                "action_id": f"{ACTION}{one.token}",
                "value": one.token,
                "text": {"type": "plain_text", "text": cut(one.label, BUTTON) or "–", "emoji": False},
            }
        )
        if one.style is ButtonStyle.DANGER or one is primary:
            drawn[-1]["style"] = "danger" if one.style is ButtonStyle.DANGER else "primary"
    return [{"type": "actions", "elements": drawn}] if drawn else []


def render_notice(notice: Notice, charts: bool = False) -> Payload:
    """A notice with its rows and its log; `charts`: with its chart in blocks that not every workspace takes yet."""
    mark = TONES.get(notice.tone)
    first = [emoji(mark), said(" ")] if mark else []
    elements = [section([*first, said(cut(notice.text, 2000) or "–")])]
    if notice.rows:
        elements.append(lines(_fitting([_cells(row) for row in notice.rows if row])))
    if notice.log:
        elements.append(quoted(notice.log[-20:]))
    drawn = chart_blocks(notice.chart) if charts else []
    return {"text": escaped(cut(notice.text, FALLBACK)) or "–", "blocks": [rich(*elements), *drawn]}


def _cells(row: Sequence[str]) -> list[Piece]:
    """A row of several cells begins with its name; a cell alone is a heading."""
    name, *rest = (tame(cell) for cell in row)
    if not rest:
        return [said(cut(name, 200) or "–", bold=True)]
    words = "  ".join(cut(cell, 300) for cell in rest if cell)
    return [said(cut(name, 100) or "–", code=True), said(f"  {words}")]


def render_notices(notices: Sequence[Notice]) -> list[Payload]:
    """Notices in as few messages as they fit in."""
    made: list[Payload] = []
    for one in notices:
        payload = render_notice(one)
        room = made and _fits(made[-1], payload)
        if room:
            made[-1] = {
                "text": cut(f"{made[-1]['text']} {payload['text']}", 900),
                "blocks": [*made[-1]["blocks"], *payload["blocks"]],
            }
        else:
            made.append(payload)
    return made


def render_home(notices: Sequence[Notice]) -> Payload:
    """A person's own page of the app: what is live, as one view."""
    blocks = [header("What is live")]
    for at, one in enumerate(notices):
        payload = render_notice(one)
        if weigh([*blocks, *payload["blocks"]]) > WHOLE or len(blocks) >= MOST_BLOCKS:
            blocks.append(context([f"and {count(len(notices) - at, 'more answer')}: ask in a room"]))
            break
        blocks += payload["blocks"]
    ask = f"As it was when you opened this page. In a room: {command_of('status')}, {command_of('help')}, /deploy ENV"
    return {"type": "home", "blocks": [*blocks, context([ask])]}


def _fits(first: Payload, second: Payload) -> bool:
    blocks = [*first["blocks"], *second["blocks"]]
    return len(blocks) <= MOST_BLOCKS and weigh(blocks) <= WHOLE
