"""What an answer of the GraphQL analytics means. Pure.

A refusal comes with any status, 200 among them, and has the shape `{"data": null, "errors": [{"message", "extensions":
{"code"}}]}`; a token that is not known at all is refused in the shape of the REST API. Source: Cloudflare's page "Error
responses" of the GraphQL Analytics API.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from bot.ports.errors import Permanent, Temporary, Trouble

NO_RIGHT = ("not authorized", "does not have access", "authz")
SLOW_DOWN = ("rate limiter", "quota exceeded", "limit reached", "budget", "try again")


@dataclass(frozen=True, slots=True)
class Refusal:
    """In the API's own words."""

    said: str

    def trouble(self, said: str) -> Trouble:
        """The decision; `said` is what may be told of the words."""
        words = self.said.lower()
        if any(one in words for one in SLOW_DOWN):
            return Temporary(f"Cloudflare's analytics ask to slow down: {said.rstrip('.')}.")
        if any(one in words for one in NO_RIGHT):
            return Permanent(
                "The API token may not read analytics: give it the permission Account · Account Analytics · Read."
            )
        return Permanent(f"Cloudflare's analytics said no: {said.rstrip('.')}.")


def read(answer: httpx.Response) -> Mapping[str, Any] | Refusal | None:
    """The data, or the refusal; None where the answer has neither and is to be read as any other of the API."""
    if answer.status_code == 429 or answer.status_code >= 500:
        return None
    try:
        body = answer.json()
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict) or "success" in body or not {"data", "errors"} & body.keys():
        return None
    errors = body.get("errors")
    if errors:
        return Refusal("; ".join(map(_said, errors)) if isinstance(errors, list) else str(errors))
    data = body.get("data")
    return data if isinstance(data, dict) else Refusal("there is no data in the answer")


def _said(error: object) -> str:
    if not isinstance(error, dict):
        return str(error)
    extensions = error.get("extensions")
    code = extensions.get("code", "") if isinstance(extensions, dict) else ""
    return f"{error.get('message', '')} {f'({code})' if code else ''}".strip()
