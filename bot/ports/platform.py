"""What a chat platform's folder states of itself, so that the bot need not know its name.

`adapters/NAME/platform.py` ends in `PLATFORM = ChatPlatform("NAME", …)`: its environment variables, the forms of its
ids, and how it is opened. The module is read wherever settings are read, so importing it costs nothing: what needs the
vendor's library is imported by `open`, which is called only where the platform is on.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from aiohttp import web

from bot.domain.commands import Origin
from bot.domain.targets import Estate
from bot.domain.values import Actor
from bot.domain.verbs import Kind
from bot.ports.chat import Chat
from bot.ports.clock import Clock

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
"""Answers a POST request that the platform sends to the bot's own HTTP server."""
Recent = Callable[[Kind, Actor, Origin], Awaitable[Sequence[str]]]
"""Names of runs or releases to suggest to that person in that place, newest first; empty where they may not know.
Never raises, and takes no longer than a look into the journal."""


@dataclass(frozen=True, slots=True)
class Form:
    """What a value has to look like. `what` says that it does not (`is no bot token`), `fix` what to do."""

    pattern: str
    """A regular expression for the whole value, in the words that Python and JSON Schema share."""
    what: str
    fix: str


ADDRESS = Form(r"https?://[^/\s?#]+[^\s?#]*", "is no address", "Begin it with http:// or https://.")


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable. `about` is its comment in `.env.example`; one without a value counts as not set."""

    name: str
    about: str
    default: str = ""
    secret: bool = False
    """Its value may be printed nowhere."""
    form: Form | None = None
    brief: str = ""
    """What it is for, in a word or two, where a sentence names it."""
    guard: str = ""
    """The variable without which it may not be set."""
    unguarded: str = ""
    """What would happen without that, as half a sentence."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a platform that is on gets from the bot."""

    values: Mapping[str, str] = field(repr=False)
    """Its own variables, with their defaults."""
    estate: Estate
    clock: Clock
    recent: Recent
    proxy: str = field(default="", repr=False)
    """For calls to the outside; empty for none. May hold a password."""
    certificates: str = ""
    """A file of further certificates to trust, in PEM form; empty for none."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The platform, and what it wants to hear over HTTP: path -> handler of its POST requests."""

    chat: Chat
    hooks: tuple[tuple[str, Handler], ...] = ()


Open = Callable[[Given], AbstractAsyncContextManager[Opened]]


@dataclass(frozen=True, slots=True)
class ChatPlatform:
    """The statement."""

    name: str
    """Its folder's, and its key in `[people]` and `[rooms]`."""
    account: Form
    """Of a person's account id."""
    address: Form
    """Of a conversation's id."""
    about: str = ""
    """Heads its variables in `.env.example`: what it is called, and what turns it on."""
    variables: tuple[Variable, ...] = ()
    needs: tuple[tuple[str, ...], ...] = ()
    """It is on where of each of these at least one variable is set."""
    open: Open | None = None
    """Alive as long as the block lasts; nothing is asked of the platform yet. None: the command line opens it."""
