"""Charts become PNG files that show both sides."""

import io
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from adapters.pillow.picture import BASELINE, CANARY, PillowPicture
from bot.view.chart import Chart, Panel

Pixel = tuple[int, int, int]


def chart(*panels: Panel, weights: tuple[tuple[float, int], ...] = ((0.0, 10), (0.6, 50))) -> Chart:
    return Chart("1a2b3c4 → production", timedelta(minutes=6), weights, panels, "canary against baseline")


def colours(image: Image.Image) -> dict[Pixel, int]:
    """Colour -> how many pixels have it."""
    found = image.convert("RGB").getcolors(image.width * image.height)
    assert found is not None
    return {(colour[0], colour[1], colour[2]): count for count, colour in found if isinstance(colour, tuple)}


def rgb(text: str) -> Pixel:
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def drawn(what: Chart) -> Image.Image:
    image = Image.open(io.BytesIO(PillowPicture().png(what)))
    image.load()
    return image


def test_both_sides_are_drawn_in_their_colours() -> None:
    image = drawn(chart(Panel("errors", (0.1, 0.2, 0.1, 0.2), (0.1, 2.0, 4.0, 4.0))))
    assert image.format == "PNG"
    assert image.width == 1000
    seen = colours(image)
    assert seen[rgb(BASELINE)] > 500
    assert seen[rgb(CANARY)] > 1000


def test_where_nothing_was_counted_nothing_is_drawn() -> None:
    whole = colours(drawn(chart(Panel("errors", (None,) * 8, (3.0,) * 8))))
    gap = colours(drawn(chart(Panel("errors", (None,) * 8, (3.0, 3.0, None, None, None, None, 3.0, 3.0)))))
    assert gap[rgb(CANARY)] < whole[rgb(CANARY)] * 0.7


def test_each_panel_has_its_place() -> None:
    one, two = chart(Panel("a", (1.0,), (2.0,))), chart(Panel("a", (1.0,), (2.0,)), Panel("b", (5.0,), (None,)))
    assert drawn(two).height > drawn(one).height


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.none() | st.floats(0, 1e9), min_size=1, max_size=40),
    st.text(max_size=60),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 100)), max_size=5),
)
def test_whatever_was_counted_can_be_drawn(
    values: list[float | None], title: str, weights: list[tuple[float, int]]
) -> None:
    line = tuple(values)
    made = Chart(title, timedelta(seconds=1), tuple(weights), (Panel(title, line, line[::-1]),), "")
    assert drawn(made).width == 1000


@pytest.mark.parametrize("number", [0, 1])
def test_the_same_chart_is_the_same_file(number: int) -> None:
    what = chart(*[Panel("errors", (1.0, 2.0), (3.0, 4.0))] * number)
    assert PillowPicture().png(what) == PillowPicture().png(what)
