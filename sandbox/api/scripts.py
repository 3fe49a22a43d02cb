"""Workers themselves: the single PUT that uploads and deploys, settings that are not versioned, services, triggers."""

from aiohttp import web

from sandbox import errors
from sandbox.account import Record, Script, new_id
from sandbox.api import shapes
from sandbox.api.deploying import deploy_alone
from sandbox.reply import Json, json_body, list_body, ok
from sandbox.uploads import Form, make_version, read_form, save_version
from sandbox.world import World, note, script_of, world

routes = web.RouteTableDef()
_SCRIPT = "/workers/scripts/{script}"
_KINDS_OF_CLASS = {"new_classes": False, "new_sqlite_classes": True}


@routes.get("/workers/scripts")
async def scripts(request: web.Request) -> web.Response:
    """Every Worker of the account."""
    account = world(request).account
    return ok([shapes.script_item(one, account.newest(one.name)) for one in account.scripts.values()])


@routes.put(_SCRIPT)
async def put(request: web.Request) -> web.Response:
    """Uploads a version and gives it all of the traffic; makes the Worker where there is none."""
    here, name = world(request), request.match_info["script"]
    form = await read_form(request)
    async with here.locks[name]:
        known = here.account.scripts.get(name)
        script = known or Script(name)
        migrated = _migrated(script, form)
        here.account.scripts[name] = script
        try:
            version = await make_version(request, here, script, form, "upload")
        except errors.ApiError:
            _undo(here, script, known, migrated)
            raise
        save_version(here, script, version)
        deploy_alone(request, script, version, "upload")
    note(request, "uploads")
    shown = shapes.script_item(script, version)
    extra = {"startup_time_ms": version.startup_time_ms, "deployment_id": version.id.replace("-", "")}
    return ok({**shown, **extra, "entry_point": version.main_module})


def _migrated(script: Script, form: Form) -> tuple[str | None, dict[str, Json]]:
    """Applies the form's Durable Object migrations to the script; what was before, for the way back."""
    before = (script.migration_tag, dict(script.objects))
    asked = form.metadata.get("migrations")
    if not asked:
        return before
    if asked.get("old_tag") != script.migration_tag:
        raise errors.migration_tag_mismatch(script.migration_tag)
    for step in asked.get("steps", []):
        _apply(script.objects, step)
    script.migration_tag = asked["new_tag"]
    return before


def _apply(objects: dict[str, Json], step: Json) -> None:
    for key, sqlite in _KINDS_OF_CLASS.items():
        for name in step.get(key) or []:
            objects[name] = {"namespace_id": new_id(), "sqlite": sqlite}
    for one in step.get("renamed_classes") or []:
        objects[one["to"]] = objects.pop(one["from"])
    for name in step.get("deleted_classes") or []:
        objects.pop(name, None)


def _undo(here: World, script: Script, known: Script | None, before: tuple[str | None, dict[str, Json]]) -> None:
    script.migration_tag, script.objects = before
    if known is None:
        del here.account.scripts[script.name]


@routes.delete(_SCRIPT)
async def delete(request: web.Request) -> web.Response:
    """Deletes a Worker with all of its versions and deployments."""
    account, script = world(request).account, script_of(request)
    records: list[Record] = [*account.deployments_of(script.name), *account.versions_of(script.name), script]
    for record in records:
        account.delete(record)
    note(request, "deletions")
    return ok({"id": script.name})


@routes.get("/workers/services/{script}")
async def service(request: web.Request) -> web.Response:
    """The Worker as a service; another code than elsewhere (10090) if there is none."""
    account = world(request).account
    script = account.scripts.get(request.match_info["script"])
    if script is None:
        raise errors.service_missing()
    item = shapes.script_item(script, account.newest(script.name))
    moments = {"created_on": script.created_on, "modified_on": script.modified_on}
    environment = {"environment": "production", "script": item, **moments}
    return ok({"id": script.name, "default_environment": environment, "environments": [environment], **moments})


