"""The chat platforms that there are: every folder of `adapters` that holds a module `platform`.

Nothing else in the bot knows their names. A folder is looked at, not imported, before it is known to be one.
"""

from functools import cache
from importlib import import_module
from importlib.resources import files

import adapters
from bot.ports.platform import ChatPlatform


@cache
def chat_platforms() -> tuple[ChatPlatform, ...]:
    """What each of them states, in the order of their names."""
    folders = files(adapters).iterdir()
    return tuple(_stated(name) for name in sorted(one.name for one in folders if (one / "platform.py").is_file()))


def _stated(name: str) -> ChatPlatform:
    stated = import_module(f"adapters.{name}.platform").PLATFORM
    if not isinstance(stated, ChatPlatform) or stated.name != name:
        raise TypeError(f"PLATFORM of adapters/{name}/platform.py is no ChatPlatform of that name")
    return stated
