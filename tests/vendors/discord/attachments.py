"""Files that come with a message ("Uploading Files"): a form with the message as `payload_json` and `files[n]`."""

import json
from collections.abc import Mapping

from aiohttp import web

from tests.vendors.discord.answers import Refused, body_of
from tests.vendors.discord.rules import ALT, Problem
from tests.vendors.discord.state import Json, World, units, walk

Files = Mapping[str, bytes]


async def parts_of(request: web.Request, world: World) -> tuple[Json, dict[str, bytes]]:
    """The message and its files by name."""
    if request.content_type != "multipart/form-data":
        return await body_of(request), {}
    form = await request.post()
    payload: Json = json.loads(str(form["payload_json"]))
    sent = {name: one for name, one in form.items() if isinstance(one, web.FileField)}
    problems = list(_problems(payload, set(sent)))
    if problems:
        raise Refused(50035, problems)
    files = {one.filename: one.file.read() for one in sent.values()}
    if any(len(content) > world.largest_file for content in files.values()):
        raise Refused(40005)
    return payload, files


def _problems(payload: Json, sent: set[str]) -> list[Problem]:
    announced: list[Json] = payload.get("attachments") or []
    found = [("attachments", "no such file") for one in announced if f"files[{one.get('id')}]" not in sent]
    found += [("description", "too long") for one in announced if units(one.get("description") or "") > ALT]
    return found


def shown_problems(payload: Json, files: Files) -> list[Problem]:
    """Components may show only files that came along."""
    return [("url", "the attachment is unknown") for name in _shown(payload) if name not in files]


def unseen(payload: Json, files: Files) -> bool:
    """A message of components has a file that no component shows."""
    return bool(payload.get("components")) and not set(files) <= set(_shown(payload))


def _shown(payload: Json) -> list[str]:
    urls: list[str] = []
    for one in walk(payload.get("components") or []):
        urls += [one["file"]["url"]] if "file" in one else []
        urls += [item["media"]["url"] for item in one.get("items") or []]
    return [url.removeprefix("attachment://") for url in urls]
