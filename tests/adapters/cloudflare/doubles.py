"""A clock that only moves when somebody waits, processes that do what a test says, and a small account."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.cloudflare import CloudflareSettings
from adapters.system.clock import SystemClock
from bot.domain.targets import Component, Environment
from bot.domain.values import Commit, Live, RunId, Share
from bot.ports.deployer import Act, Subject
from bot.ports.process import Lines, Ran

TOKEN = "s3cret-token-of-the-test"
ACCOUNT = "0123456789abcdef0123456789abcdef"
COMMIT = Commit("c" * 40)
RUN = SystemClock().new_run()
"""Another name in each process that runs tests: what is left of an act is ended by its name."""
V1, V2 = Share("11111111-aaaa", 100), Share("22222222-bbbb", 100)
HALF = (Share(V1.version, 90), Share(V2.version, 10))
BEFORE = Live("worker", (V1,))


class Ticks:
    """A `Clock` whose time passes only in `sleep`, at once."""

    def __init__(self) -> None:
        self.passed = timedelta(0)
        self.between: Callable[[], None] = lambda: None

    def now(self) -> datetime:
        return datetime(2026, 3, 1, tzinfo=UTC) + self.passed

    def elapsed(self) -> float:
        return self.passed.total_seconds()

    async def sleep(self, span: timedelta) -> None:
        self.passed += span
        self.between()

    def new_run(self) -> RunId:
        return RUN


class Scripted:
    """`Processes` whose one command does what the test says. What it was asked is kept."""

    def __init__(self, does: Callable[["Scripted"], Awaitable[Ran]] | None = None) -> None:
        self.does = does
        self.argv: tuple[str, ...] = ()
        self.env: Mapping[str, str] = {}
        self.cwd = Path()
        self.waited: list[str] = []

    async def run(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        deadline: timedelta,
        lines: Lines | None = None,
        stdin: bytes = b"",
        cookie: str = "",
    ) -> Ran:
        self.argv, self.env, self.cwd = tuple(argv), dict(env), cwd
        assert self.does is not None, f"nothing was to be run, and {argv} was"
        return await self.does(self)

    async def ended(self, cookie: str) -> None:
        self.waited.append(cookie)

    def write(self, *entries: Mapping[str, Any]) -> None:
        """Entries of wrangler's output file."""
        self.write_text("".join(json.dumps(entry) + "\n" for entry in entries))

    def write_text(self, text: str) -> None:
        """That file, as it is."""
        Path(self.env["WRANGLER_OUTPUT_FILE_PATH"]).write_text(text)

    @property
    def message(self) -> str:
        """What the command was to write into the deployment."""
        return next(word for word in self.argv if word.startswith("--message=")).removeprefix("--message=")


