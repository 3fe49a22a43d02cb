"""One platform as the tests see it: people who type and press there, and what they then read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tests.trio.gate import Gate
from tests.trio.words import Words


@dataclass(frozen=True)
class Card:
    """A card that stands there. `reference` names its message; `edits` is how often it was changed."""

    run: str
    reference: str
    words: Words
    edits: int
    labels: Mapping[str, str]
    """What stands on a button -> what it carries."""


@dataclass(frozen=True)
class Delivery:
    """Something typed or pressed. `acked`: the platform was told in time that it was heard, after `took` seconds.

    `key` is what the bot calls the delivery.
    """

    key: str
    acked: bool
    took: float = 0.0


class Side(Protocol):
    """A platform's stand-in behind its gate."""

    @property
    def name(self) -> str:
        """The platform's, in the configuration."""
        ...

    @property
    def address(self) -> str:
        """The room's, there."""
        ...

    @property
    def gate(self) -> Gate:
        """The line to it."""
        ...

    @property
    def environ(self) -> Mapping[str, str]:
        """What the bot has to be told to find it."""
        ...

    def account(self, person: str) -> str:
        """A person's id there. Everybody of `trio.PEOPLE` has one, and any other name is a stranger's."""
        ...

    def ready(self) -> bool:
        """Somebody listens at the other end."""
        ...

    async def types(self, text: str, who: str) -> Delivery:
        """Give this command (`/deploy canary`) in the platform's own way; returns once it is acknowledged or late."""
        ...

    async def presses(self, run: str, label: str, who: str) -> Delivery:
        """Press the button of the run's card; `KeyError` where there is none of that label."""
        ...

    async def forges(self, token: str, who: str) -> Delivery:
        """Press what is no button, on the latest card that has any; `KeyError` where none has."""
        ...

    async def again(self, delivery: Delivery) -> None:
        """What was delivered before comes once more."""
        ...

    def cards(self) -> Sequence[Card]:
        """Every card in the room, oldest first."""
        ...

    def said(self, run: str) -> Sequence[str]:
        """What stands in the thread below the run's card, oldest first."""
        ...

    def answers(self, delivery: Delivery) -> Sequence[str]:
        """What the person read as an answer to it."""
        ...

    def fail(self, kind: str, edit: bool) -> None:
        """Let the next call that replaces (`edit`) or posts a message meet `limited`, `cut`, `lost` or `broken`."""
        ...

    @property
    def violations(self) -> Mapping[str, int]:
        """What a well-behaved bot never does -> how often it did."""
        ...

    @property
    def edits(self) -> int:
        """Calls so far that replace a message."""
        ...
