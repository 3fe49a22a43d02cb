"""Telegram as a chat platform."""

from adapters.telegram.client import Telegram, opened
from adapters.telegram.settings import Settings

__all__ = ["Settings", "Telegram", "opened"]
