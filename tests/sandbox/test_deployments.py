"""Versions, deployments and secrets by REST: what is accepted, what is refused, and with which code."""

from typing import Any

import pytest

from tests.sandbox.rest import HELLO, Api, deployment_body, upload_form

SECRET = {"name": "TOKEN", "type": "secret_text"}


def secret(text: str, name: str = "TOKEN") -> dict[str, str]:
    return {"name": name, "type": "secret_text", "text": text}


async def versions(api: Api, name: str) -> list[Any]:
    return list((await api.result("GET", f"/workers/scripts/{name}/versions"))["items"])


async def test_lists_are_newest_first_and_say_who_and_why(api: Api, name: str) -> None:
    first = await api.put(name)
    second = await api.upload(name, annotations={"workers/message": "why", "workers/tag": "v2"})
    await api.deploy(name, {second: 100})
    items = await versions(api, name)
    assert [(one["id"], one["number"]) for one in items] == [(second, 2), (first, 1)]
    assert items[0]["annotations"] == {
        "workers/message": "why",
        "workers/tag": "v2",
        "workers/triggered_by": "version_upload",
    }
    assert items[0]["metadata"]["author_email"] == "owner@example.com"
    found = (await api.result("GET", f"/workers/scripts/{name}/deployments"))["deployments"]
    assert [one["versions"] for one in found] == [[{"version_id": one, "percentage": 100}] for one in (second, first)]
    assert found[0]["author_email"] == "owner@example.com"
    assert found[0]["strategy"] == "percentage"


async def test_messages_are_cut_without_a_word(api: Api, name: str) -> None:
    message = "a" + "é" * 80
    version = await api.put(name, annotations={"workers/message": message})
    body = {**deployment_body({version: 100}), "annotations": {"workers/message": message}}
    made = await api.result("POST", f"/workers/scripts/{name}/deployments", json=body)
    assert made["annotations"]["workers/message"] == "a" + "é" * 49
    assert (await versions(api, name))[0]["annotations"]["workers/message"] == "a" + "é" * 49


async def test_secrets_are_listed_without_their_text(api: Api, name: str) -> None:
    version = await api.put(name, bindings=[secret("s3cret-value")])
    reply = await api.call("GET", f"/workers/scripts/{name}/versions/{version}")
    assert SECRET in reply.json()["result"]["resources"]["bindings"]
    assert "s3cret-value" not in reply.text
    assert await api.result("GET", f"/workers/scripts/{name}/secrets") == [SECRET]


@pytest.mark.parametrize(
    "shares",
    [{}, {"a": 60, "b": 30}, {"a": 100, "b": 1}, {"a": 120, "b": -20}, {"a": 40, "b": 30, "c": 30}],
    ids=["none", "under 100", "over 100", "negative", "three"],
)
async def test_a_deployment_of_other_than_one_or_two_versions_of_100_percent_is_refused(
    api: Api, name: str, shares: dict[str, float]
) -> None:
    ids = {"a": await api.put(name), "b": await api.upload(name), "c": await api.upload(name)}
    body = deployment_body({ids[key]: share for key, share in shares.items()})
    status, _, _ = await api.refusal("POST", f"/workers/scripts/{name}/deployments", json=body)
    assert status == 400
    assert await api.live(name) == {ids["a"]: 100}


async def test_a_version_unknown_or_of_another_worker_cannot_be_read_or_deployed(api: Api, name: str) -> None:
    await api.put(name)
    other = await api.put(f"{name}-other")
    for version in ("00000000-0000-4000-8000-000000000000", other):
        path = f"/workers/scripts/{name}"
        assert (await api.refusal("GET", f"{path}/versions/{version}"))[:2] == (404, 100146)
        body = deployment_body({version: 100})
        assert (await api.refusal("POST", f"{path}/deployments", json=body))[:2] == (404, 100146)


async def test_only_the_100_newest_versions_can_be_deployed(api: Api, name: str) -> None:
    first = await api.put(name)
    for number in range(100):
        path = f"/workers/workers/{name}/versions/latest"
        await api.result("PATCH", path, json={"env": {"N": {"type": "secret_text", "text": str(number)}}})
    deployable = (await api.result("GET", f"/workers/scripts/{name}/versions?deployable=true"))["items"]
    assert len(deployable) == 100
    assert first not in {one["id"] for one in deployable}
    body = deployment_body({first: 100})
    assert (await api.refusal("POST", f"/workers/scripts/{name}/deployments?force=true", json=body))[1] == 100147


