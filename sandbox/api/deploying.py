"""What may be deployed, and the act of it: shared by uploads, deployments, rollbacks and changes of secrets.

Sources: Cloudflare's documentation of versions, gradual deployments and rollbacks; wrangler's handling of code 10220.
"""

from typing import Any

from aiohttp import web

from sandbox import errors
from sandbox.account import DEPLOYABLE, Account, Deployment, Script, Version, kept
from sandbox.world import author_of, note, source_of, world

Json = dict[str, Any]
_MOST_VERSIONS = 2


def checked_versions(account: Account, script: Script, asked: Any) -> list[Json]:
    """The list of a deployment's versions, refused unless one or two known and recent ones share exactly 100 %."""
    if not isinstance(asked, list) or not 1 <= len(asked) <= _MOST_VERSIONS:
        raise errors.bad_deployment("A deployment has one or two versions.")
    shares = [one.get("percentage") for one in asked]
    if not all(isinstance(one, int | float) and one is not True and 0 <= one <= 100 for one in shares):
        raise errors.bad_deployment("A percentage is a number from 0 to 100.")
    if abs(sum(shares) - 100) > 1e-9:
        raise errors.bad_deployment("The percentages of a deployment must add up to 100.")
    if len({one.get("version_id") for one in asked}) != len(asked):
        raise errors.bad_deployment("A deployment cannot name a version twice.")
    for one in asked:
        _check_deployable(account, script, str(one.get("version_id")))
    return [{"version_id": one["version_id"], "percentage": one["percentage"]} for one in asked]


def _check_deployable(account: Account, script: Script, version_id: str) -> None:
    version = account.versions.get(version_id)
    if version is None or version.script != script.name:
        raise errors.version_missing()
    if version not in account.versions_of(script.name)[:DEPLOYABLE]:
        raise errors.version_too_old()
    if version.migration_tag != script.migration_tag:
        raise errors.resources_changed("a Durable Object migration lies between it and the current one")
    for one in version.bindings:
        if one["type"] in ("kv_namespace", "r2_bucket") and not _still_there(account, one):
            raise errors.resources_changed(f"the resource of its binding {one['name']} no longer exists")


def _still_there(account: Account, binding: Json) -> bool:
    return bool(
        account.resource("kv", binding.get("namespace_id", ""))
        or account.resource("r2", binding.get("bucket_name", ""))
    )


def check_secrets(account: Account, script: Script, versions: list[Json], mode: str) -> None:
    """Refuses (10220) a version that is older than the newest live one and has other secrets.

    `mode`: with `not-live` a version that is live already, at whatever share, is let through; with `all` it is not.
    """
    live = account.live(script.name)
    if live is None:
        return
    current = max((account.versions[one["version_id"]] for one in live.versions), key=lambda one: one.number)
    for one in versions:
        target = account.versions[one["version_id"]]
        exempt = mode == "not-live" and live.share(target.id) is not None
        changed = changed_secrets(target, current)
        if target.number < current.number and changed and not exempt:
            raise errors.secrets_changed(changed)


def changed_secrets(one: Version, other: Version) -> list[str]:
    """Names of the secrets that only one of them has, or that differ."""
    ours, theirs = one.secrets(), other.secrets()
    return sorted(name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name))


def deploy(
    request: web.Request, script: Script, versions: list[Json], triggered_by: str, message: str | None = None
) -> Deployment:
    """Makes these versions the live ones, at once: what runs them is started meanwhile."""
    here = world(request)
    annotations = kept({"workers/triggered_by": triggered_by, "workers/message": message})
    made = Deployment(script.name, versions, author_of(request), source_of(request), annotations)
    here.account.save(made)
    for one in versions:
        here.instances.warm(here.account.versions[one["version_id"]])
    note(request, "deployments")
    return made


def deploy_alone(request: web.Request, script: Script, version: Version, triggered_by: str) -> Deployment:
    """The version at 100 %, with the message it was uploaded with."""
    message = version.annotations.get("workers/message")
    return deploy(request, script, [{"version_id": version.id, "percentage": 100}], triggered_by, message)
