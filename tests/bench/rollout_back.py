"""How soon a release that is hard down is out of the traffic again, and how many people met it until then.

Production gets a hundred requests a second. The release is well until it has 10 % of them, and then throws at every
one. The time begins with the first bad answer at the edge and ends when the provider has taken the deployment that
puts all traffic back on the baseline, as the account's own journal has it; bad answers are those that came in all.

Beside it stands what Flagger does with its defaults on the same stream: it looks once an interval (60 s) and goes back
at the `threshold`-th failed look, so not before interval x threshold (its documentation: "How it works", canary
analysis). With a threshold of 1, the least there is, that is a minute; its examples have 5. Its bad answers are the
measured number of bad answers a second over that time.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

import httpx

from bot.app.world import World
from bot.domain.values import Commit, ComponentVersion, Live, Outcome, Reach, RunId, Share
from bot.ports.deployer import Act, Built, Deployer, Fate, Subject
from tests.bench.figures import Figure, median
from tests.bench.stand import Stand, stand
from tests.e2e.traffic import Asked, Traffic

RATE = 100.0
INTERVAL, THRESHOLDS = 60.0, (1, 5)
TAIL = '[[targets.hello.metrics]]\nsource = "tail"\n'
QUIET = 2.0
"""Seconds of traffic before each promotion, in which nothing is bad."""


@dataclass(frozen=True, slots=True)
class Took:
    """One rollout that came back: seconds, bad answers, and how many of them there were a second."""

    back: float
    bad: int
    a_second: float


async def rollout_back(rounds: int) -> Sequence[Figure]:
    """The figures of so many rollouts that come back."""
    trap = Trap()
    async with stand(outside=trap.around, tables=TAIL) as here:
        trap.control = here.control
        await here.run("/deploy canary")
        took = [await _once(here) for _ in range(rounds)]
    return _figures(took)


def _figures(took: Sequence[Took]) -> list[Figure]:
    back, bad = [one.back for one in took], [float(one.bad) for one in took]
    a_second = median([one.a_second for one in took])
    flagger = [
        figure
        for threshold in THRESHOLDS
        for figure in (
            Figure(f"flagger_back_threshold_{threshold}", INTERVAL * threshold, "s"),
            Figure(f"flagger_bad_threshold_{threshold}", round(a_second * INTERVAL * threshold), "requests"),
        )
    ]
    return [
        Figure("rollout_back", median(back), "s"),
        Figure("rollout_back_worst", max(back), "s"),
        Figure("rollout_back_bad", median(bad), "requests"),
        Figure("rollout_back_bad_worst", max(bad), "requests"),
        *flagger,
        Figure("rollout_back_samples", len(took), "rollouts"),
    ]


async def _once(here: Stand) -> Took:
    await here.forget_calls()
    (await here.control.delete("rules")).raise_for_status()
    url = str((await here.control.get("scripts/hello/url")).raise_for_status().json()["url"])
    async with Traffic(url, RATE, ("/",)) as traffic:
        await asyncio.sleep(QUIET)
        said = await here.typist.type("/promote")
        run = next((notice.run for notice in said if notice.run), "")
        if not run:
            raise RuntimeError(" ".join(notice.text for notice in said))
        head = await here.ended(RunId(run))
    if head.outcome is not Outcome.ROLLED_BACK:
        raise RuntimeError(f"it did not come back: {head.outcome}: {head.reason}")
    return _took(traffic.bad(), await _restored(here))


def _took(bad: Sequence[Asked], restored: float) -> Took:
    """The first bad answer was one of the Worker's: it came before traffic was put back."""
    back = restored - bad[0].sent
    return Took(back, len(bad), len(bad) / back)


async def _restored(here: Stand) -> float:
    """When the last call that moved traffic had done so."""
    moved = [one for one in await here.calls() if one["method"] == "POST" and one["path"].endswith("/deployments")]
    if not moved or not moved[-1]["acted"]:
        raise RuntimeError("nothing put the traffic back")
    return float(moved[-1]["at"] + moved[-1]["seconds"])


class Trap:
    """Lets a version throw at every request from just before it has any."""

    control: httpx.AsyncClient

    def around(self, world: World) -> World:
        """The world whose deployer does that."""
        provider = world.providers["cloudflare"]
        trapped = replace(provider, deployer=TrappedDeployer(provider.deployer, self))
        return replace(world, providers={**world.providers, "cloudflare": trapped})

    async def spring(self, shares: Sequence[Share]) -> None:
        """Once the newer of two versions is about to have traffic."""
        if len(shares) == 2 and shares[1].weight:
            rule = {"do": "exception", "script": "hello", "version": shares[1].version}
            (await self.control.post("rules/edge", json=rule)).raise_for_status()


@dataclass(frozen=True, slots=True)
class TrappedDeployer:
    """`Deployer`."""

    deployer: Deployer
    trap: Trap

    async def live(self, subject: Subject) -> Live:
        return await self.deployer.live(subject)

    async def build(self, act: Act, subject: Subject) -> Built:
        return await self.deployer.build(act, subject)

    async def deploy(self, act: Act, subject: Subject, commit: Commit, expected: Live) -> Live:
        return await self.deployer.deploy(act, subject, commit, expected)

    async def switch(
        self, act: Act, subject: Subject, shares: tuple[Share, ...], expected: Live | None, force: bool = False
    ) -> Live:
        await self.trap.spring(shares)
        return await self.deployer.switch(act, subject, shares, expected, force)

    async def upload(self, act: Act, subject: Subject, commit: Commit) -> ComponentVersion:
        return await self.deployer.upload(act, subject, commit)

    async def uploaded(self, act: Act, subject: Subject) -> ComponentVersion | None:
        return await self.deployer.uploaded(act, subject)

    async def obstacles(self, subject: Subject) -> tuple[str, ...]:
        return await self.deployer.obstacles(subject)

    async def reach(self, subject: Subject) -> Reach:
        return await self.deployer.reach(subject)

    async def settle(self, act: Act, subject: Subject) -> None:
        await self.deployer.settle(act, subject)

    async def became_of(self, act: Act, subject: Subject) -> tuple[Fate, Live]:
        return await self.deployer.became_of(act, subject)
