"""Every way in."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager

from tests.adapters.ways.discord import discord
from tests.adapters.ways.mattermost import mattermost
from tests.adapters.ways.slack import slack
from tests.adapters.ways.telegram import telegram
from tests.adapters.ways.way import Way

WAYS: Mapping[str, Callable[[], AbstractAsyncContextManager[Way]]] = {
    "slack by HTTP": lambda: slack(socket=False),
    "slack by socket": lambda: slack(socket=True),
    "discord": discord,
    "telegram by polling": lambda: telegram(hooked=False),
    "telegram by webhook": lambda: telegram(hooked=True),
    "mattermost": mattermost,
}
