"""Charts as PNG files: two lines that differ in colour, in dash and by name, over a light ground.

Pillow is loaded with the first picture: a bot that never draws one does not pay for it. Its own font is used, so that
the picture is the same on every machine.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.view.chart import Chart, Panel, Value

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

WIDE, HIGH, HEAD, FOOT = 1000, 250, 64, 44
LEFT, RIGHT, GAP = 92, 28, 46
GROUND, INK, FAINT, GRID = "#ffffff", "#1b1f24", "#6a737d", "#e3e7eb"
BASELINE, CANARY = "#1f6feb", "#d9480f"
"""Blue and orange are told apart by nearly everybody; the baseline is dashed for those who cannot."""
BIG, SMALL = 24, 17
DASH = 9


@dataclass(frozen=True, slots=True)
class Box:
    """Where a panel's lines are drawn, in pixels, and what its height stands for."""

    top: int
    bottom: int
    most: float

    def point(self, place: float, value: float) -> tuple[float, float]:
        """The pixel of a value at a place in the span from 0 to 1."""
        height = (self.bottom - self.top) * min(value / self.most, 1.0)
        return LEFT + (WIDE - LEFT - RIGHT) * place, self.bottom - height


class PillowPicture:
    """`Picture`."""

    def png(self, chart: Chart) -> bytes:
        """See the port."""
        from PIL import Image, ImageDraw  # noqa: PLC0415 - see the head of this module

        high = HEAD + len(chart.panels) * (HIGH + GAP) + FOOT
        image = Image.new("RGB", (WIDE, high), GROUND)
        draw = ImageDraw.Draw(image)
        _head(draw, chart.title)
        boxes = [_panel(draw, chart, panel, HEAD + at * (HIGH + GAP)) for at, panel in enumerate(chart.panels)]
        if boxes:
            _foot(draw, chart, boxes[-1].bottom)
        file = io.BytesIO()
        image.save(file, "PNG", optimize=True)
        return file.getvalue()


def _text(draw: "ImageDraw", at: tuple[float, float], words: str, size: int, ink: str, anchor: str = "la") -> None:
    from PIL import ImageFont  # noqa: PLC0415 - see the head of this module

    draw.text(at, words, fill=ink, font=ImageFont.load_default(size), anchor=anchor)


def _head(draw: "ImageDraw", title: str) -> None:
    _text(draw, (LEFT, 30), title, BIG, INK, "lm")
    for place, (name, ink, dashed) in enumerate((("baseline", BASELINE, True), ("canary", CANARY, False))):
        x = WIDE - RIGHT - 290 + place * 160
        _line(draw, [(x, 30), (x + 44, 30)], ink, dashed)
        _text(draw, (x + 54, 30), name, SMALL, INK, "lm")


def _panel(draw: "ImageDraw", chart: Chart, panel: Panel, top: int) -> Box:
    known = [one for one in (*panel.baseline, *panel.canary) if one is not None]
    box = Box(top + 34, top + HIGH, _round_up(max(known, default=0.0)))
    _text(draw, (LEFT, top + 14), panel.title, SMALL, FAINT, "lm")
    for part in (0.0, 0.5, 1.0):
        x, y = box.point(0.0, box.most * part)
        draw.line([(x, y), (WIDE - RIGHT, y)], fill=GRID, width=1)
        _text(draw, (LEFT - 12, y), f"{box.most * part:,.4g}", SMALL, FAINT, "rm")
    for place, weight in chart.weights:
        x, _ = box.point(place, 0.0)
        draw.line([(x, box.top), (x, box.bottom)], fill=FAINT, width=1)
        _text(draw, (x + 6, box.top + 2), f"{weight} %", SMALL, FAINT)
    for values, ink, dashed in ((panel.baseline, BASELINE, True), (panel.canary, CANARY, False)):
        for run in _runs(values):
            _line(draw, [box.point((at + 0.5) / len(values), value) for at, value in run], ink, dashed)
    return box


def _foot(draw: "ImageDraw", chart: Chart, bottom: int) -> None:
    for part, anchor in ((0.0, "lm"), (0.5, "mm"), (1.0, "rm")):
        minutes, seconds = divmod(round(chart.span.total_seconds() * part), 60)
        x = LEFT + (WIDE - LEFT - RIGHT) * part
        _text(draw, (x, bottom + 22), f"{minutes}:{seconds:02} min", SMALL, FAINT, anchor)


def _runs(values: Sequence[Value]) -> Iterator[list[tuple[int, float]]]:
    """Unbroken parts of a line: where nothing was counted, nothing is drawn."""
    run: list[tuple[int, float]] = []
    for at, value in enumerate(values):
        if value is not None:
            run.append((at, value))
        elif run:
            yield run
            run = []
    if run:
        yield run


def _line(draw: "ImageDraw", points: Sequence[tuple[float, float]], ink: str, dashed: bool) -> None:
    if len(points) == 1:
        ((x, y),) = points
        draw.ellipse([(x - 3, y - 3), (x + 3, y + 3)], fill=ink)
    elif not dashed:
        draw.line(points, fill=ink, width=4, joint="curve")
    else:
        for begin, end in pairwise(points):
            _dashes(draw, begin, end, ink)


def _dashes(draw: "ImageDraw", begin: tuple[float, float], end: tuple[float, float], ink: str) -> None:
    (x1, y1), (x2, y2) = begin, end
    count = max(1, round(((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5 / (2 * DASH)))
    for at in range(count):
        one, other = at / count, (at + 0.55) / count
        draw.line(
            [(x1 + (x2 - x1) * one, y1 + (y2 - y1) * one), (x1 + (x2 - x1) * other, y1 + (y2 - y1) * other)],
            fill=ink,
            width=4,
        )


def _round_up(value: float) -> float:
    """The next of 1, 2, 5, 10, 20, 50 … that is not below the value; 1 for nothing at all."""
    step = 1e-3
    while True:
        for factor in (1, 2, 5):
            if value <= step * factor and step * factor >= 1e-3 and (value > 0 or step >= 1):
                return step * factor
        step *= 10
