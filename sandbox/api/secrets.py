"""Secrets: part of versions, so each change makes a version, and the plain ways of changing also deploy it.

Those are refused while the newest version is not fully deployed (10215, in bulk 10214).
"""

from typing import Any

from aiohttp import web

from sandbox import errors
from sandbox.account import Script, Version
from sandbox.api import shapes
from sandbox.api.deploying import deploy_alone
from sandbox.reply import Json, json_body, ok
from sandbox.uploads import check_bindings, copy_version, read_form, resolve_bindings, save_version
from sandbox.world import note, script_of, world

routes = web.RouteTableDef()
_SCRIPT = "/workers/scripts/{script}"
_TRIGGER = {"workers/triggered_by": "secret"}


@routes.get(f"{_SCRIPT}/secrets")
async def secrets(request: web.Request) -> web.Response:
    """Names, of the newest version."""
    newest = world(request).account.newest(script_of(request).name)
    names = newest.secrets() if newest else {}
    return ok([{"name": name, "type": "secret_text"} for name in names])


@routes.put(f"{_SCRIPT}/secrets")
async def put(request: web.Request) -> web.Response:
    """Sets one secret and deploys the version that this makes."""
    script, body = script_of(request), await json_body(request)
    name, text = str(body.get("name", "")), body.get("text")
    if not name or not isinstance(text, str):
        raise errors.malformed("A secret needs a name and a text.")
    await _change(request, script, {name: text}, errors.secret_not_deployed())
    return ok({"name": name, "type": "secret_text"})


@routes.delete(f"{_SCRIPT}/secrets/{{name}}")
async def delete(request: web.Request) -> web.Response:
    """Deletes one secret and deploys the version that this makes."""
    script, name = script_of(request), request.match_info["name"]
    newest = world(request).account.newest(script.name)
    if newest is None or name not in newest.secrets():
        raise errors.secret_missing(name)
    await _change(request, script, {name: None}, errors.secret_not_deployed())
    return ok(None)


@routes.patch(f"{_SCRIPT}/secrets-bulk")
async def patch_bulk(request: web.Request) -> web.Response:
    """A merge patch: an object sets a secret, null deletes it."""
    script, body = script_of(request), await json_body(request)
    asked: dict[str, Any] = body.get("secrets") or {}
    texts = {name: one["text"] if one else None for name, one in asked.items()}
    made = await _change(request, script, texts, errors.settings_not_deployed())
    return ok([{"name": name, "type": "secret_text"} for name in made.secrets()])


@routes.patch(f"{_SCRIPT}/settings")
async def patch_settings(request: web.Request) -> web.Response:
    """A form with `settings`: its bindings replace those of the newest version. How older tools set secrets in bulk."""
    here, script = world(request), script_of(request)
    form = await read_form(request)
    async with here.locks[script.name]:
        before = _fully_live(request, script, errors.settings_not_deployed())
        bindings = (
            resolve_bindings({"keep_bindings": [], **form.metadata}, before)
            if ("bindings" in form.metadata)
            else before.bindings
        )
        check_bindings(bindings, here.account, script)
        after = copy_version(request, before, bindings, _TRIGGER)
        changed = sum(before.secrets().get(name) != text for name, text in after.secrets().items())
        await _deploy(request, script, after, changed)
    return ok(shapes.settings(script, after))


@routes.patch("/workers/workers/{script}/versions/latest")
async def patch_latest(request: web.Request) -> web.Response:
    """A merge patch on the newest version: a new version with other secrets, not deployed. How newer tools set them."""
    here, script, body = world(request), script_of(request), await json_body(request)
    async with here.locks[script.name]:
        newest = here.account.newest(script.name)
        if newest is None:
            raise errors.no_versions()
        texts = {name: one["text"] if one else None for name, one in (body.get("env") or {}).items()}
        annotations = {**(body.get("annotations") or {}), **_TRIGGER}
        made = copy_version(request, newest, _with_secrets(newest, texts), annotations)
        save_version(here, script, made)
    note(request, "secrets", len(texts))
    note(request, "uploads")
    return ok({"id": made.id, "number": made.number, "annotations": made.annotations, "created_on": made.created_on})


async def _change(
    request: web.Request, script: Script, texts: dict[str, str | None], refusal: errors.ApiError
) -> Version:
    """A version with these secrets set (or, for None, deleted), deployed at 100 %."""
    here = world(request)
    async with here.locks[script.name]:
        before = _fully_live(request, script, refusal)
        after = copy_version(request, before, _with_secrets(before, texts), _TRIGGER)
        await _deploy(request, script, after, len(texts))
    return after


async def _deploy(request: web.Request, script: Script, version: Version, secrets_changed: int) -> None:
    here = world(request)
    await here.instances.validate(version)
    save_version(here, script, version)
    deploy_alone(request, script, version, "secret")
    note(request, "secrets", secrets_changed)


def _fully_live(request: web.Request, script: Script, refusal: errors.ApiError) -> Version:
    found = world(request).account.fully_live(script.name)
    if found is None:
        raise refusal
    return found


def _with_secrets(version: Version, texts: dict[str, str | None]) -> list[Json]:
    kept = [one for one in version.bindings if one["name"] not in texts]
    new = [{"name": name, "type": "secret_text", "text": text} for name, text in texts.items() if text is not None]
    return [*kept, *new]
