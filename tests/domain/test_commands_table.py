"""The page of commands is what the code does, and what it says of a rollout at night is what a person would want."""

import pytest

from bot.domain.commands import Abort, Advance, Pause, Resume, RollBack, SetWeight
from bot.domain.verbs import VERBS
from tests.domain.commands_table import PAGE, asks, outcome, page
from tests.domain.moments import BEFORE, Moment, moments

MOMENTS = {one.name: one for one in moments()}
ROLLING = [name for name in MOMENTS if name.startswith("rollout: ") and "aborted" not in name]
LOOKING = {"plan", "status", "history", "secrets", "help", "whoami"}


def led(moment: Moment, command: object) -> str:
    return next(outcome(moment, one)[0] for one in asks(moment.run).values() if one == command)


def test_the_page_is_what_the_code_does() -> None:
    assert PAGE.read_text("utf-8") == page(), "write it anew: python -m tests.domain.commands_table"


def test_every_verb_is_on_it() -> None:
    typed = {name.strip("`/").split()[0] for name in asks(MOMENTS["rollout: baking at 10 %"].run) if "/" in name}
    assert typed | LOOKING == {verb.word for verb in VERBS}


@pytest.mark.parametrize("name", ROLLING)
def test_while_traffic_is_split_every_way_back_stops_the_run_and_restores(name: str) -> None:
    moment = MOMENTS[name]
    place = moment.run.plan.environment.name
    for command in (
        Abort(),
        Abort(moment.run.id),
        RollBack(place),
        RollBack(drawn=moment.run.id),
        RollBack(drawn=BEFORE),
    ):
        assert led(moment, command) == "AbortRequested"


@pytest.mark.parametrize("name", ROLLING)
def test_a_rollout_can_be_held_or_is_held_and_its_weight_can_be_set_unless_somebody_else_deployed(name: str) -> None:
    moment = MOMENTS[name]
    assert led(moment, Pause()) in ("Paused", "refused: already_paused", "refused: rolled_out")
    taken = moment.run.rollout.overtaken is not None
    assert led(moment, SetWeight(30)) in (
        ("refused: overtaken",) if taken else ("WeightChosen", "refused: same_weight")
    )
    still = taken or moment.run.rollout.held_by is not None or "asks" in name
    assert (led(moment, Resume()) == "Resumed") == still


@pytest.mark.parametrize("name", MOMENTS)
def test_a_press_that_was_drawn_at_another_weight_moves_nothing(name: str) -> None:
    moment = MOMENTS[name]
    assert led(moment, Advance(moment.run.id, "77")).startswith("refused: ")
    assert led(moment, Resume(moment.run.id, "77")).startswith("refused: ")


def test_advance_pressed_twice_moves_on_once() -> None:
    baking = MOMENTS["rollout: baking at 10 %"]
    again = MOMENTS["rollout: advanced"]
    assert led(baking, Advance(baking.run.id, "10")) == "Advanced"
    assert outcome(again, Advance(again.run.id, "10"))[0] == "refused: stale_press"
