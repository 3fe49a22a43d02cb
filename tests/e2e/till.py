"""A service beside the Worker, as an application keeps its counters in: every order that somebody places, by version.

It tells them as JSON at `/counters.json` and in Prometheus' text format at `/metrics`, both versions in one answer.
"""

from collections import Counter
from dataclasses import dataclass

from aiohttp import web

from tests.e2e.traffic import Traffic

JSON = """\
source = "http"
name = "till"
url = "{url}/counters.json"
versions = "/versions"
extra = {{ declined = "/orders/declined" }}"""
PAGE = """\
source = "http"
name = "page"
format = "prometheus"
url = "{url}/metrics"
requests = 'http_requests_total{{version="$version"}}'
errors = 'http_requests_total{{version="$version",code=~"5.."}}'
extra = {{ declined = 'orders_total{{version="$version",paid="no"}}' }}"""


@dataclass
class Till:
    """`async with` it; `traffic` is who comes."""

    traffic: Traffic
    url: str = ""

    async def __aenter__(self) -> "Till":
        app = web.Application()
        app.router.add_get("/counters.json", self._json)
        app.router.add_get("/metrics", self._page)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _json(self, _: web.Request) -> web.Response:
        versions = {
            version: {
                "requests": one["requests"],
                "errors": one["errors"],
                "orders": {"declined": one["declined"]},
            }
            for version, one in self._counted().items()
        }
        return web.json_response({"versions": versions})

    async def _page(self, _: web.Request) -> web.Response:
        lines = ["# TYPE http_requests_total counter", "# TYPE orders_total counter"]
        for version, one in self._counted().items():
            fine = one["requests"] - one["errors"]
            lines += [
                f'http_requests_total{{version="{version}",code="200"}} {fine}',
                f'http_requests_total{{version="{version}",code="500"}} {one["errors"]}',
                f'orders_total{{version="{version}",paid="yes"}} {fine - one["declined"]}',
                f'orders_total{{version="{version}",paid="no"}} {one["declined"]}',
            ]
        return web.Response(text="\n".join(lines) + "\n")

    def _counted(self) -> dict[str, Counter[str]]:
        found: dict[str, Counter[str]] = {}
        for one in self.traffic.asked:
            if one.version:
                counts = {"requests": 1, "errors": int(one.bad), "declined": int(one.order == "declined")}
                found.setdefault(one.version, Counter()).update(counts)
        return found