async def test_a_rollback_over_changed_secrets_names_them_and_needs_force(api: Api, name: str) -> None:
    first = await api.put(name, bindings=[secret("old"), secret("same", "SAME")])
    await api.result("PUT", f"/workers/scripts/{name}/secrets", json={**SECRET, "text": "new"})
    await api.result(
        "PUT", f"/workers/scripts/{name}/secrets", json={"name": "EXTRA", "type": "secret_text", "text": "x"}
    )
    body = deployment_body({first: 100})
    status, code, message = await api.refusal("POST", f"/workers/scripts/{name}/deployments", json=body)
    assert (status, code, message) == (400, 10220, "The following secrets have changed: EXTRA, TOKEN")
    assert first not in await api.live(name)
    await api.deploy(name, {first: 100}, force=True)
    assert await api.live(name) == {first: 100}


async def test_a_newer_version_with_other_secrets_needs_no_force_and_the_way_back_from_its_split_neither(
    api: Api, name: str
) -> None:
    first = await api.put(name, bindings=[secret("old")])
    second = await api.upload(name, bindings=[secret("new")])
    await api.deploy(name, {second: 10, first: 90})
    await api.deploy(name, {first: 100})
    assert await api.live(name) == {first: 100}


async def test_the_check_of_secrets_can_be_made_stricter(api: Api, name: str) -> None:
    first = await api.put(name, bindings=[secret("old")])
    second = await api.upload(name, bindings=[secret("new")])
    await api.deploy(name, {second: 10, first: 90})
    await api.sandbox.post("settings", {"secrets_check": "all"})
    try:
        body = deployment_body({first: 100})
        assert (await api.refusal("POST", f"/workers/scripts/{name}/deployments", json=body))[1] == 10220
    finally:
        await api.sandbox.post("settings", {"secrets_check": "not-live"})


async def test_secrets_cannot_be_edited_while_the_newest_version_is_not_fully_live(api: Api, name: str) -> None:
    first = await api.put(name)
    second = await api.upload(name)
    await api.deploy(name, {second: 50, first: 50})
    put = {**SECRET, "text": "x"}
    assert (await api.refusal("PUT", f"/workers/scripts/{name}/secrets", json=put))[1] == 10215
    bulk = {"secrets": {"TOKEN": put}}
    assert (await api.refusal("PATCH", f"/workers/scripts/{name}/secrets-bulk", json=bulk))[1] == 10214
    await api.deploy(name, {second: 100})
    await api.result("PUT", f"/workers/scripts/{name}/secrets", json=put)
    assert await api.result("GET", f"/workers/scripts/{name}/secrets") == [SECRET]
    assert second not in await api.live(name)


async def test_a_worker_that_does_not_start_is_refused_with_its_own_words_and_changes_nothing(
    api: Api, name: str
) -> None:
    path = f"/workers/scripts/{name}"
    broken = upload_form("throw new TypeError('no good');\n" + HELLO, {})
    status, code, message = await api.refusal("PUT", path, files=broken)
    assert (status, code) == (400, 10021)
    assert "TypeError: no good" in message
    assert "/" not in message
    assert (await api.refusal("GET", f"{path}/versions"))[1] == 10007
    first = await api.put(name)
    form = upload_form("export default {", {})
    assert "SyntaxError" in (await api.refusal("POST", f"{path}/versions", files=form))[2]
    assert [one["id"] for one in await versions(api, name)] == [first]


@pytest.mark.parametrize(
    ("binding", "code"),
    [
        ({"name": "DB", "type": "d1", "id": "5d0c7a52-0000-4000-8000-000000000000"}, 10181),
        ({"name": "KV", "type": "kv_namespace", "namespace_id": "0" * 32}, 10041),
        ({"name": "FILES", "type": "r2_bucket", "bucket_name": "nowhere"}, 10085),
        ({"name": "AUTH", "type": "service", "service": "nobody"}, 10143),
        ({"name": "OBJECT", "type": "durable_object_namespace", "class_name": "Counter"}, 10061),
        ({"name": "TOKEN", "type": "inherit"}, 10057),
        ({"name": "AI", "type": "ai"}, 90001),
    ],
    ids=lambda value: str(value["type"]) if isinstance(value, dict) else "",
)
async def test_a_binding_to_nothing_is_refused_at_the_upload(api: Api, name: str, binding: Any, code: int) -> None:
    form = upload_form(HELLO, {"bindings": [binding]})
    assert (await api.refusal("PUT", f"/workers/scripts/{name}", files=form))[1] == code


