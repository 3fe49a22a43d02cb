"""Everything that a handler of the sandbox may need, in one value that travels with the application."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from sandbox.account import Account, Script, Token
from sandbox.addresses import Addresses
from sandbox.calls import Calls
from sandbox.errors import script_missing
from sandbox.instances import Instances
from sandbox.misbehaviour import Holds
from sandbox.rules import Rules
from sandbox.store import Store
from sandbox.tails import LIFETIME, Tails
from sandbox.traffic import Traffic


@dataclass
class Settings:
    """What the control API can change; kept in the store."""

    account_id: str
    subdomain: str = "sandbox"
    analytics_lag: float = 0.0
    sample_interval: int = 1
    rate_limit: int = 1200
    rate_window: float = 300.0
    graphql_limit: int = 300
    tail_lifetime: float = LIFETIME
    secrets_check: str = "not-live"


@dataclass
class World:
    """The sandbox. `storage` is the address of the account's storage, `api` and `edge` the public base addresses."""

    directory: Path
    store: Store
    settings: Settings
    account: Account
    instances: Instances
    client: aiohttp.ClientSession
    storage: str
    api: str = ""
    edge: str = ""
    addresses: Addresses | None = None
    rules: Rules = field(default_factory=Rules)
    holds: Holds = field(default_factory=Holds)
    calls: Calls = field(default_factory=Calls)
    tails: Tails = field(default_factory=Tails)
    traffic: Traffic = field(init=False)
    locks: dict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
    used: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    questions: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.traffic = Traffic(self.store)


WORLD: web.AppKey[World] = web.AppKey("world", World)
AUTHOR: web.RequestKey[Token] = web.RequestKey("author", Token)


def world(request: web.Request) -> World:
    """The sandbox that this request has come to."""
    return request.app[WORLD]


def script_of(request: web.Request) -> Script:
    """The Worker that the path names; a refusal (10007) if there is none."""
    found = world(request).account.scripts.get(request.match_info["script"])
    if found is None:
        raise script_missing()
    return found


def author_of(request: web.Request) -> dict[str, Any]:
    """Who calls, as versions and deployments record it."""
    token = request[AUTHOR]
    return {"author_id": token.user_id, "author_email": token.email}


def source_of(request: web.Request) -> str:
    """Which tool calls, in the vendor's words."""
    agent = request.headers.get("User-Agent", "")
    return "wrangler" if agent.startswith("wrangler") else "api"


def note(request: web.Request, what: str, times: int = 1) -> None:
    """Counts a change that this call made."""
    world(request).calls.changed(request, what, times)
