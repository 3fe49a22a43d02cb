"""One instant query: its series, or why there are none.

Source: "HTTP API" of Prometheus' own documentation, `GET /api/v1/query`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any

import httpx

from bot.ports.errors import Permanent, Temporary

SENTENCE = 200
"""Characters of the server's own words that are passed on."""


@dataclass(frozen=True, slots=True)
class Series:
    """One value and its labels; a value that is no number (0 divided by 0) is 0."""

    labels: Mapping[str, str]
    value: float


async def query(
    client: httpx.AsyncClient, url: str, text: str, at: datetime, headers: Mapping[str, str]
) -> Sequence[Series]:
    """The result at that moment. `Temporary` where the server is not there or busy, `Permanent` where it says no."""
    asked = {"query": text, "time": f"{at.timestamp():.3f}"}
    try:
        answer = await client.get(url.rstrip("/") + "/api/v1/query", params=asked, headers=dict(headers))
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as trouble:
        what = str(trouble).rstrip(".") or type(trouble).__name__
        raise Temporary(f"the Prometheus server cannot be reached: {_short(what)}") from trouble
    return _result(answer)


def _result(answer: httpx.Response) -> Sequence[Series]:
    if answer.status_code in (401, 403):
        raise Permanent(f"the Prometheus server refuses (status {answer.status_code}): look at token_env and its value")
    body = _body(answer)
    if body.get("status") == "error" and answer.status_code < 500:
        raise Permanent(f"the Prometheus server cannot answer this query: {_short(str(body.get('error', '')))}")
    if body.get("status") != "success" or answer.status_code != 200:
        raise Temporary(f"the Prometheus server is in trouble (status {answer.status_code})")
    try:
        return _series(body["data"])
    except (KeyError, TypeError, ValueError, IndexError) as odd:
        raise Temporary("what answers is no Prometheus server, or speaks a dialect of its own") from odd


def _body(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        found = json.loads(answer.content)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        return found
    if answer.status_code >= 500:
        raise Temporary(f"the Prometheus server is in trouble (status {answer.status_code})")
    raise Permanent(f"what answers (status {answer.status_code}) is no Prometheus server: look at the source's url")


def _series(data: Mapping[str, Any]) -> Sequence[Series]:
    if data["resultType"] == "scalar":
        return (Series({}, _value(data["result"][1])),)
    if data["resultType"] != "vector":
        raise Permanent(f"the query gives a {data['resultType']}, and one number for each series is wanted")
    return tuple(Series(one["metric"], _value(one["value"][1])) for one in data["result"])


def _value(text: str) -> float:
    found = float(text)
    return found if isfinite(found) and found > 0 else 0.0


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SENTENCE else line[: SENTENCE - 1] + "…"
