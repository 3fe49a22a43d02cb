"""wrangler, run from the checkout's own node_modules.

What its exit status says is not what happened: 0 after a signal in the middle of a deploy, 1 after the
traffic had moved and a later step failed (seen with 4.86). So a caller gets the entries of wrangler's
output file, where a deploy is one of type `deploy` with a version id, and reads the provider back.

What the checkout may not choose. wrangler reads `.env` files beside its configuration, and a global API key
found there beats the token in its environment: `--envFile` names an empty file instead (spelled so because
Node itself takes every `--env-file`, even after the script's name). HOME is an empty folder, the
environment has only what stands here, and every value of the person's or the checkout's is the right side
of a `--name=value`.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from adapters.cloudflare.client import REFUSED_HINT, TOKEN_CODES, Client
from adapters.cloudflare.config import Worker
from adapters.cloudflare.settings import CloudflareSettings
from bot.ports.deployer import Act
from bot.ports.errors import Permanent
from bot.ports.process import Processes, Ran

DEADLINE = timedelta(minutes=10)
"""For one call of wrangler, which has no deadline of its own."""
SHIM = Path("node_modules", "wrangler", "bin", "wrangler.js")
Entry = Mapping[str, Any]
_ERROR = re.compile(r"\[ERROR\]\s*(.+)")
_REQUEST = re.compile(r"A request to the Cloudflare API \(\S*?(/[^/\s]+)\) failed")
_UNANSWERED = re.compile(
    r"fetch failed|other side closed|socket hang up|terminated|malformed response|timed? ?out|ECONN|EPIPE|UND_ERR",
    re.IGNORECASE,
)
"""Words of Node's fetch for a connection that broke, and of wrangler for an answer that was no JSON."""
_ANSWER = re.compile(r"^\s+(\S.* \[code: \d+\])")


_PASSING = frozenset({971, 10013})


@dataclass(frozen=True, slots=True)
class Printed:
    """What a call of wrangler left behind."""

    ran: Ran
    entries: tuple[Entry, ...]

    def entry(self, kind: str) -> Entry:
        """The last entry of that type, empty where there is none."""
        return next((one for one in reversed(self.entries) if one.get("type") == kind), {})

    @property
    def reason(self) -> str:
        """Why it failed, in wrangler's words: those for machines, or else the first error that it printed.

        Of a call to the API it tells machines only the path; what the API answered is printed below.
        """
        told = self.entry("command-failed").get("message")
        if not isinstance(told, str) or not told.strip():
            return self._printed(_ERROR) or next(filter(None, reversed(self.log)), "") or self._status
        path, answer = _REQUEST.match(told), self._printed(_ANSWER)
        return f"{answer} from {path[1]}" if path and answer else told.strip()

    @property
    def log(self) -> tuple[str, ...]:
        """The last lines for a person, without where a file was that is gone by now."""
        return tuple(line for line in self.ran.tail if "Logs were written to" not in line)

    @property
    def code(self) -> int | None:
        """The API's error code, where that was the reason."""
        code = self.entry("command-failed").get("code")
        return code if isinstance(code, int) else None

    @property
    def passing(self) -> bool:
        """True where the API refused for the moment: throttled (971), or an error of its own (10013)."""
        return self.code in _PASSING

    @property
    def told(self) -> bool:
        """True where it failed by itself: a signal leaves neither an error's entry nor status 1 (4.86 ends with 0)."""
        return bool(self.entry("command-failed")) or self.ran.status == 1

    @property
    def unanswered(self) -> bool:
        """True where a call of wrangler's went out and no answer came back."""
        return self.code is None and bool(_UNANSWERED.search(self.reason))

    @property
    def _status(self) -> str:
        return f"it ended with status {self.ran.status}"

    def _printed(self, pattern: re.Pattern[str]) -> str:
        found = (pattern.search(line) for line in self.ran.tail)
        return next((one[1].strip() for one in found if one), "")


def why(client: Client, printed: Printed) -> str:
    """Why it failed, for the middle of a sentence: without the token, and with what to do where that was refused."""
    if printed.code in TOKEN_CODES:
        return REFUSED_HINT.format(code=printed.code).rstrip(".")
    return client.clean(printed.reason).rstrip(".")


class Wrangler:
    """Runs it."""

    def __init__(self, settings: CloudflareSettings, processes: Processes) -> None:
        self._settings = settings
        self._processes = processes

    async def run(self, act: Act, worker: Worker, *words: str, offline: bool = False) -> Printed:
        """One command for one Worker; `offline` keeps the token from it. Raises what `Processes` raises."""
        shim = find(worker)
        with _scratch() as scratch:
            ran = await self._processes.run(
                argv(shim, worker, scratch, *words),
                cwd=worker.folder,
                env=self._environment(scratch, offline),
                deadline=DEADLINE,
                lines=act.lines,
                cookie=act.cookie,
            )
            return Printed(ran, _entries(scratch / "output"))

    def _environment(self, scratch: Path, offline: bool) -> dict[str, str]:
        fixed = {
            "HOME": str(scratch),
            "XDG_CONFIG_HOME": str(scratch),
            "CI": "1",
            "NO_COLOR": "1",
            "WRANGLER_OUTPUT_FILE_PATH": str(scratch / "output"),
            "WRANGLER_LOG_PATH": str(scratch / "logs"),
            "WRANGLER_LOG_SANITIZE": "true",
            "WRANGLER_HIDE_BANNER": "true",
            "WRANGLER_SEND_METRICS": "false",
            "WRANGLER_SEND_ERROR_REPORTS": "false",
        }
        return fixed if offline else fixed | self._access()

    def _access(self) -> dict[str, str]:
        access = {
            "CLOUDFLARE_API_TOKEN": self._settings.token,
            "CLOUDFLARE_ACCOUNT_ID": self._settings.account,
            "CLOUDFLARE_API_BASE_URL": self._settings.base_url,
            "HTTPS_PROXY": self._settings.proxy,
            "NODE_EXTRA_CA_CERTS": self._settings.certificates,
        }
        return {name: value for name, value in access.items() if value}


def find(worker: Worker) -> Path:
    """The checkout's wrangler: in the component's folder or one above it, up to the checkout."""
    folder = worker.folder
    while True:
        if (folder / SHIM).is_file():
            return folder / SHIM
        if folder == worker.root:
            raise Permanent("The commit does not bring wrangler: add it to devDependencies in its package.json.")
        folder = folder.parent


def argv(shim: Path, worker: Worker, scratch: Path, *words: str) -> Sequence[str]:
    """The command as a list; the empty `--env=` names the top level, so that no variable can name another."""
    fixed = (f"--env={worker.env}", f"--config={worker.config}", f"--envFile={scratch / 'empty'}")
    return ("node", str(shim), *words, *fixed)


@contextmanager
def _scratch() -> Iterator[Path]:
    """A folder for one call: its HOME, log and output file, and an empty file."""
    with TemporaryDirectory(prefix="outrider-", ignore_cleanup_errors=True) as name:
        (Path(name) / "empty").touch()
        yield Path(name)


def _entries(path: Path) -> tuple[Entry, ...]:
    """The output file's lines; a line that is not whole is no entry."""
    if not path.is_file():
        return ()
    return tuple(entry for line in path.read_text("utf-8", "replace").splitlines() if (entry := _entry(line)))


def _entry(line: str) -> Entry | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None
