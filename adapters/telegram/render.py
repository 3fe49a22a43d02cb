"""Cards and notices as Telegram's `sendMessage` and `editMessageText` take them. Pure.

What does not fit into one message is left out from the least interesting on: rows that say nothing is wrong, the
beginning of a log. How many were left out is said.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from adapters.telegram.text import Line, Span, cut, length, plain, to_html, verbatim
from bot.view.card import Button, ButtonStyle, Light, RunCard
from bot.view.document import Document
from bot.view.notice import Notice, Tone
from bot.view.words import took

Payload: TypeAlias = Mapping[str, Any]

LONGEST_CAPTION = 1024
"""UTF-16 units of the words below a file."""
LONGEST = 4096
"""UTF-16 units of a message, as Telegram documents for sendMessage."""
MOST_BUTTONS = 24
IN_A_ROW = 2
"""Buttons side by side: more would not leave their words readable on a phone."""
MARKS = {
    Light.PASSED: "✅",
    Light.FAILED: "❌",
    Light.RUNNING: "⏳",
    Light.WAITING: "▫",
    Light.UNSURE: "❔",
    Light.SKIPPED: "⏭",
}
TONES = {Tone.PLAIN: "•", Tone.GOOD: "✅", Tone.BAD: "❌", Tone.ASK: "❓"}
STYLES = {ButtonStyle.PRIMARY: "primary", ButtonStyle.DANGER: "danger"}
_QUIET = frozenset({Light.PASSED, Light.WAITING, Light.SKIPPED})
_BAR = 12
_ENTITIES = 60
"""Rows whose name is set in bold; Telegram ignores entities after the hundredth."""
_LOG = 1400
"""Units of a log in one notice; its last lines are the ones that matter."""


def render(card: RunCard, styled: bool = True) -> Payload:
    """The card. `styled`: the server knows about coloured buttons."""
    head, rows, tail = _head(card), [*_steps(card), *_checks(card)], _tail(card)
    room = LONGEST - length(head) - length(tail) - 2
    shown = _fitting(rows, room)
    parts = [part for part in (head, shown, tail) if part]
    lines = [line for part in parts for line in ((), *part)][1:]
    keyboard = _keyboard(card.buttons[:MOST_BUTTONS], styled)
    return {**_message(lines), "reply_markup": {"inline_keyboard": keyboard}}


def render_notice(notice: Notice, to: str = "") -> Payload:
    """The notice; `to` is the name of the one whom it answers, where that would not be clear."""
    words = f"{cut(plain(to), 60)}: {plain(notice.text)}" if to else plain(notice.text)
    head: list[Line] = [(Span(f"{TONES[notice.tone]} {cut(words, 1500)}"),)]
    log = _log(notice.log)
    rows = [_cells(row, at < _ENTITIES) for at, row in enumerate(notice.rows) if row]
    shown = _fitting([(False, row) for row in rows], LONGEST - length(head) - length(log) - 2)
    loud = notice.tone in (Tone.BAD, Tone.ASK) or notice.code.startswith("ended_")
    return {**_message([*head, *shown, *log]), "disable_notification": not loud}


def render_document(document: Document) -> Payload:
    """What stands below the file. It makes no sound: its sentence has."""
    caption = to_html([(Span(cut(plain(document.alt), LONGEST_CAPTION // 2)),)])
    return {"caption": caption, "parse_mode": "HTML", "disable_notification": True}


def _message(lines: Sequence[Line]) -> Payload:
    return {"text": to_html(lines), "parse_mode": "HTML", "link_preview_options": {"is_disabled": True}}


def _head(card: RunCard) -> list[Line]:
    about = " · ".join(filter(None, (cut(plain(card.actor), 60), cut(plain(card.run), 40))))
    lines: list[Line] = [(Span(f"{MARKS[card.light]} "), Span(cut(plain(card.title), 200) or card.light, "b"))]
    lines += [(Span(words),) for words in (cut(plain(card.subtitle), 200), about) if words]
    state = cut(plain(card.state), 600)
    return [*lines, (Span(state, "i"),)] if state else lines


Row = tuple[bool, Line]
"""Whether it may be left out, and the line."""


def _steps(card: RunCard) -> list[Row]:
    """No time until a step is over: it would stand still between two drawings."""
    idle = (Light.RUNNING, Light.WAITING)
    return [_row(one.light, one.name, None if one.light in idle else one.seconds, one.note) for one in card.steps]


def _checks(card: RunCard) -> list[Row]:
    return [_row(one.light, f"↳ {one.channel}", one.latency, one.reason) for one in card.checks]


def _row(light: Light, name: str, seconds: float | None, words: str) -> Row:
    quiet = light in _QUIET
    time = "" if seconds is None else took(seconds)
    parts = [cut(plain(name), 80), time, cut(plain(words), 100 if quiet else 300)]
    return quiet, (Span(f"{MARKS[light]} " + " · ".join(filter(None, parts))),)


def _tail(card: RunCard) -> list[Line]:
    lines: list[Line] = []
    if card.canary is not None:
        weight = min(100, max(0, card.canary))
        filled = round(_BAR * weight / 100)
        bar = "░" * (_BAR - filled) + "█" * filled
        lines.append((Span(bar, "code"), Span(f" baseline {100 - weight} % · canary {weight} %")))
    if card.ready is not None and card.way_back:
        lines.append((Span(f"{'↩' if card.ready else '⛔'} {cut(plain(card.way_back), 400)}"),))
    return lines


def _fitting(rows: Sequence[Row], room: int) -> list[Line]:
    """The rows that fit, in their order; quiet ones go first, the last one before the others."""
    lines = [line for _, line in rows]
    if length(lines) <= room:
        return lines
    order = sorted(range(len(rows)), key=lambda at: (rows[at][0], at))
    left, kept = room - 40, set[int]()
    for at in order:
        left -= length([rows[at][1]])
        if left < 0:
            break
        kept.add(at)
    more = len(rows) - len(kept)
    return [*(line for at, line in enumerate(lines) if at in kept), (Span(f"… and {more} more"),)]


def _cells(row: Sequence[str], bold: bool) -> Line:
    first, *rest = (cut(plain(cell), 300) for cell in row)
    words = cut(" · ".join(filter(None, rest)), 600)
    return Span(first, "b" if bold else ""), Span(f"  {words}" if words else "")


def _log(log: Sequence[str]) -> list[Line]:
    """The last lines, in fixed width."""
    kept: list[str] = []
    left = _LOG
    for line in reversed([cut(verbatim(one), 300) for one in log]):
        left -= length([(Span(line),)])
        if left < 0:
            kept.append("…")
            break
        kept.append(line)
    text = "\n".join(reversed(kept))
    return [(Span(text, "pre"),)] if text.strip() else []


def _keyboard(buttons: Sequence[Button], styled: bool) -> list[list[dict[str, str]]]:
    made = [_button(one, styled) for one in buttons]
    return [made[at : at + IN_A_ROW] for at in range(0, len(made), IN_A_ROW)]


def _button(button: Button, styled: bool) -> dict[str, str]:
    face = {"text": cut(plain(button.label), 40) or "…", "callback_data": button.token}
    style = STYLES.get(button.style, "")
    return {**face, "style": style} if styled and style else face
