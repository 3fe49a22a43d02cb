"""Canary against baseline as Slack draws it by itself: a `data_visualization` block for each panel. Pure.

What Slack takes (docs.slack.dev, "Data visualization block", and what others measured): a title of at most 50
characters, two such blocks in a message, series of at most 20 points with names of their own, and for every category of
the axis exactly one point in each series. So nothing can be left open: what only one side has counted is not shown, and
a picture shows more. Where a panel has more points than Slack takes, each of its points is the worst of those it stands
for, so that no peak is lost.
"""

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

from adapters.slack.rich import Block, cut
from bot.view.chart import Chart, Panel, Value

MOST = 2
"""Such blocks in a message."""
TITLE = 50
LABEL = 20
"""Characters of a category and of a series' name."""
POINTS = 20
FEWEST = 2
"""Points of a line."""


def charts(chart: Chart | None) -> list[Block]:
    """A block for each panel; none where Slack's own chart would leave out a panel that a picture shows."""
    drawn = [_block(chart, panel) for panel in chart.panels] if chart else []
    whole = [one for one in drawn if one is not None]
    return whole if 0 < len(whole) == len(drawn) <= MOST else []


def _block(chart: Chart, panel: Panel) -> Block | None:
    """None where there are too few points on both sides to draw a line, or so close that their times are the same."""
    points = _points(panel)
    if len(points) < FEWEST:
        return None
    labels = _labels(chart, points, len(panel.canary))
    if len(set(labels)) < len(labels):
        return None
    sides = (("baseline", [one for _, one, _ in points]), ("canary", [one for _, _, one in points]))
    return {
        "type": "data_visualization",
        "title": cut(panel.title, TITLE) or "–",
        "chart": {
            "type": "line",
            "series": [
                {"name": name, "data": [{"label": at, "value": one} for at, one in zip(labels, values, strict=True)]}
                for name, values in sides
            ],
            "axis_config": {"categories": labels, "x_label": "minutes, and the canary's weight from then on"},
        },
    }


def _points(panel: Panel) -> list[tuple[int, float, float]]:
    """(slot, baseline, canary) of what both have, in at most `POINTS`."""
    together = -(-len(panel.canary) // POINTS)
    slots = range(0, len(panel.canary), together)
    found = [(at, _worst(panel.baseline[at : at + together]), _worst(panel.canary[at : at + together])) for at in slots]
    return [(at, round(one, 3), round(other, 3)) for at, one, other in found if one is not None and other is not None]


def _worst(values: Sequence[Value]) -> Value:
    return max((one for one in values if one is not None), default=None)


def _labels(chart: Chart, points: Sequence[tuple[int, float, float]], slots: int) -> list[str]:
    """When each point begins; the first one of a weight says which."""
    places = [at / slots for at, _, _ in points]
    weights = [max((one for one in chart.weights if one[0] <= place), default=None) for place in places]
    first = [True, *(one != other for one, other in pairwise(weights))]
    return [
        cut(_clock(chart.span * place) + (f" · {weight[1]} %" if weight and new else ""), LABEL)
        for place, weight, new in zip(places, weights, first, strict=True)
    ]


def _clock(since: timedelta) -> str:
    minutes, seconds = divmod(since.total_seconds(), 60)
    return f"{int(minutes)}:{int(seconds):02}"
