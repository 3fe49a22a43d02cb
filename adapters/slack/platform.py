"""Slack, as the bot gets to know of it: its variables, the forms of its ids, and how it is opened."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.slack.settings import Settings
from bot.ports.platform import ADDRESS, ChatPlatform, Form, Given, Opened, Variable

VARIABLES = (
    Variable(
        "SLACK_BOT_TOKEN",
        "The bot user's token, xoxb-…",
        secret=True,
        form=Form("xoxb-.+", "is no bot token", "Take the one that begins with xoxb-."),
    ),
    Variable(
        "SLACK_APP_TOKEN",
        "The app-level token of Socket Mode, xapp-…",
        secret=True,
        form=Form("xapp-.+", "is no app-level token", "Take the one that begins with xapp-."),
        brief="Socket Mode",
    ),
    Variable("SLACK_SIGNING_SECRET", "Checks webhooks, where Socket Mode is off.", secret=True, brief="webhooks"),
    Variable("SLACK_API_BASE_URL", "Where Slack's API is.", "https://slack.com/api/", form=ADDRESS),
)


@asynccontextmanager
async def _opened(given: Given) -> AsyncIterator[Opened]:
    from adapters.slack.client import opened  # noqa: PLC0415 - the library is loaded only where Slack is on

    own = Settings(
        bot_token=given.values["SLACK_BOT_TOKEN"],
        app_token=given.values["SLACK_APP_TOKEN"],
        signing_secret=given.values["SLACK_SIGNING_SECRET"],
        base_url=given.values["SLACK_API_BASE_URL"],
        proxy=given.proxy,
        ca_file=given.certificates,
    )
    async with opened(own, given.clock) as slack:
        yield Opened(slack, () if own.app_token else (("/slack/events", slack.webhook),))


PLATFORM = ChatPlatform(
    name="slack",
    account=Form("[UW][A-Z0-9]+", "is no member's id in Slack", "It begins with U: profile, ⋮, Copy member ID."),
    address=Form(
        "[CGD][A-Z0-9]+", "is no conversation's id in Slack", "It begins with C: channel details, at the bottom."
    ),
    about="Slack: on with a bot token and either an app token or a signing secret",
    variables=VARIABLES,
    needs=(("SLACK_BOT_TOKEN",), ("SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET")),
    open=_opened,
)
