"""Messages and threads ("Message", "Channel")."""

from aiohttp import web

from tests.vendors.discord import payloads
from tests.vendors.discord.answers import Refused, body_of, nothing, plain
from tests.vendors.discord.attachments import Files, parts_of, shown_problems, unseen
from tests.vendors.discord.gateway import Gateway
from tests.vendors.discord.rules import message_problems
from tests.vendors.discord.state import PUBLIC_THREAD, V2, Channel, Json, Message, World, units

NONCES = 300.0
"""Seconds that a nonce is remembered ("a few minutes")."""
OLD = 3600.0
"""Seconds after which edits of a message are counted by another measure."""
OLD_WAIT = 0.05
"""Seconds that such a refusal asks to wait; the real ones ask for more."""
HIDE_AFTER = {60, 1440, 4320, 10080}


class Messages:
    """The routes under `/channels`."""

    def __init__(self, world: World, gateway: Gateway) -> None:
        self._world = world
        self._gateway = gateway

    def routes(self, base: str) -> list[web.RouteDef]:
        one = f"{base}/channels/{{channel}}/messages/{{message}}"
        return [
            web.post(f"{base}/channels/{{channel}}/messages", self.post),
            web.get(one, self.get),
            web.patch(one, self.patch),
            web.delete(one, self.delete),
            web.post(f"{one}/threads", self.thread),
            web.get(f"{base}/channels/{{channel}}", self.channel),
        ]

    async def post(self, request: web.Request) -> web.Response:
        (payload, files), channel = await parts_of(request, self._world), self._channel(request, "send")
        if files and "attach" in self._world.forbidden(channel):
            raise Refused(50013)
        known = self._by_nonce(payload)
        if known is not None:
            return plain(payloads.message(self._world, known))
        if channel.archived and channel.locked:
            raise Refused(50083)
        self._accept(payload, files=files)
        self._answers_known(payload, channel)
        channel.archived = False
        made = self.keep(channel.id, payload)
        made.files = dict(files)
        if payload.get("enforce_nonce") and payload.get("nonce"):
            self._world.nonces[payload["nonce"]] = (self._world.clock.now(), made.id)
        else:
            self._world.violations["posted without a nonce"] += 1
        return plain(payloads.message(self._world, made))

    async def get(self, request: web.Request) -> web.Response:
        self._channel(request)
        return plain(payloads.message(self._world, self._message(request)))

    async def patch(self, request: web.Request) -> web.Response:
        payload, channel, message = await body_of(request), self._channel(request), self._message(request)
        if channel.archived:
            raise Refused(50083)
        if self._world.clock.now() - message.at > OLD:
            if self._world.old_edits <= 0:
                raise Refused(30046, retry_after=OLD_WAIT)
            self._world.old_edits -= 1
        was_v2 = bool(message.payload.get("flags", 0) & V2)
        if was_v2 and not payload.get("flags", V2) & V2:
            raise Refused(50035, [("flags", "IS_COMPONENTS_V2 cannot be taken from a message")])
        self._accept(payload, was_v2)
        self.replace(message, payload)
        return plain(payloads.message(self._world, message))

    async def delete(self, request: web.Request) -> web.Response:
        self._channel(request)
        self._message(request).deleted = True
        return nothing()

    async def channel(self, request: web.Request) -> web.Response:
        return plain(payloads.channel(self._world, self._channel(request)))

    async def thread(self, request: web.Request) -> web.Response:
        payload, channel, message = await body_of(request), self._channel(request, "threads"), self._message(request)
        if self._world.vanishing:
            self._world.vanishing -= 1
            message.deleted = True
            raise Refused(10008)
        if channel.kind == PUBLIC_THREAD:
            raise Refused(50024)
        if message.id in self._world.channels:
            raise Refused(160004)
        if not 1 <= units(payload.get("name", "")) <= 100:
            raise Refused(50035, [("name", "Must be between 1 and 100 in length.")])
        if payload.get("auto_archive_duration", 1440) not in HIDE_AFTER:
            raise Refused(50035, [("auto_archive_duration", "none of the allowed minutes")])
        made = Channel(message.id, payload["name"], PUBLIC_THREAD, channel.id)
        self._world.channels[made.id] = made
        await self._gateway.emit("THREAD_CREATE", payloads.channel(self._world, made))
        return plain(payloads.channel(self._world, made))

    def keep(self, channel: int, payload: Json, ephemeral: bool = False) -> Message:
        """A new message."""
        at = self._world.clock.now()
        made = Message(self._world.snowflake(at), channel, at, payload, ephemeral)
        if not ephemeral:
            self._world.messages[made.id] = made
        return made

    def replace(self, message: Message, payload: Json) -> None:
        """Only what the payload names is changed."""
        message.payload = {**message.payload, **payload}
        message.edits += 1

    def _accept(self, payload: Json, was_v2: bool = False, files: Files | None = None) -> None:
        problems = [*message_problems(payload, was_v2), *shown_problems(payload, files or {})]
        if problems:
            raise Refused(50035, problems)
        if not payload.get("content") and not payload.get("components") and not files:
            raise Refused(50006)
        if unseen(payload, files or {}):
            self._world.violations["attached a file that nobody sees"] += 1
        self.count_mentions(payload)

    def count_mentions(self, payload: Json) -> None:
        """A bot that tells what others wrote lets nothing of it call anybody."""
        if (payload.get("allowed_mentions") or {"parse": None}).get("parse") != []:
            self._world.violations["left mentions open"] += 1

    def _by_nonce(self, payload: Json) -> Message | None:
        at, id = self._world.nonces.get(str(payload.get("nonce", "")), (0.0, 0))
        if not payload.get("enforce_nonce") or self._world.clock.now() - at > NONCES:
            return None
        message = self._world.messages[id]
        if message.deleted:
            raise Refused(10008)
        return message

    def _answers_known(self, payload: Json, channel: Channel) -> None:
        reference = payload.get("message_reference")
        if reference is None:
            return
        if "reply" in self._world.forbidden(channel):
            raise Refused(160002)
        message = self._world.messages.get(int(reference.get("message_id", 0)))
        there = message is not None and not message.deleted and message.channel == channel.id
        if not there and reference.get("fail_if_not_exists", True):
            raise Refused(50035, [("message_reference", "Unknown message")])

    def _channel(self, request: web.Request, right: str = "") -> Channel:
        channel = self._world.channels.get(_id(request, "channel"))
        if channel is None:
            raise Refused(10003)
        forbidden = self._world.forbidden(channel)
        if "view" in forbidden:
            raise Refused(50001)
        if right in forbidden:
            raise Refused(50013)
        return channel

    def _message(self, request: web.Request) -> Message:
        message = self._world.messages.get(_id(request, "message"))
        if message is None or message.deleted or message.channel != _id(request, "channel"):
            raise Refused(10008)
        return message


def _id(request: web.Request, name: str) -> int:
    text = request.match_info[name]
    if not text.isdigit():
        raise Refused(50035, [(name, f"Value {text!r} is not snowflake.")])
    return int(text)
