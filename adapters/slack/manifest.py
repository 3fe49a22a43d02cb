"""The app's manifest, made from the table of verbs: `python -m adapters.slack.manifest [URL]` prints it.

Without an address it is for Socket Mode; with one (`https://HOST/slack/events`) for webhooks.
"""

import json
import sys
from typing import Any

from adapters.slack.inbound import COMMAND, command_of
from bot.domain.verbs import VERBS

NAME = "Outrider"
SCOPES = (
    "app_mentions:read",  # @outrider in channels and threads
    "channels:history",  # look up a post whose answer was lost
    "chat:write",  # cards, threads, answers
    "commands",  # slash commands
    "files:write",  # the report of a run, in its thread
    "groups:history",  # the same in private channels
)
EVENTS = (
    "app_home_opened",  # shows there what is live; asks for no scope
    "app_mention",  # @outrider in channels and threads
)


def manifest(url: str = "") -> dict[str, Any]:
    """The manifest, for Socket Mode where no address is given."""
    commands = [
        {
            "command": f"/{COMMAND}",
            "description": "Any command of Outrider",
            "usage_hint": "deploy ENV | status | help | …",
            "should_escape": False,
        }
    ]
    for verb in VERBS:
        described = {
            "command": command_of(verb.word),
            "description": f"{verb.does[:1].upper()}{verb.does[1:]}",
            "usage_hint": " ".join(slot.form for slot in verb.slots),
            "should_escape": False,
        }
        commands.append({name: value for name, value in described.items() if value != ""})
    for command in commands if url else ():
        command["url"] = url
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {
            "name": NAME,
            "description": "Deploys, verifies, promotes and undoes Cloudflare Workers from this channel",
            "background_color": "#1d3a4a",
        },
        "features": {
            "app_home": {"home_tab_enabled": True, "messages_tab_enabled": False},
            "bot_user": {"display_name": COMMAND, "always_online": True},
            "slash_commands": commands,
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {"bot_events": list(EVENTS), **({"request_url": url} if url else {})},
            "interactivity": {"is_enabled": True, **({"request_url": url} if url else {})},
            "org_deploy_enabled": False,
            "socket_mode_enabled": not url,
            "token_rotation_enabled": False,
        },
    }


def text(url: str = "") -> str:
    """The manifest as a file has it."""
    return json.dumps(manifest(url), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text(sys.argv[1] if len(sys.argv) > 1 else ""))
