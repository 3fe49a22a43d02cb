"""Cards and notices as styled lines for a terminal. Pure: the same card in the same width is the same lines.

A line is a tuple of (style, text); styles are names that `terminal` gives colours to. No line is wider than `width`
columns (40 at least). Marks and colours say the same thing, so nothing is lost without colours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.console.text import columns, cut, pad, plain, wrap
from bot.view.card import Button, ButtonStyle, Light, RunCard
from bot.view.notice import Notice, Tone
from bot.view.words import took

Span = tuple[str, str]
Line = tuple[Span, ...]
LEAST = 40
NAMES = 22
"""The column of names on a card is at most that wide."""
LAST = 32
"""The last column of a table has that many columns at least, where it has words for them."""
LEAST_CELL = 12
"""Cells of a table are cut to that width before those on their left are cut at all."""


@dataclass(frozen=True, slots=True)
class Signs:
    """What is drawn where the encoding has it, or what stands for it."""

    marks: Mapping[Light, str]
    tones: Mapping[Tone, str]
    bar: str
    canary: str
    baseline: str
    dot: str
    ellipsis: str
    quote: str


FULL = Signs(
    {
        Light.PASSED: "✓",
        Light.FAILED: "✗",
        Light.RUNNING: "●",
        Light.WAITING: "○",
        Light.UNSURE: "◌",
        Light.SKIPPED: "–",
    },
    {Tone.PLAIN: "·", Tone.GOOD: "✓", Tone.BAD: "✗", Tone.ASK: "?"},
    bar="▌",
    canary="█",
    baseline="░",
    dot="·",
    ellipsis="…",
    quote="│",
)
PLAIN = Signs(
    {
        Light.PASSED: "+",
        Light.FAILED: "x",
        Light.RUNNING: "*",
        Light.WAITING: "o",
        Light.UNSURE: "?",
        Light.SKIPPED: "-",
    },
    {Tone.PLAIN: "-", Tone.GOOD: "+", Tone.BAD: "x", Tone.ASK: "?"},
    bar="|",
    canary="#",
    baseline=".",
    dot="-",
    ellipsis="~",
    quote="|",
)
TONES = {Tone.PLAIN: "dim", Tone.GOOD: "passed", Tone.BAD: "failed", Tone.ASK: "unsure"}
STYLES = {ButtonStyle.PLAIN: "button", ButtonStyle.PRIMARY: "primary", ButtonStyle.DANGER: "danger"}
Numbers = Mapping[str, int]
"""Token of a button -> the number that presses it."""


@dataclass(frozen=True, slots=True)
class Row:
    """A step or a check, ready to be laid out."""

    light: Light
    name: str
    time: str
    words: str


def signs(ascii: bool) -> Signs:
    """The signs for that encoding."""
    return PLAIN if ascii else FULL


def numbered(card: RunCard) -> Numbers:
    """A card's buttons counted from 1."""
    return {button.token: number for number, button in enumerate(card.buttons, 1)}


def render(card: RunCard, width: int, ascii: bool = False, numbers: Numbers | None = None) -> list[Line]:
    """The whole card."""
    inner, look = max(width, LEAST) - 2, signs(ascii)
    steps = [Row(one.light, plain(one.name, ascii), _took(one.seconds), plain(one.note, ascii)) for one in card.steps]
    checks = [
        Row(one.light, plain(one.channel, ascii), _took(one.latency), plain(one.reason, ascii)) for one in card.checks
    ]
    names = min(NAMES, max((columns(row.name) for row in (*steps, *checks)), default=0))
    parts = [
        _head(card, inner, look, ascii),
        [line for row in steps for line in _row(row, names, inner, look)],
        [line for row in checks for line in _row(row, names, inner, look)],
        [*_traffic(card, inner, look), *_light(card, inner, look, ascii)],
        buttons(card.buttons, inner, numbered(card) if numbers is None else numbers, ascii),
    ]
    body = [line for part in parts if part for line in ((), *part)][1:]
    return [((card.light, look.bar), ("", " "), *line) if line else ((card.light, look.bar),) for line in body]


