"""What is played: a deploy, one that fails its health, a promotion, a rollback, rollouts; and what each comes to.

*Twice.* A deployment, a switch and the way back are each one deployment of the Worker that carries the run and its
act: never two of the same act. A migration is applied once. An upload alone changes nothing for anybody: a wrangler
that was killed between its upload and its deployment is run again and uploads again, as wrangler itself does after a
lost answer; everywhere else one upload it is.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.domain.events import Event
from bot.domain.fold import evolve, fold
from bot.domain.run import Run
from bot.domain.values import Outcome
from bot.view.thread import thread
from tests.e2e.hands import Hand, asks_about_secrets, at, deploying, held, let_go
from tests.e2e.intent import had, intended, too_much
from tests.e2e.play import Play
from tests.e2e.stage import CANARY, PRODUCTION, Gradual, Stage


@dataclass(frozen=True)
class Scene:
    """One kind of run, from the scenery on."""

    name: str
    text: str
    worker: str = CANARY
    branch: str = "main"
    outcome: Outcome = Outcome.SUCCEEDED
    uploads: int = 1
    deployments: int = 1
    cold_start: str = "30s"
    gradual: Gradual | None = None
    hands: tuple[Hand, ...] = ()
    """What people type meanwhile."""
    secret: bool = False
    """Whether somebody has changed a secret of its Worker since."""
    by_chance: bool = False
    """Whether how much of it is done, and undone, depends on the moment at which somebody did something."""

    @property
    def migrates(self) -> bool:
        """Whether its migration is still to be applied when it begins."""
        return self.uploads > 0


DEPLOY = Scene("deploy", "/deploy canary")
FAILING = Scene(
    "failing deploy",
    "/deploy canary ref=broken",
    branch="broken",
    outcome=Outcome.ROLLED_BACK,
    deployments=2,
    cold_start="4s",
)
PROMOTION = Scene("promotion", "/promote", worker=PRODUCTION)
ROLLBACK = Scene("rollback", "/rollback canary", uploads=0)
SCENES = (DEPLOY, FAILING, PROMOTION, ROLLBACK)
SHORT = Gradual(weights=(50, 100), bake="5s")
ROLLOUT = Scene("rollout", "/promote", worker=PRODUCTION, deployments=3, gradual=SHORT)
"""Beside the baseline without traffic, at half of it, at all of it: three deployments."""
FALLEN = Scene(
    "rollout that goes back",
    "/deploy production ref=tired",
    worker=PRODUCTION,
    branch="tired",
    outcome=Outcome.ROLLED_BACK,
    deployments=3,
    gradual=SHORT,
)
BY_HAND = Gradual(weights=(10, 100), bake="30m", bake_max="60m")
"""Weights that nobody but a person brings forward."""
STEERED = Scene(
    "rollout in a person's hands",
    "/promote",
    worker=PRODUCTION,
    deployments=4,
    gradual=BY_HAND,
    hands=(
        Hand(at(10), "/pause"),
        Hand(held(10), "/weight 30"),
        Hand(held(30), "/resume"),
        Hand(let_go(30), "/advance"),
    ),
)
ABORTED = Scene(
    "rollout that a person aborts",
    "/promote",
    worker=PRODUCTION,
    outcome=Outcome.ABORTED,
    deployments=3,
    gradual=BY_HAND,
    hands=(Hand(at(10), "/pause"), Hand(held(10), "/abort")),
)
CUT_SHORT = Scene(
    "deploy that a person aborts",
    "/deploy canary",
    outcome=Outcome.ABORTED,
    hands=(Hand(deploying, "/abort"),),
    by_chance=True,
)
SECRETS = Scene(
    "rollback past a changed secret",
    "/rollback canary",
    uploads=0,
    hands=(Hand(asks_about_secrets, "/approve"),),
    secret=True,
)


async def make_scenery(stage: Stage) -> None:
    """Canary twice and production once, in journals of their own kind."""
    for worker in (CANARY, PRODUCTION):
        await stage.forget_secret(worker)
        await stage.query(worker, "DROP TABLE IF EXISTS greetings; DROP TABLE IF EXISTS d1_migrations")
    folder = stage.new_folder()
    async with Play(stage, folder, dict(stage.configure(folder, "60s", scenery=False))) as play:
        await play.start()
        await _succeed(play, "/deploy canary")
        await _succeed(play, "/promote")
        await play.terminate()
    first = (await stage.live_of(CANARY))[0]
    folder = stage.new_folder()
    async with Play(stage, folder, dict(stage.configure(folder, "60s", scenery=False))) as play:
        await play.start()
        await _succeed(play, "/deploy canary")
        await play.terminate()
    await stage.keep_scenery(folder / "journal.db", first)


async def _succeed(play: Play, text: str) -> None:
    run = await play.over(play.type(text))
    assert run.outcome is Outcome.SUCCEEDED, f"{run.reason}\n{play.log()}"


async def opened(stage: Stage, scene: Scene) -> Play:
    """A play of that scene, before its bot is started."""
    if await stage.worn():
        await make_scenery(stage)
    await stage.fresh(scene.worker, migrated=not scene.migrates, secret=scene.secret)
    folder = stage.new_folder()
    return Play(stage, folder, dict(stage.configure(folder, scene.cold_start, gradual=scene.gradual)))


async def prove(play: Play, scene: Scene, run: Run, uploads: int | None = None) -> None:
    """The run ended as it must, nothing was done twice or left behind, and all of it was told in one card.

    `uploads` is how many there may be at most, where it is more than the scene's own.
    """
    assert run.outcome is scene.outcome, f"{run.outcome}: {run.reason}\n{play.log()}"
    await _prove_account(play, scene, run, uploads or scene.uploads)
    await prove_intended(play, scene, run)
    prove_told(play, run)
    assert (left := play.left()) == [], left
    assert await play.terminate() == 0, play.log()


async def prove_rest(play: Play, scene: Scene, run: Run) -> None:
    """The run has failed; nothing was done twice or left behind, what was live is live, and all of it was told."""
    stage = play.stage
    assert await stage.live_of(scene.worker) == [stage.live[scene.worker]]
    acts = Counter(one.split(" by=")[0] for one in await _own(stage, scene, run))
    assert max(acts.values(), default=0) <= 1, acts
    await prove_intended(play, scene, run)
    assert (await stage.sandbox.get("calls"))["counters"].get("migrations", 0) <= 1
    prove_told(play, run)
    assert (left := play.left()) == [], left
    assert await play.terminate() == 0, play.log()


async def prove_intended(play: Play, scene: Scene, run: Run) -> None:
    """The canary never had more traffic than the journal says was meant for it."""
    for canary in run.uploaded:
        shares = had(await play.stage.deployments(scene.worker), canary.version, run.id)
        over = run.ended_at or datetime.now(UTC)
        found = list(too_much(shares, intended(play.events(run.id)), over, play.gone()))
        assert found == [], found


async def _own(stage: Stage, scene: Scene, run: Run) -> list[str]:
    """Messages of the deployments that carry the run."""
    listed = [one["annotations"].get("workers/message", "") for one in await stage.deployments(scene.worker)]
    return [one for one in listed if f"run={run.id}" in one]


async def _prove_account(play: Play, scene: Scene, run: Run, uploads: int) -> None:
    stage = play.stage
    own = await _own(stage, scene, run)
    assert len(own) == scene.deployments, own
    assert max(Counter(message.split(" by=")[0] for message in own).values()) == 1, own
    counters = (await stage.sandbox.get("calls"))["counters"]
    assert counters.get("deployments", 0) == scene.deployments, counters
    assert scene.uploads <= counters.get("uploads", 0) <= uploads, counters
    assert counters.get("migrations", 0) == (1 if scene.migrates else 0), counters
    applied = await stage.query(scene.worker, "SELECT name FROM d1_migrations")
    assert applied == [{"name": "0001_greetings.sql"}]
    await _prove_live(stage, scene, run)


async def _prove_live(stage: Stage, scene: Scene, run: Run) -> None:
    live = await stage.live_of(scene.worker)
    if scene.outcome in (Outcome.ROLLED_BACK, Outcome.ABORTED):
        assert live == [stage.live[scene.worker]]
        assert [one.version for one in run.restored] == live
    elif scene.uploads == 0:
        assert live == [stage.first] == [one.version for one in run.deployed]
    else:
        assert live == [one.version for one in run.deployed]
        version = await stage.sandbox.call("GET", f"/workers/scripts/{scene.worker}/versions/{live[0]}")
        assert version["annotations"]["workers/tag"] == stage.heads[scene.branch]


def prove_told(play: Play, run: Run) -> None:
    """One card; every notice said, and once more at most for each kill (the one in flight); cursors at the end."""
    drawn = [one for one in play.outbox("draw") if one["key"] == f"{run.id}:card"]
    said = [one for one in play.outbox("say") if one["key"].startswith(f"{run.id}:")]
    assert len({one["card"] for one in drawn}) == 1, drawn
    assert {one["card"] for one in said} == {drawn[0]["card"]}
    assert drawn[-1]["shown"]["over"]
    times = Counter(one["key"] for one in said)
    assert set(times) == set(expected_notices(play.events(run.id), run.id))
    assert sum(times.values()) - len(times) <= play.lives - 1, times
    assert [one["key"] for one in _once(said)] == sorted(times, key=lambda key: [int(n) for n in key.split(":")[1:]])
    assert [(one.seq, one.card) for one in play.told(run)] == [(run.seq, drawn[0]["card"])]


def _once(said: list[dict[str, str]]) -> list[dict[str, str]]:
    """Without what was said a second time."""
    return list({one["key"]: one for one in reversed(said)}.values())[::-1]


def expected_notices(events: Sequence[Event], run: str) -> list[str]:
    """The keys of all that this stream of events makes the feed say."""
    keys = []
    for seq in range(1, len(events) + 1):
        before = fold(events[: seq - 1])
        after = evolve(before, events[seq - 1]) if before else fold(events[:1])
        assert after is not None
        keys += [f"{run}:{seq}:{index}" for index, _ in enumerate(thread(before, events[seq - 1], after))]
    return keys