async def test_a_durable_object_migration_goes_by_the_single_put_only_and_bars_the_way_back(
    api: Api, name: str
) -> None:
    first = await api.put(name)
    classes = (
        "import { DurableObject } from 'cloudflare:workers'; export class Counter extends DurableObject {}\n" + HELLO
    )
    metadata = {"migrations": {"new_tag": "v1", "steps": [{"new_sqlite_classes": ["Counter"]}]}}
    form = upload_form(classes, dict(metadata))
    assert (await api.refusal("POST", f"/workers/scripts/{name}/versions", files=form))[1] == 10211
    await api.put(name, classes, **metadata)
    body = deployment_body({first: 100})
    assert (await api.refusal("POST", f"/workers/scripts/{name}/deployments?force=true", json=body))[1] == 100140
    wrong = upload_form(classes, {"migrations": {"old_tag": "v0", "new_tag": "v2", "steps": []}})
    assert (await api.refusal("PUT", f"/workers/scripts/{name}", files=wrong))[1] == 10079


async def test_a_version_whose_bucket_is_gone_cannot_be_deployed(api: Api, name: str) -> None:
    await api.result("POST", "/r2/buckets", json={"name": name})
    first = await api.put(name, bindings=[{"name": "FILES", "type": "r2_bucket", "bucket_name": name}])
    await api.put(name)
    await api.result("DELETE", f"/r2/buckets/{name}")
    body = deployment_body({first: 100})
    assert (await api.refusal("POST", f"/workers/scripts/{name}/deployments", json=body))[1] == 100140


async def test_kept_and_inherited_bindings_come_from_the_newest_version(api: Api, name: str) -> None:
    await api.put(name, bindings=[secret("s"), {"name": "TEXT", "type": "plain_text", "text": "t"}])
    code = "export default { fetch: (r, { TOKEN, TEXT, MINE }) => Response.json({ TOKEN, TEXT, MINE }) };"
    bindings = [{"name": "TEXT", "type": "inherit"}, {"name": "MINE", "type": "plain_text", "text": "m"}]
    second = await api.upload(name, code, bindings=bindings, keep_bindings=["secret_text"])
    await api.deploy(name, {second: 100})
    assert (await api.get(name)).json() == {"TOKEN": "s", "TEXT": "t", "MINE": "m"}


async def test_calls_need_a_good_token_and_the_right_account(api: Api) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {api.sandbox.token}"}):
        reply = await api.client.get(f"{api.sandbox.api}/user", headers=headers)
        assert reply.status_code == 403
        assert reply.json()["errors"][0]["code"] == 10000
    reply = await api.client.get(f"{api.sandbox.api}/accounts/{'0' * 32}/workers/scripts", headers=api.headers)
    assert reply.json()["errors"][0]["code"] == 10000


async def test_what_is_not_there_says_so_with_the_vendors_code(api: Api, name: str) -> None:
    asked = {
        f"/workers/scripts/{name}/deployments": (404, 10007),
        f"/workers/services/{name}": (404, 10090),
        "/d1/database/nothing": (404, 7404),
        f"/storage/kv/namespaces/{'0' * 32}/values/x": (404, 10013),
        "/r2/buckets/nothing": (404, 10006),
        "/no/such/thing": (404, 7003),
    }
    assert {path: (await api.refusal("GET", path))[:2] for path in asked} == asked


async def test_a_deployment_from_the_dashboard_has_its_own_author(api: Api, name: str) -> None:
    first = await api.put(name)
    second = await api.upload(name)
    body = {"script": name, "versions": deployment_body({second: 100})["versions"], "email": "eve@example.com"}
    await api.sandbox.post("dashboard-deployment", {**body, "message": "quick fix"})
    found = (await api.result("GET", f"/workers/scripts/{name}/deployments"))["deployments"]
    assert (found[0]["author_email"], found[0]["source"]) == ("eve@example.com", "dash")
    assert found[0]["annotations"]["workers/message"] == "quick fix"
    assert found[1]["versions"][0]["version_id"] == first


async def test_another_persons_token_is_another_author(api: Api, name: str) -> None:
    await api.put(name)
    token = (await api.sandbox.post("tokens", {"email": "bo@example.com"}))["token"]
    form = upload_form(HELLO, {})
    await api.result(
        "POST", f"/workers/scripts/{name}/versions", files=form, headers={"Authorization": f"Bearer {token}"}
    )
    assert (await versions(api, name))[0]["metadata"]["author_email"] == "bo@example.com"


async def test_a_deleted_worker_is_gone(api: Api, name: str) -> None:
    await api.put(name)
    await api.result("DELETE", f"/workers/scripts/{name}")
    assert (await api.get(name)).status_code == 404
    assert (await api.refusal("GET", f"/workers/scripts/{name}/deployments"))[1] == 10007
