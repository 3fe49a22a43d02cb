"""Objects in the shape that the API and the gateway send them (developer documentation, "Resources")."""

from datetime import UTC, datetime

from tests.vendors.discord.state import PUBLIC_THREAD, Channel, Interaction, Json, Message, World

EVERYTHING = str(2**50 - 1)
"""Permissions as a number in a text."""


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


def account(id: int, name: str, bot: bool = False) -> Json:
    return {
        "id": str(id),
        "username": name,
        "global_name": name.title(),
        "discriminator": "0",
        "avatar": None,
        "bot": bot,
        "public_flags": 0,
    }


def bot(world: World) -> Json:
    return account(world.bot, "outrider", bot=True)


def application(world: World) -> Json:
    return {
        "id": str(world.application),
        "name": "outrider",
        "icon": None,
        "description": "",
        "bot_public": False,
        "bot_require_code_grant": False,
        "verify_key": "00" * 32,
        "flags": 0,
        "owner": account(1, "owner"),
        "team": None,
        "summary": "",
        "interactions_endpoint_url": None,
        "redirect_uris": [],
    }


def channel(world: World, one: Channel) -> Json:
    shared = {"id": str(one.id), "type": one.kind, "name": one.name, "guild_id": str(world.guild)}
    if one.kind != PUBLIC_THREAD:
        return {**shared, "position": 0, "permission_overwrites": [], "parent_id": None, "topic": None, "nsfw": False}
    return {
        **shared,
        "parent_id": str(one.parent),
        "owner_id": str(world.bot),
        "message_count": 0,
        "member_count": 1,
        "rate_limit_per_user": 0,
        "thread_metadata": {
            "archived": one.archived,
            "auto_archive_duration": 1440,
            "archive_timestamp": iso(world.clock.now()),
            "locked": one.locked,
        },
    }


def guild(world: World) -> Json:
    channels = [channel(world, one) for one in world.channels.values() if one.kind != PUBLIC_THREAD]
    threads = [channel(world, one) for one in world.channels.values() if one.kind == PUBLIC_THREAD and not one.archived]
    return {
        "id": str(world.guild),
        "name": "acme",
        "icon": None,
        "owner_id": "1",
        "afk_timeout": 300,
        "verification_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "mfa_level": 0,
        "nsfw_level": 0,
        "system_channel_flags": 0,
        "premium_tier": 0,
        "preferred_locale": "en-US",
        "features": [],
        "roles": [everyone(world)],
        "emojis": [],
        "stickers": [],
        "members": [],
        "member_count": 3,
        "channels": channels,
        "threads": threads,
        "unavailable": False,
    }


def everyone(world: World) -> Json:
    return {
        "id": str(world.guild),
        "name": "@everyone",
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "position": 0,
        "permissions": EVERYTHING,
        "managed": False,
        "mentionable": False,
        "flags": 0,
    }


def message(world: World, one: Message) -> Json:
    return {
        "id": str(one.id),
        "channel_id": str(one.channel),
        "author": bot(world),
        "content": one.payload.get("content") or "",
        "components": one.payload.get("components") or [],
        "flags": one.payload.get("flags", 0),
        "timestamp": iso(one.at),
        "edited_timestamp": iso(world.clock.now()) if one.edits else None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [_attachment(one, name, content) for name, content in one.files.items()],
        "embeds": [],
        "pinned": False,
        "type": 0,
    }


def _attachment(one: Message, name: str, content: bytes) -> Json:
    url = f"https://cdn.example/{one.id}/{name}"
    return {"id": str(one.id + 1), "filename": name, "size": len(content), "url": url, "proxy_url": url}


def interaction(world: World, kind: int, where: Channel, who: tuple[int, str], data: Json) -> Interaction:
    """A fresh one, as the gateway delivers it; `kind` is 2 typed, 3 pressed, 4 being typed."""
    id, at = world.snowflake(), world.clock.now()
    member: Json = {
        "user": account(*who),
        "nick": None,
        "roles": [],
        "joined_at": iso(at),
        "deaf": False,
        "mute": False,
        "flags": 0,
        "permissions": EVERYTHING,
    }
    payload = {
        "id": str(id),
        "application_id": str(world.application),
        "type": kind,
        "token": f"interaction-token-{id}",
        "version": 1,
        "guild_id": str(world.guild),
        "guild": {"id": str(world.guild), "locale": "en-US", "features": []},
        "channel_id": str(where.id),
        "channel": {**channel(world, where), "permissions": EVERYTHING},
        "member": member,
        "locale": "en-US",
        "guild_locale": "en-US",
        "app_permissions": EVERYTHING,
        "attachment_size_limit": 10_485_760,
        "authorizing_integration_owners": {"0": str(world.guild)},
        "context": 0,
        "entitlements": [],
        "data": data,
    }
    made = Interaction(id, str(payload["token"]), payload, at)
    world.interactions[id] = made
    return made
