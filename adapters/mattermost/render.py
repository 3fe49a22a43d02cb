"""Cards and notices as messages of Mattermost. Pure: the same card is the same payload.

A payload is what a post is made of: `message`, in Markdown, and `props`, whose one attachment holds the buttons. The
words stand in the message and not in the attachment, which people's clients fold up.

A button's `id` is made of its token. Mattermost looks a press up by that id in the post as it is then: were the ids
positions, a press on an old drawing would do what the new one has in that place.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, TypeAlias

from adapters.mattermost.inbound import PRESSES
from adapters.mattermost.text import block, bold, cut, literal
from bot.view.card import Button, ButtonStyle, Light, RunCard
from bot.view.notice import Notice, Tone
from bot.view.words import took

Payload: TypeAlias = dict[str, Any]

MOST = 16_383
"""Characters of a message where the server's database allows no more (`MaxPostSize`)."""
MOST_BUTTONS = 20
ROOM = 2_400
"""Characters for the steps of a card, for its checks and for the rows of a notice; escaped twice as many."""
BAR = 20
MARKS = {
    Light.PASSED: "✅",
    Light.FAILED: "❌",
    Light.RUNNING: "🔵",
    Light.WAITING: "▫️",
    Light.UNSURE: "⚠️",
    Light.SKIPPED: "⏭️",
}
TONES = {Tone.GOOD: "✅", Tone.BAD: "❌", Tone.ASK: "❓"}
STYLES = {ButtonStyle.PLAIN: "default", ButtonStyle.PRIMARY: "primary", ButtonStyle.DANGER: "danger"}
COLOURS = {Light.PASSED: "#2e7d32", Light.FAILED: "#c62828", Light.UNSURE: "#f9a825"}
NEUTRAL = "#546e7a"


@dataclass(frozen=True, slots=True)
class Door:
    """Where presses go, and what proves that a button was the bot's. Mattermost shows neither to anybody."""

    url: str = ""
    secret: str = field(default="", repr=False)

    def sign(self, token: str) -> str:
        """Made of the token; nobody can make one for another."""
        return hmac.new(self.secret.encode(), token.encode(), hashlib.sha256).hexdigest()


def render(card: RunCard, door: Door) -> Payload:
    """The whole card."""
    about = " · ".join(filter(None, (literal(card.subtitle, 200), literal(card.actor, 60), f"run {card.run}")))
    head = [f"{MARKS[card.light]} {bold(card.title, 200) or '–'}", about, literal(card.state, 500)]
    steps = [_row(one.light, one.name, one.seconds, one.note, 120) for one in card.steps]
    checks = [_row(one.light, f"↳ {one.channel}", one.latency, one.reason, 250) for one in card.checks]
    tail = [*_traffic(card.canary), *_way_back(card)]
    parts = [head, _fitting(steps), _fitting(checks), tail]
    message = "\n\n".join("\n".join(filter(None, part)) for part in parts if any(part))
    return _payload(message, _buttons(card, door))


def render_notice(notice: Notice, to: str = "") -> Payload:
    """A notice with its rows and its log; `to` names the one whom it answers, where that would not be clear."""
    words = literal(f"{to}: {notice.text}" if to else notice.text, 1500) or "–"
    rows = [_cells(row) for row in notice.rows if row]
    lines = [" ".join(filter(None, (TONES.get(notice.tone), words))), *_fitting(rows)]
    alt = [f"📄 {literal(notice.document.alt, 300)}"] if notice.document else []
    return _payload("\n".join([*lines, *alt, *block(notice.log[-20:], 300)]), [])


def together(notices: Sequence[Notice]) -> str:
    """Several notices as one text, for an answer that is no post."""
    texts = [str(render_notice(one)["message"]) for one in notices]
    sizes = accumulate(len(one) + 2 for one in texts)
    return "\n\n".join(one for one, size in zip(texts, sizes, strict=True) if size <= MOST)


def _payload(message: str, attachments: list[Payload]) -> Payload:
    """No group is notified and nobody's name lights up, should a text ever hold one all the same."""
    props: Payload = {"disable_group_highlight": True, "mentionHighlightDisabled": True}
    return {"message": message, "props": {**props, "attachments": attachments}}


def _row(light: Light, name: str, seconds: float | None, words: str, most: int) -> str:
    time = "" if seconds is None or light is Light.RUNNING else took(seconds)
    return "  ".join(filter(None, (f"{MARKS[light]} {bold(name, 80) or '–'}", time, literal(words, most))))


def _cells(row: Sequence[str]) -> str:
    """A row of several cells begins with its name; a cell alone is a heading."""
    name, *rest = row
    return "  ".join(filter(None, (bold(name, 100) or "–", *(literal(cell, 200) for cell in rest))))


def _fitting(rows: Sequence[str]) -> list[str]:
    """As many rows as there is room for; the last line says how many are not shown."""
    most = sum(size <= ROOM * 2 for size in accumulate(len(one) + 1 for one in rows))
    return [*rows[:most], f"and {len(rows) - most} more"] if rows[most:] else list(rows)


def _traffic(canary: int | None) -> list[str]:
    if canary is None:
        return []
    weight = min(100, max(0, canary))
    filled = round(BAR * weight / 100)
    return [f"`{'░' * (BAR - filled)}{'█' * filled}`  baseline {100 - weight} % · canary {weight} %"]


def _way_back(card: RunCard) -> list[str]:
    if card.ready is None or not card.way_back:
        return []
    return [f"{MARKS[Light.PASSED if card.ready else Light.FAILED]} {literal(card.way_back, 400)}"]


def _buttons(card: RunCard, door: Door) -> list[Payload]:
    actions = [_button(one, door) for one in card.buttons[:MOST_BUTTONS]]
    return [{"fallback": "", "color": COLOURS.get(card.light, NEUTRAL), "actions": actions}] if actions else []


def _button(button: Button, door: Door) -> Payload:
    """Its id has letters and digits alone: the address that a press goes to has room for no others."""
    return {
        "id": hashlib.sha256(button.token.encode()).hexdigest()[:26],
        "name": cut(button.label, 60) or "–",
        "type": "button",
        "style": STYLES[button.style],
        "integration": {
            "url": f"{door.url.rstrip('/')}{PRESSES}",
            "context": {"token": button.token, "signature": door.sign(button.token)},
        },
    }
