"""`python -m sandbox --state DIR --port P [--edge-port P2] [--token T] [--until-eof]`: runs until SIGTERM or SIGINT.

With `--until-eof` it also ends with its standard input: whoever holds the other end need not live to end it.
"""

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
from pathlib import Path

from sandbox.install import InstallError, install
from sandbox.server import Options, sandbox


def main() -> int:
    """Run the sandbox; the exit status."""
    read = _arguments()
    options = Options(read.state.resolve(), read.port, read.edge_port, read.token)
    logging.basicConfig(level=logging.WARNING, format="sandbox: %(levelname)s %(message)s", stream=sys.stderr)
    try:
        install()
    except InstallError as error:
        print(error, file=sys.stderr)
        return 1
    status = 0
    try:
        asyncio.run(_run(options, read.until_eof))
    except* OSError as errors:
        print(f"The sandbox could not start: {errors.exceptions[0]}", file=sys.stderr)
        status = 1
    return status


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sandbox", description="A Cloudflare account on this machine.")
    parser.add_argument("--state", type=Path, required=True, help="folder in which everything is kept")
    parser.add_argument("--port", type=int, default=0, help="port of the API on 127.0.0.1; 0: a free one")
    parser.add_argument("--edge-port", type=int, default=0, help="port that the Workers answer on; 0: a free one")
    parser.add_argument("--token", help="a bearer token to accept; without it the kept one, or a new one")
    parser.add_argument("--until-eof", action="store_true", help="end when standard input ends")
    return parser.parse_args()


async def _run(options: Options, until_eof: bool) -> None:
    stopped, loop = asyncio.Event(), asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stopped.set)
    if until_eof:
        stdin = sys.stdin.fileno()
        loop.add_reader(stdin, lambda: None if os.read(stdin, 4096) else stopped.set())
    async with sandbox(options) as ready:
        print(json.dumps(ready), flush=True)
        await stopped.wait()


if __name__ == "__main__":
    sys.exit(main())
