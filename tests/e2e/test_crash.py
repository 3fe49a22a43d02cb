"""The crash matrix: the real bot killed with SIGKILL, started again, and the account asked what was done."""

import shutil
from collections.abc import Sequence

import pytest

from tests.e2e.calls import seen_calls
from tests.e2e.matrix import AtCall, AtChild, AtPort, Point, Record, Tally, strike_each, strike_every_append
from tests.e2e.scenes import DEPLOY, FAILING, PROMOTION, ROLLBACK, SCENES, Scene
from tests.e2e.stage import Stage

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(3000),  # many lives of a bot, each with its real child processes
]

# Port methods in the order in which a run first calls them.
FORWARD = (
    "chat.draw:1",
    "source.resolve:1",
    "source.checkout:1",
    "chat.say:1",
    "cursors.tell:1",
    "cursors.tell:2",
    "source.search:1",
    "processes.run:1",
    "deployer.live:1",
    "databases.bookmark:1",
    "deployer.build:1",
    "databases.pending:1",
    "databases.migrate:1",
    "deployer.deploy:1",
)
AHEAD = {
    DEPLOY: (*FORWARD, "channel.measure:1"),
    FAILING: (*FORWARD, "channel.measure:1", "deployer.live:1", "deployer.switch:1"),
    PROMOTION: (*FORWARD, "channel.measure:1"),
    ROLLBACK: ("chat.draw:1", "chat.say:1", "cursors.tell:1", "deployer.live:1", "deployer.switch:1"),
}
"""`source.resolve` is not for a promotion, whose commit is pinned."""
CHILDREN = ("git ", "npm ci", "node --test", "deploy --dry-run", "d1 migrations apply", "wrangler.js deploy --tag")
"""Words of the child processes of a run that finds nothing in its workspace, in their order."""


def named(scene: object) -> str:
    return getattr(scene, "name", str(scene)).replace(" ", "-")


def ports(scene: Scene) -> list[Point]:
    """Before and after each kind of call."""
    names = [one for one in AHEAD[scene] if not (scene is PROMOTION and one.startswith("source.resolve"))]
    return [AtPort(f"{name}:{when}") for name in names for when in ("before", "after")]


async def strike(stage: Stage, scene: Scene, kind: str, points: Sequence[Point], record: Record) -> None:
    tally = Tally(f"{scene.name}, {kind}")
    try:
        await strike_each(stage, scene, points, tally)
    finally:
        tally.note(record)


async def appends(stage: Stage, scene: Scene, when: str, record: Record) -> None:
    tally = Tally(f"{scene.name}, {when} each append")
    try:
        await strike_every_append(stage, scene, when, tally)
    finally:
        tally.note(record)


@pytest.mark.parametrize("scene", [ROLLBACK, DEPLOY], ids=named)
async def test_killed_after_each_append(stage: Stage, scene: Scene, record_property: Record) -> None:
    await appends(stage, scene, "after", record_property)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_killed_while_the_switch_is_under_way(stage: Stage, when: str, record_property: Record) -> None:
    point = AtCall("POST", ".*/deployments", when, uploads=0)
    await strike(stage, ROLLBACK, f"{when} POST deployments", [point], record_property)


async def test_killed_while_the_deployment_is_under_way(stage: Stage, record_property: Record) -> None:
    points = [AtCall("POST", ".*/versions", "after"), AtCall("POST", ".*/deployments", "before")]
    await strike(stage, DEPLOY, "at the calls that change", points, record_property)


@pytest.mark.soak
@pytest.mark.parametrize("scene", [FAILING, PROMOTION], ids=named)
async def test_killed_after_each_append_of_the_others(stage: Stage, scene: Scene, record_property: Record) -> None:
    await appends(stage, scene, "after", record_property)


@pytest.mark.soak
@pytest.mark.parametrize("scene", SCENES, ids=named)
async def test_killed_before_each_append(stage: Stage, scene: Scene, record_property: Record) -> None:
    await appends(stage, scene, "before", record_property)


@pytest.mark.soak
@pytest.mark.parametrize("scene", SCENES, ids=named)
async def test_killed_at_each_port(stage: Stage, scene: Scene, record_property: Record) -> None:
    await strike(stage, scene, "at each port", ports(scene), record_property)


@pytest.mark.soak
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("scene", SCENES, ids=named)
async def test_killed_in_each_call(stage: Stage, scene: Scene, when: str, record_property: Record) -> None:
    points: list[Point] = [
        AtCall(one.method, one.pattern, when, one.nth, uploads=int(one.by_wrangler))
        for one in await seen_calls(stage, scene)
    ]
    await strike(stage, scene, f"in each API call, {when} it acts", points, record_property)


@pytest.mark.soak
@pytest.mark.parametrize(
    ("scene", "path"),
    [(ROLLBACK, ".*/deployments"), (DEPLOY, ".*/deployments"), (DEPLOY, ".*/query")],
    ids=named,
)
async def test_an_act_that_comes_late(stage: Stage, scene: Scene, path: str, record_property: Record) -> None:
    """The bot is dead, its request is not: it is carried out when the next life has begun to ask about it."""
    point = AtCall("POST", path, "before", late=True)
    await strike(stage, scene, f"POST {path} carried out late", [point], record_property)


@pytest.mark.soak
@pytest.mark.parametrize("scene", [DEPLOY, FAILING, PROMOTION], ids=named)
async def test_killed_while_a_child_runs(stage: Stage, scene: Scene, record_property: Record) -> None:
    shutil.rmtree(stage.folder / "workspace")
    points = [AtChild(words) for words in CHILDREN]
    await strike(stage, scene, "while each child runs", points, record_property)
