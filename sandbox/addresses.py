"""A loopback port of its own for each Worker: a URL that works in every client as the machine is.

Names under `.localhost` resolve in browsers and curl, but not by every C library (glibc needs a module for it), so a
plain `http://127.0.0.1:PORT` is what programs are given. A port is kept in the store, and is the same after a restart
if it is free then.
"""

import socket
from dataclasses import dataclass, field

from aiohttp import web

from sandbox.store import Store

LOOPBACK = "127.0.0.1"


@dataclass
class Addresses:
    """Worker → port. `runner` serves the front door on every one of them."""

    store: Store
    runner: web.AppRunner
    _ports: dict[str, int] = field(default_factory=dict)

    async def open_kept(self) -> None:
        """Opens the ports of an earlier run again."""
        for kept in self.store.all("Address"):
            await self._open(kept["script"], kept["port"])

    async def url(self, script: str) -> str:
        """The Worker's URL on this machine; the Worker need not exist yet."""
        if script not in self._ports:
            await self._open(script, 0)
        return f"http://{LOOPBACK}:{self._ports[script]}"

    def script_at(self, port: int) -> str | None:
        """The Worker that answers on this port; None if it is none of ours."""
        return next((script for script, one in self._ports.items() if one == port), None)

    async def _open(self, script: str, wanted: int) -> None:
        try:
            listening = socket.create_server((LOOPBACK, wanted))
        except OSError:
            listening = socket.create_server((LOOPBACK, 0))
        port = self._ports[script] = listening.getsockname()[1]
        self.store.put("Address", script, {"script": script, "port": port})
        await web.SockSite(self.runner, listening).start()
