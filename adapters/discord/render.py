"""Cards and notices as what Discord takes. Pure: the same card is the same payload.

A card is a message of components (developer documentation, "Component Reference"): one container in the colour of
its state, with texts, lines between them, the way back beside its own button, and a row of the other buttons. Such a
message may hold 40 components and 4000 characters in all; what does not fit loses its notes first, then its last rows,
and says how many. A notice is a plain text, which phones show in their notification; a longer one is a text component.
"""

import re
from collections.abc import Sequence
from typing import Any, TypeAlias

from adapters.discord.markup import ELLIPSIS, block, code, cut, length, plain, plain_log, said
from bot.view.card import Button, ButtonStyle, CheckRow, Light, RunCard, StepRow
from bot.view.document import Document
from bot.view.notice import Notice, Tone
from bot.view.words import took

Payload: TypeAlias = dict[str, Any]

ACTION_ROW, BUTTON, SECTION, TEXT, GALLERY, FILE, SEPARATOR, CONTAINER = 1, 2, 9, 10, 12, 13, 14, 17
"""Types of components."""
COMPONENTS_V2 = 1 << 15
SUPPRESS_EMBEDS = 1 << 2
"""Flags of messages."""
MOST_TEXT = 4000
"""Characters of all text components of a message."""
MOST_CONTENT = 2000
MOST_BUTTONS = 5
"""In one row."""
LABEL = 80
ALT, ALT_IN_GALLERY = 1024, 256
"""Characters of the words for whoever cannot see a picture: with the file, and in a gallery."""
BESIDE = "rollback"
"""The verb whose button stands beside the way back instead of in the row."""
ROOMS = (300, 160, 80, 40, 0)
"""Characters of each note and reason, tried from the left until the card fits."""
FEWER, FEWEST = (40, 25, 15, 8), 3
"""Rows of each kind that are shown where notes have gone and it is still too much."""

MARKS = {
    Light.PASSED: "✅",
    Light.FAILED: "❌",
    Light.RUNNING: "🔵",
    Light.WAITING: "⚪",
    Light.UNSURE: "⚠️",
    Light.SKIPPED: "⏭️",
}
COLOURS = {
    Light.PASSED: 0x2E9E5B,
    Light.FAILED: 0xD83C3E,
    Light.RUNNING: 0x3B82F6,
    Light.WAITING: 0xE0A100,
    Light.UNSURE: 0xE67E22,
    Light.SKIPPED: 0x747F8D,
}
TELLING = frozenset({Light.FAILED, Light.UNSURE, Light.RUNNING})
TONES = {Tone.PLAIN: "", Tone.GOOD: "✅ ", Tone.BAD: "❌ ", Tone.ASK: "❓ "}
STYLES = {ButtonStyle.PLAIN: 2, ButtonStyle.PRIMARY: 1, ButtonStyle.DANGER: 4}
COMMIT = re.compile(r"[0-9a-f]{7,40}")
BAR = 20
"""Signs of the traffic bar."""


def render(card: RunCard, thread: str = "") -> Payload:
    """The whole card. `thread` is named where it does not hang below the card itself."""
    most = max(len(card.steps), len(card.checks), FEWEST)
    tries = [(room, most) for room in ROOMS] + [(0, rows) for rows in FEWER if rows < most]
    for room, rows in tries:
        parts = _parts(card, thread, room, rows)
        if _text_length(parts) <= MOST_TEXT:
            return _message(card, parts)
    return _message(card, _parts(card, thread, 0, FEWEST))


def render_notice(notice: Notice) -> Payload:
    """The sentence, its rows and the last lines of its log; `attachments` announces its document."""
    head = [TONES[notice.tone] + said(notice.text, 1500), *map(_row, filter(None, notice.rows))]
    text = _with_log(head, notice.log, MOST_CONTENT) or ELLIPSIS  # Discord takes no empty message
    if length(text) <= MOST_CONTENT:
        return {"content": text, "flags": SUPPRESS_EMBEDS, **_attachments(notice.document)}
    kept = _with_log(head, notice.log, MOST_TEXT)
    while length(kept) > MOST_TEXT:
        head = head[:-1]
        kept = _with_log([*head, "… and more"], (), MOST_TEXT)
    components = [_text(kept), *_attached(notice.document)]
    return {"components": components, "flags": COMPONENTS_V2, **_attachments(notice.document)}


# ---- the card's parts


def _message(card: RunCard, parts: list[Payload]) -> Payload:
    container = {"type": CONTAINER, "accent_color": COLOURS[card.light], "components": parts}
    return {"components": [container], "flags": COMPONENTS_V2}


