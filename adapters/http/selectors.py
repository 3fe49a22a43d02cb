"""Which samples of a page in Prometheus' text format are meant: a name, and what the labels have to be. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

NAME = r"[A-Za-z_:][A-Za-z0-9_:]*"
QUOTED = r'"(?:[^"\\]|\\.)*"'
_LABEL = re.compile(rf"\s*([A-Za-z_][A-Za-z0-9_]*)\s*(=~|!~|!=|=)\s*({QUOTED})\s*(?:,|$)")
_ESCAPED = {"n": "\n"}


@dataclass(frozen=True, slots=True)
class Sample:
    """One line of the page."""

    name: str
    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True, slots=True)
class Selector:
    """Which samples are meant: those of that name whose labels are so. A label that is not there is empty."""

    name: str
    labels: Sequence[tuple[str, str, str]]
    """Label, `=`, `!=`, `=~` or `!~`, and what it is compared with."""

    def finds(self, sample: Sample) -> bool:
        """Whether the sample is one of them."""
        return sample.name == self.name and all(_fits(sample.labels.get(one, ""), *how) for one, *how in self.labels)


def _fits(value: str, operator: str, wanted: str) -> bool:
    same = re.fullmatch(wanted, value) is not None if operator.endswith("~") else value == wanted
    return same is (operator[0] == "=")


def selector(text: str) -> Selector | None:
    """The selector that is written so, None where it is none."""
    found = re.fullmatch(rf"({NAME})\s*(?:\{{(.*)\}})?\s*", text, re.DOTALL)
    wanted = labels(found[2] or "") if found else None
    if found is None or wanted is None:
        return None
    try:
        for _, operator, value in wanted:
            if operator.endswith("~"):
                re.compile(value)
    except re.error:
        return None
    return Selector(found[1], wanted)


def labels(text: str) -> list[tuple[str, str, str]] | None:
    """Label, operator and value of each; None where it cannot be read."""
    found, at = [], 0
    while text[at:].strip():
        one = _LABEL.match(text, at)
        if one is None:
            return None
        found.append((one[1], one[2], re.sub(r"\\(.)", _unescaped, one[3][1:-1])))
        at = one.end()
    return found


def _unescaped(found: re.Match[str]) -> str:
    return _ESCAPED.get(found[1], found[1])
