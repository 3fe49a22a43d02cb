"""A quick bot as a process of its own, between three platforms and an account of files: `bot` says what is real."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from bot.settings.environment import environment
from sandbox.running import Sandbox
from tests.e2e.play import Play
from tests.e2e.stage import Stage
from tests.e2e.three import Three, free_port
from tests.trio.account import append
from tests.trio.trio import trio

CONFIG = """\
{told}
[targets.hello]
repo = "https://github.com/acme/hello"
room = "ops"

[[targets.hello.components]]
name = "worker"

[targets.hello.environments.canary]
wrangler_env = "canary"
url = "http://127.0.0.1:9/canary"
promotes_to = "production"
watch = "1s"

[targets.hello.environments.production]
url = "http://127.0.0.1:9"
approvals = {approvals}
watch = "1s"

[[targets.hello.verify]]
channel = "http"
path = "/"
"""
INHERITED = ("PATH", "HOME", "LANG")


@asynccontextmanager
async def quick(folder: Path, speed: float = 1.0, approvals: int = 0) -> AsyncIterator[Three]:
    """Platforms and a bot that is not started yet; both environments have something live, and so a way back."""
    begun = time.time()
    async with trio(speed, begun) as platforms:
        config = folder / "outrider.toml"
        config.write_text(CONFIG.format(told=platforms.told, approvals=approvals), "utf-8")
        for place in ("canary", "production"):
            at = datetime.fromtimestamp(begun, UTC).isoformat()
            move = {"cookie": "", "place": ["worker", place], "shares": [["v-before", 100]], "run": "", "at": at}
            append(folder / "account", move)
        environ = {
            **{name: value for name, value in environment().items() if name in INHERITED},
            **platforms.environ,
            "OUTRIDER_CONFIG": str(config),
            "OUTRIDER_WORKSPACE": str(folder / "workspace"),
            "DATABASE_URL": f"sqlite:///{folder / 'journal.db'}",
            "CLOUDFLARE_API_TOKEN": "none-is-needed-here",
            "CLOUDFLARE_ACCOUNT_ID": "0123456789abcdef0123456789abcdef",
            "HOST": "127.0.0.1",
            "PORT": str(free_port()),
        }
        command = ("-m", "tests.trio.bot", str(folder), f"--speed={speed}", f"--begun={begun}")
        nowhere = Stage(folder, Sandbox(folder / "no account"))
        async with Play(nowhere, folder, environ, command=command) as play:
            yield Three(play, platforms)
