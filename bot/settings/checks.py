"""What the keys of a verified channel, or of a source of counts, say together, and what its adapter says of its own."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from bot.domain.targets import Option
from bot.settings.lines import Path
from bot.settings.problems import Wrong, unknown
from bot.settings.raw import Raw, members, span, tables, text
from bot.settings.shape import CheckTable, MetricTable

Validator = Callable[[Mapping[str, Option]], Sequence[str]]
"""Takes the options of a check and says what is wrong with them, a sentence each; nothing where they are fine."""
Channels = Mapping[str, Validator]
"""Name of each channel that checks may measure -> what validates its options."""

Sources = Mapping[str, Validator]
"""Kind of each source that a rollout may be measured by -> what validates its options."""

OWN_KEYS = frozenset(CheckTable.model_fields)


def check_wrongs(document: Raw, channels: Channels) -> Iterator[Wrong]:
    """Everything that is wrong in the checks of all targets."""
    for name, target in tables(document.get("targets")):
        for at, check in members(target.get("verify")):
            here: Path = ("targets", name, "verify", at)
            yield from _channel(here, check, channels)
            yield from _times(here, check)


def metric_wrongs(document: Raw, sources: Sources) -> Iterator[Wrong]:
    """Everything that is wrong in the sources of all targets."""
    for name, target in tables(document.get("targets")):
        known = {text(one.get("name")) for _, one in members(target.get("components"))}
        seen: set[str] = set()
        floors: dict[str, Any] = {}
        for at, metric in members(target.get("metrics")):
            here: Path = ("targets", name, "metrics", at)
            yield from _source(here, metric, sources)
            yield from _floors(here, metric, floors)
            component = text(metric.get("component"))
            if component and component not in known:
                yield unknown((*here, "component"), "no component is called", component, known)
            called = text(metric.get("name")) or text(metric.get("source"))
            if called in seen:
                yield Wrong(here, f"another source is called {called} too", 'Give it a "name" of its own.')
            seen.add(called)


def _source(here: Path, metric: Raw, sources: Sources) -> Iterator[Wrong]:
    kind = text(metric.get("source"))
    if kind and kind not in sources:
        yield unknown((*here, "source"), "no source is called", kind, sources)
    elif kind:
        yield from _said(here, metric, sources[kind](source_options(metric)))


def _floors(here: Path, metric: Raw, said: dict[str, Any]) -> Iterator[Wrong]:
    """A floor is one of a counter that the source brings, and one for all sources that bring it; `said` are those."""
    extra, floors = metric.get("extra"), metric.get("floors")
    counters = [str(name) for name in extra] if isinstance(extra, Mapping) else []
    for name, floor in floors.items() if isinstance(floors, Mapping) else ():
        if name not in counters:
            yield unknown((*here, "floors", name), "this source brings no counter", name, counters)
        elif said.setdefault(name, floor) != floor:
            what = f"another source says {said[name]} for the same counter"
            yield Wrong((*here, "floors", name), what, "Say it once, or the same.")


def options(check: Raw) -> dict[str, Any]:
    """The keys that belong to the channel."""
    return {key: value for key, value in check.items() if key not in OWN_KEYS}


def source_options(metric: Raw) -> dict[str, Any]:
    """The keys that belong to the source."""
    return {key: value for key, value in metric.items() if key not in MetricTable.model_fields}


def _channel(here: Path, check: Raw, channels: Channels) -> Iterator[Wrong]:
    channel = text(check.get("channel"))
    if channel and channel not in channels:
        yield unknown((*here, "channel"), "no channel is called", channel, channels)
    elif channel:
        yield from _said(here, check, channels[channel](options(check)))


def _said(here: Path, check: Raw, sentences: Sequence[str]) -> Iterator[Wrong]:
    """What an adapter says of its options, each at its key."""
    for said in sentences:
        what, _, hint = said.strip().rstrip(".").partition(": ")
        stop = "" if hint.endswith("?") else "."
        yield Wrong(_key_of(here, check, said), what, f"{hint[:1].upper()}{hint[1:]}{stop}" if hint else "")


def _key_of(here: Path, check: Raw, said: str) -> Path:
    """The key that the sentence begins with or calls an option, where it does; else the check."""
    named = [key for key in check if re.search(rf"^{re.escape(key)}\b|option {re.escape(key)}\b", said)]
    return (*here, max(named, key=len)) if named else here


def _times(here: Path, check: Raw) -> Iterator[Wrong]:
    fields = CheckTable.model_fields
    deadline = span(check.get("deadline"), fields["deadline"].default)
    attempt = span(check.get("attempt"), fields["attempt"].default)
    latency = span(check.get("max_latency"), attempt)
    if attempt > deadline:
        path = (*here, "attempt" if "attempt" in check else "deadline")
        yield Wrong(
            path, "one attempt may take longer than all of them together", 'Make "deadline" longer than "attempt".'
        )
    if latency > attempt:
        what = "an attempt ends before it takes so long"
        yield Wrong((*here, "max_latency"), what, 'Make "attempt" at least as long.')
