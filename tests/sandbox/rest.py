"""The account's REST API, called plainly: what a test needs to make a Worker without a wrangler."""

import json
import uuid
from typing import Any

import httpx

from sandbox.running import Sandbox

Json = dict[str, Any]
HELLO = "export default { fetch: (request, env) => new Response(env.VERSION.id + ' ' + env.VERSION.tag) };"


class Api:
    """The account's REST API, called plainly."""

    def __init__(self, sandbox: Sandbox, client: httpx.AsyncClient) -> None:
        self.sandbox = sandbox
        self.client = client
        self._base = f"{sandbox.api}/accounts/{sandbox.account_id}"
        self.headers = {"Authorization": f"Bearer {sandbox.token}"}

    async def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {**self.headers, **options.pop("headers", {})}
        return await self.client.request(method, self._base + path, headers=headers, **options)

    async def result(self, method: str, path: str, **options: Any) -> Any:
        """The `result`; must succeed."""
        reply = await self.call(method, path, **options)
        body = reply.json()
        assert body["success"], body
        return body["result"]

    async def refusal(self, method: str, path: str, **options: Any) -> tuple[int, int, str]:
        """(HTTP status, code, message); must be refused."""
        reply = await self.call(method, path, **options)
        body = reply.json()
        assert (body["success"], body["result"]) == (False, None), body
        return reply.status_code, body["errors"][0]["code"], body["errors"][0]["message"]

    async def put(self, script: str, code: str = HELLO, **metadata: Any) -> str:
        """First upload of a Worker, its address switched on; the version's id."""
        result = await self.result("PUT", f"/workers/scripts/{script}", files=upload_form(code, metadata))
        await self.result(
            "POST", f"/workers/scripts/{script}/subdomain", json={"enabled": True, "previews_enabled": True}
        )
        return str(uuid.UUID(result["deployment_id"]))

    async def upload(self, script: str, code: str = HELLO, **metadata: Any) -> str:
        """A version that is not deployed; its id."""
        files = upload_form(code, metadata)
        return str((await self.result("POST", f"/workers/scripts/{script}/versions", files=files))["id"])

    async def deploy(self, script: str, shares: dict[str, float], force: bool = False) -> Any:
        path = f"/workers/scripts/{script}/deployments" + ("?force=true" if force else "")
        return await self.result("POST", path, json=deployment_body(shares))

    async def live(self, script: str) -> dict[str, float]:
        """Version id → percentage."""
        found = await self.result("GET", f"/workers/scripts/{script}/deployments")
        return {one["version_id"]: one["percentage"] for one in found["deployments"][0]["versions"]}

    async def url(self, script: str) -> str:
        return await self.sandbox.url(script)

    async def get(self, script: str, path: str = "/", headers: dict[str, str] | None = None) -> httpx.Response:
        """A request to a Worker."""
        return await self.client.get(await self.url(script) + path, headers=headers or {})


def upload_form(code: str, metadata: Json) -> dict[str, Any]:
    bindings = [{"name": "VERSION", "type": "version_metadata"}, *metadata.pop("bindings", [])]
    whole = {"main_module": "index.js", "compatibility_date": "2026-04-01", "bindings": bindings, **metadata}
    module = ("index.js", code, "application/javascript+module")
    return {"metadata": (None, json.dumps(whole), "application/json"), "index.js": module}


def deployment_body(shares: dict[str, float]) -> Json:
    return {
        "strategy": "percentage",
        "versions": [{"version_id": one, "percentage": share} for one, share in shares.items()],
    }
