"""How the API shows its records: pure.

Source: the answers that wrangler reads, field by field, in 4.86 and 4.164.
"""

from typing import Any

from sandbox.account import Deployment, Script, Version

Json = dict[str, Any]


def version_item(version: Version) -> Json:
    """A version in a list."""
    return {
        "id": version.id,
        "number": version.number,
        "metadata": {
            "created_on": version.created_on,
            "modified_on": version.created_on,
            "source": version.source,
            **version.author,
            "hasPreview": has_preview(version),
            "has_preview": has_preview(version),
        },
        "annotations": version.annotations,
    }


def version_detail(version: Version, script: Script) -> Json:
    """One version, with its resources; secrets without their text."""
    runtime = {
        "compatibility_date": version.compatibility_date,
        "compatibility_flags": version.compatibility_flags,
        "usage_model": "standard",
        "limits": version.limits,
    }
    if version.migration_tag:
        runtime["migration_tag"] = version.migration_tag
    return {
        **version_item(version),
        "resources": {
            "bindings": shown_bindings(version, script),
            "script": {"etag": version.etag, "handlers": ["fetch"], "last_deployed_from": version.source},
            "script_runtime": runtime,
        },
        "startup_time_ms": version.startup_time_ms,
    }


def has_preview(version: Version) -> bool:
    """A version with Durable Objects has no URL of its own."""
    return all(one["type"] != "durable_object_namespace" for one in version.bindings)


def shown_bindings(version: Version, script: Script) -> list[Json]:
    """Bindings as the API shows them: no text of a secret."""
    return [_shown(one, script) for one in version.bindings]


def _shown(binding: Json, script: Script) -> Json:
    if binding["type"] == "secret_text":
        return {"name": binding["name"], "type": "secret_text"}
    if binding["type"] == "durable_object_namespace":
        found = script.objects.get(binding["class_name"], {})
        return {**binding, "namespace_id": found.get("namespace_id")}
    if binding["type"] == "d1":
        database = binding.get("id") or binding.get("database_id")
        return {"name": binding["name"], "type": "d1", "id": database, "database_id": database}
    return binding


def deployment(one: Deployment) -> Json:
    """A deployment, alone or in a list."""
    return {
        "id": one.id,
        "source": one.source,
        "strategy": "percentage",
        "author_email": one.author["author_email"],
        "annotations": one.annotations,
        "versions": one.versions,
        "created_on": one.created_on,
    }


def script_item(script: Script, newest: Version | None) -> Json:
    """A Worker in the list of Workers, and inside of its service."""
    shown: Json = {
        "id": script.name,
        "tag": script.tag,
        "tags": script.tags,
        "created_on": script.created_on,
        "modified_on": script.modified_on,
        "logpush": script.logpush,
        "has_assets": False,
        "has_modules": newest is None or not newest.service_worker,
        "usage_model": "standard",
        "handlers": ["fetch"],
        "last_deployed_from": newest.source if newest else "api",
        "compatibility_date": newest.compatibility_date if newest else "",
        "etag": newest.etag if newest else "",
    }
    return {**shown, "migration_tag": script.migration_tag} if script.migration_tag else shown


def settings(script: Script, version: Version) -> Json:
    """The settings of a Worker with those of its newest version."""
    return {
        "bindings": shown_bindings(version, script),
        "compatibility_date": version.compatibility_date,
        "compatibility_flags": version.compatibility_flags,
        "usage_model": "standard",
        "limits": version.limits,
        "placement": version.placement,
        "migration_tag": script.migration_tag,
        **script_settings(script),
    }


def script_settings(script: Script) -> Json:
    """What is not versioned."""
    return {
        "tags": script.tags,
        "logpush": script.logpush,
        "observability": script.observability,
        "tail_consumers": script.tail_consumers,
    }
