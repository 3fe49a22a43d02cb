"""The manifest is made from the table of verbs, stands in the repository as it is made, and is one that Slack takes."""

from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from adapters.slack.inbound import command_of
from adapters.slack.manifest import manifest, text
from bot.domain.verbs import VERBS
from tests.vendors.slack.app_manifest import problems, variants

FILE = Path(__file__).parents[3] / "adapters" / "slack" / "manifest.json"
URL = "https://outrider.example/slack/events"


def test_the_file_is_the_one_that_is_made() -> None:
    assert FILE.read_text("utf-8") == text()


@pytest.mark.parametrize("url", ["", URL])
def test_slack_takes_it(url: str) -> None:
    assert problems(manifest(url)) == []


def test_every_verb_is_a_slash_command() -> None:
    commands = {one["command"] for one in manifest()["features"]["slash_commands"]}
    assert commands == {"/outrider", *(command_of(verb.word) for verb in VERBS)}


def test_webhooks_name_their_address_everywhere() -> None:
    made = manifest(URL)
    assert {one["url"] for one in made["features"]["slash_commands"]} == {URL}
    assert made["settings"]["interactivity"]["request_url"] == URL
    assert made["settings"]["event_subscriptions"]["request_url"] == URL
    assert not made["settings"]["socket_mode_enabled"]


def changed(path: str, value: Any) -> dict[str, Any]:
    made = manifest()
    *way, last = path.split(".")
    spot: Any = made
    for name in way:
        spot = spot[int(name)] if name.isdigit() else spot[name]
    spot[last] = value
    return made


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("features.slash_commands.1.command", "/status", "Slack's own"),
        ("features.slash_commands.1.command", "/Deploy", "does not match"),
        ("features.slash_commands.1.command", "/promote", "one name"),
        ("features.slash_commands.1.description", "", "should be non-empty"),
        ("features.slash_commands", [{"command": f"/c{n}", "description": "d"} for n in range(51)], "too long"),
        ("features.slash_commands.1.urls", "x", "Additional properties"),
        ("settings.socket_mode_enabled", False, "needs a url"),
        ("oauth_config.scopes.bot", ["chat:write"], "needs the scope"),
        ("features.app_home.home_tab_enabled", False, "Home tab"),
        ("features.app_home.home_tab", True, "Additional properties"),
        ("display_information.name", "x" * 36, "display_information/name"),
        ("display_information.description", "x" * 141, "display_information/description"),
    ],
)
def test_the_rules_find_what_is_wrong(path: str, value: Any, said: str) -> None:
    assert any(said in one for one in problems(changed(path, value)))


def test_few_damaged_ones_are_taken() -> None:
    """What the rules take of them is longer, shorter or another word in a place where any will do."""
    damaged = list(islice(variants(manifest(URL)), 0, None, 13))
    taken = [one for one in damaged if not problems(one)]
    assert 0 < len(taken) < len(damaged) / 4
