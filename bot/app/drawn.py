"""What is remembered of a card as it was drawn: its digest, and a sign for whether there is something to press on it.

The sign lets the feed see, without folding a run, which cards of runs that are over say something that has become
untrue: only those are looked at again when another run of the environment begins or ends.
"""

import hashlib
from dataclasses import replace

from bot.view.card import RunCard

PRESSABLE, BARE = "+", "-"


def digest(shown: RunCard) -> str:
    """What the card says, without its running clocks: a tick alone is no reason to edit a message."""
    still = replace(shown, steps=tuple(replace(step, seconds=None) for step in shown.steps))
    return hashlib.sha256(repr(still).encode()).hexdigest()[:16] + (PRESSABLE if shown.buttons else BARE)


def shows_buttons(drawn: str) -> bool:
    """Whether the card that was drawn so has buttons; of one that was drawn before there was a sign, perhaps."""
    return bool(drawn) and not drawn.endswith(BARE)
