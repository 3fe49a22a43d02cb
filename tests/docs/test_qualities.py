"""Each chat platform's page sets it up, says what it asks for and why, and answers for every quality."""

import re

import pytest

from tests.contract.platform import names
from tests.docs.pages import rows, section, text
from tests.docs.qualities import QUALITIES

CHATS = [name for name in names() if name != "console"]
"""The terminal has nobody to be set up at."""
ANSWER = re.compile(r"(done|not|does not apply)\b")


def page(name: str) -> str:
    return f"adapters/{name}/README.md"


@pytest.mark.parametrize("name", CHATS)
def test_every_quality_is_answered_for_and_what_is_not_done_says_why(name: str) -> None:
    found = {cells[0]: cells[1] for cells in rows(section("Checklist", page(name)))}
    assert set(QUALITIES) <= set(found)
    for quality, answer in found.items():
        said = ANSWER.match(answer)
        assert said, f"{quality}: {answer}"
        assert said[1] == "done" or re.match(r"(not|does not apply)[:;] \S", answer), f"{quality} says not why"


@pytest.mark.parametrize("name", CHATS)
def test_it_is_set_up_step_by_step_and_every_right_has_its_reason(name: str) -> None:
    steps = re.findall(r"^(\d+)\. ", section("Setting it up", page(name)), flags=re.MULTILINE)
    assert [int(one) for one in steps] == list(range(1, len(steps) + 1))
    assert len(steps) >= 4
    assert f"{name} = " in section("Setting it up", page(name)), "the room and the people, as they are configured"
    rights = rows(section("What it may do, and why", page(name)))
    assert rights
    assert all(len(cells) == 2 and all(cells) for cells in rights)


def test_the_pages_are_those_of_the_platforms() -> None:
    assert {"slack", "discord", "telegram", "mattermost"} <= set(CHATS)
    assert all("## How it behaves" in text(page(name)) for name in CHATS)
