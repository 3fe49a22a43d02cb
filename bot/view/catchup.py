"""What a conversation hears that could not be told in time: one notice in place of many.

A platform that was away for the whole of a run must not be flooded with everything that was said meanwhile. What is
too old and too much is condensed into one notice: a row for each thing that happened, the failures first where not
all have room, and the last log. Left out of it, and told as ever, is the last word: how the run ended (with its
report), or the question that still waits for somebody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.events import Event
from bot.domain.fold import evolve, fold
from bot.domain.run import Run
from bot.view.notice import Notice, Tone
from bot.view.report import reported
from bot.view.sentences import Say, say
from bot.view.thread import thread
from bot.view.words import LOG_LINES, count

CELL = 280
"""Characters of one row."""
BETWEEN = 12
"""Characters that a platform may put around a row: marks, markup, the end of the line."""
ROOM = 3200
"""Characters of all rows, however much more a platform takes: nobody reads on."""
FRAME = 400
"""Characters for the sentence and what stands around it."""


@dataclass(frozen=True, slots=True)
class Behind:
    """Where telling one by one would be a flood: more than `most` notices that are older than `age`."""

    most: int = 5
    age: timedelta = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Untold:
    """What one event has the thread say. `seq`: how many events of the run there are up to it."""

    seq: int
    at: datetime
    said: tuple[Notice, ...]


@dataclass(frozen=True, slots=True)
class Condensed:
    """One notice for everything up to the run's event number `seq`."""

    seq: int
    notice: Notice


def untold(events: Sequence[Event], told: int) -> tuple[Untold, ...]:
    """What the thread has still to hear of a run where `told` of its events were told; silent events are left out."""
    found: list[Untold] = []
    before: Run | None = fold(events[:told])
    for seq, event in enumerate(events[told:], start=told + 1):
        after = evolve(before, event) if before else fold([event])
        if after is None:
            break
        if said := reported(thread(before, event, after), after, events[:seq]):
            found.append(Untold(seq, event.at, said))
        before = after
    return tuple(found)


def condensed(waiting: Sequence[Untold], now: datetime, behind: Behind, most_text: int) -> Condensed | None:
    """One notice for all but the last word; None where everything can be told one by one."""
    old = sum(len(one.said) for one in waiting if one.at <= now - behind.age)
    late = waiting[:-1] if waiting and _last_word(waiting[-1]) else waiting
    if old <= behind.most or sum(len(one.said) for one in late) < 2:
        return None
    return Condensed(late[-1].seq, _notice(late, most_text))


def _last_word(one: Untold) -> bool:
    """How the run ended, or what still waits for an answer."""
    return any(notice.code.startswith("ended_") or notice.tone is Tone.ASK for notice in one.said)


def _notice(late: Sequence[Untold], most_text: int) -> Notice:
    said = [(one.at, notice) for one in late for notice in one.said]
    blanks = {"count": count(len(said), "thing"), "since": _time(late[0].at), "until": _time(late[-1].at)}
    room = min(ROOM, most_text - FRAME)
    log = _log([notice for _, notice in said], room // 3)
    rows = _rows(said, room - sum(map(_size, log)))
    tone = Tone.BAD if any(notice.tone is Tone.BAD for _, notice in said) else Tone.PLAIN
    return Notice(Say.CAUGHT_UP, say(Say.CAUGHT_UP, **blanks), tone, rows, log)


_FIRST = {Tone.BAD: 0, Tone.ASK: 1, Tone.GOOD: 1, Tone.PLAIN: 2}


def _rows(said: Sequence[tuple[datetime, Notice]], room: int) -> tuple[tuple[str, ...], ...]:
    """In the order of time those that have room; what failed is kept before what passed, and the newest of a kind."""
    rows = [(_time(at), _cut(notice.text)) for at, notice in said]
    left, kept = room - CELL, set[int]()
    for at in sorted(range(len(rows)), key=lambda at: (_FIRST[said[at][1].tone], -at)):
        left -= sum(map(_size, rows[at]))
        if left < 0:
            break
        kept.add(at)
    more = len(rows) - len(kept)
    shown = tuple(row for at, row in enumerate(rows) if at in kept)
    return (*shown, ("…", f"and {count(more, 'more thing')}")) if more else shown


def _log(said: Sequence[Notice], room: int) -> tuple[str, ...]:
    """The last lines of the last log, as many as have room."""
    lines = next((notice.log for notice in reversed(said) if notice.log), ())[-LOG_LINES:]
    while lines and sum(map(_size, lines)) > room:
        lines = lines[1:]
    return lines


def _time(at: datetime) -> str:
    return f"{at:%H:%M:%S}"


def _cut(text: str) -> str:
    return text if len(text) <= CELL else f"{text[: CELL - 1].rstrip()}…"


def _size(text: str) -> int:
    """As the strictest platform counts: UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2 + BETWEEN
