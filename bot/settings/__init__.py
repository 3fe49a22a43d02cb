"""Environment and outrider.toml become frozen `Settings`; everything that is wrong is said at once.

    match load(environment(), config_path(environment()), channels):
        case Problems() as problems: print(problems)
        case Settings() as settings: ...

The shape of the file is in `shape`, what its keys say together in `contradictions`, `targets`, `gates` and `checks`,
the variables in `variables`. `channels` maps each channel that may be verified to what validates its own keys.
"""

from typing import Any

from bot.settings.checks import Channels
from bot.settings.environment import environment
from bot.settings.load import config_path, load
from bot.settings.platforms import chat_platforms
from bot.settings.problems import Problem, Problems
from bot.settings.shape import schema as _schema
from bot.settings.values import GitHub, Platform, Settings

__all__ = [
    "Channels",
    "GitHub",
    "Platform",
    "Problem",
    "Problems",
    "Settings",
    "chat_platforms",
    "config_path",
    "environment",
    "load",
    "schema",
]


def schema() -> dict[str, Any]:
    """JSON Schema of outrider.toml, for editors."""
    return _schema(chat_platforms())