def tight(card: RunCard, width: int, ascii: bool = False, numbers: Numbers | None = None) -> list[Line]:
    """The whole card without its empty lines."""
    return [line for line in render(card, width, ascii, numbers) if len(line) > 1]


def brief(card: RunCard, width: int, ascii: bool = False, numbers: Numbers | None = None) -> list[Line]:
    """The card in few lines, for a terminal that has no room for the whole one."""
    inner, look = max(width, LEAST) - 2, signs(ascii)
    flow = [
        (one.light, f"{look.marks[one.light]} {cut(plain(one.name, ascii), NAMES, look.ellipsis)}")
        for one in card.steps
    ]
    flow += [
        (one.light, f"{look.marks[one.light]} {cut(plain(one.channel, ascii), NAMES, look.ellipsis)}")
        for one in card.checks
    ]
    body = [
        *_head(card, inner, look, ascii, most=2),
        *_flow(flow, inner),
        *buttons(card.buttons, inner, numbered(card) if numbers is None else numbers, ascii),
    ]
    return [((card.light, look.bar), ("", " "), *line) for line in body]


def _took(seconds: float | None) -> str:
    return "" if seconds is None else took(seconds)


def _sides(left: Line, right: Span, inner: int) -> Line:
    """Left and right of one line; the right side is left out where both do not fit."""
    gap = inner - sum(columns(text) for _, text in (*left, right))
    return (*left, ("", " " * gap), right) if right[1] and gap >= 2 else left


def _head(card: RunCard, inner: int, look: Signs, ascii: bool, most: int = 12) -> list[Line]:
    title = cut(plain(card.title, ascii), inner, look.ellipsis)
    who = f"{plain(card.actor, ascii)} {look.dot} {plain(card.run, ascii)}"
    subject = cut(plain(card.subtitle, ascii), inner, look.ellipsis)
    words = wrap(plain(card.state, ascii), inner - 2)
    words = [*words[: most - 1], cut(" ".join(words[most - 1 :]), inner - 2, look.ellipsis)] if words[most:] else words
    mark = look.marks[card.light]
    states = [((card.light, f"{mark} " if at == 0 else "  "), ("state", line)) for at, line in enumerate(words)]
    return [_sides((("title", title),), ("dim", who), inner), (("subject", subject),), *states]


def _row(row: Row, names: int, inner: int, look: Signs) -> list[Line]:
    """One line; the words of what did not pass may take three."""
    left = ((row.light, look.marks[row.light]), _name(row, names, look))
    room = inner - names - 4 - (columns(row.time) + 2 if row.time else 0)
    long = row.light in (Light.FAILED, Light.UNSURE)
    words = wrap(row.words, room) if long else [cut(row.words, room, look.ellipsis)]
    if len(words) > 3:
        words = [*words[:2], cut(" ".join(words[2:]), room, look.ellipsis)]
    first = _sides((*left, ("note", f"  {words[0]}")) if words[0] else left, ("dim", row.time), inner)
    return [first, *((("note", " " * (names + 4) + more),) for more in words[1:])]


def _name(row: Row, names: int, look: Signs) -> Span:
    quiet = row.light in (Light.WAITING, Light.SKIPPED)
    return ("dim" if quiet else "name", " " + pad(cut(row.name, names, look.ellipsis), names))


def _traffic(card: RunCard, inner: int, look: Signs) -> list[Line]:
    if card.canary is None:
        return []
    weight = min(100, max(0, card.canary))
    words = f"baseline {100 - weight} % {look.dot} canary {weight} %"
    length = max(8, min(40, inner - columns(words) - 2))
    filled = round(length * weight / 100)
    bar = (("baseline", look.baseline * (length - filled)), ("canary", look.canary * filled))
    return [(*bar, ("note", f"  {words}"))]


def _light(card: RunCard, inner: int, look: Signs, ascii: bool) -> list[Line]:
    if card.ready is None or not card.way_back:
        return []
    light = Light.PASSED if card.ready else Light.UNSURE
    lines = wrap(plain(card.way_back, ascii), inner - 2)
    return [((light, f"{look.marks[light]} " if at == 0 else "  "), ("note", line)) for at, line in enumerate(lines)]


