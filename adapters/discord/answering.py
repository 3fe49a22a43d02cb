"""From an interaction to its answer: keep, acknowledge, hand on, answer.

Kept comes first, so that what was acknowledged survives the bot; then it is acknowledged before anything else is done,
for Discord waits three seconds. What could not be acknowledged is dropped, because the person was told that it failed
and asks again. Two exceptions end well: the answer to the acknowledgement was lost, then
the second try is told that it had arrived; and a second copy of the bot was faster, then that one obeys.

An answer is shown to the one who asked. What everybody should hear (the state of things, a lock, a freeze) is posted by
the bot itself, which needs no token that dies. The answer to a press is always private: the card shows the rest.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import discord
import structlog

from adapters.discord.inbound import PLATFORM, bot_behind, inbound
from adapters.discord.layout import NOBODY, layout
from adapters.discord.posts import Posts
from adapters.discord.render import render_notice
from adapters.discord.trouble import ACKNOWLEDGED, NETWORK
from bot.domain.commands import Pressed, Typed
from bot.domain.refusal import Unheard
from bot.ports.chat import Intake
from bot.view.notice import Notice

log = structlog.get_logger("chat.discord")

Interaction = discord.Interaction[Any]
PATIENCE = timedelta(seconds=2.7)
"""From an interaction's coming to its acknowledgement, keeping and a second try among it; Discord waits 3 s."""
TRIES = 3
BETWEEN = 0.1
"""Seconds between two tries."""


async def answered(interaction: Interaction, intake: Intake, posts: Posts) -> None:
    """Do all of it. Never raises: an answer that cannot be given is logged, and what was asked for goes on."""
    until = asyncio.get_running_loop().time() + PATIENCE.total_seconds()
    try:
        payload = payload_of(interaction)
        intent = inbound(payload)
        if bot := bot_behind(payload):
            intake.refuse(Unheard.FROM_A_BOT, PLATFORM, bot)
        if intent is None or not await intake.keep(intent):
            return  # what comes again was acknowledged, or dropped, when it came first
        if await acknowledged(interaction, until):
            await _tell(interaction, intent, await intake(intent), posts)
        else:
            await intake.drop(intent)
    except (discord.DiscordException, *NETWORK) as error:
        log.warning("an answer was not delivered", interaction=interaction.id, error=_name(error))
    except Exception:
        log.exception("a fault of the bot itself while answering", interaction=interaction.id)


def payload_of(interaction: Interaction) -> dict[str, Any]:
    """The interaction in Discord's own shape, as far as it matters."""
    person, channel = interaction.user, interaction.channel
    account = {
        "id": str(person.id),
        "username": person.name,
        "global_name": person.global_name,
        "bot": person.bot,
    }
    place: dict[str, Any] = {"id": str(interaction.channel_id or "")}
    if channel is not None:
        place["type"] = channel.type.value
        place["parent_id"] = str(getattr(channel, "parent_id", None) or "")
    return {
        "id": str(interaction.id),
        "type": interaction.type.value,
        "channel_id": str(interaction.channel_id or ""),
        "channel": place,
        "member": {"user": account, "nick": getattr(person, "nick", None)},
        "message": {"id": str(interaction.message.id)} if interaction.message else None,
        "data": interaction.data,
    }


async def acknowledged(interaction: Interaction, until: float) -> bool:
    """True where the person sees by then, in the loop's seconds, that the bot has heard."""
    lost = False
    try:
        async with asyncio.timeout_at(until):
            for _ in range(TRIES):
                try:
                    await interaction.response.defer(ephemeral=True, thinking=_typed(interaction))
                except NETWORK:
                    lost = True
                    await asyncio.sleep(BETWEEN)
                else:
                    return True
    except (discord.DiscordException, TimeoutError) as error:
        if lost and isinstance(error, discord.HTTPException) and error.code == ACKNOWLEDGED:
            return True
        log.warning("not acknowledged, so not obeyed", interaction=interaction.id, error=_name(error))
        return False
    log.warning("not acknowledged, so not obeyed", interaction=interaction.id, error="no connection")
    return False


async def _tell(interaction: Interaction, intent: Typed | Pressed, notices: Sequence[Notice], posts: Posts) -> None:
    """Everybody's first, so that what fails there can still be told to the one who asked."""
    private = []
    for at, notice in enumerate(notices):
        if isinstance(intent, Pressed) or notice.private or notice.run or not await _post(posts, intent, notice, at):
            private.append(notice)
    if isinstance(intent, Pressed):
        for notice in private:
            await _follow(interaction, notice)
    elif private:
        await _replace(interaction, private[0])
        for notice in private[1:]:
            await _follow(interaction, notice)
    else:
        await interaction.delete_original_response()


async def _post(posts: Posts, intent: Typed | Pressed, notice: Notice, at: int) -> bool:
    """True where everybody can read it now, in the thread or channel in which it was asked for."""
    place = intent.origin.thread or intent.origin.address
    try:
        await posts.post(int(place), render_notice(notice), f"{intent.key}:{at}")
    except (discord.DiscordException, *NETWORK) as error:
        log.warning("an answer for everybody is given to one", key=intent.key, error=_name(error))
        return False
    return True


async def _replace(interaction: Interaction, notice: Notice) -> None:
    """Put the answer where the person sees the bot thinking. The same edit twice does no harm."""
    for left in reversed(range(TRIES)):
        try:
            await interaction.edit_original_response(**_options(notice))
        except NETWORK:
            if not left:
                raise
        else:
            return


async def _follow(interaction: Interaction, notice: Notice) -> None:
    """A further private message. It has no key against a second one, so it is sent once."""
    await interaction.followup.send(ephemeral=True, **_options(notice))


def _options(notice: Notice) -> dict[str, Any]:
    payload = render_notice(notice)
    shown = {"content": payload["content"]} if "content" in payload else {"view": layout(payload["components"])}
    return {**shown, "allowed_mentions": NOBODY}


def _typed(interaction: Interaction) -> bool:
    return interaction.type is discord.InteractionType.application_command


def _name(error: BaseException) -> str:
    code = getattr(error, "code", None)
    return f"{type(error).__name__} {code}" if code is not None else type(error).__name__
