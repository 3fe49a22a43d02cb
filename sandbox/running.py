"""The sandbox as a separate process, for tests and the demo."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

Json = dict[str, Any]
_START = 120.0
_STOP = 10.0


class SandboxFailed(Exception):
    """The process ended, or did not get ready; the message has its last words."""


class Sandbox:
    """`async with Sandbox(folder) as sandbox:` runs one; the fields below are set then.

    `api`: base of the API, for `CLOUDFLARE_API_BASE_URL`. `edge`: where the Workers answer by Host header. `control`:
    base of the control API. The process and everything that it started are gone when the block ends; the folder stays
    and can be run again.
    """

    api: str
    edge: str
    control: str
    account_id: str
    token: str
    pid: int

    def __init__(self, state: Path, *, port: int = 0, edge_port: int = 0, token: str | None = None) -> None:
        self._command = [
            sys.executable,
            "-m",
            "sandbox",
            "--state",
            str(state),
            "--port",
            str(port),
            "--edge-port",
            str(edge_port),
        ]
        self._command += ["--token", token] if token else []
        self._errors = state / "sandbox.log"
        self._stack = AsyncExitStack()
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        self._errors.parent.mkdir(parents=True, exist_ok=True)
        log = self._stack.enter_context(self._errors.open("ab"))
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            cwd=Path(__file__).parent.parent,
            start_new_session=True,
        )
        self.pid = self._process.pid
        try:
            self._take(await self._ready_line(self._process))
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        self._session = await self._stack.enter_async_context(aiohttp.ClientSession())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()
        if self._process is None or self._process.returncode is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self._process.wait(), _STOP)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def _ready_line(self, process: asyncio.subprocess.Process) -> bytes:
        line = b""
        with contextlib.suppress(TimeoutError):
            if process.stdout is not None:
                line = await asyncio.wait_for(process.stdout.readline(), _START)
        if not line:
            raise SandboxFailed(f"The sandbox did not start: {self._errors.read_text()[-2000:]}")
        return line

    def _take(self, line: bytes) -> None:
        ready = json.loads(line)
        self.api, self.edge = ready["api"], ready["edge"]
        self.account_id, self.token = ready["account_id"], ready["token"]
        self.control = self.api.removesuffix("/client/v4") + "/_sandbox"

    def environment(self) -> dict[str, str]:
        """What wrangler needs in its environment to speak to this account, and to nobody else."""
        return {
            "CLOUDFLARE_API_BASE_URL": self.api,
            "CLOUDFLARE_API_TOKEN": self.token,
            "CLOUDFLARE_ACCOUNT_ID": self.account_id,
            "WRANGLER_SEND_METRICS": "false",
            "WRANGLER_SEND_ERROR_REPORTS": "false",
            "NO_COLOR": "1",
            "CI": "1",
        }

    async def url(self, script: str) -> str:
        """Where a Worker answers on this machine, deployed or not yet."""
        return str((await self.get(f"scripts/{script}/url"))["url"])

    async def get(self, path: str, **params: str) -> Any:
        """A GET of the control API: `get("calls")`."""
        async with self._session.get(f"{self.control}/{path}", params=params) as reply:
            return await self._checked(reply)

    async def post(self, path: str, body: Json | None = None) -> Any:
        """A POST of the control API: `post("rules/api", {"do": "lost", "method": "POST"})`."""
        async with self._session.post(f"{self.control}/{path}", json=body or {}) as reply:
            return await self._checked(reply)

    async def delete(self, path: str) -> Any:
        """A DELETE of the control API: `delete("rules")`."""
        async with self._session.delete(f"{self.control}/{path}") as reply:
            return await self._checked(reply)

    async def call(self, method: str, path: str, body: Json | None = None) -> Any:
        """A call of the API below `/accounts/{id}`: its `result`; the whole envelope where it was refused."""
        url = f"{self.api}/accounts/{self.account_id}{path}"
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self._session.request(method, url, json=body, headers=headers) as reply:
            envelope = await reply.json()
            return envelope["result"] if envelope["success"] else envelope

    async def _checked(self, reply: aiohttp.ClientResponse) -> Any:
        body = await reply.json()
        if reply.status != 200:
            raise SandboxFailed(body.get("error", str(body)))
        return body


def children(pid: int) -> list[int]:
    """Processes below this one that still live: for tests that nothing is left behind."""
    found = [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return (
        found + [grandchild for child in found for grandchild in children(child)] if os.path.isdir("/proc") else found
    )
