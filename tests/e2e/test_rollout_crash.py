"""The crash matrix of a rollout: the bot killed at each of its steps while a canary has traffic, or is about to."""

import pytest

from tests.e2e.calls import seen_calls
from tests.e2e.matrix import AtCall, AtPort, Point, Record
from tests.e2e.scenes import FALLEN, ROLLOUT, Scene
from tests.e2e.stage import Stage
from tests.e2e.test_crash import appends, named, strike

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(3000),  # many lives of a bot, each with its real child processes
]

# Port methods in the order in which a run first calls them; from the upload on, what only a rollout has.
FORWARD = (
    "source.checkout:1",
    "source.search:1",
    "processes.run:1",
    "deployer.obstacles:1",
    "deployer.live:1",
    "databases.bookmark:1",
    "deployer.build:1",
    "databases.pending:1",
    "databases.migrate:1",
    "deployer.upload:1",
    "deployer.switch:1",
    "channel.measure:1",
    "deployer.switch:1",
    "metrics.count:1",
    "channel.measure:1",
    "metrics.count:2",
)
AHEAD = {ROLLOUT: (*FORWARD, "deployer.switch:1", "deployer.settle:1", "channel.measure:1"), FALLEN: FORWARD}
SHORTEST = ("deployer.upload:1:after", "deployer.switch:1:after", "deployer.switch:1:before", "metrics.count:1:after")
"""Where the most is at stake: an upload, a weight and a look whose ends nobody wrote down."""


def ports(scene: Scene) -> list[Point]:
    return [AtPort(f"{name}:{when}") for name in AHEAD[scene] for when in ("before", "after")]


async def test_killed_where_the_most_is_at_stake(stage: Stage, record_property: Record) -> None:
    await strike(stage, FALLEN, "at its changes", [AtPort(name) for name in SHORTEST], record_property)


@pytest.mark.soak
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("scene", [ROLLOUT, FALLEN], ids=named)
async def test_killed_at_each_append(stage: Stage, scene: Scene, when: str, record_property: Record) -> None:
    await appends(stage, scene, when, record_property)


@pytest.mark.soak
@pytest.mark.parametrize("scene", [ROLLOUT, FALLEN], ids=named)
async def test_killed_at_each_port(stage: Stage, scene: Scene, record_property: Record) -> None:
    await strike(stage, scene, "at each port", ports(scene), record_property)


@pytest.mark.soak
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("scene", [ROLLOUT, FALLEN], ids=named)
async def test_killed_in_each_call(stage: Stage, scene: Scene, when: str, record_property: Record) -> None:
    points: list[Point] = [
        AtCall(one.method, one.pattern, when, one.nth, uploads=int(one.by_wrangler))
        for one in await seen_calls(stage, scene)
    ]
    await strike(stage, scene, f"in each API call, {when} it acts", points, record_property)


@pytest.mark.soak
@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("scene", [ROLLOUT, FALLEN], ids=named)
async def test_killed_at_each_weight(stage: Stage, scene: Scene, nth: int, record_property: Record) -> None:
    """Each deployment, the way back's among them: asked for, and made with nobody there to hear of it."""
    points = [AtCall("POST", ".*/deployments", when, nth, uploads=0) for when in ("before", "after")]
    await strike(stage, scene, f"in POST deployments {nth}", points, record_property)


@pytest.mark.soak
@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("scene", [ROLLOUT, FALLEN], ids=named)
async def test_a_weight_that_comes_late(stage: Stage, scene: Scene, nth: int, record_property: Record) -> None:
    """The bot is dead, its request is not: it is carried out when the next life has begun to ask about it."""
    point = AtCall("POST", ".*/deployments", "before", nth, late=True)
    await strike(stage, scene, f"POST deployments {nth} carried out late", [point], record_property)
