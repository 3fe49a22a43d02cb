"""What a card says, whatever platform it stands on: its lights and its words, without the platform's own dress.

The mark on top becomes a light, other marks, markup and separators go, and what is left is counted: two cards with the
same `Words` tell a person the same, in whatever order and look. `meant` makes them of the card itself, as the bot drew
it.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.view.card import Light, RunCard
from bot.view.words import took


@dataclass(frozen=True)
class Words:
    """The light on top, what people read, and what the buttons carry (sorted)."""

    light: Light
    words: Counter[str] = field(default_factory=Counter)
    tokens: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.light}: {' '.join(sorted(self.words.elements()))} | {' '.join(self.tokens)}"


_SEPARATORS = re.compile(r"[·—|░█]|(?<!\w)–(?!\w)")


def words(light: Light, texts: Iterable[str], tokens: Iterable[str]) -> Words:
    """Of these texts, in which no markup and no mark is left."""
    found = [word for text in texts for word in _SEPARATORS.sub(" ", text).split()]
    return Words(light, Counter(found), tuple(sorted(tokens)))


def meant(card: RunCard) -> Words:
    """What the card has to say on every platform. A step that runs, or waits, shows no time: it would stand still."""
    texts = [card.title, card.subtitle, card.actor, card.run, card.state, card.way_back]
    for step in card.steps:
        idle = step.seconds is None or step.light in (Light.RUNNING, Light.WAITING)
        texts += [step.name, step.note, "" if idle else took(step.seconds or 0.0)]
    for check in card.checks:
        texts += [check.channel, check.reason, took(check.latency) if check.latency is not None else ""]
    if card.canary is not None:
        texts.append(f"baseline {100 - card.canary} % canary {card.canary} %")
    texts += [button.label for button in card.buttons]
    return words(card.light, texts, (button.token for button in card.buttons))
