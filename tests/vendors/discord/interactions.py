"""Answers to what people typed and pressed ("Receiving and Responding")."""

from aiohttp import web

from tests.vendors.discord import payloads
from tests.vendors.discord.answers import Refused, body_of, nothing, plain
from tests.vendors.discord.messages import Messages
from tests.vendors.discord.rules import message_problems
from tests.vendors.discord.state import EPHEMERAL, V2, Interaction, Json, Message, World, units

FIRST, TOKEN = 3.0, 900.0
"""Seconds for the first answer, and for all others."""
MESSAGE, THINKING, QUIET, UPDATE, CHOICES = 4, 5, 6, 7, 8
FITTING = {2: {MESSAGE, THINKING}, 3: {MESSAGE, THINKING, QUIET, UPDATE}, 4: {CHOICES}}
"""Type of the interaction -> types of answers."""


class Interactions:
    """The routes under `/interactions` and `/webhooks`."""

    def __init__(self, world: World, messages: Messages) -> None:
        self._world = world
        self._messages = messages

    def routes(self, base: str) -> list[web.RouteDef]:
        hook = f"{base}/webhooks/{{application}}/{{token}}"
        return [
            web.post(f"{base}/interactions/{{id}}/{{token}}/callback", self.first),
            web.post(hook, self.further),
            web.patch(f"{hook}/messages/@original", self.edit),
            web.delete(f"{hook}/messages/@original", self.delete),
        ]

    async def first(self, request: web.Request) -> web.Response:
        body, one = await body_of(request), self._world.interactions.get(int(request.match_info["id"]))
        if one is None or one.token != request.match_info["token"] or self._age(one) > FIRST:
            self._world.violations["answered too late"] += 1
            raise Refused(10062)
        if one.response:
            raise Refused(40060)
        kind, data = int(body.get("type", 0)), dict(body.get("data") or {})
        if kind not in FITTING[one.payload["type"]]:
            raise Refused(50035, [("type", f"{kind} is no answer to this interaction")])
        self._begin(one, kind, data)
        one.response, one.acked_at = kind, self._world.clock.now()
        if request.query.get("with_response"):
            return plain(_callback(one))
        return nothing()

    def _begin(self, one: Interaction, kind: int, data: Json) -> None:
        one.private = bool(data.get("flags", 0) & EPHEMERAL)
        if kind == CHOICES:
            one.choices = [str(choice["value"]) for choice in data.get("choices") or []]
            names = [str(choice["name"]) for choice in data.get("choices") or []]
            if len(names) > 25 or any(not 1 <= units(word) <= 100 for word in (*names, *one.choices)):
                raise Refused(50035, [("choices", "25 at most, 1 to 100 characters each")])
        elif kind == MESSAGE:
            self._check(data)
            one.original = self._shown(one, data, one.private)
        elif kind == THINKING:
            if data.get("flags", 0) & ~EPHEMERAL:
                raise Refused(50035, [("flags", "only EPHEMERAL can be set here")])
            one.pending = True

    async def further(self, request: web.Request) -> web.Response:
        payload, one = await body_of(request), self._by_token(request)
        self._check(payload)
        if one.pending:
            # The documentation: right after a deferred answer this edits that one, and keeps its visibility.
            return plain(payloads.message(self._world, self._fill(one, payload)))
        made = self._shown(one, payload, bool(payload.get("flags", 0) & EPHEMERAL))
        return plain(payloads.message(self._world, made))

    async def edit(self, request: web.Request) -> web.Response:
        payload, one = await body_of(request), self._by_token(request)
        was_v2 = one.original is not None and bool(one.original.payload.get("flags", 0) & V2)
        self._check(payload, was_v2)
        if one.pending:
            return plain(payloads.message(self._world, self._fill(one, payload)))
        if one.original is None:
            raise Refused(10008)
        self._messages.replace(one.original, payload)
        return plain(payloads.message(self._world, one.original))

    async def delete(self, request: web.Request) -> web.Response:
        one = self._by_token(request)
        if one.original is None and not one.pending:
            raise Refused(10008)
        one.pending = False
        if one.original is not None:
            one.original.deleted = True
        return nothing()

    def _fill(self, one: Interaction, payload: Json) -> Message:
        one.pending = False
        one.original = self._shown(one, payload, one.private)
        return one.original

    def _shown(self, one: Interaction, payload: Json, private: bool) -> Message:
        made = self._messages.keep(int(one.payload["channel_id"]), payload, private)
        one.answers.append(made)
        return made

    def _check(self, payload: Json, was_v2: bool = False) -> None:
        problems = message_problems(payload, was_v2)
        if problems:
            raise Refused(50035, problems)
        if not payload.get("content") and not payload.get("components"):
            raise Refused(50006)
        self._messages.count_mentions(payload)

    def _by_token(self, request: web.Request) -> Interaction:
        token = request.match_info["token"]
        one = next((one for one in self._world.interactions.values() if one.token == token), None)
        if one is None or not one.response or request.match_info["application"] != str(self._world.application):
            raise Refused(10015)
        if self._age(one) > TOKEN:
            self._world.violations["used a dead token"] += 1
            raise Refused(50027)
        return one

    def _age(self, one: Interaction) -> float:
        return self._world.clock.now() - one.at


def _callback(one: Interaction) -> Json:
    return {
        "interaction": {
            "id": str(one.id),
            "type": one.payload["type"],
            "response_message_loading": one.pending,
            "response_message_ephemeral": one.private,
        },
        "resource": {"type": one.response},
    }
