"""From a multipart upload to a version: parts, bindings that are inherited or kept, checks, a trial start.

Sources: the forms that wrangler sends (POST versions, PUT script), Cloudflare's documentation of multipart metadata.
"""

import hashlib
import json
import uuid
import zlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from aiohttp import BodyPartReader, web

from sandbox.account import Account, Script, Version, kept
from sandbox.clock import now, stamp
from sandbox.errors import (
    bound_resource_missing,
    class_not_configured,
    malformed,
    not_simulated,
    nothing_to_inherit,
    script_invalid,
    script_too_large,
)
from sandbox.spec import RESOURCES, check_simulated, resource_id
from sandbox.world import World, author_of, source_of

Json = dict[str, Any]
_LARGEST, _LARGEST_COMPRESSED = 64 * 1024 * 1024, 10 * 1024 * 1024
_NEEDS = {
    "kv_namespace": "namespace_id",
    "d1": "id",
    "r2_bucket": "bucket_name",
    "service": "service",
    "plain_text": "text",
    "secret_text": "text",
    "json": "json",
    "durable_object_namespace": "class_name",
}


@dataclass(frozen=True)
class Part:
    """One module of an upload."""

    name: str
    type: str
    body: bytes


@dataclass(frozen=True)
class Form:
    """A whole upload."""

    metadata: Json
    parts: list[Part]


async def read_form(request: web.Request) -> Form:
    """The form of an upload; a refusal if it cannot be read."""
    if not request.content_type.startswith("multipart/"):
        raise malformed("An upload is a multipart form.")
    metadata: Json | None = None
    parts = []
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise malformed("A part of the form is a form itself.")
        body = bytes(await part.read(decode=False))
        if part.name in ("metadata", "settings"):
            metadata = _metadata(body)
        else:
            parts.append(Part(part.name or part.filename or "", part.headers.get("Content-Type", ""), body))
    if metadata is None:
        raise malformed("The form has no part `metadata`.")
    return Form(metadata, parts)


def _metadata(body: bytes) -> Json:
    try:
        read = json.loads(body)
    except ValueError:
        raise malformed("The part `metadata` is not JSON.") from None
    if not isinstance(read, dict):
        raise malformed("The part `metadata` is not an object.")
    return read


def resolve_bindings(metadata: Json, before: Version | None) -> list[Json]:
    """The bindings that a version gets: its own, those it inherits by name, and those of a kept type.

    A binding of type `inherit`, or one that names a type but not what it is bound to, is taken from the version before.
    """
    old = {one["name"]: one for one in before.bindings} if before else {}
    new = []
    for one in metadata.get("bindings") or []:
        lacks = one.get("type") == "inherit" or _NEEDS.get(one.get("type", ""), "name") not in one
        if lacks and not (one.get("type") == "d1" and one.get("database_id")):
            source = old.get(one.get("old_name") or one["name"])
            if source is None:
                raise nothing_to_inherit(one["name"])
            new.append({**source, "name": one["name"]})
        else:
            new.append(one)
    names = {one["name"] for one in new}
    kept = set(metadata.get("keep_bindings") or [])
    return [*new, *(one for name, one in old.items() if one["type"] in kept and name not in names)]


def check_bindings(bindings: list[Json], account: Account, script: Script) -> None:
    """Refuses a binding to something that the account does not have, as the API does at the upload."""
    check_simulated(bindings)
    for one in bindings:
        kind = one["type"]
        if kind == "d1" and not resource_id(one)[1]:
            raise script_invalid(f"binding {one['name']} of type d1 must have a valid `id` specified")
        if kind in RESOURCES:
            short, wanted = resource_id(one)
            if account.resource(short, wanted) is None:
                raise bound_resource_missing(short, one["name"], wanted)
        elif kind == "service" and one["service"] not in {*account.scripts, script.name}:
            raise bound_resource_missing("service", one["name"], one["service"])
        elif kind == "durable_object_namespace" and one["class_name"] not in script.objects:
            raise class_not_configured(one["class_name"])


async def make_version(request: web.Request, here: World, script: Script, form: Form, triggered_by: str) -> Version:
    """A version of this upload: written to disk and proven to start (else refused with 10021), but not yet saved."""
    metadata = form.metadata
    before = here.account.newest(script.name)
    bindings = resolve_bindings(metadata, before)
    check_bindings(bindings, here.account, script)
    main = metadata.get("main_module") or metadata.get("body_part")
    parts = form.parts
    if main is None or main not in {part.name for part in parts}:
        raise script_invalid(f"The entry point `{main}` is not among the uploaded modules.")
    annotations = kept(metadata.get("annotations") or {})
    version = Version(
        id=str(uuid.uuid4()),
        script=script.name,
        number=here.account.next_number(script.name),
        author=author_of(request),
        source=source_of(request),
        annotations={**annotations, "workers/triggered_by": triggered_by},
        bindings=bindings,
        modules=[],
        main_module=main,
        service_worker="main_module" not in metadata,
        compatibility_date=_compatibility_date(metadata),
        compatibility_flags=metadata.get("compatibility_flags") or [],
        etag=hashlib.sha256(b"\0".join(part.body for part in parts)).hexdigest(),
        limits=metadata.get("limits") or {},
        placement=metadata.get("placement") or {},
        migration_tag=script.migration_tag,
    )
    if _too_large(parts):
        raise script_too_large()
    if metadata.get("assets") or metadata.get("containers"):
        raise not_simulated("static assets and containers")
    version.modules = _write(here.instances.place.modules, version.id, parts)
    version.startup_time_ms = await here.instances.validate(version)
    return version


def copy_version(request: web.Request, version: Version, bindings: list[Json], annotations: Json) -> Version:
    """A new version of the newest one's code with other bindings, as a change of secrets makes it."""
    copied = Version(**{**version.__dict__, "id": str(uuid.uuid4())})
    copied.number, copied.bindings, copied.created_on = version.number + 1, bindings, stamp()
    copied.annotations = kept(annotations)
    copied.author, copied.source = author_of(request), source_of(request)
    return copied


def save_version(here: World, script: Script, version: Version) -> None:
    """Makes the version the newest of its script."""
    script.modified_on = stamp()
    here.account.save(version)
    here.account.save(script)


def _compatibility_date(metadata: Json) -> str:
    """The day asked for; without one the vendor's oldest. A future day is refused."""
    text = metadata.get("compatibility_date") or "2021-11-02"
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise script_invalid(f"Invalid compatibility date: {text}") from None
    if day > date.fromisoformat(stamp(now())[:10]):
        raise script_invalid(f"Can't set compatibility date in the future: {text}")
    return str(text)


def _too_large(parts: list[Part]) -> bool:
    whole = sum(len(part.body) for part in parts)
    if whole <= _LARGEST_COMPRESSED:
        return False
    compressed = sum(len(zlib.compress(part.body)) for part in parts)
    return whole > _LARGEST or compressed > _LARGEST_COMPRESSED


def _write(modules: Path, version_id: str, parts: list[Part]) -> list[Json]:
    """Writes the modules; each with its file's path below the folder of all modules."""
    (modules / version_id).mkdir(parents=True)
    written = []
    for number, part in enumerate(parts):
        file = f"{version_id}/{number}"
        (modules / file).write_bytes(part.body)
        kind = part.type.partition(";")[0].strip()
        written.append({"name": part.name, "type": kind, "file": file})
    return written
