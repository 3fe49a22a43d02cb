"""A chat platform: draws cards, says notices, and brings what people type and press."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from bot.domain.commands import Intent, Origin
from bot.domain.refusal import Unheard
from bot.view.card import RunCard
from bot.view.notice import Notice


@dataclass(frozen=True, slots=True)
class Limits:
    """What the platform can do, as data; the feed obeys it, and no platform's name stands in `bot/`."""

    max_text: int = 4000
    """Characters of one message."""
    max_buttons: int = 5
    can_edit: bool = True
    has_threads: bool = True
    min_edit_interval: timedelta = timedelta(seconds=1)
    """Between two drawings in the same conversation, of whichever card; the last state is always drawn."""
    min_post_interval: timedelta = timedelta(0)
    """Between two posts into the same conversation. The adapter keeps to it: its answers to people count too."""
    tick: timedelta | None = None
    """Draw a running card this often for its clocks alone; None: never."""


KEEPING = timedelta(seconds=2)
"""For the journal to keep a delivery; the strictest platform waits three seconds for its acknowledgement."""


class Intake(Protocol):
    """What an adapter hands each intent to: `keep` it, acknowledge it, then call. Nothing here raises.

    What was kept is never lost: if the adapter dies before it calls, or drops, the bot takes it up by itself.
    """

    async def keep(self, intent: Intent, within: timedelta = KEEPING) -> bool:
        """Store it durably, before the platform is told that it was heard. False: the same key was kept before, also by
        an earlier life of the bot; acknowledge, and do nothing more.

        Comes back within that time. Where the journal cannot be written until then it is logged, and the answer
        is True: what people ask for counts more than what a kill in that very moment would lose. So a platform that
        waits longer for its acknowledgement, or delivers again, gives it longer.
        """
        ...

    async def __call__(self, intent: Intent) -> Sequence[Notice]:
        """Obey what was kept. Returns quickly with what to answer; the work goes on behind it."""
        ...

    async def drop(self, intent: Intent) -> None:
        """It was kept, and is not to be obeyed: the platform has told the person that it failed."""
        ...

    def refuse(self, why: Unheard, platform: str, source: str) -> None:
        """Something came that is no intent, and the platform's own answer was all that it got; the log is told.

        `source`: the account or the address that it came from, in the platform's own form. However often it comes, for
        the same reason from the same source it is one line a minute. What `keep` knows already, it tells by itself.
        """
        ...


class Chat(Protocol):
    """One platform. Errors are `Temporary` (try again after `retry_after`) or `Permanent` (this message never)."""

    @property
    def platform(self) -> str:
        """Its name in the configuration."""
        ...

    @property
    def limits(self) -> Limits:
        """What it can do."""
        ...

    async def draw(self, address: str, card: RunCard, known: str, key: str) -> str:
        """Show the card: replace the message `known`, or post it where that is empty or gone. Returns its reference.

        Replacing is idempotent. `key` names the post, so that one whose answer was lost is not posted twice where
        the platform has a way to know.
        """
        ...

    async def say(self, address: str, thread: str, notice: Notice, key: str) -> None:
        """Post below the card whose reference is `thread`; into the conversation itself where it is empty.

        A notice's document goes with it. Repeated under the same key, what was posted of it is not posted again as
        far as the platform has a way to know: so a call that failed over the document may be repeated without it.
        """
        ...

    async def listen(self, intake: Intake) -> None:
        """Bring intents until cancelled. Acknowledges within the platform's deadline, then answers what came back.

        May be called again once it has ended; each call begins with a link of its own. A cancelled one ends within
        seconds, also where the platform does not answer any more.
        """
        ...

    async def probe(self) -> None:
        """Ask, over the very link that people's words come in by, whether the platform still hears; return if so.

        What came over the link a moment ago is an answer too. Raises `Temporary` with one clear reason where there is
        no link, or no answer over it; `Permanent` where the platform says that only a person can mend it. Idempotent,
        may be asked at any time, and answers within ten seconds. Posts nothing that anybody sees.
        """
        ...


__all__ = ["KEEPING", "Chat", "Intake", "Limits", "Origin"]
