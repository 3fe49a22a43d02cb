"""A version, as the host must know it to run it: pure.

Bindings of the upload become plain values (vars), doors to the account's storage (resources), calls of other Workers
(services) and Durable Objects (objects). What the sandbox has no counterpart for is refused at the upload.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.account import Script, Version
from sandbox.errors import not_simulated

Json = dict[str, Any]
RESOURCES = {"kv_namespace": ("kv", "namespace_id"), "d1": ("d1", "id"), "r2_bucket": ("r2", "bucket_name")}
_VARS = frozenset({"plain_text", "secret_text", "json", "version_metadata"})
_MODULES = {
    "application/javascript+module": "ESModule",
    "application/javascript": "CommonJS",
    "text/javascript+module": "ESModule",
    "text/javascript": "CommonJS",
    "application/wasm": "CompiledWasm",
    "text/plain": "Text",
    "application/octet-stream": "Data",
}
SOURCE_MAP = "application/source-map"


@dataclass(frozen=True)
class Place:
    """Where this sandbox keeps things and listens: the same for every version."""

    modules: Path
    objects: Path
    edge: str
    service_key: str


def resource_id(binding: Json) -> tuple[str, str]:
    """(kind, id) of a KV, D1 or R2 binding."""
    kind, key = RESOURCES[binding["type"]]
    return kind, str(binding.get(key) or binding.get("database_id") or "")


def check_simulated(bindings: list[Json]) -> None:
    """Refuses a binding that the edge cannot give."""
    for one in bindings:
        if one["type"] not in {*RESOURCES, *_VARS, "service", "durable_object_namespace"}:
            raise not_simulated(f"bindings of type {one['type']} ({one['name']})")
        if one["type"] == "durable_object_namespace" and one.get("script_name"):
            raise not_simulated(f"Durable Objects of another Worker ({one['name']})")


def spec(version: Version, script: Script, place: Place) -> Json:
    """What host.mjs takes as `version`."""
    return {
        "id": version.id,
        "modules": [_module(one, place) for one in _ordered(version)],
        "serviceWorker": version.service_worker,
        "compatibilityDate": version.compatibility_date,
        "compatibilityFlags": version.compatibility_flags,
        "vars": {one["name"]: _value(one, version) for one in version.bindings if one["type"] in _VARS},
        "resources": [_resource(one) for one in version.bindings if one["type"] in RESOURCES],
        "services": [_service(one, place) for one in version.bindings if one["type"] == "service"],
        "objects": dict(_object(one, script) for one in version.bindings if one["type"] == "durable_object_namespace"),
        "persist": str(place.objects / script.name),
        "edge": place.edge,
    }


def _ordered(version: Version) -> list[Json]:
    """The main module first; source maps left out."""
    code = [one for one in version.modules if one["type"] != SOURCE_MAP]
    return sorted(code, key=lambda one: one["name"] != version.main_module)


def _module(module: Json, place: Place) -> Json:
    kind = _MODULES.get(module["type"])
    if kind is None:
        raise not_simulated(f"modules of type {module['type']}")
    return {"name": module["name"], "type": kind, "file": str(place.modules / module["file"])}


def _value(binding: Json, version: Version) -> Any:
    if binding["type"] == "json":
        return binding["json"]
    if binding["type"] == "version_metadata":
        return {"id": version.id, "tag": version.annotations.get("workers/tag", ""), "timestamp": version.created_on}
    return binding["text"]


def _resource(binding: Json) -> Json:
    kind, found = resource_id(binding)
    return {"name": binding["name"], "kind": kind, "id": found}


def _service(binding: Json, place: Place) -> Json:
    return {"name": binding["name"], "token": f"{place.service_key}/{binding['service']}"}


def _object(binding: Json, script: Script) -> tuple[str, Json]:
    sqlite = script.objects.get(binding["class_name"], {}).get("sqlite", True)
    return binding["name"], {"className": binding["class_name"], "useSQLite": sqlite}