def _parts(card: RunCard, thread: str, room: int, rows: int) -> list[Payload]:
    steps = _shown([(one.light, _step(one, room)) for one in card.steps], rows)
    checks = _shown([(one.light, _check(one, room)) for one in card.checks], rows)
    beside = next((one for one in card.buttons if _verb(one) == BESIDE), None)
    parts = [_text(_head(card)), _text(f"{MARKS[card.light]} **{said(card.state, 500)}**")]
    for lines in (steps, checks):
        if lines:
            parts += [{"type": SEPARATOR}, _text("\n".join(lines))]
    if card.canary is not None:
        parts.append(_text(_traffic(card.canary)))
    parts += _way_back(card, beside)
    if thread:
        parts.append(_text(f"-# <#{thread}>"))
    loose = [one for one in card.buttons if one is not beside]
    rows_of = [loose[at : at + MOST_BUTTONS] for at in range(0, len(loose), MOST_BUTTONS)]
    return [*parts, *({"type": ACTION_ROW, "components": [_button(one) for one in row]} for row in rows_of)]


def _head(card: RunCard) -> str:
    commit, _, subject = card.subtitle.partition(" ")
    about = f"{code(commit)} {said(subject, 200)}".rstrip() if COMMIT.fullmatch(commit) else said(card.subtitle, 200)
    who = f"-# {said(card.actor, 80)} · {said(card.run, 40)}"
    return "\n".join(line for line in (f"### {said(card.title, 200)}", about, who) if line)


def _step(row: StepRow, room: int) -> str:
    """No time until it is over: the card is drawn when something happens, and would stand still in between."""
    over = row.light not in (Light.RUNNING, Light.WAITING)
    time = took(row.seconds) if row.seconds is not None and over else ""
    return _line(row.light, row.name, time, said(row.note, room))


def _check(row: CheckRow, room: int) -> str:
    return _line(row.light, row.channel, took(row.latency) if row.latency is not None else "", said(row.reason, room))


def _line(light: Light, name: str, time: str, words: str) -> str:
    first = " · ".join(part for part in (f"{MARKS[light]} {said(name, 60)}", time) if part)
    return f"{first} — {words}" if words else first


def _shown(lines: Sequence[tuple[Light, str]], rows: int) -> list[str]:
    """The lines, or as many as may be: first those that somebody should see."""
    if len(lines) <= rows:
        return [line for _, line in lines]
    telling = sorted(range(len(lines)), key=lambda at: (lines[at][0] not in TELLING, at))[: rows - 1]
    return [*(lines[at][1] for at in sorted(telling)), f"… and {len(lines) - rows + 1} more"]


def _traffic(canary: int) -> str:
    weight = min(100, max(0, canary))
    filled = round(BAR * weight / 100)
    return f"`{'░' * (BAR - filled)}{'█' * filled}` baseline {100 - weight} % · canary {weight} %"


def _way_back(card: RunCard, beside: Button | None) -> list[Payload]:
    words = f"{'🟢' if card.ready else '🔴'} {said(card.way_back, 500)}" if card.way_back else ""
    if beside is None:
        return [_text(words)] if words else []
    text = _text(words or said(_label(beside), LABEL))
    return [{"type": SECTION, "components": [text], "accessory": _button(beside)}]


def _button(button: Button) -> Payload:
    return {"type": BUTTON, "style": STYLES[button.style], "label": _label(button), "custom_id": button.token}


def _label(button: Button) -> str:
    """Discord takes no button without one."""
    return cut(plain(button.label), LABEL) or _verb(button)


def _verb(button: Button) -> str:
    return button.token.partition(":")[0]


def _text(content: str) -> Payload:
    return {"type": TEXT, "content": content}


def _text_length(parts: Sequence[Payload]) -> int:
    """Of all texts, those inside sections too."""
    own = sum(length(part.get("content", "")) for part in parts)
    return own + sum(_text_length(part["components"]) for part in parts if part["type"] == SECTION)


# ---- the notice's parts


def _row(cells: Sequence[str]) -> str:
    """A row of a table: its name, then the rest; a row of one cell is a heading."""
    name, *rest = cells
    if not rest:
        return f"**{said(name, 200)}**"
    return " · ".join([f"- **{said(name, 200)}**", *(said(cell, 300) for cell in rest if cell)])


def _attachments(document: Document | None) -> Payload:
    """Pictures are shown below a plain text, other files as something to open."""
    if document is None:
        return {}
    return {"attachments": [{"id": 0, "filename": document.name, "description": cut(plain(document.alt), ALT)}]}


def _attached(document: Document | None) -> list[Payload]:
    """In a message of components a file is seen only where a component shows it."""
    if document is None:
        return []
    media = {"url": f"attachment://{document.name}"}
    if document.image:
        return [{"type": GALLERY, "items": [{"media": media, "description": cut(plain(document.alt), ALT_IN_GALLERY)}]}]
    return [{"type": FILE, "file": media}]


def _with_log(head: Sequence[str], log: Sequence[str], most: int) -> str:
    """As many of the log's last lines as there is room for."""
    text = "\n".join(head)
    lines = [cut(plain_log(line), 300) for line in log]
    while lines and length(f"{text}\n{block(lines)}") > most:
        lines = lines[1:]
    return f"{text}\n{block(lines)}" if lines else text
