"""A bot that is killed while it appends: what it had confirmed is there, and nothing is half there."""

import random
import subprocess
import sys
import time
from pathlib import Path
from typing import cast

from adapters.sql import open_journal
from bot.domain.board import Head
from bot.domain.events import RunEnded, RunRequested, RunStarted
from bot.domain.values import Outcome
from tests.adapters.sql.samples import run

ROOT = Path(__file__).parents[3]
ROUNDS = 8

WRITER = """
import asyncio, sys
from adapters.sql import open_journal
from bot.domain.events import RunStarted
from bot.domain.values import Outcome
from tests.adapters.sql.samples import at, ended, head, requested, run

async def main(url, number):
    async with open_journal(url) as journal:
        while True:
            await journal.append(run(number), 0, [requested(number)], head(number))
            for seq in range(1, 6):
                await journal.append(run(number), seq, [RunStarted(at(seq))], head(number))
                print(number, seq + 1, flush=True)
            await journal.append(run(number), 6, [ended(number)], head(number, Outcome.SUCCEEDED))
            print(number, 7, flush=True)
            number += 1

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


def kill_a_writer(url: str, first: int, after_lines: int, seed: random.Random) -> list[tuple[int, int]]:
    """What a bot confirmed until it was killed, some time after that many lines: (run, count of events)."""
    command = [sys.executable, "-c", WRITER, url, str(first)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as bot:
        assert bot.stdout is not None
        lines = [bot.stdout.readline() for _ in range(after_lines)]
        time.sleep(seed.random() / 200)  # anywhere within an append, which takes about as long
        bot.kill()
        lines += bot.stdout.readlines()
    return [(int(number), int(count)) for number, count in (line.split() for line in lines if line.endswith("\n"))]


async def test_what_was_confirmed_survives_a_kill(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'outrider.db'}"
    seed = random.Random(20261121)
    confirmed: dict[int, int] = {}
    for turn in range(ROUNDS):
        told = kill_a_writer(url, turn * 1000, seed.randrange(1, 25), seed)
        assert told
        confirmed.update(told)
    async with open_journal(url) as journal:
        board, _ = await journal.board()
        for number, count in confirmed.items():
            events = await journal.read(run(number))
            assert len(events) >= count
            assert [type(event) for event in events] == [RunRequested, *[RunStarted] * 5, RunEnded][: len(events)]
            head = cast("Head", await journal.head(run(number)))
            assert (head.outcome is Outcome.SUCCEEDED) == (len(events) == 7)
            assert head.open == (head.run in {one.run for one in board.runs})
        stands = board.standing[("moltworker", "canary")].run
        assert int(stands, 16) >= max(number for number, count in confirmed.items() if count == 7)