@routes.get("/workers/services/{script}/environments/production")
async def environment(request: web.Request) -> web.Response:
    """The one environment that a Worker has here."""
    script = script_of(request)
    return ok(
        {"environment": "production", "script": shapes.script_item(script, world(request).account.newest(script.name))}
    )


@routes.get("/workers/workers/{script}")
async def worker(request: web.Request) -> web.Response:
    """The Worker as newer tools read it."""
    script = script_of(request)
    suffix = f"-{script.name}.{world(request).settings.subdomain}.workers.dev"
    subdomain = {
        "enabled": script.enabled,
        "previews_enabled": script.previews_enabled,
        "preview_url_suffix": suffix,
    }
    shown = {"name": script.name, "id": script.tag, "subdomain": subdomain, "references": {}}
    moments = {"created_on": script.created_on, "updated_on": script.modified_on}
    return ok({**shown, **shapes.script_settings(script), **moments})


@routes.get(f"{_SCRIPT}/settings")
async def settings(request: web.Request) -> web.Response:
    """The settings of the Worker and of its newest version."""
    script = script_of(request)
    newest = world(request).account.newest(script.name)
    if newest is None:
        raise errors.script_missing()
    return ok(shapes.settings(script, newest))


@routes.get(f"{_SCRIPT}/script-settings")
async def script_settings(request: web.Request) -> web.Response:
    """What is not versioned."""
    return ok(shapes.script_settings(script_of(request)))


@routes.patch(f"{_SCRIPT}/script-settings")
async def patch_script_settings(request: web.Request) -> web.Response:
    """Changes what is not versioned: tags, logpush, observability, tail consumers."""
    script, body = script_of(request), await json_body(request)
    for key in ("tags", "logpush", "observability", "tail_consumers"):
        if body.get(key) is not None:
            setattr(script, key, body[key])
    world(request).account.save(script)
    note(request, "settings")
    return ok(shapes.script_settings(script))


@routes.get("/workers/subdomain")
async def account_subdomain(request: web.Request) -> web.Response:
    """What the Workers of this account are named under at workers.dev."""
    return ok({"subdomain": world(request).settings.subdomain})


@routes.get(f"{_SCRIPT}/subdomain")
async def subdomain(request: web.Request) -> web.Response:
    """Whether the Worker has its own address, and its versions theirs."""
    script = script_of(request)
    return ok({"enabled": script.enabled, "previews_enabled": script.previews_enabled})


@routes.post(f"{_SCRIPT}/subdomain")
async def post_subdomain(request: web.Request) -> web.Response:
    """Turns the Worker's own address, and those of its versions, on or off."""
    script, body = script_of(request), await json_body(request)
    script.enabled = bool(body.get("enabled", script.enabled))
    script.previews_enabled = bool(body.get("previews_enabled", script.enabled))
    world(request).account.save(script)
    note(request, "settings")
    return ok({"enabled": script.enabled, "previews_enabled": script.previews_enabled})


@routes.get(f"{_SCRIPT}/schedules")
async def schedules(request: web.Request) -> web.Response:
    """The cron triggers."""
    return ok({"schedules": script_of(request).schedules})


@routes.put(f"{_SCRIPT}/schedules")
async def put_schedules(request: web.Request) -> web.Response:
    """Replaces the cron triggers. Nothing runs them but the control API."""
    script = script_of(request)
    body = await list_body(request)
    script.schedules = [{"cron": one["cron"], "created_on": script.modified_on} for one in body]
    world(request).account.save(script)
    note(request, "settings")
    return ok({"schedules": script.schedules})


@routes.get(f"{_SCRIPT}/references")
async def references(request: web.Request) -> web.Response:
    """Who is bound to this Worker; here nobody is listed."""
    script_of(request)
    return ok({"services": {"incoming": [], "outgoing": []}, "dispatch_outbounds": [], "durable_objects": []})