class Account:
    """One Worker, `name`: its deployments and versions. A call that is not here is a mistake, answered with 418."""

    def __init__(self) -> None:
        self.name = "hello"
        self.deployments: list[dict[str, Any]] = []
        self.messages: dict[str, str] = {}
        """Versions that are known, and what was written into them."""
        self.versions: list[dict[str, Any]] = []
        """Those that the list shows, newest first; `version` adds one."""
        self.migration_tag = ""
        self.address, self.crons = True, ["1 2 * * *"]
        self.settings: list[dict[str, Any]] = []
        self.posts: list[tuple[dict[str, Any], str]] = []
        self.instead: Callable[[web.Request], web.Response | None] = lambda request: None
        self.after: Callable[[web.Request], web.Response | None] = lambda request: None
        self.secrets_differ = ""

    def deploy(
        self, *shares: tuple[str, float], message: str = "", author: str = "ana@example.com", by: str = ""
    ) -> None:
        self.deployments.insert(
            0,
            {
                "id": f"deployment-{len(self.deployments)}",
                "author_email": author,
                "created_on": "2026-03-01T10:00:00.5Z",
                "annotations": {"workers/message": message, "workers/triggered_by": by},
                "versions": [{"version_id": version, "percentage": share} for version, share in shares],
            },
        )

    def version(self, version: str, message: str = "", by: str = "version_upload", *secrets: str) -> None:
        """Upload one, or make one by a change of secrets."""
        annotations = {"workers/message": message, "workers/triggered_by": by}
        bindings = [{"type": "secret_text", "name": name} for name in secrets]
        bindings.append({"type": "version_metadata", "name": "VERSION"})
        number = len(self.versions) + 1
        self.messages[version] = message
        shown = {"id": version, "number": number, "annotations": annotations}
        self.versions.insert(0, {**shown, "resources": {"bindings": bindings}})

    async def answer(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"
        instead = self.instead(request)
        if instead is not None:
            return instead
        path = request.path.removeprefix(f"/client/v4/accounts/{ACCOUNT}/workers/scripts")
        path = path.replace(f"/{self.name}/", "/hello/", 1)
        done = await self._answer(request, path)
        return self.after(request) or done

    async def _answer(self, request: web.Request, path: str) -> web.Response:
        if request.method == "POST" and path == "/hello/deployments":
            return await self._post(request)
        if request.method == "GET" and path == "/hello/deployments":
            if not self.deployments:
                return refused(404, 10007, "This Worker does not exist on your account.")
            return result({"deployments": self.deployments})
        if request.method == "GET" and path.startswith("/hello/versions/"):
            return self._version(path.rpartition("/")[2])
        if (request.method, path) == ("PATCH", "/hello/script-settings"):
            self.settings.append(await request.json())
            return result({})
        shown = self._shown(path) if request.method == "GET" else None
        return web.Response(status=418) if shown is None else result(shown)

    def _version(self, version: str) -> web.Response:
        listed = next((one for one in self.versions if one["id"] == version), None)
        deployed = {share["version_id"] for one in self.deployments for share in one["versions"]}
        if listed is None and version not in {*self.messages, *deployed}:
            return refused(404, 100146, "The requested Worker version could not be found.")
        return result(listed or {"id": version, "annotations": {"workers/message": self.messages.get(version, "")}})

    def _shown(self, path: str) -> object:
        there = {
            "/hello/versions": {"items": self.versions},
            "/hello/subdomain": {"enabled": self.address},
            "/hello/schedules": {"schedules": [{"cron": cron} for cron in self.crons]},
            "": [{"id": "other", "migration_tag": "v9"}, {"id": "hello", "migration_tag": self.migration_tag}],
        }
        return there.get(path)

    async def _post(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.posts.append((body, request.query_string))
        assert body["strategy"] == "percentage"
        if self.secrets_differ and request.query.get("force") != "true":
            return refused(400, 10220, f"The following secrets have changed: {self.secrets_differ}")
        shares = [(one["version_id"], one["percentage"]) for one in body["versions"]]
        self.deploy(*shares, message=body["annotations"]["workers/message"])
        return result({"id": self.deployments[0]["id"]})

    @asynccontextmanager
    async def served(self) -> AsyncIterator[CloudflareSettings]:
        """The settings of an account that answers on loopback until the block ends."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.answer)
        async with TestServer(app) as server:
            yield CloudflareSettings(TOKEN, ACCOUNT, str(server.make_url("/client/v4")))


def result(value: Any) -> web.Response:
    return web.json_response({"success": True, "errors": [], "messages": [], "result": value})


def refused(status: int, code: int, message: str, **headers: str) -> web.Response:
    body = {"success": False, "errors": [{"code": code, "message": message}], "messages": [], "result": None}
    return web.json_response(body, status=status, headers=headers)


def lost(request: web.Request) -> web.Response:
    """The connection breaks before an answer."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


def act(item: str = "deploy/worker", actor: str = "ana") -> Act:
    return Act(RUN, item, actor)


def checkout(folder: Path, config: str | None = None, name: str = "wrangler.jsonc") -> Path:
    """A commit's folder: a wrangler configuration, and a wrangler that only has to be there."""
    (folder / "node_modules/wrangler/bin").mkdir(parents=True)
    (folder / "node_modules/wrangler/bin/wrangler.js").touch()
    (folder / name).write_text(config if config is not None else '{"name": "hello", "env": {"canary": {}}}')
    return folder


def subject(folder: Path | None, env: str = "", component: Component | None = None) -> Subject:
    environment = Environment(env or "production", "https://hello.example.workers.dev", wrangler_env=env)
    return Subject(component or Component("worker"), environment, folder)
