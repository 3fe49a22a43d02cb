"""The Node process that runs workerd: started here, spoken to in lines of JSON, gone when its stdin closes."""

import asyncio
import json
import logging
import os
import shutil
from collections.abc import Callable
from typing import Any

from sandbox.install import EDGE

Json = dict[str, Any]
_log = logging.getLogger("sandbox")
_LONGEST_LINE = 64 * 1024 * 1024


class HostError(Exception):
    """The host's word for why something did not start."""


class Host:
    """One running host. `on_tail(version_id, events)` is called for the trace events of every Worker."""

    def __init__(self, on_tail: Callable[[str, list[Json]], None]) -> None:
        self._on_tail = on_tail
        self._process: asyncio.subprocess.Process | None = None
        self._waiting: dict[int, asyncio.Future[Json]] = {}
        self._next = 0

    async def start(self, group: asyncio.TaskGroup) -> None:
        """Starts Node; `group` holds the task that reads its answers."""
        node = os.environ.get("SANDBOX_NODE") or shutil.which("node") or "node"
        self._process = await asyncio.create_subprocess_exec(
            node,
            str(EDGE / "host.mjs"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_LONGEST_LINE,
            start_new_session=True,
            env=_environment(),
        )
        group.create_task(self._read(self._process))

    async def stop(self) -> None:
        """Closes stdin, which ends the host and every workerd; kills it if it does not go within 5 s."""
        if self._process is None or self._process.stdin is None:
            return
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), 5)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def ask(self, op: str, **args: Any) -> Json:
        """One operation of host.mjs; `HostError` with its reason if it fails."""
        if self._process is None or self._process.stdin is None or self._process.returncode is not None:
            raise HostError("the host of the edge is not running")
        self._next += 1
        waiting = self._waiting[self._next] = asyncio.get_running_loop().create_future()
        self._process.stdin.write(json.dumps({"id": self._next, "op": op, **args}).encode() + b"\n")
        answer = await waiting
        if "error" in answer:
            raise HostError(answer["error"])
        result: Json = answer["result"]
        return result

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        if process.stdout is not None:
            async for line in process.stdout:
                self._take(_message(line))
        for waiting in self._waiting.values():
            waiting.set_result({"error": "the host of the edge has ended"})
        self._waiting.clear()

    def _take(self, message: Json) -> None:
        if "tail" in message:
            self._on_tail(message["tail"]["version"], message["tail"]["events"])
            return
        waiting = self._waiting.pop(message.get("id", 0), None)
        if waiting is not None and not waiting.done():
            waiting.set_result(message)


def _message(line: bytes) -> Json:
    """What a line says; a line that is none of ours (a library's word) goes to the log."""
    try:
        read: Json = json.loads(line)
    except ValueError:
        _log.warning("the host of the edge says: %s", line.decode(errors="replace").strip())
        return {}
    return read


def _environment() -> dict[str, str]:
    """Only what Node needs: no token and no proxy of the caller reaches an uploaded Worker."""
    names = ("PATH", "HOME", "TMPDIR", "LANG", "MINIFLARE_WORKERD_PATH")
    return {"NO_COLOR": "1", **{name: os.environ[name] for name in names if name in os.environ}}
