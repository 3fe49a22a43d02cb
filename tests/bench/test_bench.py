"""Every group runs, on the smallest size: figures are made, and none of them is judged by the clock."""

import pytest

from tests.bench.figures import Figure, quantile, union
from tests.bench.groups import GROUPS, Group
from tests.bench.past import long_past

SECONDS = ("memory_at_rest",)
"""Groups that need no deploy first; the others take most of a minute each, and are run with the soak."""


@pytest.mark.parametrize(
    "group",
    [
        pytest.param(one, id=one.name, marks=() if one.name in SECONDS else pytest.mark.soak)
        for one in GROUPS
        if one.measure is not long_past
    ],
)
async def test_a_group_makes_its_figures(group: Group) -> None:
    names = [figure.name for figure in await group.measure(1)]
    assert {group.name, *group.also} <= set(names)
    assert len(names) == len(set(names))


@pytest.mark.soak
async def test_the_long_past_makes_its_figures() -> None:
    names = {figure.name for figure in await long_past(2, runs=50)}
    assert {"history_100k_p99", "status_100k_p99", "history_100k_growth"} <= names


def test_a_quantile_is_one_of_the_values() -> None:
    assert quantile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert quantile([float(n) for n in range(1, 101)], 0.99) == 99.0
    assert quantile([7.0], 0.99) == 7.0


def test_time_in_which_two_spans_lasted_counts_once() -> None:
    assert union([(0.0, 2.0), (1.0, 3.0), (5.0, 6.0), (5.5, 5.6)]) == 4.0


@pytest.mark.parametrize(("value", "line"), [(41.23, "a 41.2 ratio"), (0.5, "a 0.50 ratio"), (1234.6, "a 1235 ratio")])
def test_a_figure_is_one_line(value: float, line: str) -> None:
    assert str(Figure("a", value, "ratio")) == line
