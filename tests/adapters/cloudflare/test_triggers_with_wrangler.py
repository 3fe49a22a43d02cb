"""Real wrangler against the sandbox: what is not part of a version, and what goes wrong with it."""

import asyncio
from dataclasses import replace
from typing import Any

import httpx
import pytest

from bot.ports.errors import Doubtful, Permanent, Temporary, Trouble
from tests.adapters.cloudflare.conftest import Ground
from tests.adapters.cloudflare.doubles import act
from tests.adapters.cloudflare.gradual import BOTH, NAMES_ITSELF, TOLD, first, signalled

pytestmark = pytest.mark.asyncio(loop_scope="module")
ROUTED = {"workers_dev": False, "triggers": {"crons": ["1 2 * * *", "3 4 * * *"]}}


@BOTH
async def test_routes_are_settled_and_another_worker_s_are_not_taken(ground: Ground) -> None:
    await first(ground)
    zone = "2" * 32
    await ground.sandbox.post("resources", {"kind": "zone", "id": zone, "name": "example.com"})
    host = f"{ground.name}.example.com"
    ground.write(NAMES_ITSELF, **TOLD, **ROUTED | {"routes": [f"{host}/*"]})
    for _ in range(2):
        await ground.deployer.settle(act("settle"), ground.hello)
        assert (await ground.sandbox.call("GET", f"/workers/scripts/{ground.name}/subdomain"))["enabled"] is False
    other = replace(ground, name=f"{ground.name}-other")
    await other.upload("other")
    path = f"/accounts/{ground.sandbox.account_id}/workers/scripts/{other.name}/routes"
    await call(ground, "PUT", path, [{"pattern": f"{host}/taken"}])
    for pattern, why in ((f"{host}/taken", "assigned to another worker"), ("hello.nowhere.example/*", "not find zone")):
        ground.write(NAMES_ITSELF, **TOLD, **ROUTED | {"routes": [pattern]})
        with pytest.raises(Permanent, match=why):
            await ground.deployer.settle(act("settle"), ground.hello)
    listed = await call(ground, "GET", f"/zones/{zone}/workers/routes")
    assert [one["script"] for one in listed if one["pattern"] == f"{host}/taken"] == [other.name]


async def call(ground: Ground, method: str, path: str, body: object = None) -> Any:
    """The result of a call of the API that is not below the account, or sends a list."""
    async with httpx.AsyncClient(trust_env=False) as client:
        headers = {"Authorization": f"Bearer {ground.sandbox.token}"}
        answer = await client.request(method, ground.sandbox.api + path, headers=headers, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        (("status", "PUT", "/schedules", {"status": 429}), Temporary),
        (("status", "PUT", "/schedules", {"status": 500}), Temporary),
        (("lost", "PUT", "/schedules", {}), Doubtful),
        (("html", "PUT", "/schedules", {}), Doubtful),
        (("lost", "PATCH", "/script-settings", {}), Doubtful),
    ],
)
async def test_what_was_not_settled_can_be_settled_again(
    ground: Ground, rule: tuple[str, str, str, dict[str, object]], error: type[Trouble]
) -> None:
    await first(ground)
    ground.write(NAMES_ITSELF, **TOLD, triggers={"crons": ["*/5 * * * *"]}, observability={"enabled": True})
    do, method, path, more = rule
    await ground.misbehave(do, method, path, **more)
    with pytest.raises(error) as trouble:
        await ground.deployer.settle(act("settle"), ground.hello)
    assert "\n" not in trouble.value.reason
    await ground.sandbox.delete("rules")
    await ground.deployer.settle(act("settle"), ground.hello)


@BOTH
async def test_exit_status_0_after_a_signal_settles_nothing(ground: Ground) -> None:
    await first(ground)
    ground.write(NAMES_ITSELF, **TOLD, triggers={"crons": ["*/5 * * * *"]})
    await ground.misbehave("hold", "PUT", "/schedules")
    async with asyncio.TaskGroup() as group:
        group.create_task(signalled(ground))
        with pytest.raises(Doubtful, match="may not be set: it ended with status"):
            await ground.deployer.settle(act("settle"), ground.hello)
