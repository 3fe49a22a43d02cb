"""What a person reads of a rollout, on the card and below it."""

from dataclasses import replace

import pytest

from bot.domain.baking import LOOK
from bot.domain.press import parse_token
from bot.domain.refusal import Refusal
from bot.domain.rollout import hear
from bot.domain.rollout_events import Looked
from bot.view.card import Light, RunCard, card
from bot.view.catchup import untold
from bot.view.traffic import evidence_words
from tests.view.rollouts import STORIES, Rolling

CARD_LINE = 110
"""Characters of a state line."""


def drawn(story: Rolling) -> RunCard:
    return card(story.run, story.now)


def told(story: Rolling) -> list[str]:
    return [notice.text for one in untold(story.events, 0) for notice in one.said]


def weight(shown: RunCard, name: str) -> tuple[Light, str]:
    return next((row.light, row.note) for row in shown.steps if row.name == f"canary {name} %")


@pytest.mark.parametrize("name", STORIES)
def test_the_state_is_one_short_line(name: str) -> None:
    shown = drawn(STORIES[name]())
    assert len(shown.state) <= CARD_LINE
    assert "@" not in shown.state.replace("carl@example", "")
    assert "rollout:" not in shown.state


@pytest.mark.parametrize("name", STORIES)
def test_every_button_is_one_that_is_understood(name: str) -> None:
    for button in drawn(STORIES[name]()).buttons:
        assert not isinstance(parse_token(button.token), Refusal)


def test_a_good_rollout_says_what_each_weight_rests_on() -> None:
    story = STORIES["rollout_good"]()
    shown = drawn(story)
    assert weight(shown, "10") == (Light.PASSED, "the canary does as well as the baseline")
    assert weight(shown, "100")[0] is Light.PASSED
    assert [line for line in told(story) if line.startswith("At 10 %: ") and "of 15,464" in line]


def test_a_bad_canary_has_its_numbers_in_its_row_and_in_the_thread_once() -> None:
    story = STORIES["rollout_bad"]()
    shown = drawn(story)
    brief, amounts = story.run.reason.removeprefix("rollout: ").split(" (", 1)
    assert shown.state == f"rolled back to 9f8e7d6c: {brief}"
    assert brief.startswith("the canary fails more: ")
    light, words = weight(shown, "10")
    assert light is Light.FAILED
    counted = amounts.split(" requests")[0]
    assert counted in words
    assert len([line for line in told(story) if counted in line]) == 1
    assert weight(shown, "50") == (Light.SKIPPED, "")


def test_what_waits_for_a_person_looks_like_waiting_and_can_be_let_go() -> None:
    for name in ("rollout_paused", "rollout_asking", "rollout_overtaken", "rollout_by_hand", "rollout_first_held"):
        shown = drawn(STORIES[name]())
        assert shown.light is Light.WAITING, name
        assert "Resume" in [button.label for button in shown.buttons]
    assert drawn(STORIES["rollout_baking"]()).light is Light.RUNNING


def test_somebody_elses_deploy_blocks_the_way_back_and_takes_the_bar_away() -> None:
    shown = drawn(STORIES["rollout_overtaken"]())
    assert (shown.ready, shown.way_back) == (False, "rollback blocked: carl@example deployed worker outside Outrider")
    assert shown.canary is None
    again = drawn(STORIES["rollout_resumed"]())
    assert (again.ready, again.canary) == (True, 10)


def test_a_weight_that_was_left_without_a_verdict_does_not_look_passed() -> None:
    shown = drawn(STORIES["rollout_by_hand"]())
    assert weight(shown, "10") == (Light.SKIPPED, "")
    assert weight(shown, "30") == (Light.RUNNING, "chosen by ben")
    assert shown.canary == 30


def test_what_cannot_be_measured_is_said_where_the_numbers_would_be() -> None:
    assert drawn(STORIES["rollout_unmeasured"]()).state.endswith("not measured (probes: no answer within 15 s)")
    assert drawn(STORIES["rollout_asking"]()).state.endswith("waiting for a person: no requests of the canary yet")


def test_held_before_its_first_traffic_it_says_so() -> None:
    story = STORIES["rollout_first_held"]()
    assert drawn(story).state == "held by ana before its first traffic: /resume lets it go on"
    assert "ana paused the rollout before its first traffic. /resume lets it go on." in told(story)


def test_a_source_that_fails_does_not_hide_what_the_others_have_counted() -> None:
    story = STORIES["rollout_baking"]()
    looked = story.run.rollout.looks[-1]
    before = evidence_words(story.run, story.now)
    failed = Looked(looked.step, f"{LOOK}tail", looked.at, (), {"tail": "no answer within 15 s"})
    one = replace(story.run, rollout=hear(story.run.rollout, failed))
    assert evidence_words(one, story.now) == before
    assert "canary requests" in before
    alone = replace(story.run, rollout=replace(story.run.rollout, looks=(failed,)))
    assert evidence_words(alone, story.now) == "not measured (tail: no answer within 15 s)"
