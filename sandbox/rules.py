"""What the sandbox was told to do wrong: values, and which of them a request meets. No I/O.

A rule is for an API call (`method` and `path` are regular expressions, matched against the whole of each) or for the
edge (`script`, `version`, `path`). `times` says for how many matching requests it holds; without it, until deleted.
"""

import re
import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from typing import Any, TypeVar

Json = dict[str, Any]
R = TypeVar("R", "ApiRule", "EdgeRule")
API_DOES = frozenset({"status", "html", "empty", "slow", "lost", "cut", "hold"})
EDGE_DOES = frozenset({"exception", "status", "slow", "cut", "cold_start", "propagation"})


class BadRule(Exception):
    """Why a rule was not taken, in one sentence."""


def _rule_id() -> str:
    return uuid.uuid4().hex[:8]


@dataclass
class ApiRule:
    """`when`: before or after the call has acted. `status` with `code` and `retry_after`; `seconds` for slow."""

    do: str
    method: str = ".*"
    path: str = ".*"
    when: str = "before"
    status: int = 500
    code: int = 10013
    retry_after: float | None = None
    seconds: float = 0.0
    times: int | None = None
    after: int = 0
    id: str = field(default_factory=_rule_id)

    def check(self) -> None:
        """Raises where a word or a pattern is none."""
        _known(self.do, API_DOES)
        _known(self.when, frozenset({"before", "after"}))
        for pattern in (self.method, self.path):
            re.compile(pattern)

    def meets(self, method: str, path: str) -> bool:
        """Whether it is for this one."""
        return bool(re.fullmatch(self.method, method) and re.fullmatch(self.path, path))


@dataclass
class EdgeRule:
    """`rate`: the share of matching requests, 0 to 1, that it hits."""

    do: str
    script: str | None = None
    version: str | None = None
    path: str = ".*"
    rate: float = 1.0
    status: int = 500
    seconds: float = 0.0
    times: int | None = None
    id: str = field(default_factory=_rule_id)

    def check(self) -> None:
        """Raises where a word or a pattern is none."""
        _known(self.do, EDGE_DOES)
        re.compile(self.path)

    def meets(self, script: str, version: str | None, path: str) -> bool:
        """Whether it is for this one."""
        mine = self.script in (None, script) and (version is None or self.version in (None, version))
        return mine and bool(re.fullmatch(self.path, path))


class Rules:
    """The rules in force."""

    def __init__(self) -> None:
        self.api: dict[str, ApiRule] = {}
        self.edge: dict[str, EdgeRule] = {}

    def add_api(self, body: Json) -> ApiRule:
        """Takes a rule for calls; `BadRule` if it is none."""
        rule = _made(ApiRule, body)
        self.api[rule.id] = rule
        return rule

    def add_edge(self, body: Json) -> EdgeRule:
        """Takes a rule for the edge; `BadRule` if it is none."""
        rule = _made(EdgeRule, body)
        self.edge[rule.id] = rule
        return rule

    def for_call(self, method: str, path: str) -> list[ApiRule]:
        """The rules that this call meets; uses up one time of each. A rule with `after: n` lets n calls pass first."""
        met = []
        for rule in [one for one in self.api.values() if one.meets(method, path)]:
            if rule.after > 0:
                rule.after -= 1
            elif _use(rule, self.api):
                met.append(rule)
        return met

    def for_request(self, script: str, version: str, path: str, chance: float) -> list[EdgeRule]:
        """The edge rules that hit this request; `chance` in [0, 1) decides those with a rate."""
        met = [one for one in self.edge.values() if one.do not in ("cold_start", "propagation")]
        return [one for one in met if one.meets(script, version, path) and chance < one.rate and _use(one, self.edge)]

    def seconds(self, do: str, script: str, version: str | None = None) -> float:
        """The length of the longest `cold_start` or `propagation` that holds for this."""
        met = [one for one in self.edge.values() if one.do == do and one.meets(script, version, "/")]
        return max((one.seconds for one in met), default=0.0)

    def listed(self) -> Json:
        """All of them as plain values."""
        return {"api": _listed(self.api.values()), "edge": _listed(self.edge.values())}

    def delete(self, rule_id: str) -> bool:
        """Whether there was such a rule."""
        found = self.api.pop(rule_id, None) or self.edge.pop(rule_id, None)
        return found is not None

    def clear(self) -> None:
        """Deletes all of them."""
        self.api.clear()
        self.edge.clear()


def _use(rule: R, shelf: dict[str, R]) -> bool:
    if rule.times is not None:
        rule.times -= 1
        if rule.times <= 0:
            shelf.pop(rule.id, None)
    return True


def _made(kind: type[R], body: Json) -> R:
    known = {one.name for one in fields(kind)}
    unknown = sorted(set(body) - known)
    if unknown or "do" not in body:
        raise BadRule(
            f"A rule needs `do` and knows {', '.join(sorted(known))}; not: {', '.join(unknown) or 'nothing'}."
        )
    rule = kind(**body)
    try:
        rule.check()
    except re.error as error:
        raise BadRule(f"Not a regular expression: {error}.") from None
    return rule


def _known(word: str, words: frozenset[str]) -> None:
    if word not in words:
        raise BadRule(f"{word!r} is none of {', '.join(sorted(words))}.")


def _listed(rules: Iterable[ApiRule] | Iterable[EdgeRule]) -> list[Json]:
    return [asdict(one) for one in rules]
