"""The command line: `run`, `demo`, `check`, `schema`."""

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import structlog

from adapters.cloudflare.sources import problems as cloudflare_sources
from adapters.console.client import Console
from adapters.console.completing import Words
from adapters.console.settings import Settings as ConsoleSettings
from adapters.http.options import problems as http_problems
from adapters.http.sources import problems as http_sources
from adapters.prometheus.options import problems as prometheus_sources
from adapters.system.clock import SystemClock
from adapters.system.log import set_up_log
from adapters.system.memory import set_apart
from adapters.system.process import SystemProcesses
from bot.app.http import application, listening
from bot.app.links import Links
from bot.app.sentinel import Sentinel
from bot.app.serving import serve
from bot.chats import opened_chats
from bot.check import check
from bot.compose import opened
from bot.demo import FOLDER, stage
from bot.domain.redaction import Redactor
from bot.domain.spans import read_span
from bot.domain.targets import Estate
from bot.domain.verbs import VERBS
from bot.ports.chat import Chat
from bot.ports.errors import Trouble
from bot.settings import Problems, Settings, config_path, environment, load, schema
from bot.settings.checks import Sources
from bot.settings.environment import for_tools

SOURCES: Sources = {
    **{kind: partial(http_sources, kind=kind) for kind in ("probes", "http")},
    **{kind: partial(cloudflare_sources, kind=kind) for kind in ("cloudflare", "tail")},
    "prometheus": prometheus_sources,
}
CHANNELS = {"http": http_problems, "health": lambda options: http_problems(options, "health")}
"""What validates each channel's own keys."""
READY = """\
Ready: a sample Worker waits in a git repository. Type /deploy canary, then /promote to give it
production's traffic in steps. /break and another /deploy canary show a release that comes back by itself;
/break 20% one that is well until it has traffic."""
Word = Callable[[str], Awaitable[str]]


def main() -> int:
    """Run the command that was asked for; the exit status is 0 where all went well."""
    asked = _arguments().parse_args()
    if asked.command == "schema":
        print(json.dumps(schema(), indent=2, ensure_ascii=False))
        return 0
    try:
        return asyncio.run(_asked_for(asked))
    except KeyboardInterrupt:
        return 130
    except Trouble as trouble:
        print("\n".join([trouble.reason, *trouble.log]), file=sys.stderr)
        return 1


def _asked_for(asked: argparse.Namespace) -> Coroutine[Any, Any, int]:
    match asked.command:
        case "demo":
            return _demo(asked.folder.absolute(), asked.watch)
        case "check":
            return _check()
        case _:
            return _run()


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="outrider", description="Takes Cloudflare Workers to production and back, by chat."
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("run", help="serve the configured platforms (the default)")
    demo = commands.add_parser("demo", help="a chat in this terminal, against a Cloudflare account on this machine")
    demo.add_argument("--folder", type=Path, default=FOLDER, help="where everything lies (default: %(default)s)")
    demo.add_argument("--watch", type=_span, default="20s", help="how long a release is watched (default: %(default)s)")
    commands.add_parser("check", help="say what is ready and what is missing")
    commands.add_parser("schema", help="print the JSON Schema of outrider.toml")
    return parser


def _settings(environ: Mapping[str, str], log: TextIO = sys.stderr) -> Settings | None:
    """The settings; where something is wrong all of it is printed. The log begins here."""
    match load(environ, config_path(environ), CHANNELS, SOURCES):
        case Problems() as problems:
            print(problems, file=sys.stderr)
            return None
        case settings:
            plain = settings.log_format == "text"
            set_up_log(Redactor(settings.secrets), log, settings.log_level.upper(), plain)
            return settings


async def _run() -> int:
    """Serve what is configured; a room with the address `console` is told in this terminal too."""
    settings = _settings(environment())
    if settings is None:
        return 1
    async with opened(settings) as world, opened_chats(settings, world) as found:
        console = _console(settings.estate) if sys.stdin.isatty() else None
        chats: list[Chat] = [*found.chats, *((console,) if console else ())]
        _tell_platforms(settings)
        links = Links(world, chats)
        app = application(world, links.now, settings.git.workspace, settings.http_token, found.hooks)
        async with listening(app, settings.host, settings.port):
            await _until_ended(serve(world, chats, console, links, Sentinel(world, chats)))
    return 0


def _tell_platforms(settings: Settings) -> None:
    """The log says of each platform whether it is on, and why not."""
    log = structlog.get_logger("bot")
    for platform in settings.platforms:
        if platform.on:
            log.info("a platform is on", platform=platform.name)
        else:
            log.info("a platform is off", platform=platform.name, reason=platform.why_off)


def _console(estate: Estate, files: Path | None = None) -> Console | None:
    """This terminal, where a room and a person of the configuration have it as an address."""
    room = next((one.addresses["console"] for one in estate.rooms if "console" in one.addresses), None)
    account = next((one.accounts["console"] for one in estate.people if "console" in one.accounts), None)
    if room is None or account is None:
        return None
    return Console(ConsoleSettings(account=account, address=room, files=files), _words(estate))


def _files(settings: Settings) -> Path:
    """Where a terminal's files go: beside the checkouts."""
    return settings.git.workspace / "reports"


async def _until_ended(work: Coroutine[Any, Any, None]) -> None:
    """Do the work until it ends, or until SIGTERM or SIGINT: what is under way then is taken up by the next start."""
    set_apart()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(work)
        for sign in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(sign, task.cancel)


def _span(text: str) -> str:
    if read_span(text) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no span of time: write it like 90s, 5m or 1h")
    return text


async def _demo(folder: Path, watch: str) -> int:
    clock = SystemClock()
    inherited = for_tools(environment())
    processes = SystemProcesses(Redactor(()), clock, inherited)
    print("Starting a Cloudflare account on this machine …", file=sys.stderr, flush=True)
    async with AsyncExitStack() as stack:
        demo = await stack.enter_async_context(stage(Path.cwd() / folder, processes, watch))
        log = stack.enter_context((folder / "outrider.log").open("w", encoding="utf-8"))
        settings = _settings({**inherited, **demo.environ}, log)
        if settings is None:
            return 1
        world = await stack.enter_async_context(opened(settings))
        words: dict[str, Word] = {"/break": demo.repository.break_it, "/fix": demo.repository.fix_it}
        console = Console(ConsoleSettings(files=_files(settings)), _words(settings.estate), words)
        print(READY, file=sys.stderr, flush=True)
        await _until_ended(serve(world, [console], leader=console, sentinel=Sentinel(world, [console])))
        return 1 if console.failed else 0


def _words(estate: Estate) -> Words:
    """What the terminal completes."""
    environments = dict.fromkeys(one.name for target in estate.targets for one in target.environments)
    return Words(
        {verb.word: verb.does for verb in VERBS}, tuple(one.name for one in estate.targets), tuple(environments)
    )


async def _check() -> int:
    settings = _settings(environment())
    if settings is None:
        return 1
    lines = await check(settings)
    for line in lines:
        print(f"{'ok  ' if line.ok else 'FIX '} {line.text}")
    return 0 if all(line.ok for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
