"""`python -m sandbox --state DIR --port P [--edge-port P2] [--token T]`: runs until SIGTERM or SIGINT."""

import argparse
import asyncio
import json
import logging
import signal
import sys
from pathlib import Path

from sandbox.install import InstallError, install
from sandbox.server import Options, sandbox


def main() -> int:
    """Run the sandbox; the exit status."""
    options, attached = _options()
    logging.basicConfig(level=logging.WARNING, format="sandbox: %(levelname)s %(message)s", stream=sys.stderr)
    try:
        install()
    except InstallError as error:
        print(error, file=sys.stderr)
        return 1
    status = 0
    try:
        asyncio.run(_run(options, attached))
    except* OSError as errors:
        print(f"The sandbox could not start: {errors.exceptions[0]}", file=sys.stderr)
        status = 1
    return status


def _options() -> tuple[Options, bool]:
    parser = argparse.ArgumentParser(prog="sandbox", description="A Cloudflare account on this machine.")
    parser.add_argument("--state", type=Path, required=True, help="folder in which everything is kept")
    parser.add_argument("--port", type=int, default=0, help="port of the API on 127.0.0.1; 0: a free one")
    parser.add_argument("--edge-port", type=int, default=0, help="port that the Workers answer on; 0: a free one")
    parser.add_argument("--attached", action="store_true", help="end when standard input does: with whoever started it")
    parser.add_argument("--token", help="a bearer token to accept; without it the kept one, or a new one")
    read = parser.parse_args()
    return Options(read.state.resolve(), read.port, read.edge_port, read.token), read.attached


async def _run(options: Options, attached: bool) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()

    def left() -> None:
        loop.remove_reader(sys.stdin)
        stopped.set()

    if attached:
        loop.add_reader(sys.stdin, left)
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stopped.set)
    async with sandbox(options) as ready:
        print(json.dumps(ready), flush=True)
        await stopped.wait()


if __name__ == "__main__":
    sys.exit(main())
