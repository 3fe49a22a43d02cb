"""Real wrangler against the sandbox on the way of a gradual rollout: versions, shares, probes, triggers."""

import asyncio

import httpx
import pytest

from adapters.http.channel import channels
from adapters.http.settings import Settings
from adapters.system.clock import SystemClock
from bot.domain.targets import Check, Environment
from bot.domain.values import Live, Mark, Measurement, Share
from bot.domain.verdict import judge
from bot.ports.channel import Wanted
from bot.ports.errors import Doubtful, Permanent, Temporary, Trouble
from tests.adapters.cloudflare.conftest import Ground
from tests.adapters.cloudflare.doubles import COMMIT, act
from tests.adapters.cloudflare.gradual import BOTH, NAMES_ITSELF, TOLD, first, signalled
from tests.adapters.cloudflare.test_with_wrangler import running

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def versions(ground: Ground) -> list[str]:
    """Newest first."""
    found = await ground.sandbox.call("GET", f"/workers/scripts/{ground.name}/versions")
    return [one["id"] for one in found["items"]]


async def probe(ground: Ground, channel: str, wanted: Wanted) -> Measurement:
    """One sample from the sandbox's edge."""
    environment = Environment("production", await ground.sandbox.url(ground.name))
    async with channels(SystemClock(), Settings()) as found:
        return await found[channel].measure(Check("site", channel), environment, wanted)


@BOTH
async def test_a_rollout_from_upload_to_settled(ground: Ground) -> None:
    before = await first(ground)
    ground.write(NAMES_ITSELF + "// two", **TOLD, triggers={"crons": ["*/5 * * * *"]}, observability={"enabled": True})
    assert await ground.deployer.obstacles(ground.hello) == ()
    made = await ground.deployer.upload(act("upload"), ground.hello, COMMIT)
    assert (made.component, made.worker, made.digest) == ("worker", ground.name, "")
    assert (await ground.deployer.live(ground.hello)).same_traffic(before)
    shown = await ground.sandbox.call("GET", f"/workers/scripts/{ground.name}/versions/{made.version}")
    assert shown["annotations"]["workers/tag"] == COMMIT.sha
    assert await ground.deployer.uploaded(act("upload"), ground.hello) == made

    baseline, canary = before.version or "", made.version
    live = before
    for weight in (0, 10, 100):
        shares = (Share(baseline, 100 - weight), Share(canary, weight)) if weight < 100 else (Share(canary, 100),)
        live = await ground.deployer.switch(act(f"weight-{weight}"), ground.hello, shares, live)
        assert live.same_traffic(Live("worker", shares))
        pinned = Wanted((canary,), (baseline,), ((ground.name, canary),))
        assert [(await probe(ground, name, pinned)).version for name in ("http", "health")] == [canary, canary]
        # By chance, one test in a million sees the tenth of 200 requests outside of these bounds.
        least, most = {0: (0, 0), 10: (1, 41), 100: (200, 200)}[weight]
        assert least <= (await traffic(ground, 200)).get(canary, 0) <= most
    for _ in range(2):
        await ground.deployer.settle(act("settle"), ground.hello)
        schedules = await ground.sandbox.call("GET", f"/workers/scripts/{ground.name}/schedules")
        settings = await ground.sandbox.call("GET", f"/workers/scripts/{ground.name}/script-settings")
        assert [one["cron"] for one in schedules["schedules"]] == ["*/5 * * * *"]
        assert settings["observability"]["enabled"] is True
    assert (await ground.deployer.live(ground.hello)).same_traffic(live)


async def traffic(ground: Ground, requests: int) -> dict[str, int]:
    """How many of that many ordinary requests each version answered, by the edge's own count."""
    await ground.sandbox.post("reset-traffic")
    url = await ground.sandbox.url(ground.name)
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(requests):
            assert (await client.get(url)).status_code == 200
    seen = (await ground.sandbox.get("traffic"))[ground.name]
    return {version: one["requests"] for version, one in seen.items()}


async def test_an_override_that_is_not_applied_proves_nothing(ground: Ground) -> None:
    before = await first(ground)
    made = await ground.deployer.upload(act("upload"), ground.hello, COMMIT)
    baseline, canary = before.version or "", made.version
    check = Check("site", "http")
    pinned = Wanted((canary,), (baseline,), ((ground.name, canary),))
    for wanted in (pinned, Wanted((canary,), (baseline,), (("other", canary),))):
        sample = await probe(ground, "http", wanted)
        assert sample.version == baseline
        assert judge(check, sample, wanted.versions).mark is Mark.INCONCLUSIVE
        shares = (Share(baseline, 100), Share(canary, 0))
        await ground.deployer.switch(act("zero"), ground.hello, shares, None)
    assert judge(check, await probe(ground, "http", pinned), (canary,)).passed


@pytest.mark.parametrize(
    ("rule", "made"),
    [
        (("lost", "POST", "/versions", {"times": 1}), 2),
        (("lost", "POST", "/versions", {}), 3),
        (("status", "POST", "/versions", {"status": 500, "when": "after"}), 3),
        (("status", "GET", "/subdomain", {"status": 403}), 1),
        (("status", "POST", "/versions", {"status": 500, "times": 1}), 1),
    ],
)
async def test_an_upload_that_was_made_counts_whatever_wrangler_says(
    ground: Ground, rule: tuple[str, str, str, dict[str, object]], made: int
) -> None:
    before = await ground.upload("zero")
    do, method, path, more = rule
    await ground.misbehave(do, method, path, **more)
    version = await ground.deployer.upload(act(), ground.hello, COMMIT)
    await ground.sandbox.delete("rules")
    there = await versions(ground)
    assert len(there) == 1 + made
    assert version.version == there[0]
    assert await ground.deployer.uploaded(act(), ground.hello) == version
    assert (await ground.deployer.live(ground.hello)).same_traffic(before)


