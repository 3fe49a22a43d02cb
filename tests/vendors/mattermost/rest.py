"""The REST API, version 4, as far as a bot needs it."""

import json
from collections.abc import Awaitable, Callable

from aiohttp import web

from tests.vendors.mattermost.rules import problems, read
from tests.vendors.mattermost.sockets import Sockets
from tests.vendors.mattermost.state import BOT, FORBIDDEN, PENDING, Json, Post, Refused, World, error

Handler = Callable[[web.Request], Awaitable[Json]]
BAD_ROOT = "api.post.create_post.root_id.app_error"
NO_ID = "api.context.invalid_url_param.app_error"


class Rest:
    """The routes under `/api/v4`."""

    def __init__(self, world: World, sockets: Sockets) -> None:
        self._world = world
        self._sockets = sockets

    def routes(self) -> list[web.RouteDef]:
        base = "/api/v4"
        return [
            web.get(f"{base}/users/me", self._taken(self.me)),
            web.post(f"{base}/posts", self._taken(self.create, 201)),
            web.post(f"{base}/files", self._taken(self.upload, 201)),
            web.get(f"{base}/posts/{{id}}", self._taken(self.one)),
            web.put(f"{base}/posts/{{id}}/patch", self._taken(self.patch)),
            web.get(f"{base}/posts/{{id}}/thread", self._taken(self.thread)),
            web.get(f"{base}/channels/{{id}}/posts", self._taken(self.page)),
            web.get(f"{base}/websocket", self._sockets.serve),
        ]

    def _taken(self, handler: Handler, status: int = 200) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            name = f"{request.method} {request.path.split('/')[3]}"
            world = self._world
            world.calls[name] += 1
            fault = world.faults[name].pop(0) if world.faults[name] else ""
            if fault == "cut" or world.dead:
                return _hang_up(request)
            if world.now() < world.closed:
                world.violations.append("a call was made while the rate limit said to wait")
            if fault.startswith("429"):
                after = fault.partition(":")[2] or "1"
                world.closed = world.now() + float(after)
                headers = {"Retry-After": after, "X-RateLimit-Limit": "100", "X-RateLimit-Remaining": "0"}
                return web.Response(status=429, text="limit exceeded\n", headers=headers)
            if fault.isdigit():
                return web.Response(status=int(fault), text="<html>a proxy's own words</html>")
            try:
                if request.headers.get("Authorization", "").removeprefix("Bearer ") not in world.tokens:
                    raise Refused(401, "api.context.session_expired.app_error")
                answer = await handler(request)
            except Refused as refused:
                return web.json_response(error(refused), status=refused.status)
            return _hang_up(request) if fault == "lost" else web.json_response(answer, status=status)

        return handle

    async def me(self, request: web.Request) -> Json:
        return {"id": BOT, "username": self._world.people[BOT], "is_bot": True, "roles": "system_user"}

    async def create(self, request: web.Request) -> Json:
        body, world = json.loads(await request.text()), self._world
        channel, root, pending = body.get("channel_id", ""), body.get("root_id", ""), body.get("pending_post_id", "")
        if "id" in body:
            raise Refused(400, "app.post.save.existing.app_error")
        if channel not in world.members:
            raise Refused(400, "api.context.invalid_param.app_error")
        if BOT not in world.members[channel]:
            raise Refused(403, FORBIDDEN)
        known, until = world.pending.get(pending, ("", 0.0))
        if pending and known and until > world.now():
            return world.posts[known].shown()
        self._check(body)
        parent = world.posts.get(root)
        if root and (parent is None or parent.deleted or parent.root or parent.channel != channel):
            raise Refused(400, BAD_ROOT)
        made = Post(world.new_id(), BOT, channel, body["message"], body.get("props", {}), root)
        made.files = tuple(world.files.pop(one) for one in body.get("file_ids", []) if one in world.files)
        if len(made.files) < len(body.get("file_ids", [])):
            world.violations.append("a post names files that are not there: the server leaves them out without a word")
        self._sockets.keep(made)
        world.pending[pending] = (made.id, world.now() + PENDING)
        return {**made.shown(), "pending_post_id": pending}

    async def upload(self, request: web.Request) -> Json:
        """A file by itself, named in the query; it belongs to nobody before a post names it."""
        world, name = self._world, request.query.get("filename", "")
        if not world.takes_files:
            raise Refused(403, "api.file.attachments.disabled.app_error")
        if BOT not in world.members.get(request.query.get("channel_id", ""), set()):
            raise Refused(403, FORBIDDEN)
        content = await request.read()
        if not name or not content or request.content_type.startswith("multipart/"):
            raise Refused(400, "api.file.upload_file.incorrect_number_of_files.app_error")
        number = world.new_id()
        world.files[number] = name
        return {"file_infos": [{"id": number, "name": name, "size": len(content)}], "client_ids": []}

    async def patch(self, request: web.Request) -> Json:
        body, world = json.loads(await request.text()), self._world
        post = world.posts.get(request.match_info["id"])
        if post is None or BOT not in world.members[post.channel]:
            raise Refused(403, FORBIDDEN)  # the server masks a post that is not there
        if post.account != BOT:
            raise Refused(403, FORBIDDEN)
        if post.deleted:
            raise Refused(400, "api.post.update_post.permissions_details.app_error")
        if 0 <= world.edit_limit < world.now() - post.at:
            raise Refused(400, "api.post.update_post.permissions_time_limit.app_error")
        self._check(body)
        post.message, post.props = body.get("message", post.message), body.get("props", post.props)
        post.edits += 1
        self._sockets.tell("post_edited", {"post": json.dumps(post.shown())}, post.channel)
        return post.shown()

    async def one(self, request: web.Request) -> Json:
        return self._world.visible(request.match_info["id"]).shown()

    async def page(self, request: web.Request) -> Json:
        channel = request.match_info["id"]
        if BOT not in self._world.members.get(channel, set()):
            raise Refused(403, FORBIDDEN)
        many = min(int(request.query.get("per_page", "60")), 200)
        return _listed(self._world.standing(channel)[::-1][:many])

    async def thread(self, request: web.Request) -> Json:
        root = self._world.visible(request.match_info["id"])
        most = int(request.query.get("perPage", "0"))
        if most > 200 or ("fromPost" in request.query) != ("fromCreateAt" in request.query):
            raise Refused(400, NO_ID)
        if request.query.get("direction", "down") not in ("up", "down"):
            raise Refused(400, NO_ID)
        replies = self._world.standing(root.channel, root.id)
        ids = [one.id for one in replies]
        since = ids.index(request.query["fromPost"]) + 1 if request.query.get("fromPost") in ids else 0
        page = replies[since : since + most] if most else replies[since:]
        return {**_listed([root, *page]), "has_next": bool(most) and since + most < len(replies)}

    def _check(self, body: Json) -> None:
        found = list(problems(body))
        if any(one.endswith("app_error") for one in found):
            raise Refused(400, found[0])
        self._world.violations += found
        _, meant = read(body.get("message", ""))
        self._world.violations += [f"words of others drew {one}: {body['message']!r}" for one in meant]


def _listed(posts: list[Post]) -> Json:
    return {"order": [one.id for one in posts], "posts": {one.id: one.shown() for one in posts}}


def _hang_up(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()
