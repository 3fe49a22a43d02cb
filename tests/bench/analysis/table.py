"""Running everything, and the tables of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from statistics import median

from tests.bench.analysis.outrider import Outrider
from tests.bench.analysis.peers import Argo, Flagger, Kayenta
from tests.bench.analysis.rollout import BAKE, End, Ended, Rule, roll_out
from tests.bench.analysis.scenarios import BAD, HARMLESS, HEALTHY, NOISY, SMALL
from tests.bench.analysis.streams import MEDIAN, SPREAD, Scenario, Stream

P99 = MEDIAN * exp(2.3263 * SPREAD)
"""What 99 of 100 good answers stay within."""

RULES: Mapping[str, Callable[[Scenario], Rule]] = {
    "outrider": lambda _: Outrider(),
    "kayenta every 5 min": lambda _: Kayenta(),
    "kayenta every 60 s": lambda _: Kayenta(60),
    "flagger": lambda _: Flagger(),
    "flagger, tuned": lambda one: Flagger(1 - max(3 * one.errors, 0.005), 1.5 * P99),
    "argo every 5 min": lambda _: Argo(),
    "argo every 60 s, tuned": lambda one: Argo(1 - max(3 * one.errors, 0.005), 60),
}
MAIN = "outrider"
QUICK = {"polls every 30 s": 30, "polls every 10 s": 10, "polls every 5 s": 5}
"""How often a quicker source (the tail, probes) is polled, for the same judge."""
QUICK_ON = ("100/s 0.1 %", "100/s hard down", "100/s 0.1 % x20", "100/s 0.1 % x5", "100/s 20 % slower", "100/s tail x2")


@dataclass(frozen=True, slots=True)
class Cell:
    """One rule on one scenario."""

    scenario: Scenario
    ended: Sequence[Ended]

    def part(self, end: End, within: float | None = None) -> float:
        """Share of rollouts that ended so."""
        return sum(one.end is end and (within is None or one.seconds <= within) for one in self.ended) / len(self.ended)

    def seconds(self, end: End, quantile: float = 0.5) -> float | None:
        """By when so many of ALL rollouts had ended so; None where fewer ever did."""
        times = sorted(one.seconds for one in self.ended if one.end is end)
        place = max(0, round(quantile * len(self.ended) + 0.5) - 1)
        return times[place] if place < len(times) else None

    @property
    def bad(self) -> float:
        """Requests harmed, on average."""
        return sum(one.bad for one in self.ended) / len(self.ended)

    def error(self, part: float) -> float:
        """Standard error of a share."""
        return sqrt(max(part * (1 - part), 1 / len(self.ended) ** 2) / len(self.ended))


Measured = Mapping[tuple[str, str], Cell]
"""(rule, scenario) -> what came of it."""


def measure(rollouts: int, rules: Sequence[str] = tuple(RULES)) -> Measured:
    """Every rule on every scenario; all rules on one rollout after the other, as they share its polls."""
    measured = {}
    for scenario, size in _sizes(rollouts).items():
        ended = [
            [roll_out(RULES[name](scenario), Stream(scenario, number)) for name in rules] for number in range(size)
        ]
        for name, column in zip(rules, zip(*ended, strict=True), strict=True):
            measured[name, scenario.name] = Cell(scenario, column)
    return measured


def _sizes(rollouts: int) -> dict[Scenario, int]:
    sizes = dict.fromkeys((*HEALTHY, *NOISY, *HARMLESS), rollouts)
    return sizes | dict.fromkeys((*BAD, *SMALL), max(10, rollouts // 3))


def measure_quick(rollouts: int) -> Measured:
    """Outrider's judge with quicker polls."""
    sizes = {scenario: size for scenario, size in _sizes(rollouts).items() if scenario.name in QUICK_ON}
    return {
        (name, scenario.name): Cell(
            scenario, [roll_out(Outrider(), Stream(scenario, number), interval) for number in range(size)]
        )
        for scenario, size in sizes.items()
        for name, interval in QUICK.items()
    }


def quick_table(measured: Measured) -> Iterator[str]:
    """The table of that."""
    scenarios = list(dict.fromkeys(cell.scenario for cell in measured.values()))
    healthy = [one for one in scenarios if not one.bad]
    yield from _matrix("Quicker polls, healthy", measured, list(QUICK), healthy, _fine)
    yield from _matrix("Quicker polls, bad", measured, list(QUICK), [one for one in scenarios if one.bad], _harmful)


