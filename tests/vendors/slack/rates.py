"""Slack's rate limits: a minute's calls of a method in the whole workspace, posts in a channel, and closed doors.

Tiers are Slack's documented minimum, taken as the limit. For posts the documentation says about one a second in a
channel with short bursts; here a burst is five.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

TIERS: Mapping[str, int] = {
    "apps.connections.open": 50,
    "chat.update": 50,
    "chat.delete": 50,
    "chat.postEphemeral": 100,
    "conversations.history": 50,
    "conversations.replies": 50,
    "views.publish": 100,
    "auth.test": 600,
    "files.getUploadURLExternal": 100,
    "files.completeUploadExternal": 100,
}
BURST = 5
MINUTE = 60.0


@dataclass
class Rates:
    """`now` is in seconds on any clock that does not go back."""

    now: Callable[[], float]
    closed: dict[str, float] = field(default_factory=dict)
    """Name -> until when nothing is taken."""
    _calls: dict[str, list[float]] = field(default_factory=dict)
    _tokens: dict[str, tuple[float, float]] = field(default_factory=dict)

    def take(self, method: str, channel: str) -> int | None:
        """None where the call is let through, else how many seconds to wait (never 0)."""
        name, now = self.name(method, channel), self.now()
        if self.closed.get(name, now) > now:
            return self._seconds(self.closed[name] - now)
        wait = self._post(name, now) if method == "chat.postMessage" else self._tier(name, method, now)
        if wait > 0:
            self.closed[name] = now + self._seconds(wait)
            return self._seconds(wait)
        return None

    @staticmethod
    def name(method: str, channel: str) -> str:
        """What is counted together."""
        return f"{method} {channel}" if method == "chat.postMessage" else method

    @staticmethod
    def _seconds(wait: float) -> int:
        return max(1, int(wait) + (wait > int(wait)))

    def _tier(self, name: str, method: str, now: float) -> float:
        recent = [at for at in self._calls.get(name, []) if at > now - MINUTE]
        self._calls[name] = recent
        if len(recent) >= TIERS.get(method, 20):
            return recent[0] + MINUTE - now
        recent.append(now)
        return 0.0

    def _post(self, name: str, now: float) -> float:
        left, at = self._tokens.get(name, (float(BURST), now))
        left = min(float(BURST), left + now - at)
        # A pacing client's turn may come a rounding error early.
        taken = left >= 1.0 - 1e-6
        self._tokens[name] = (left - 1.0 if taken else left, now)
        return 0.0 if taken else 1.0 - left
