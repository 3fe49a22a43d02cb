"""The rules that Slack holds an app manifest to, as far as an app like ours has to do with them.

`SHAPE` is version 2 of Slack's published schema (github.com/slackapi/manifest-schema, MIT), narrowed to what ours has:
whatever it takes, the published one takes too, which takes more. `python -m tests.adapters.slack.published FILE` holds
both, and the manifest, to a copy of the published file; last done with its state of 2026-07-21 (commit c50cfa8).
The file itself is not kept here: no package on PyPI or npm has it, and it changes several times a year.

The other rules are the live service's, and in no schema: names that Slack keeps for its own commands ("invalid name"),
addresses where Socket Mode is off, scopes for what is asked for.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft7Validator

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
SCOPE_OF_EVENT = {"app_mention": "app_mentions:read", "message.channels": "channels:history", "app_home_opened": ""}
SWITCH = {"type": "boolean"}


def _text(least: int, most: int, pattern: str = "") -> Fields:
    return {"type": "string", "minLength": least, "maxLength": most, **({"pattern": pattern} if pattern else {})}


def _fields(needed: tuple[str, ...] = (), **known: Fields) -> Fields:
    return {"type": "object", "additionalProperties": False, "required": list(needed), "properties": known}


def _names(least: int, most: int) -> Fields:
    return {"type": "array", "uniqueItems": True, "minItems": least, "maxItems": most, "items": _text(1, 50)}


ADDRESS = _text(1, 3000, "^https://")
COMMAND = _fields(
    ("command", "description"),
    command=_text(2, 32, r"^/[a-z0-9_-]{1,31}\Z"),
    description=_text(1, 2000),
    usage_hint=_text(1, 1000),
    should_escape=SWITCH,
    url=ADDRESS,
)
SHAPE: Fields = _fields(
    ("_metadata", "display_information", "features", "oauth_config", "settings"),
    _metadata=_fields(("major_version",), major_version={"const": 2}, minor_version={"type": "integer"}),
    display_information=_fields(
        ("name",),
        name=_text(1, 35),
        description=_text(1, 140),
        background_color=_text(4, 7, r"^#[0-9a-fA-F]{3}([0-9a-fA-F]{3})?\Z"),
        long_description=_text(175, 4000),
    ),
    features=_fields(
        app_home=_fields(home_tab_enabled=SWITCH, messages_tab_enabled=SWITCH, messages_tab_read_only_enabled=SWITCH),
        bot_user=_fields(("display_name",), display_name=_text(1, 80, r"^[A-Za-z0-9._-]+\Z"), always_online=SWITCH),
        slash_commands={"type": "array", "minItems": 1, "maxItems": 50, "items": COMMAND},
    ),
    oauth_config=_fields(("scopes",), scopes=_fields(("bot",), bot=_names(0, 255))),
    settings=_fields(
        event_subscriptions=_fields(request_url=ADDRESS, bot_events=_names(0, 100)),
        interactivity=_fields(("is_enabled",), is_enabled=SWITCH, request_url=ADDRESS),
        org_deploy_enabled=SWITCH,
        socket_mode_enabled=SWITCH,
        token_rotation_enabled=SWITCH,
    ),
)


def problems(manifest: Any) -> list[str]:
    """Everything that is wrong, each in one sentence."""
    found = misshapen(SHAPE, manifest)
    return found or [*_commands(manifest), *_addresses(manifest), *_scopes(manifest)]


def misshapen(schema: Fields, manifest: Any) -> list[str]:
    """What the schema does not take, and where."""
    errors = sorted(Draft7Validator(schema).iter_errors(manifest), key=lambda one: list(map(str, one.absolute_path)))
    return [f"{'/'.join(map(str, one.absolute_path)) or 'the manifest'}: {one.message}" for one in errors]


def _commands(manifest: Fields) -> Iterator[str]:
    names = [one["command"] for one in manifest["features"].get("slash_commands", [])]
    if len(set(names)) < len(names):
        yield "two slash commands have one name"
    for name in names:
        if name.removeprefix("/") in BUILT_IN:
            yield f"{name} is one of Slack's own"


def _addresses(manifest: Fields) -> Iterator[str]:
    """Without Socket Mode Slack has to know where to send things."""
    settings = manifest["settings"]
    if settings.get("socket_mode_enabled"):
        return
    asking: list[tuple[str, Fields, str]] = [
        (one["command"], one, "url") for one in manifest["features"].get("slash_commands", [])
    ]
    if settings.get("event_subscriptions", {}).get("bot_events"):
        asking.append(("event_subscriptions", settings["event_subscriptions"], "request_url"))
    if settings.get("interactivity", {}).get("is_enabled"):
        asking.append(("interactivity", settings["interactivity"], "request_url"))
    for where, fields, key in asking:
        if key not in fields:
            yield f"{where} needs a url, because Socket Mode is off"


def _scopes(manifest: Fields) -> Iterator[str]:
    """A feature without its scope is refused when the app is installed."""
    scopes = manifest["oauth_config"]["scopes"]["bot"]
    if manifest["features"].get("slash_commands") and "commands" not in scopes:
        yield "slash commands need the scope commands"
    events = manifest["settings"].get("event_subscriptions", {}).get("bot_events", [])
    if "app_home_opened" in events and not manifest["features"].get("app_home", {}).get("home_tab_enabled"):
        yield "app_home_opened comes only where the Home tab is enabled"
    for event in events:
        if event not in SCOPE_OF_EVENT or SCOPE_OF_EVENT[event] not in {*scopes, ""}:
            yield f"the event {event} needs the scope {SCOPE_OF_EVENT.get(event, '(unknown)')}"


def variants(manifest: Fields) -> Iterator[Any]:
    """The manifest with one thing in it changed, left out, or added; each as if it had been read from a file."""
    text = json.dumps(manifest)
    for way in list(_ways(manifest)):
        *before, last = way
        for change in (_DROP, _ADD, *ODD):
            made = json.loads(text)
            spot: Any = made
            for name in before:
                spot = spot[name]
            if change is _DROP:
                del spot[last]
            elif change is not _ADD:
                spot[last] = change
            elif isinstance(spot, list):
                spot.append(spot[last])
            else:
                spot["odd"] = spot[last]
            yield made


_DROP, _ADD = object(), object()
ODD: tuple[Any, ...] = (None, "", "/", "x" * 36, "x" * 5000, "http://x", "a b\n", 0, 1.5, True, [], {}, [""], {"a": 1})


def _ways(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        yield (*way, name)
        yield from _ways(one, (*way, name))