def buttons(shown: Sequence[Button], inner: int, numbers: Numbers, ascii: bool = False) -> list[Line]:
    """The buttons with the numbers that press them; those without a number are not shown."""
    flow = [
        (STYLES[one.style], f"[{numbers[one.token]}] {cut(plain(one.label, ascii), inner - 6, signs(ascii).ellipsis)}")
        for one in shown
        if one.token in numbers
    ]
    return _flow(flow, inner)


def _flow(pieces: Sequence[Span], inner: int) -> list[Line]:
    """Pieces one after another, on as many lines as they need."""
    lines: list[list[Span]] = []
    left = 0
    for style, text in pieces:
        if not lines or left < columns(text) + 2:
            lines.append([(style, text)])
            left = inner - columns(text)
        else:
            lines[-1] += [("", "  "), (style, text)]
            left -= columns(text) + 2
    return [tuple(line) for line in lines]


def render_notice(notice: Notice, width: int, ascii: bool = False, about: str = "") -> list[Line]:
    """A notice with its rows and log; `about` is said in front where it would not be clear what it is about."""
    inner, look = max(width, LEAST) - 2, signs(ascii)
    words = wrap(f"{plain(about, ascii)}: {plain(notice.text, ascii)}" if about else plain(notice.text, ascii), inner)
    tone = TONES[notice.tone]
    lines: list[Line] = [
        ((tone, look.tones[notice.tone] if at == 0 else " "), ("said", f" {line}")) for at, line in enumerate(words)
    ]
    table = [[plain(cell, ascii) for cell in row] for row in notice.rows if row]
    return [*lines, *_table(table, inner, look), *_quoted(notice.log, inner, look, ascii)]


def _table(rows: Sequence[Sequence[str]], inner: int, look: Signs) -> list[Line]:
    """Columns as wide as their widest cell as far as there is room; the last one wraps. Six at most.

    A row of one cell among longer ones is the heading of those that follow.
    """
    cells = [[*row[:5], "  ".join(row[5:])] if len(row) > 6 else list(row) for row in rows]
    several = max((len(row) for row in cells), default=1)
    widths = _widths(cells, several, inner - 2)
    lines: list[Line] = []
    for row in cells:
        heading = len(row) == 1 < several
        title = (("title", f"  {cut(row[0], inner, look.ellipsis)}"),)
        lines += [title] if heading else _table_row(row, widths, inner, look)
    return lines


def _widths(cells: Sequence[Sequence[str]], several: int, room: int) -> list[int]:
    """Of all columns but the last, which takes the rest. Where there is too little room those on the right give way
    first: on the left stand the names by which rows are told apart.
    """
    widths = [max((columns(row[at]) for row in cells if at < len(row) - 1), default=0) for at in range(several - 1)]
    last = max((columns(row[-1]) for row in cells if len(row) == several), default=0)
    spare = room - min(last, LAST, room // 2) - 2 * len(widths)
    for least in (LEAST_CELL, 1):
        for at in reversed(range(len(widths))):
            over = max(0, sum(widths) - spare)
            widths[at] = max(min(widths[at], least), widths[at] - over)
    return widths


def _table_row(row: Sequence[str], widths: Sequence[int], inner: int, look: Signs) -> list[Line]:
    *first, last = row
    head = "".join(
        pad(cut(cell, width, look.ellipsis), width) + "  " for cell, width in zip(first, widths, strict=False)
    )
    room = inner - 2 - columns(head)
    words = wrap(last, max(10, room))
    lines: list[Line] = [(("name", f"    {head}"), ("note", words[0]))]
    return [*lines, *((("note", " " * (4 + columns(head)) + more),) for more in words[1:])]


def _quoted(log: Sequence[str], inner: int, look: Signs, ascii: bool) -> list[Line]:
    lines = [part for line in log for part in wrap(plain(line.rstrip(), ascii), inner - 4)[:4]]
    return [(("dim", f"    {look.quote} "), ("log", line)) for line in lines]


def text_of(line: Line) -> str:
    """The line without its styles."""
    return "".join(text for _, text in line).rstrip()
