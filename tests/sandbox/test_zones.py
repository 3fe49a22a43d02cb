"""Zones, the routes in them, and versions that cannot be uploaded without traffic."""

import uuid

from tests.sandbox.rest import Api, upload_form


async def zone(api: Api, name: str) -> str:
    """A zone of this test's own; its id."""
    made = uuid.uuid4().hex
    await api.sandbox.post("resources", {"kind": "zone", "id": made, "name": f"{name}.example"})
    return made


async def below_zones(api: Api, path: str) -> list[dict[str, str]]:
    """The result of a call that is not below the account."""
    reply = await api.client.get(f"{api.sandbox.api}/zones{path}", headers=api.headers)
    assert reply.status_code == 200, reply.text
    found: list[dict[str, str]] = reply.json()["result"]
    return found


async def test_a_route_is_in_a_zone_and_belongs_to_one_worker(api: Api, name: str) -> None:
    made = await zone(api, name)
    await api.put(name)
    await api.put(f"{name}-b")
    asked = [{"pattern": f"shop.{name}.example/*"}, {"pattern": f"https://{name}.example/a*"}]
    for _ in range(2):
        assert await api.result("PUT", f"/workers/scripts/{name}/routes", json=asked) == asked
    path = f"/workers/scripts/{name}-b/routes"
    taken = await api.refusal("PUT", path, json=[{"pattern": f"shop.{name}.example/*"}])
    assert taken[:2] == (409, 10020)
    assert (await api.refusal("PUT", path, json=[{"pattern": f"shop.not{name}.example/*"}]))[0] == 400
    assert [(one["pattern"], one["script"]) for one in await below_zones(api, f"/{made}/workers/routes")] == [
        (one["pattern"], name) for one in asked
    ]
    assert [one["id"] for one in await below_zones(api, f"?name={name}.example")] == [made]
    assert await below_zones(api, f"?name=shop.{name}.example") == []
    nowhere = await api.client.get(f"{api.sandbox.api}/zones/{uuid.uuid4().hex}/workers/routes", headers=api.headers)
    assert nowhere.json()["errors"][0]["code"] == 7003


async def test_a_version_without_traffic_is_an_es_module(api: Api, name: str) -> None:
    await api.put(name)
    form = upload_form("addEventListener('fetch', () => {})", {"main_module": None, "body_part": "index.js"})
    form["metadata"] = (None, form["metadata"][1].replace('"main_module": null, ', ""), "application/json")
    assert (await api.refusal("POST", f"/workers/scripts/{name}/versions", files=form))[0] == 400
    assert len((await api.result("GET", f"/workers/scripts/{name}/versions"))["items"]) == 1
