"""Slack as a chat platform; `opened` puts its `Chat` together."""

from adapters.slack.client import Slack, opened

__all__ = ["Slack", "opened"]
