"""Real git repositories in temporary folders, for tests."""

import os
import subprocess
from pathlib import Path

ENV = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_AUTHOR_NAME": "Ana",
    "GIT_AUTHOR_EMAIL": "ana@acme.test",
    "GIT_COMMITTER_NAME": "Ana",
    "GIT_COMMITTER_EMAIL": "ana@acme.test",
}


class Repository:
    """A repository that somebody works in."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *argv: str, stdin: str = "") -> str:
        ran = subprocess.run(
            ["git", *argv], cwd=self.path, env=ENV, check=True, capture_output=True, text=True, input=stdin
        )
        return ran.stdout.strip()

    def commit(self, subject: str, **files: str) -> str:
        """Write files (`a__b_txt` is a/b.txt) and commit; the hash."""
        return self.commit_files(
            subject, {name.replace("__", "/").replace("_", "."): text for name, text in files.items()}
        )

    def commit_files(self, subject: str, files: dict[str, str]) -> str:
        for name, text in files.items():
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            (self.path / name).write_text(text)
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--allow-empty", "-m", subject)
        return self.git("rev-parse", "HEAD")