def worse(measured: Measured) -> Iterator[str]:
    """Where another rule found more, or as much sooner, and how often that rule is wrong about good releases."""
    rules = [rule for rule in dict.fromkeys(rule for rule, _ in measured) if not rule.startswith(MAIN)]
    for scenario in BAD:
        mine = measured[MAIN, scenario.name]
        for rule in rules:
            other = measured[rule, scenario.name]
            if _key(other) < _key(mine):
                alarms = _false([measured[rule, one.name] for one in (*HEALTHY, *NOISY)])
                yield f"- {scenario.name}: {_harmful(other)} by {rule} ({alarms} false), {_harmful(mine)} here"


def _key(cell: Cell) -> tuple[float, float]:
    """Smaller is better: what was not rolled back (to two points in a hundred), then the median time."""
    return round((1 - cell.part(End.BACK)) / 0.02), cell.seconds(End.BACK) or float("inf")


def tables(measured: Measured) -> Iterator[str]:
    """All tables, line by line, in Markdown."""
    rules = list(dict.fromkeys(rule for rule, _ in measured))
    yield from _summary(measured, rules)
    for title, group in (("Healthy", HEALTHY), ("Noisy", NOISY), ("Harmless", HARMLESS)):
        yield from _matrix(title, measured, rules, group, _fine)
    yield from _matrix("Bad", measured, rules, (*BAD, *SMALL), _harmful)


def _matrix(
    title: str, measured: Measured, rules: Sequence[str], group: Sequence[Scenario], word: Callable[[Cell], str]
) -> Iterator[str]:
    yield f"\n| {title} | {' | '.join(rules)} |"
    yield "| --- |" + " --- |" * len(rules)
    for scenario in group:
        yield f"| {scenario.name} | {' | '.join(word(measured[rule, scenario.name]) for rule in rules)} |"


def _fine(cell: Cell) -> str:
    """`false rollbacks, promoted, median time`."""
    return (
        f"{_share(cell.part(End.BACK))} back, {_share(cell.part(End.PROMOTED))} on, {_time(cell.seconds(End.PROMOTED))}"
    )


def _harmful(cell: Cell) -> str:
    """`rolled back, escaped, median/p90 time, requests harmed`."""
    times = f"{_time(cell.seconds(End.BACK))}/{_time(cell.seconds(End.BACK, 0.9))}"
    escaped = cell.part(End.PROMOTED)
    return f"{_share(cell.part(End.BACK))}{f', {_share(escaped)} escaped' if escaped else ''}, {times}, {cell.bad:.0f}"


def _summary(measured: Measured, rules: Sequence[str]) -> Iterator[str]:
    yield (
        "| rule | false rollbacks, independent errors: mean / worst | noisy: mean / worst | harmless: mean "
        "| bad rolled back | within 15 min | escaped | median time to detect | requests harmed (geometric mean) "
        "| healthy promoted, median time |"
    )
    yield "| --- " * 10 + "|"
    for rule in rules:
        healthy, noisy, harmless, bad = (
            [measured[rule, one.name] for one in group] for group in (HEALTHY, NOISY, HARMLESS, BAD)
        )
        alarms = f"{_false(healthy)} | {_false(noisy)} | {_share(_mean(harmless, End.BACK))}"
        yield f"| {rule} | {alarms} | {_detected(bad)} | {_promoted(healthy)} |"


def _false(cells: Sequence[Cell]) -> str:
    worst = max(cell.part(End.BACK) for cell in cells)
    return f"{_share(_mean(cells, End.BACK))} / {_share(worst)}"


def _mean(cells: Sequence[Cell], end: End, within: float | None = None) -> float:
    return sum(cell.part(end, within) for cell in cells) / len(cells)


def _detected(cells: Sequence[Cell]) -> str:
    times = [time if (time := cell.seconds(End.BACK)) is not None else float("inf") for cell in cells]
    harmed = exp(sum(log(1 + cell.bad) for cell in cells) / len(cells)) - 1
    parts = [_share(_mean(cells, End.BACK)), _share(_mean(cells, End.BACK, BAKE)), _share(_mean(cells, End.PROMOTED))]
    return f"{' | '.join(parts)} | {_time(median(times))} | {harmed:.0f}"


def _promoted(cells: Sequence[Cell]) -> str:
    busy = [cell for cell in cells if cell.scenario.requests >= 100]
    times = [time if (time := cell.seconds(End.PROMOTED)) is not None else float("inf") for cell in busy]
    return f"{_share(_mean(busy, End.PROMOTED))}, {_time(median(times))}"


def _share(part: float) -> str:
    return f"{part * 100:.1f} %"


def _time(seconds: float | None) -> str:
    return "never" if seconds is None or seconds == float("inf") else f"{seconds:.0f} s"
