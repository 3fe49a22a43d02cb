"""Versions and deployments of a Worker."""

from aiohttp import MultipartWriter, web

from sandbox import errors
from sandbox.account import DEPLOYABLE, Version
from sandbox.api import shapes
from sandbox.api.deploying import check_secrets, checked_versions, deploy
from sandbox.reply import json_body, ok
from sandbox.uploads import make_version, read_form, save_version
from sandbox.world import note, script_of, world

routes = web.RouteTableDef()
_SCRIPT = "/workers/scripts/{script}"


@routes.get(f"{_SCRIPT}/versions")
async def versions(request: web.Request) -> web.Response:
    """Newest first; `deployable=true`: only those that may still be deployed."""
    found = world(request).account.versions_of(script_of(request).name)
    if request.query.get("deployable") == "true":
        return ok({"items": [shapes.version_item(one) for one in found[:DEPLOYABLE]]})
    page, size = int(request.query.get("page", "1")), int(request.query.get("per_page", "10"))
    part = found[(page - 1) * size : page * size]
    info = {"page": page, "per_page": size, "count": len(part), "total_count": len(found)}
    return ok({"items": [shapes.version_item(one) for one in part]}, info=info)


def version_of(request: web.Request) -> Version:
    """The version that the path names; a refusal (100146) if this Worker has no such one."""
    script = script_of(request)
    found = world(request).account.versions.get(request.match_info["version"])
    if found is None or found.script != script.name:
        raise errors.version_missing()
    return found


@routes.get(f"{_SCRIPT}/versions/{{version}}")
async def version(request: web.Request) -> web.Response:
    """One version with its resources."""
    return ok(shapes.version_detail(version_of(request), script_of(request)))


@routes.post(f"{_SCRIPT}/versions")
async def upload(request: web.Request) -> web.Response:
    """Uploads a version and deploys nothing."""
    here, script = world(request), script_of(request)
    form = await read_form(request)
    if form.metadata.get("migrations"):
        raise errors.durable_object_migration()
    if "main_module" not in form.metadata:
        raise errors.service_worker_version()
    async with here.locks[script.name]:
        made = await make_version(request, here, script, form, "version_upload")
        save_version(here, script, made)
    note(request, "uploads")
    return ok(shapes.version_detail(made, script))


@routes.get(f"{_SCRIPT}/content/v2")
async def content(request: web.Request) -> web.Response:
    """The modules of a version, as `wrangler versions secret` copies them."""
    script, here = script_of(request), world(request)
    wanted = request.query.get("version")
    found = here.account.versions.get(wanted) if wanted else here.account.newest(script.name)
    if found is None or found.script != script.name:
        raise errors.version_missing()
    form = MultipartWriter("form-data")
    for one in found.modules:
        body = (here.instances.place.modules / one["file"]).read_bytes()
        part = form.append(body, {"Content-Type": one["type"]})
        part.set_content_disposition("form-data", name=one["name"], filename=one["name"])
    return web.Response(body=form, headers={"cf-entrypoint": found.main_module})


@routes.get(f"{_SCRIPT}/deployments")
async def deployments(request: web.Request) -> web.Response:
    """Newest first, the live one at the head; the vendor keeps ten in this list."""
    found = world(request).account.deployments_of(script_of(request).name)
    return ok({"deployments": [shapes.deployment(one) for one in found[:10]]})


@routes.post(f"{_SCRIPT}/deployments")
async def deployment(request: web.Request) -> web.Response:
    """Rollback, split and promotion alike: these versions at these percentages, at once."""
    here, script = world(request), script_of(request)
    body = await json_body(request)
    if body.get("strategy") != "percentage":
        raise errors.bad_deployment("The only strategy of a deployment is `percentage`.")
    asked = checked_versions(here.account, script, body.get("versions"))
    async with here.locks[script.name]:
        if request.query.get("force") != "true":
            check_secrets(here.account, script, asked, here.settings.secrets_check)
        annotations = body.get("annotations") or {}
        made = deploy(request, script, asked, "deployment", annotations.get("workers/message"))
    return ok(shapes.deployment(made))


@routes.get(f"{_SCRIPT}/deployments/{{deployment}}")
async def one_deployment(request: web.Request) -> web.Response:
    """A deployment by its id, live or not."""
    script = script_of(request)
    found = world(request).account.deployments.get(request.match_info["deployment"])
    if found is None or found.script != script.name:
        raise errors.version_missing()
    return ok(shapes.deployment(found))
