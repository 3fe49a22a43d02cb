"""How much Telegram takes, and what it counts when somebody does not keep to it."""

import math
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Bounds:
    """One message a second in a chat, twenty a minute in a group, thirty a second overall; edits count."""

    now: Callable[[], float]
    violations: Counter[str] = field(default_factory=Counter)
    calls: dict[int, deque[float]] = field(default_factory=lambda: defaultdict(lambda: deque(maxlen=20)))
    overall: deque[float] = field(default_factory=lambda: deque(maxlen=30))
    closed: dict[int, float] = field(default_factory=dict)
    busiest: int = 0
    """The most calls into one group within a minute."""

    def pause(self, chat: int) -> int:
        """Seconds that the caller has to wait; 0 where the call is taken. A wait that is asked for closes the chat."""
        now = self.now()
        wait = self.closed.get(chat, now) - now
        reason = "called while closed"
        for reason_of, free in () if wait > 0 else self._windows(chat, now):
            if free > now:
                wait, reason = free - now, reason_of
                break
        if wait > 0:
            self.violations[reason] += 1
            return self.close(chat, wait)
        self._count(chat, now)
        return 0

    def close(self, chat: int, seconds: float) -> int:
        """Take nothing there for so long; the whole seconds that the caller is told."""
        self.closed[chat] = max(self.closed.get(chat, 0.0), self.now() + math.ceil(seconds))
        return math.ceil(seconds)

    def _windows(self, chat: int, now: float) -> list[tuple[str, float]]:
        calls = self.calls[chat]
        found = [("more than one a second in a chat", calls[-1] + 1.0 if calls else now)]
        if chat < 0:
            found.append(("more than twenty a minute in a group", calls[0] + 60.0 if len(calls) == 20 else now))
        found.append(("more than thirty a second", self.overall[0] + 1.0 if len(self.overall) == 30 else now))
        return found

    def _count(self, chat: int, now: float) -> None:
        self.calls[chat].append(now)
        self.overall.append(now)
        if chat < 0:
            self.busiest = max(self.busiest, sum(one > now - 60.0 for one in self.calls[chat]))
