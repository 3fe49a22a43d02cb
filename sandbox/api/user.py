"""Who the token is, and which account it sees."""

from aiohttp import web

from sandbox import errors
from sandbox.reply import Json, ok
from sandbox.world import AUTHOR, world

routes = web.RouteTableDef()
account_routes = web.RouteTableDef()


def _account(request: web.Request) -> Json:
    return {"id": world(request).settings.account_id, "name": "Sandbox", "type": "standard"}


@routes.get("/user")
async def user(request: web.Request) -> web.Response:
    """Whose token it is."""
    token = request[AUTHOR]
    return ok({"id": token.user_id, "email": token.email, "first_name": None, "last_name": None})


@routes.get("/user/tokens/verify")
@account_routes.get("/tokens/verify")
async def verify(request: web.Request) -> web.Response:
    """That the token is good, as every call that gets here has a good one."""
    return ok({"id": request[AUTHOR].user_id, "status": "active"})


@routes.get("/accounts")
async def accounts(request: web.Request) -> web.Response:
    """The one account."""
    info = {"page": 1, "per_page": 20, "count": 1, "total_count": 1, "total_pages": 1}
    return ok([_account(request)], info=info)


@account_routes.get("")
async def one_account(request: web.Request) -> web.Response:
    """The account that the path names."""
    return ok(_account(request))


@routes.get("/memberships")
async def memberships(request: web.Request) -> web.Response:
    """The one account, as the person's membership in it."""
    member = {"id": request[AUTHOR].user_id, "status": "accepted", "account": _account(request)}
    roles = ["Super Administrator - All Privileges"]
    info = {"page": 1, "per_page": 20, "count": 1, "total_count": 1, "total_pages": 1}
    return ok([{**member, "roles": roles, "permissions": {}}], info=info)


async def unknown(request: web.Request) -> web.Response:
    """Every address that the sandbox does not have."""
    raise errors.no_route(request.path)
