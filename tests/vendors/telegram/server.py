"""A Telegram on this machine: the Bot API over HTTP, as strict as the real one, and the people at its other end.

Everything that the bot should not have done is counted in `violations`; tests expect it to be empty. Faults are ordered
with `fail`: `cut` (the call never arrives), `lost` (it is done, its answer is not), a status, or a pause to ask for.
"""

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web

from tests.vendors.telegram.bounds import Bounds
from tests.vendors.telegram.inbox import Inbox
from tests.vendors.telegram.markup import Parsed
from tests.vendors.telegram.state import BOT, NAME, Chat, File, Json, Message, Refused, described, me, person
from tests.vendors.telegram.writing import NOT_MODIFIED, Fields, Writing, refused

TOKEN = f"{BOT}:AAG-stand-in_token"
EXPECTED = (
    NOT_MODIFIED,
    "message to edit not found",
    "message can't be edited",
    "query is too old",
    "chat not found",
    "not enough rights",
    "IMAGE_PROCESS_FAILED",
    "PHOTO_INVALID_DIMENSIONS",
    "TOPIC_CLOSED",
    "message thread not found",
)
"""Refusals that a careful bot meets too."""
SHOWING = {"sendMessage", "editMessageText", "sendDocument", "sendPhoto", "editMessageCaption"}
"""What counts against the bounds of a chat."""
LONGEST_ANSWER = 200
EXPIRES = 15.0
"""Seconds after which a press can no longer be acknowledged."""
Fault = str | int | float
FILED = {"sendDocument", "sendPhoto"}
"""Methods that bring a file."""
Files = Mapping[str, tuple[str, bytes]]
"""Field -> name and content."""


