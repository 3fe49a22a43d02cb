"""The bot as the tests start it: put together as always, with a room of files as its only chat platform.

    python -m tests.e2e.bot ROOM [--kill POINT] [--struck FILE]

Everything else comes from the environment, as for `outrider run`. Ends on SIGTERM, with what is under way left to the
next start.
"""

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from adapters.system.log import set_up_log
from bot.__main__ import CHANNELS, SOURCES
from bot.app.serving import serve
from bot.compose import opened
from bot.domain.redaction import Redactor
from bot.settings import Problems, config_path, environment, load
from tests.e2e.kill import ArmedChat, armed
from tests.e2e.killer import Killer
from tests.e2e.room import FileRoom


async def main(room: Path, killer: Killer) -> int:
    """Serve until SIGTERM; 1 where the configuration is wrong."""
    environ = environment()
    settings = load(environ, config_path(environ), CHANNELS, SOURCES)
    if isinstance(settings, Problems):
        sys.stderr.write(f"{settings}\n")
        return 1
    set_up_log(Redactor(settings.secrets), sys.stderr, "INFO", plain=True)
    async with opened(settings) as world, asyncio.TaskGroup() as group:
        work = group.create_task(serve(armed(world, killer), [ArmedChat(FileRoom(room), killer)]))
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, work.cancel)
    return 0


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("room", type=Path)
    arguments.add_argument("--kill", default="")
    arguments.add_argument("--struck", type=Path, default=Path(os.devnull))
    asked = arguments.parse_args()
    sys.exit(asyncio.run(main(asked.room, Killer(asked.kill, asked.struck))))
