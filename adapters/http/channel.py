"""The port `Channel` over HTTP: the channels `http` and `health`, which differ in what they make of an
answer.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from urllib.parse import urlsplit

import httpx

from adapters.http import expect, health
from adapters.http.client import Answer, opened, unanswered
from adapters.http.options import Request, problems, read
from adapters.http.pinned import asked, bearer
from adapters.http.settings import Settings
from adapters.http.version import named
from bot.domain.targets import Check, Environment
from bot.domain.values import Mark, Measurement, Verdict
from bot.ports.channel import Channel, Wanted
from bot.ports.clock import Clock

HIDDEN = b"(hidden)"
SHORTEST_SECRET = 4
"""Shorter values would hide half the alphabet."""


class HttpChannel:
    """`bot.ports.channel.Channel`; `judge` decides what an answer means to it."""

    def __init__(
        self,
        name: str,
        judge: Callable[[Request, Answer], Verdict],
        client: httpx.AsyncClient,
        clock: Clock,
        secrets: Mapping[str, str],
    ) -> None:
        self._name = name
        self._judge = judge
        self._client = client
        self._clock = clock
        self._secrets = secrets

    async def measure(self, check: Check, environment: Environment, wanted: Wanted) -> Measurement:
        """One request. Latency is that of the whole answer; the version is what `version.named` finds."""
        if wrong := self._cannot(check, environment):
            return Measurement(Verdict(Mark.ERROR, wrong))
        request = read(check.options, self._name)
        began = self._clock.elapsed()
        try:
            async with asyncio.timeout(check.attempt.total_seconds()):
                answer = await self._ask(request, environment, wanted)
        except TimeoutError:
            limit = check.attempt.total_seconds()
            return Measurement(Verdict(Mark.FAIL, f"no answer within {limit:g} s"))
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as trouble:
            return Measurement(unanswered(trouble))
        latency = self._clock.elapsed() - began
        try:
            verdict = self._judge(request, self._scrubbed(answer))
            version = named(answer, (*wanted.versions, *wanted.others), wanted.pins)
        except RecursionError:
            return Measurement(Verdict(Mark.FAIL, "the answer is nested too deeply to be read"), latency)
        return Measurement(verdict, latency, version)

    def _cannot(self, check: Check, environment: Environment) -> str:
        """Why nothing can be asked; empty where it can."""
        if wrong := problems(check.options, self._name):
            return "; ".join(wrong)
        token_env = check.options.get("token_env", "")
        if token_env and not self._secrets.get(token_env):
            return f"there is no {token_env}: set it in the bot's environment"
        if not _is_address(environment.url):
            return f"the url of {environment.name} is no http or https address"
        return ""

    async def _ask(self, request: Request, environment: Environment, wanted: Wanted) -> Answer:
        headers = {**request.headers, **bearer(request.token_env, self._secrets)}
        url = environment.url.rstrip("/") + request.path
        return await asked(self._client, request.method, url, headers, dict(wanted.pins), request.redirects)

    def _scrubbed(self, answer: Answer) -> Answer:
        """The answer without any secret, so that no reason can quote one, whole or in part."""
        body = answer.body
        for value in self._secrets.values():
            body = body.replace(value.encode(), HIDDEN) if len(value) >= SHORTEST_SECRET else body
        return replace(answer, body=body)


@asynccontextmanager
async def channels(clock: Clock, settings: Settings) -> AsyncIterator[Mapping[str, Channel]]:
    """The channels `http` and `health` by name, on one client that lives as long as the context."""
    async with opened(settings) as client:
        yield {
            "http": HttpChannel("http", _explained, client, clock, settings.secrets),
            "health": HttpChannel(
                "health",
                lambda request, answer: health.judge(answer, request.components),
                client,
                clock,
                settings.secrets,
            ),
        }


def _explained(request: Request, answer: Answer) -> Verdict:
    """What differs from what is wanted; a failing health answer's own words about it are the better reason."""
    verdict = expect.judge(request, answer)
    said = "" if verdict.passed or expect.status(answer, request.status) == "" else health.down(answer)
    return Verdict(verdict.mark, f"{verdict.reason}: {said}") if said else verdict


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and port != 0 and url.isprintable()
