"""The commands that are offered, and what is suggested for them."""

from dataclasses import replace
from typing import Any

import pytest

from adapters.discord.offered import offered, same, suggestions
from bot.domain.targets import Estate
from bot.domain.values import Room
from bot.domain.verbs import VERBS
from tests.fakes.estates import component, environment, estate, target
from tests.vendors.discord.menu import command_problems

MANY = tuple(environment(f"env{n}", None) for n in range(30))
WIDE = target("wide", (component("api"), component("web")), MANY)
HERE = (Room("ops", {"discord": "1"}), Room("elsewhere", {"discord": "2"}))


@pytest.mark.parametrize("known", [Estate(), estate(), estate((WIDE, target()))])
def test_every_verb_is_offered_as_discord_takes_it(known: Estate) -> None:
    commands = offered(known)
    assert [one["name"] for one in commands] == [verb.word for verb in VERBS]
    assert command_problems(commands) == []


def test_environments_are_choices_while_there_are_few() -> None:
    few, many = _option(offered(estate()), "deploy", "env"), _option(offered(estate((WIDE,))), "deploy", "env")
    assert [choice["value"] for choice in few["choices"]] == ["canary", "production"]
    assert "choices" not in many
    assert many["autocomplete"]


def test_a_weight_is_a_number() -> None:
    weight = _option(offered(estate()), "weight", "weight")
    assert (weight["type"], weight["min_value"], weight["max_value"]) == (4, 0, 100)


def test_what_the_server_adds_makes_no_difference_and_what_we_change_does() -> None:
    ours = offered(estate())
    theirs = [{**one, "id": "1", "version": "2", "default_member_permissions": None} for one in reversed(ours)]
    assert same(ours, theirs)
    assert not same(ours, theirs[1:])
    assert not same(offered(estate((WIDE,))), theirs)
    renamed = [{**theirs[0], "description": "Else"}, *theirs[1:]]
    assert not same(ours, renamed)


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ({"target": ""}, ["moltworker", "wide"]),
        ({"target": "WI"}, ["wide"]),
        ({"env": "env3", "target": ""}, ["wide"]),
        ({"target": "wide", "ref": "m"}, ["main"]),
        ({"target": "wide", "only": ""}, ["api", "web"]),
        ({"target": "wide", "only": "api,"}, ["api,web"]),
        ({"target": "moltworker", "env": "ca"}, ["canary"]),
        ({"target": "z"}, []),
    ],
)
def test_suggestions_know_the_words_around_them(words: dict[str, str], wanted: list[str]) -> None:
    wide = replace(WIDE, room="elsewhere")
    known = estate((wide, target()), rooms=HERE)
    assert suggestions(_typing("deploy", words), known, "1") == wanted


def test_no_more_are_suggested_than_discord_takes() -> None:
    known = estate((WIDE,), rooms=HERE)
    assert len(suggestions(_typing("deploy", {"env": ""}), known, "1")) == 25
    long = ["x" * 101, "short"]
    assert suggestions(_typing("abort", {"run": ""}), known, "1", long) == ["short"]


def test_what_begins_so_comes_before_what_contains_it() -> None:
    names = ["a-web", "web", "webhook"]
    assert suggestions(_typing("abort", {"run": "web"}), estate(), "1", names) == ["web", "webhook", "a-web"]


def _typing(command: str, words: dict[str, str]) -> dict[str, Any]:
    last = list(words)[-1]
    return {
        "name": command,
        "options": [{"name": name, "value": word, "focused": name == last} for name, word in words.items()],
    }


def _option(commands: list[dict[str, Any]], command: str, name: str) -> dict[str, Any]:
    options: list[dict[str, Any]] = next(one["options"] for one in commands if one["name"] == command)
    return next(one for one in options if one["name"] == name)
