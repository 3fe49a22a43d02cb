"""What is compared between the platforms is what the card says, whichever of them it stands on."""

from collections import Counter
from dataclasses import replace

import pytest

from adapters.discord.render import render as discord_payload
from adapters.slack.render import render as slack_payload
from adapters.telegram.render import render as telegram_payload
from bot.view.card import RunCard
from tests.trio import discord, slack, telegram
from tests.trio.words import Words, meant
from tests.vendors.discord.state import Message as DiscordMessage
from tests.vendors.slack.workspace import BOT
from tests.vendors.slack.workspace import Message as SlackMessage
from tests.vendors.telegram.server import Chat
from tests.vendors.telegram.writing import Writing
from tests.view.gallery import SCREENS


def shown(card: RunCard) -> dict[str, Words]:
    """Rendered for each platform, and read there."""
    writing = Writing(Counter(), chats={1: Chat(1)})
    payload = telegram_payload(card)
    keyboard = str(payload["reply_markup"]).replace("'", '"')
    _, message = writing.send({"chat_id": "1", "text": payload["text"], "parse_mode": "HTML", "reply_markup": keyboard})
    return {
        "slack": slack.words_of(SlackMessage("C0OPS", "1", BOT, **slack_payload(card))),
        "slack without plan": slack.words_of(SlackMessage("C0OPS", "1", BOT, **slack_payload(card, plan=False))),
        "discord": discord.words_of(DiscordMessage(1, 1, 0.0, discord_payload(card))),
        "telegram": telegram.words_of(message),
    }


@pytest.mark.parametrize("screen", [name for name in SCREENS if name != "rollout"])
def test_every_platform_says_what_the_card_means(screen: str) -> None:
    card = SCREENS[screen]()
    assert shown(card) == dict.fromkeys(shown(card), meant(card))


def test_a_difference_is_seen() -> None:
    card = SCREENS["succeeded"]()
    light = SCREENS["aborted"]().light
    for other in (replace(card, state="else"), replace(card, buttons=()), replace(card, light=light)):
        assert all(one != meant(card) for one in shown(other).values())
