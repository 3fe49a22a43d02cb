"""The repository of the sample, and the words of the demo: they commit a Worker that is bad, or one that is well."""

import re
import shutil
from datetime import timedelta
from pathlib import Path

from bot.ports.errors import Permanent
from bot.ports.process import Processes

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "examples" / "hello-worker"
WELL = "const response = await route("
TIRED = 'const response = tired() ? new Response("Tired\\n", { status: 500 }) : await route('
TIRES = """
let asked = 0;

/** True for a share of the requests, once there were some. */
function tired() {{
  asked += 1;
  return asked > 30 && (asked * {share}) % 100 < {share};
}}
"""
"""A Worker that breaks under traffic alone: a deploy asks it less often than that to see whether it is well."""
TIRES_AGAIN = r"\nlet asked = 0;\n(.*\n)*}\n$"


class Repository:
    """The sample's git repository, which the demo's own words change."""

    def __init__(self, folder: Path, processes: Processes) -> None:
        self.folder = folder
        self._processes = processes

    async def create(self) -> None:
        """A fresh repository with the sample as its first commit."""
        _copy(SAMPLE, self.folder)
        await self._git("init", "--quiet", "--initial-branch=main")
        await self._commit("Say hello, and say whether we are well")

    async def break_it(self, share: str = "") -> str:
        """Commit a Worker that fails its health check; /break 20% one that fails only under traffic."""
        if share:
            return await self._tire(share)
        source = self.folder / "src" / "health.js"
        text = source.read_text("utf-8")
        if "greetings_v2" in text:
            return "It is broken already: /deploy canary shows it, /fix mends it."
        source.write_text(text.replace("FROM greetings", "FROM greetings_v2"), "utf-8")
        await self._commit("Read greetings from the new table")
        return "Committed a Worker that reads a table which is not there. Its tests pass. Now: /deploy canary"

    async def _tire(self, word: str) -> str:
        """Commit a Worker that is well for its first requests; then that share of its answers fail."""
        share = re.fullmatch(r"(\d{1,3}) ?%?", word)
        if share is None or not 1 <= int(share[1]) <= 100:
            return "Say which share of the answers shall fail: /break 20%"
        source = self.folder / "src" / "index.js"
        text = source.read_text("utf-8")
        if WELL not in text:
            return "It is broken already: /promote shows it, /fix mends it."
        source.write_text(text.replace(WELL, TIRED) + TIRES.format(share=int(share[1])), "utf-8")
        await self._commit("Count the greetings")
        return (
            f"Committed a Worker that fails {int(share[1])} % of its requests, but not the first thirty. Its tests "
            "pass, and a deploy to canary will too. Now: /deploy canary, then /promote"
        )

    async def fix_it(self, _: str = "") -> str:
        """Commit a Worker that is well again."""
        health, index = self.folder / "src" / "health.js", self.folder / "src" / "index.js"
        texts = {one: one.read_text("utf-8") for one in (health, index)}
        mended = {
            health: texts[health].replace("greetings_v2", "greetings"),
            index: re.sub(TIRES_AGAIN, "", texts[index]).replace(TIRED, WELL),
        }
        if mended == texts:
            return "It is well already: /break breaks it."
        for one, text in mended.items():
            one.write_text(text, "utf-8")
        await self._commit("Read greetings from the table that exists")
        return "Mended and committed. Now: /deploy canary"

    async def _commit(self, subject: str) -> None:
        await self._git("add", "--all")
        await self._git("-c", "user.name=You", "-c", "user.email=you@example.com", "commit", "--quiet", "-m", subject)

    async def _git(self, *words: str) -> None:
        quiet = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"}
        ran = await self._processes.run(["git", *words], cwd=self.folder, env=quiet, deadline=timedelta(minutes=1))
        if ran.status != 0:
            raise Permanent(f"git {words[0]} failed in the demo's repository", ran.tail)


def _copy(sample: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(sample, folder, ignore=shutil.ignore_patterns("node_modules", ".wrangler"))
