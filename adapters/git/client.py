"""git, run with nothing inherited: its whole environment is here, and so is what its failures mean."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from adapters.git.address import Address
from adapters.git.settings import Settings
from bot.ports.errors import Doubtful, Permanent, Temporary, Trouble
from bot.ports.process import Processes, Ran

# These have the last word, whatever the repository's own configuration says.
ALWAYS = (
    ("core.hooksPath", "/dev/null"),
    ("core.fsmonitor", "false"),
    ("core.quotePath", "false"),
    ("maintenance.auto", "false"),
    ("gc.autoDetach", "false"),
    ("advice.detachedHead", "false"),
)
REFUSED = re.compile(
    r"authentication failed|terminal prompts disabled|could not read (?:username|password)"
    r"|permission denied|access denied|error: 40[13]|host key verification failed",
    re.IGNORECASE,
)
ABSENT = re.compile(
    r"not found|does not appear to be a git repository|no such file or directory|error: 404|does not exist",
    re.IGNORECASE,
)
FORBIDDEN = re.compile(r"transport '(\w+)' not allowed", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Git:
    """Runs git for one workspace."""

    processes: Processes
    settings: Settings

    async def run(
        self,
        address: Address,
        repository: Path,
        argv: Sequence[str],
        *,
        tree: Path | None = None,
        stdin: bytes = b"",
        deadline: timedelta | None = None,
    ) -> Ran:
        """Run one command in this repository (and on this work tree), and report, whatever its exit status
        was.

        The repository is always named: git never looks for one in the folders above. At the deadline the
        command is ended and it is `Temporary`, as everything that is done here may be repeated.
        """
        where = [f"--git-dir={repository}", *([f"--work-tree={tree}"] if tree else [])]
        try:
            ran = await self.processes.run(
                ["git", *where, *argv],
                cwd=tree or self.settings.workspace,
                env=self.environment(address),
                deadline=deadline or self.settings.read_deadline,
                stdin=stdin,
                cookie=f"git/{address.folder}",
            )
        except Doubtful as trouble:
            raise Temporary(f"git {argv[0]} of {address.url} took too long", trouble.log) from None
        return Ran(ran.status, ran.out, tuple(map(address.scrub, ran.tail)), ran.took)

    async def read(self, address: Address, repository: Path, argv: Sequence[str], stdin: bytes = b"") -> str:
        """Standard output of a command that must succeed."""
        ran = await self.run(address, repository, argv, stdin=stdin)
        if ran.status != 0:
            raise Temporary(f"git {argv[0]} of {address.url} failed: {said(ran)}", ran.tail)
        return ran.out

    def environment(self, address: Address) -> dict[str, str]:
        """Everything that git is told beside its arguments; the credential is here and nowhere else."""
        pairs = list(ALWAYS)
        if address.header:
            pairs.append((f"http.{address.scope}.extraHeader", address.header))
        counted = {f"GIT_CONFIG_KEY_{at}": key for at, (key, _) in enumerate(pairs)}
        counted |= {f"GIT_CONFIG_VALUE_{at}": value for at, (_, value) in enumerate(pairs)}
        return {
            "LC_ALL": "C.UTF-8",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_CONFIG_NOSYSTEM": "1",
            # A file of the workspace: git asks for `safe.directory` there and not in its environment.
            "GIT_CONFIG_GLOBAL": str(self.settings.workspace / "gitconfig"),
            "GIT_ALLOW_PROTOCOL": ":".join(self.settings.protocols),
            "GIT_SSH_COMMAND": "ssh -oBatchMode=yes",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_CONFIG_COUNT": str(len(pairs)),
            **self.settings.environment,
            **counted,
        }


def plain_path(path: str) -> str:
    """A path as it is, from how git lists it: quoted where it has a quote, a backslash or a control character.

    Lists that end in NUL would need no quotes, but a NUL is no part of a line that may be shown.
    """
    if not path.startswith('"'):
        return path
    return re.sub(r"\\([0-7]{3}|.)", _unescaped, path[1:-1])


def _unescaped(match: re.Match[str]) -> str:
    code = match[1]
    return chr(int(code, 8)) if len(code) == 3 else {"t": "\t", "n": "\n", "r": "\r"}.get(code, code)


def said(ran: Ran) -> str:
    """The line of the output that says most: the last that git marks as fatal, else the last."""
    lines = [line for line in ran.tail if line.strip()]
    fatal = [line for line in lines if line.startswith(("fatal:", "error:"))]
    return (fatal or lines or [f"exit status {ran.status}"])[-1].strip()


def fetch_trouble(address: Address, ran: Ran) -> Trouble:
    """What a fetch that failed means for the person who asked."""
    text = "\n".join(ran.tail)
    if match := FORBIDDEN.search(text):
        return Permanent(f"{address.url} is reached by {match[1]}, which is not allowed: use https or ssh", ran.tail)
    if REFUSED.search(text):
        has = "its token was refused" if address.header else "it asks for a token or key, and none is set"
        return Permanent(f"{address.url} cannot be read: {has}", ran.tail)
    if ABSENT.search(text):
        return Permanent(f"{address.url} is not there, or may not be seen with this token", ran.tail)
    return Temporary(f"{address.url} cannot be reached: {said(ran)}", ran.tail)