class TelegramServer:
    """`now`: seconds since 1970, by the clock of the test."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.violations: Counter[str] = Counter()
        self.bounds = Bounds(now, self.violations)
        self.writing = Writing(self.violations)
        self.inbox = Inbox(now)
        self.calls: Counter[str] = Counter()
        self.menus: dict[str, list[Json]] = {}
        self.presses: dict[str, float] = {}
        """Presses that were not acknowledged yet, and when they were made."""
        self.answered: dict[str, float] = {}
        """Seconds from press to acknowledgement."""
        self.dead = False
        self.privacy = True
        """As BotFather sets it for a new bot: in groups it is shown only what is meant for it."""
        self.revoked = False
        """The token is none any more."""
        self.url = ""
        self._asked_over: set[asyncio.Transport] = set()
        self._deaf: set[asyncio.Transport] = set()
        self._faults: dict[str, list[Fault]] = defaultdict(list)
        self._updates = 5000

    def fail(self, method: str, *faults: Fault) -> None:
        """The next calls of this method meet these, one each. A float is a pause that is asked for."""
        self._faults[method] += faults

    # ---- people

    def chat(self, number: int, kind: str = "supergroup", topics: tuple[int, ...] = ()) -> Chat:
        """Open a chat that the bot is in."""
        self.writing.chats[number] = Chat(number, kind, set(topics))
        return self.writing.chats[number]

    def type(self, chat: Chat, text: str, who: Json | None = None, thread: int = 0, **more: Any) -> Json:
        """Somebody writes something; `more` are further fields of the message."""
        author = who or person(11)
        message = Message(self.writing.next_number(chat), author["id"], Parsed(text), thread=thread)
        chat.messages[message.number] = message
        shown = {**described(message, chat, int(self.now()), author), **more}
        return self._happened({"message": shown}, self._meant(chat, text, more))

    def _meant(self, chat: Chat, text: str, more: Json) -> bool:
        """What privacy mode lets through ("Privacy mode" of the bot features): commands, and replies to the bot's own
        messages. A message that names the bot is not among it, whatever BotFather's own words say.
        """
        if chat.number > 0 or not self.privacy:
            return True
        word, _, name = text.split(" ", maxsplit=1)[0].partition("@")
        ours = word.startswith("/") and name.lower() in ("", NAME)
        return ours or ((more.get("reply_to_message") or {}).get("from") or {}).get("id") == BOT

    def press(self, chat: Chat, message: Message, token: str, who: Json | None = None, old: bool = False) -> Json:
        """Somebody presses a button of the message as it is now, or as it was. `old`: of one that Telegram shows to
        no bot any more, but for its place.
        """
        press = str(4_000_000_000 + self._updates)
        self.presses[press] = self.now()
        query = {"id": press, "from": who or person(11), "chat_instance": "1", "data": token}
        shown = described(message, chat, int(self.now()), me())
        shown = {name: shown[name] for name in ("chat", "message_id")} | {"date": 0} if old else shown
        return self._happened({"callback_query": {**query, "message": shown}})

    def again(self, update: Json) -> None:
        """Deliver what was delivered before."""
        self.inbox.put(update)

    def _happened(self, what: Json, meant: bool = True) -> Json:
        self._updates += 1
        update = {"update_id": self._updates, **what}
        if meant:
            self.inbox.put(update)
        return update

    # ---- the API

    def deafen(self) -> None:
        """From now on the connections over which updates were asked for are dead lines. New ones are well."""
        self._deaf |= self._asked_over

    async def handle(self, request: web.Request) -> web.Response:
        line = request.transport
        if line is not None and request.match_info["method"] == "getUpdates":
            self._asked_over.add(line)
        answer = await self._answered(request)
        if line in self._deaf:
            await asyncio.Event().wait()  # until the asker hangs up
        return answer

    async def _answered(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        fault = self._faults[method].pop(0) if self._faults[method] else None
        if self.dead or fault == "cut":
            return _hang_up(request)
        form = await request.post()
        fields = {key: str(value) for key, value in form.items() if not isinstance(value, web.FileField)}
        files = {
            key: (value.filename, value.file.read()) for key, value in form.items() if isinstance(value, web.FileField)
        }
        self.calls[method] += 1
        try:
            if request.match_info["token"] != TOKEN or self.revoked:
                raise Refused(401, "Unauthorized")
            if isinstance(fault, int):
                raise Refused(fault, "Internal Server Error")
            result = await self._do(method, fields, fault, files)
        except Refused as error:
            return _refusal(error)
        except asyncio.CancelledError:
            raise
        return _hang_up(request) if fault == "lost" else web.json_response({"ok": True, "result": result})

    async def _do(self, method: str, fields: Fields, fault: Fault | None, files: Files) -> object:
        found = getattr(self, f"_{method}", None)
        if found is None:
            raise Refused(404, "Not Found")
        if method in SHOWING:
            self._pace(int(fields.get("chat_id", "0")), fault)
        try:
            return await (found(fields, files) if method in FILED else found(fields))
        except Refused as error:
            if not any(one in error.description for one in EXPECTED) and not error.parameters and error.code == 400:
                self.violations[error.description] += 1
            raise

    async def _sendDocument(self, fields: Fields, files: Files) -> Json:  # noqa: N802 - methods have Telegram's own names
        return self._file("document", fields, files)

    async def _sendPhoto(self, fields: Fields, files: Files) -> Json:  # noqa: N802 - methods have Telegram's own names
        return self._file("photo", fields, files)

    def _file(self, kind: str, fields: Fields, files: Files) -> Json:
        if kind not in files:
            raise refused(f"there is no {kind} in the request")
        chat, message = self.writing.send(fields, File(*files[kind], photo=kind == "photo"))
        return described(message, chat, int(self.now()), me())

    async def _editMessageCaption(self, fields: Fields) -> Json:  # noqa: N802 - methods have Telegram's own names
        chat, message = self.writing.caption(fields)
        return described(message, chat, int(self.now()), me())

    def _pace(self, chat: int, fault: Fault | None) -> None:
        pause = self.bounds.close(chat, fault) if isinstance(fault, float) else self.bounds.pause(chat)
        if pause:
            raise Refused(429, f"Too Many Requests: retry after {pause}", {"retry_after": pause})

    async def _getMe(self, fields: Fields) -> Json:  # noqa: N802 - methods have Telegram's own names
        return me()

    async def _getUpdates(self, fields: Fields) -> list[Json]:  # noqa: N802 - methods have Telegram's own names
        return await self.inbox.ask(fields)

    async def _sendMessage(self, fields: Fields) -> Json:  # noqa: N802 - methods have Telegram's own names
        chat, message = self.writing.send(fields)
        return described(message, chat, int(self.now()), me())

    async def _editMessageText(self, fields: Fields) -> Json:  # noqa: N802 - methods have Telegram's own names
        chat, message = self.writing.edit(fields)
        return described(message, chat, int(self.now()), me())

    async def _answerCallbackQuery(self, fields: Fields) -> bool:  # noqa: N802 - methods have Telegram's own names
        press = fields.get("callback_query_id", "")
        if len(fields.get("text", "")) > LONGEST_ANSWER:
            raise refused("MESSAGE_TOO_LONG")
        made = self.presses.pop(press, None)
        if made is None or self.now() - made > EXPIRES:
            raise refused("query is too old and response timeout expired or query ID is invalid")
        self.answered[press] = self.now() - made
        return True

    async def _deleteWebhook(self, fields: Fields) -> bool:  # noqa: N802 - methods have Telegram's own names
        self.inbox.url = self.inbox.secret = ""
        return True

    async def _setWebhook(self, fields: Fields) -> bool:  # noqa: N802 - methods have Telegram's own names
        self.inbox.register(fields)
        return True

    async def _getWebhookInfo(self, fields: Fields) -> Json:  # noqa: N802 - methods have Telegram's own names
        inbox = self.inbox
        told: Json = {"last_error_message": inbox.last_error, "last_error_date": int(inbox.failed_at)}
        told = told if inbox.last_error else {}
        waiting = len(inbox.waiting) + inbox.posting
        return {"url": self.inbox.url, "has_custom_certificate": False, "pending_update_count": waiting, **told}

    async def _getMyCommands(self, fields: Fields) -> list[Json]:  # noqa: N802 - methods have Telegram's own names
        return self.menus.get(self._scope(fields), [])

    async def _setMyCommands(self, fields: Fields) -> bool:  # noqa: N802 - methods have Telegram's own names
        commands = json.loads(fields["commands"])
        for one in commands:
            word = one["command"]
            if not (word.replace("_", "a").isalnum() and word.islower() and word.isascii() and len(word) <= 32):
                raise refused("BOT_COMMAND_INVALID")
            if not 1 <= len(one["description"]) <= 256:
                raise refused("BOT_COMMAND_DESCRIPTION_INVALID")
        if len(commands) > 100:
            raise refused("BOT_COMMANDS_TOO_MUCH")
        self.menus[self._scope(fields)] = commands
        return True

    def _scope(self, fields: Fields) -> str:
        scope = json.loads(fields.get("scope", '{"type": "default"}'))
        if "chat_id" in scope:
            self.writing.chat({"chat_id": str(scope["chat_id"])})
        return f"{scope['type']} {scope.get('chat_id', '')}".strip()

    # ---- being there

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["TelegramServer"]:
        """Be there until the block ends; `url` is the address."""
        app = web.Application(client_max_size=64_000_000)
        app.router.add_post("/bot{token}/{method}", self.handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        async with AsyncExitStack() as stack:
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            session = await stack.enter_async_context(aiohttp.ClientSession())
            async with asyncio.TaskGroup() as group:
                delivering = group.create_task(self.inbox.deliver(session))
                try:
                    yield self
                finally:
                    delivering.cancel()


def _hang_up(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _refusal(error: Refused) -> web.Response:
    more = {"parameters": error.parameters} if error.parameters else {}
    body = {"ok": False, "error_code": error.code, "description": error.description, **more}
    return web.json_response(body, status=error.code)


__all__ = ["BOT", "NAME", "TOKEN", "Chat", "Message", "TelegramServer", "person"]
