"""What the keys of a verified channel say together, and what its adapter says of its own keys."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from bot.domain.targets import Option
from bot.settings.lines import Path
from bot.settings.problems import Wrong, unknown
from bot.settings.raw import Raw, members, span, tables, text
from bot.settings.shape import CheckTable

Validator = Callable[[Mapping[str, Option]], Sequence[str]]
"""Takes the options of a check and says what is wrong with them, a sentence each; nothing where they are fine."""
Channels = Mapping[str, Validator]
"""Name of each channel that checks may measure -> what validates its options."""

OWN_KEYS = frozenset(CheckTable.model_fields)


def check_wrongs(document: Raw, channels: Channels) -> Iterator[Wrong]:
    """Everything that is wrong in the checks of all targets."""
    for name, target in tables(document.get("targets")):
        for at, check in members(target.get("verify")):
            here: Path = ("targets", name, "verify", at)
            yield from _channel(here, check, channels)
            yield from _times(here, check)


def options(check: Raw) -> dict[str, Any]:
    """The keys that belong to the channel."""
    return {key: value for key, value in check.items() if key not in OWN_KEYS}


def _channel(here: Path, check: Raw, channels: Channels) -> Iterator[Wrong]:
    channel = text(check.get("channel"))
    if channel and channel not in channels:
        yield unknown((*here, "channel"), "no channel is called", channel, channels)
    elif channel:
        for said in channels[channel](options(check)):
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
