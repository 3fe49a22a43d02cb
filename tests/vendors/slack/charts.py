"""The rules of a `data_visualization` block with lines (docs.slack.dev, "Data visualization block", as of June 2026).

Of numbers that were published twice the smaller one holds. What is not listed is refused.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

Fields = Mapping[str, Any]
Found = Iterator[str]

MOST_SERIES, MOST_POINTS, LABEL, AXIS, TITLE = 6, 20, 20, 50, 50
AXES = frozenset({"categories", "x_label", "y_label"})


def chart_problems(block: Fields, at: str) -> Found:
    """Everything that is wrong with it, each with its place."""
    yield from _length(block.get("title"), f"{at}/title", TITLE)
    chart = block.get("chart")
    if not isinstance(chart, dict) or chart.get("type") != "line" or set(chart) != {"type", "series", "axis_config"}:
        yield f"{at}/chart must be a line with series and axis_config"
        return
    yield from _axes(chart["axis_config"], f"{at}/chart/axis_config")
    categories, series = list(chart["axis_config"].get("categories") or []), chart["series"]
    if not 1 <= len(series) <= MOST_SERIES:
        yield f"{at}/chart/series must be 1 to {MOST_SERIES}"
    if len({one.get("name") for one in series}) < len(series):
        yield f"{at}/chart/series need a name each"
    for number, one in enumerate(series):
        yield from _series(one, categories, f"{at}/chart/series/{number}")


def _axes(axes: Fields, at: str) -> Found:
    for extra in sorted(set(axes) - AXES):
        yield f"{at}/{extra} is not known"
    categories = axes.get("categories") or []
    if not 1 <= len(categories) <= MOST_POINTS or len(set(categories)) < len(categories):
        yield f"{at}/categories must be 1 to {MOST_POINTS}, each once"
    for number, one in enumerate(categories):
        yield from _length(one, f"{at}/categories/{number}", LABEL)
    for name in ("x_label", "y_label"):
        if name in axes:
            yield from _length(axes[name], f"{at}/{name}", AXIS)


def _series(series: Fields, categories: list[str], at: str) -> Found:
    if set(series) != {"name", "data"}:
        yield f"{at} must have a name and data"
        return
    yield from _length(series["name"], f"{at}/name", LABEL)
    if [one.get("label") for one in series["data"]] != categories:
        yield f"{at}/data must have one point for each category"
    for number, one in enumerate(series["data"]):
        value = one.get("value")
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            yield f"{at}/data/{number}/value is no number"


def _length(value: object, at: str, most: int) -> Found:
    if not isinstance(value, str) or not 1 <= len(value) <= most:
        yield f"{at} must be 1 to {most} characters"
