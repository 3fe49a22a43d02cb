"""The account: what is in it, kept in memory and, record by record, in the store.

A record is a dataclass of plain JSON values. Change its fields, then `save` it; a restarted sandbox reads it back.
"""

import secrets
import uuid
from dataclasses import asdict, dataclass, field
from typing import Any

from sandbox.clock import stamp
from sandbox.store import Store

Json = dict[str, Any]
DEPLOYABLE = 100
MESSAGE = 100
"""Bytes that are kept of a message; the rest is cut off without a word."""


def new_id() -> str:
    """32 hex digits, as the vendor names scripts, namespaces and accounts."""
    return secrets.token_hex(16)


def kept(annotations: Json) -> dict[str, str]:
    """The annotations as the vendor keeps them; its API reference says of messages "Truncated to 100 bytes"."""
    given = {name: str(value) for name, value in annotations.items() if value}
    if message := given.get("workers/message"):
        given["workers/message"] = message.encode()[:MESSAGE].decode("utf-8", "ignore")
    return given


@dataclass
class Token:
    """A bearer token and whose it is."""

    value: str
    email: str
    user_id: str = field(default_factory=new_id)


@dataclass
class Script:
    """A Worker by name, with all that is not versioned."""

    name: str
    tag: str = field(default_factory=new_id)
    created_on: str = field(default_factory=stamp)
    modified_on: str = field(default_factory=stamp)
    tags: list[str] = field(default_factory=list)
    logpush: bool = False
    observability: Json = field(default_factory=lambda: {"enabled": False})
    tail_consumers: list[Json] = field(default_factory=list)
    enabled: bool = False
    previews_enabled: bool = False
    schedules: list[Json] = field(default_factory=list)
    routes: list[Json] = field(default_factory=list)
    migration_tag: str | None = None
    objects: dict[str, Json] = field(default_factory=dict)


@dataclass
class Version:
    """An immutable upload: code, configuration, bindings, secrets among them (with their text)."""

    id: str
    script: str
    number: int
    author: Json
    source: str
    annotations: dict[str, str]
    bindings: list[Json]
    modules: list[Json]
    main_module: str
    service_worker: bool
    compatibility_date: str
    compatibility_flags: list[str]
    etag: str
    startup_time_ms: int = 0
    limits: Json = field(default_factory=dict)
    placement: Json = field(default_factory=dict)
    migration_tag: str | None = None
    created_on: str = field(default_factory=stamp)

    def secrets(self) -> dict[str, str]:
        """Name → text."""
        return {one["name"]: one["text"] for one in self.bindings if one["type"] == "secret_text"}


@dataclass
class Deployment:
    """The fact of what is live from `created_on` on: one or two versions and their shares."""

    script: str
    versions: list[Json]
    author: Json
    source: str
    annotations: dict[str, str]
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    created_on: str = field(default_factory=stamp)

    def share(self, version_id: str) -> float | None:
        """The version's percentage; None if it is no part of this."""
        return next((float(one["percentage"]) for one in self.versions if one["version_id"] == version_id), None)


@dataclass
class Resource:
    """A KV namespace, a D1 database, an R2 bucket or a zone: `kind` is kv, d1, r2 or zone."""

    kind: str
    id: str
    name: str
    created_on: str = field(default_factory=stamp)


Record = Token | Script | Version | Deployment | Resource
_KEYS = {Token: "value", Script: "name", Version: "id", Deployment: "id", Resource: "id"}


class Account:
    """Everything of the one account that this sandbox is."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.tokens = {one["value"]: Token(**one) for one in store.all("Token")}
        self.scripts = {one["name"]: Script(**one) for one in store.all("Script")}
        self.versions = {one["id"]: Version(**one) for one in store.all("Version")}
        self.deployments = {one["id"]: Deployment(**one) for one in store.all("Deployment")}
        self.resources = {one["id"]: Resource(**one) for one in store.all("Resource")}

    def save(self, record: Record) -> None:
        """Keeps a new record, or the change of one."""
        key = str(getattr(record, _KEYS[type(record)]))
        self._store.put(type(record).__name__, key, asdict(record))
        self._shelf(record)[key] = record

    def delete(self, record: Record) -> None:
        """Forgets a record."""
        key = str(getattr(record, _KEYS[type(record)]))
        self._store.delete(type(record).__name__, key)
        self._shelf(record).pop(key, None)

    def _shelf(self, record: Record) -> dict[str, Any]:
        shelves: dict[type, dict[str, Any]] = {
            Token: self.tokens,
            Script: self.scripts,
            Version: self.versions,
            Deployment: self.deployments,
            Resource: self.resources,
        }
        return shelves[type(record)]

    def versions_of(self, script: str) -> list[Version]:
        """Newest first."""
        return [one for one in reversed(self.versions.values()) if one.script == script]

    def deployments_of(self, script: str) -> list[Deployment]:
        """Newest first; the first is live."""
        return [one for one in reversed(self.deployments.values()) if one.script == script]

    def newest(self, script: str) -> Version | None:
        """The version that was uploaded last."""
        return next(iter(self.versions_of(script)), None)

    def next_number(self, script: str) -> int:
        """What the next version of this Worker is called: they are numbered from 1."""
        newest = self.newest(script)
        return newest.number + 1 if newest else 1

    def live(self, script: str) -> Deployment | None:
        """The deployment that is live; None if nothing was ever deployed."""
        return next(iter(self.deployments_of(script)), None)

    def fully_live(self, script: str) -> Version | None:
        """The newest version if it has all of the traffic, else None."""
        newest, live = self.newest(script), self.live(script)
        return newest if newest and live and live.share(newest.id) == 100 else None

    def resources_of(self, kind: str) -> list[Resource]:
        """All of a kind, oldest first."""
        return [one for one in self.resources.values() if one.kind == kind]

    def resource(self, kind: str, id_or_name: str) -> Resource | None:
        """By id, or by name."""
        return next((one for one in self.resources_of(kind) if id_or_name in (one.id, one.name)), None)
