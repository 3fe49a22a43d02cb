"""What can go wrong outside, as decisions. An adapter raises one of these and nothing else.

Trouble
├── Temporary   not done; the same call may be repeated after a pause
├── Permanent   not done; repeating would not help, a person has to change something
├── Doubtful    nobody knows whether it was done: ask `became_of` before anything else
├── Differs     refused until a person agrees that older secrets come back (the provider's code 10220)
└── Conflict    somebody else was first: read again, decide again

Every message is one sentence for a person, without secrets; `log` holds the last lines that were printed.
"""

from collections.abc import Sequence


class Trouble(Exception):
    """Anything an adapter reports. `reason` is one sentence, `log` the last lines of output (redacted)."""

    def __init__(self, reason: str, log: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.log = tuple(log)


class Temporary(Trouble):
    """It was not done, and trying again may help. `retry_after` is in seconds, None where nobody said."""

    def __init__(self, reason: str, log: Sequence[str] = (), retry_after: float | None = None) -> None:
        super().__init__(reason, log)
        self.retry_after = retry_after


class Permanent(Trouble):
    """It was not done, and trying again would not help."""


class Doubtful(Trouble):
    """The answer was lost, or the process that did it died: it may have been done."""


class Differs(Trouble):
    """The provider refuses to go back because secrets were changed since; `secrets` are their names."""

    def __init__(self, reason: str, secrets: Sequence[str]) -> None:
        super().__init__(reason)
        self.secrets = tuple(secrets)


class Conflict(Trouble):
    """The journal's stream, or the provider's state, is not what the caller had read."""
