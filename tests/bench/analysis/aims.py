"""What the judge has to reach, each with its number and whether it is within two standard errors."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.bench.analysis.rollout import End
from tests.bench.analysis.scenarios import BAD, HARMLESS, HEALTHY, NOISY
from tests.bench.analysis.table import MAIN, Cell, Measured


@dataclass(frozen=True, slots=True)
class Aim:
    """One aim, as one line."""

    name: str
    found: str
    reached: bool

    def __str__(self) -> str:
        return f"{'pass' if self.reached else 'MISS'}  {self.name}: {self.found}"


def aims(measured: Measured) -> list[Aim]:
    """All of them, for Outrider's judge."""
    cells = {scenario: cell for (rule, scenario), cell in measured.items() if rule == MAIN}
    return [
        *_false_alarms(cells),
        *_promotions(cells),
        *_detections(cells),
        *_escapes(cells),
        *_against_peers(measured),
    ]


Cells = dict[str, Cell]
CALM = 0.025
"""Mean of false rollbacks over the healthy scenarios up to which another rule is one to compare with."""


def _false_alarms(cells: Cells) -> Iterator[Aim]:
    for scenario in (*HEALTHY, *NOISY, *HARMLESS):
        cell = cells[scenario.name]
        part = cell.part(End.BACK)
        yield Aim(
            f"false rollbacks at most 1 %, {scenario.name}", _shown(cell, part), part <= 0.01 + 2 * cell.error(0.01)
        )


def _promotions(cells: Cells) -> Iterator[Aim]:
    tiny = cells["0.2/s 1 %"]
    part = tiny.part(End.PROMOTED)
    yield Aim("0.2/s is never promoted by itself", _shown(tiny, part), part == 0)
    for name, minutes in (("100/s no errors", 8), ("100/s 0.1 %", 8), ("2000/s 0.1 %", 8), ("100/s 1 %", 15)):
        cell = cells[name]
        part, median = cell.part(End.PROMOTED), cell.seconds(End.PROMOTED) or float("inf")
        reached = part >= 0.97 - 2 * cell.error(0.97) and median <= minutes * 60
        yield Aim(
            f"97 % promoted, half of them within {minutes} min, {name}",
            f"{_shown(cell, part)}, {median:.0f} s",
            reached,
        )


DETECTIONS = {
    "2000/s hard down": (0.99, 30),
    "100/s hard down": (0.99, 30),
    "5/s hard down": (0.99, 60),
    "0.2/s hard down": (0.99, 360),
    "100/s 0.1 % x20": (0.99, 90),
    "2000/s 0.1 % x20": (0.99, 60),
    "100/s 0.1 % x5": (0.98, 360),
    "100/s 1 % x5": (0.99, 90),
    "100/s 0 % +0.5 pp": (0.98, 300),
    "100/s 0.1 % +0.5 pp": (0.98, 300),
    "100/s 20 % slower": (0.98, 300),
    "100/s tail x2": (0.98, 120),
    "100/s 1 % +0.5 pp": (0.57, None),
    "5/s 1 % x5": (0.85, None),
    "5/s 0.1 % x20": (0.82, None),
    "100/s 1 % x2 clumped": (0.80, None),
}
"""Scenario -> rolled back at least, and the median time in seconds at most."""


def _detections(cells: Cells) -> Iterator[Aim]:
    for name, (least, most) in DETECTIONS.items():
        cell = cells[name]
        part, median = cell.part(End.BACK), cell.seconds(End.BACK) or float("inf")
        reached = part >= least - 2 * cell.error(least) and (most is None or median <= most)
        within = f", half within {most} s" if most else ""
        yield Aim(f"{least:.0%} rolled back{within}, {name}", f"{_shown(cell, part)}, {median:.0f} s", reached)


def _escapes(cells: Cells) -> Iterator[Aim]:
    for scenario in BAD:
        cell = cells[scenario.name]
        part = cell.part(End.PROMOTED)
        least = 0.2 if scenario.name == "5/s 20 % slower" else 0.02
        yield Aim(
            f"at most {least:.0%} escape, {scenario.name}", _shown(cell, part), part <= least + 2 * cell.error(least)
        )


def _against_peers(measured: Measured) -> Iterator[Aim]:
    """A fivefold error rate is found no later than by the best rule that is wrong about few good releases."""
    rules = [rule for rule in dict.fromkeys(rule for rule, _ in measured) if not rule.startswith(MAIN)]
    calm = [rule for rule in rules if _false(measured, rule) <= CALM]
    for name in ("100/s 0.1 % x5", "100/s 1 % x5", "5/s 1 % x5"):
        mine = measured[MAIN, name].seconds(End.BACK) or float("inf")
        times = {rule: measured[rule, name].seconds(End.BACK) or float("inf") for rule in calm}
        best = min(times, key=lambda rule: times[rule]) if times else "no other rule"
        found = f"{mine:.0f} s against {times.get(best, float('inf')):.0f} s ({best})"
        yield Aim(
            f"no later than the best rule with few false rollbacks, {name}",
            found,
            mine <= times.get(best, mine),
        )


def _false(measured: Measured, rule: str) -> float:
    parts = [measured[rule, one.name].part(End.BACK) for one in HEALTHY]
    return sum(parts) / len(parts)


def _shown(cell: Cell, part: float) -> str:
    """The share and how exact it is; of none or all in n, one is 95 % sure to within 3/n."""
    size = len(cell.ended)
    exact = f"within {3 / size:.1%}" if part in (0.0, 1.0) else f"standard error {cell.error(part):.1%}"
    return f"{part:.1%} (of {size}, {exact})"
