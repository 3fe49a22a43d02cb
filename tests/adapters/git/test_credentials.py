"""A token reaches the server, and nothing else: no argument list, no stored file, no message."""

import asyncio
import base64
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from adapters.git.settings import Settings
from adapters.git.source import opened
from bot.ports.errors import Permanent
from tests.adapters.git.repository import Repository
from tests.fakes.clock import StillClock
from tests.fakes.processes import RecordedProcesses

TOKEN = "ghp_s3cretT0ken"
ENCODED = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()


class Server:
    """git over HTTP, by git's own `http-backend`, for those who bring the token."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.command_lines: list[str] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.command_lines += every_command_line()
        if request.headers.get("Authorization") != f"Basic {ENCODED}":
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="git"'})
        env = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self._root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": request.path,
            "QUERY_STRING": request.query_string,
            "REQUEST_METHOD": request.method,
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        }
        pipe = asyncio.subprocess.PIPE
        child = await asyncio.create_subprocess_exec("git", "http-backend", env=env, stdin=pipe, stdout=pipe)
        out, _ = await child.communicate(await request.read())
        head, _, body = out.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
        return web.Response(body=body, headers=headers)


def every_command_line() -> list[str]:
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
        except OSError:
            continue
    return lines


@asynccontextmanager
async def serving(server: Server) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", server.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def traces(folder: Path) -> list[str]:
    return [str(path) for path in folder.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()]


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="looks at command lines in /proc")
@pytest.mark.parametrize("form", ["settings", "address"])
async def test_a_token_reaches_the_server_and_no_command_line(
    repository: Repository, settings: Settings, tmp_path: Path, form: str
) -> None:
    sha = repository.commit("One", a_txt="one")
    processes = RecordedProcesses()
    server = Server(tmp_path)
    async with serving(server) as host:
        tokens = {f"http://{host}": TOKEN} if form == "settings" else {}
        person = "" if form == "settings" else f"x-access-token:{TOKEN}@"
        given = replace(settings, tokens=tokens, protocols=("http",))
        with opened(processes, StillClock(), given) as source:
            repo = f"http://{person}{host}/origin/.git"
            assert (await source.resolve(repo, "main")).sha == sha
            assert (await source.checkout(repo, sha) / "a.txt").read_text() == "one"
    assert any("fetch" in line for line in server.command_lines)
    seen = [*server.command_lines, *(" ".join(argv) for argv in processes.ran)]
    # The test's own words hold the token where pytest was started with them; git's never do.
    assert [line for line in seen if "git" in line and (TOKEN in line or ENCODED in line)] == []
    assert traces(settings.workspace) == []


async def test_a_refused_token_is_told_without_the_token(
    repository: Repository, settings: Settings, tmp_path: Path
) -> None:
    repository.commit("One")
    async with serving(Server(tmp_path)) as host:
        with opened(RecordedProcesses(), StillClock(), replace(settings, protocols=("http",))) as source:
            with pytest.raises(Permanent) as caught:
                await source.resolve(f"http://ana:wrong-{TOKEN}@{host}/origin/.git", "main")
            with pytest.raises(Permanent, match="asks for a token or key, and none is set"):
                await source.resolve(f"http://{host}/origin/.git", "main")
    assert caught.value.reason.endswith("cannot be read: its token was refused")
    assert TOKEN not in f"{caught.value!r}{caught.value.log}"


async def test_settings_do_not_print_tokens(settings: Settings) -> None:
    assert TOKEN not in repr(replace(settings, tokens={"https://github.com": TOKEN}))
