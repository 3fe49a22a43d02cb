"""The rules that Slack holds an app manifest to, version 2 of its published schema (slackapi/manifest-schema).

`problems(manifest)` says what would be refused. Keys that are not listed are taken for misspelt. The names that Slack
keeps for its own commands are refused with "invalid name" by the live service; the schema does not list them.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

Fields = Mapping[str, Any]

BUILT_IN = frozenset(
    {
        "archive",
        "away",
        "call",
        "collapse",
        "dm",
        "dnd",
        "expand",
        "feed",
        "feedback",
        "help",
        "invite",
        "join",
        "kick",
        "leave",
        "me",
        "msg",
        "mute",
        "open",
        "part",
        "pro",
        "prefs",
        "remind",
        "remove",
        "rename",
        "search",
        "shortcuts",
        "shrug",
        "star",
        "status",
        "topic",
        "unarchive",
        "who",
    }
)
TOP = frozenset(
    {"_metadata", "display_information", "features", "oauth_config", "settings", "functions", "app_directory"}
)
FEATURES = frozenset(
    {"app_home", "bot_user", "shortcuts", "slash_commands", "unfurl_domains", "workflow_steps", "agent_view"}
)
SETTINGS = frozenset(
    {
        "allowed_ip_address_ranges",
        "event_subscriptions",
        "interactivity",
        "org_deploy_enabled",
        "socket_mode_enabled",
        "token_rotation_enabled",
        "is_hosted",
        "incoming_webhooks",
        "background_color",
    }
)
COMMAND = frozenset({"command", "description", "usage_hint", "should_escape", "url"})
SCOPE_OF_EVENT = {"app_mention": "app_mentions:read", "message.channels": "channels:history", "app_home_opened": ""}
HOME = frozenset({"home_tab_enabled", "messages_tab_enabled", "messages_tab_read_only_enabled"})


def problems(manifest: Fields) -> list[str]:
    """Everything that is wrong, each in one sentence."""
    socket = bool(manifest.get("settings", {}).get("socket_mode_enabled"))
    return [
        *_unknown(manifest, TOP, "the manifest"),
        *_display(manifest.get("display_information", {})),
        *_features(manifest.get("features", {}), socket),
        *_settings(manifest.get("settings", {}), socket),
        *_scopes(manifest),
    ]


def _unknown(fields: Fields, known: frozenset[str], where: str) -> Iterator[str]:
    for name in sorted(set(fields) - known):
        yield f"{where} has an unknown key: {name}"


def _long(value: object, most: int, where: str, least: int = 1) -> Iterator[str]:
    if not isinstance(value, str) or not least <= len(value) <= most:
        yield f"{where} must be {least} to {most} characters"


def _display(fields: Fields) -> Iterator[str]:
    yield from _unknown(
        fields, frozenset({"name", "description", "background_color", "long_description"}), "display_information"
    )
    yield from _long(fields.get("name"), 35, "the app's name")
    yield from _long(fields.get("description", "-"), 140, "the app's description")
    if "long_description" in fields:
        yield from _long(fields["long_description"], 4000, "the long description", least=175)
    if not re.fullmatch(r"#[0-9a-fA-F]{6}|#[0-9a-fA-F]{3}", fields.get("background_color", "#000")):
        yield "background_color is no colour"


def _features(fields: Fields, socket: bool) -> Iterator[str]:
    yield from _unknown(fields, FEATURES, "features")
    home = fields.get("app_home", {})
    yield from _unknown(home, HOME, "app_home")
    if any(not isinstance(value, bool) for value in home.values()):
        yield "app_home has switches alone"
    bot = fields.get("bot_user", {})
    yield from _unknown(bot, frozenset({"display_name", "always_online"}), "bot_user")
    if not re.fullmatch(r"[a-z0-9._-]{1,80}", bot.get("display_name", ""), re.IGNORECASE):
        yield "the bot's display name must be 1 to 80 letters, digits, dots, dashes and underscores"
    commands = fields.get("slash_commands", [])
    if len(commands) > 50:
        yield f"there are {len(commands)} of at most 50 slash commands"
    names = [one.get("command") for one in commands]
    if len(set(names)) < len(names):
        yield "two slash commands have one name"
    for command in commands:
        yield from _command(command, socket)


def _command(command: Fields, socket: bool) -> Iterator[str]:
    name = str(command.get("command", ""))
    yield from _unknown(command, COMMAND, name)
    if not re.fullmatch(r"/[a-z0-9_-]{1,31}", name):
        yield f"{name} must be a slash and 1 to 31 small letters, digits, dashes and underscores"
    if name.removeprefix("/") in BUILT_IN:
        yield f"{name} is one of Slack's own"
    yield from _long(command.get("description"), 2000, f"{name}'s description")
    if "usage_hint" in command:
        yield from _long(command["usage_hint"], 1000, f"{name}'s usage hint")
    yield from _address(command.get("url"), socket, name)


def _address(url: object, socket: bool, where: str) -> Iterator[str]:
    if url is None and not socket:
        yield f"{where} needs a url, because Socket Mode is off"
    if url is not None and not (isinstance(url, str) and url.startswith("https://") and len(url) <= 3000):
        yield f"{where}'s url must begin with https://"


def _settings(fields: Fields, socket: bool) -> Iterator[str]:
    yield from _unknown(fields, SETTINGS, "settings")
    events = fields.get("event_subscriptions", {})
    yield from _unknown(events, frozenset({"request_url", "bot_events", "user_events"}), "event_subscriptions")
    if len(events.get("bot_events", [])) > 100:
        yield "there are more than 100 events"
    if events.get("bot_events"):
        yield from _address(events.get("request_url"), socket, "event_subscriptions")
    actions = fields.get("interactivity", {})
    yield from _unknown(actions, frozenset({"is_enabled", "request_url", "message_menu_options_url"}), "interactivity")
    if actions.get("is_enabled"):
        yield from _address(actions.get("request_url"), socket, "interactivity")


def _scopes(manifest: Fields) -> Iterator[str]:
    """A feature without its scope is refused when the app is installed."""
    scopes = manifest.get("oauth_config", {}).get("scopes", {}).get("bot", [])
    if len(set(scopes)) < len(scopes):
        yield "a scope is listed twice"
    if manifest.get("features", {}).get("slash_commands") and "commands" not in scopes:
        yield "slash commands need the scope commands"
    events = manifest.get("settings", {}).get("event_subscriptions", {}).get("bot_events", [])
    if "app_home_opened" in events and not manifest.get("features", {}).get("app_home", {}).get("home_tab_enabled"):
        yield "app_home_opened comes only where the Home tab is enabled"
    for event in events:
        if event not in SCOPE_OF_EVENT or SCOPE_OF_EVENT[event] not in {*scopes, ""}:
            yield f"the event {event} needs the scope {SCOPE_OF_EVENT.get(event, '(unknown)')}"