@pytest.mark.parametrize(
    ("rule", "error", "sentence"),
    [
        (("cut", "POST", "/versions", {}), Doubtful, "was lost: fetch failed"),
        (("html", "POST", "/versions", {}), Doubtful, "was lost: "),
        (("status", "POST", "/versions", {"status": 429, "retry_after": 1}), Temporary, "was not uploaded: "),
        (("status", "POST", "/versions", {"status": 500}), Temporary, "was not uploaded: "),
    ],
)
async def test_an_upload_that_made_nothing(
    ground: Ground, rule: tuple[str, str, str, dict[str, object]], error: type[Trouble], sentence: str
) -> None:
    before = await ground.upload("zero")
    do, method, path, more = rule
    await ground.misbehave(do, method, path, **more)
    with pytest.raises(error, match=sentence) as trouble:
        await ground.deployer.upload(act(), ground.hello, COMMIT)
    assert "\n" not in trouble.value.reason
    await ground.sandbox.delete("rules")
    assert await ground.deployer.uploaded(act(), ground.hello) is None
    assert await versions(ground) == [before.version]


@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
async def test_killed_in_the_middle_of_an_upload(ground: Ground, when: str, made: int) -> None:
    """What was on its way is there after wrangler's death, or is not; either is found out and nothing is done twice."""
    await ground.upload("zero")
    await ground.misbehave("hold", "POST", "/versions", when=when)
    async with asyncio.TaskGroup() as group:
        upload = group.create_task(ground.deployer.upload(act(), ground.hello, COMMIT))
        assert await ground.sandbox.get("held", wait="30")
        upload.cancel()
    assert running(ground.folder.resolve()) == []
    await ground.sandbox.post("held/release", {"then": "cut"})
    found = await ground.deployer.uploaded(act(), ground.hello)
    there = await versions(ground)
    assert len(there) == 1 + made
    assert (found.version if found else None) == (there[0] if made else None)


@BOTH
async def test_exit_status_0_after_a_signal_is_no_upload(ground: Ground) -> None:
    await ground.upload("zero")
    await ground.misbehave("hold", "POST", "/versions")
    async with asyncio.TaskGroup() as group:
        group.create_task(signalled(ground))
        with pytest.raises(Doubtful, match="ended before"):
            await ground.deployer.upload(act(), ground.hello, COMMIT)
    assert await ground.deployer.uploaded(act(), ground.hello) is None


OBJECTS = {
    "durable_objects": {"bindings": [{"name": "COUNTER", "class_name": "Counter"}]},
    "migrations": [{"tag": "v1", "new_sqlite_classes": ["Counter"]}],
}
COUNTER = (
    "import { DurableObject } from 'cloudflare:workers'; export class Counter extends DurableObject {} " + NAMES_ITSELF
)


@BOTH
async def test_obstacles_are_what_the_upload_would_refuse(ground: Ground) -> None:
    assert "was never deployed" in (await ground.deployer.obstacles(ground.hello))[0]
    with pytest.raises(Permanent, match=r'first deploy .* strategy = "direct"'):
        await ground.deployer.upload(act("never"), ground.hello, COMMIT)
    before = await first(ground)
    ground.write(COUNTER, **TOLD, **OBJECTS)
    [objects] = await ground.deployer.obstacles(ground.hello)
    assert "Durable Objects" in objects
    with pytest.raises(Permanent, match="Durable Object migration"):
        await ground.deployer.upload(act("objects"), ground.hello, COMMIT)
    ground.write("addEventListener('fetch', (event) => { event.respondWith(new Response('old')); });")
    [old] = await ground.deployer.obstacles(ground.hello)
    assert "service-worker format" in old
    with pytest.raises(Permanent, match="uploaded nothing"):
        await ground.deployer.upload(act("old"), ground.hello, COMMIT)
    assert (await ground.deployer.live(ground.hello)).same_traffic(before)

    ground.write(COUNTER, **TOLD, **OBJECTS)
    await ground.deployer.deploy(act("direct"), ground.hello, COMMIT, before)
    assert await ground.deployer.obstacles(ground.hello) == ()
    await ground.deployer.upload(act("same objects"), ground.hello, COMMIT)


async def test_secrets_and_splits_of_others_are_obstacles(ground: Ground) -> None:
    before = await first(ground)
    made = await ground.deployer.upload(act("upload"), ground.hello, COMMIT)
    assert await ground.deployer.obstacles(ground.hello) == ()
    body = {"env": {"API_KEY": {"type": "secret_text", "text": "v@lue"}}}
    await ground.sandbox.call("PATCH", f"/workers/workers/{ground.name}/versions/latest", body)
    [secrets] = await ground.deployer.obstacles(ground.hello)
    assert "(API_KEY)" in secrets
    shares = [{"version_id": before.version, "percentage": 99.6}, {"version_id": made.version, "percentage": 0.4}]
    split = {"script": ground.name, "versions": shares, "email": "bo@example.com", "message": "Careful"}
    await ground.sandbox.post("dashboard-deployment", split)
    [other] = await ground.deployer.obstacles(ground.hello)
    assert "at 1 % by bo@example.com ('Careful'). Finish or undo that first." in other
