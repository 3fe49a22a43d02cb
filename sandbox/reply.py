"""The vendor's envelope around every JSON answer."""

from typing import Any

from aiohttp import web

from sandbox.errors import ApiError

Json = dict[str, Any]


def ok(result: Any, *, info: Json | None = None, status: int = 200) -> web.Response:
    """A successful answer; `info` is the paging part of a list."""
    body = {"success": True, "errors": [], "messages": [], "result": result}
    return web.json_response(body if info is None else {**body, "result_info": info}, status=status)


def refused(error: ApiError, headers: dict[str, str] | None = None) -> web.Response:
    """The envelope of a refusal."""
    errors = [{"code": error.code, "message": error.message}]
    body = {"success": False, "errors": errors, "messages": [], "result": None}
    return web.json_response(body, status=error.status, headers=headers)


def page(items: list[Any], request: web.Request, default: int = 20) -> web.Response:
    """One page of a list, by the query's `page` and `per_page`."""
    number, size = int(request.query.get("page", "1")), int(request.query.get("per_page", str(default)))
    part = items[(number - 1) * size : number * size]
    info = {"page": number, "per_page": size, "count": len(part), "total_count": len(items)}
    return ok(part, info={**info, "total_pages": -(-len(items) // size)})


async def json_body(request: web.Request) -> Json:
    """The request's JSON object; a refusal if it is none."""
    try:
        body = await request.json()
    except ValueError:
        raise ApiError(400, 10026, "The body is not JSON.") from None
    if not isinstance(body, dict):
        raise ApiError(400, 10026, "The body is not a JSON object.")
    return body


async def list_body(request: web.Request) -> list[Json]:
    """The body of a call that takes a list of objects; a refusal if it is something else."""
    body = await request.json()
    if not isinstance(body, list):
        raise ApiError(400, 10026, "The body is not a list.")
    return body
