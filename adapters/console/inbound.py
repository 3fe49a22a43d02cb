"""A typed line becomes an intent. Pure."""

import re
from collections.abc import Mapping

from bot.domain.commands import Origin, Pressed, Typed
from bot.domain.values import Actor

NUMBER = re.compile(r"\[?([0-9]{1,2})\]?", re.ASCII)


def inbound(text: str, actor: Actor, origin: Origin, key: str, numbers: Mapping[int, str]) -> Typed | Pressed:
    """What a line means: a number (`2` or `[2]`) presses that button, everything else is words.

    `numbers` are the buttons on the screen: number -> token. A number without a button is pressed with an empty token,
    which the bot refuses as none of its own.
    """
    line = text.strip()
    number = NUMBER.fullmatch(line)
    if number is not None:
        return Pressed(numbers.get(int(number[1]), ""), actor, origin, key)
    return Typed(line, actor, origin, key)
