"""The crash matrix of runs that people steer: held, given another weight, hurried, aborted, asked about secrets.

The bot is killed at each of its appends, those among them that write down what a person wants, and in each of its own
calls. What was typed while it was dead is heard once by its next life.
"""

import pytest

from tests.e2e.calls import seen_calls
from tests.e2e.matrix import AtCall, AtPort, Point, Record
from tests.e2e.scenes import ABORTED, CUT_SHORT, SECRETS, STEERED, Scene
from tests.e2e.stage import Stage
from tests.e2e.test_crash import appends, named, strike

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(3000),  # many lives of a bot, each with its real child processes
]
SCENES = [STEERED, ABORTED, SECRETS]


async def test_killed_while_it_waits_for_a_word_about_secrets(stage: Stage, record_property: Record) -> None:
    """The refusal (10220) is a question, which outlives the bot; the answer is carried out once."""
    points: list[Point] = [
        AtCall("POST", ".*/deployments", "after", uploads=0),  # it was refused, and nobody heard why
        AtPort("deployer.switch:2:before"),  # somebody has agreed
        AtPort("deployer.switch:1:after"),  # done, and not written down
    ]
    await strike(stage, SECRETS, "around the question", points, record_property)


@pytest.mark.soak
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("scene", [*SCENES, CUT_SHORT], ids=named)
async def test_killed_at_each_append(stage: Stage, scene: Scene, when: str, record_property: Record) -> None:
    await appends(stage, scene, when, record_property)


@pytest.mark.soak
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("scene", SCENES, ids=named)
async def test_killed_in_each_call(stage: Stage, scene: Scene, when: str, record_property: Record) -> None:
    points: list[Point] = [
        AtCall(one.method, one.pattern, when, one.nth, uploads=int(one.by_wrangler))
        for one in await seen_calls(stage, scene)
    ]
    await strike(stage, scene, f"in each API call, {when} it acts", points, record_property)
