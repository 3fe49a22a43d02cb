"""What an admin runs to make the slash commands: `python -m adapters.mattermost.commands URL TEAM ADMIN`.

Made from the table of verbs. It prints lines for `mmctl`, Mattermost's own command line, one a command; each prints the
token that belongs into MATTERMOST_COMMAND_TOKENS. The bot itself needs no right to manage commands that way.
"""

import shlex
import sys

from adapters.mattermost.inbound import COMMAND, COMMANDS, command_of
from bot.domain.verbs import VERBS


def lines(url: str, team: str, admin: str) -> list[str]:
    """One for each command, the one that takes every verb first."""
    every = [_line(COMMAND, "deploy ENV | status | help | …", "Any command of Outrider", (url, team, admin))]
    for verb in VERBS:
        hint = " ".join(slot.form for slot in verb.slots)
        does = f"{verb.does[:1].upper()}{verb.does[1:]}"
        every.append(_line(command_of(verb.word).removeprefix("/"), hint, does, (url, team, admin)))
    return every


def _line(word: str, hint: str, does: str, where: tuple[str, str, str]) -> str:
    url, team, admin = where
    options = {
        "--title": f"Outrider {word}",
        "--trigger-word": word,
        "--url": f"{url.rstrip('/')}{COMMANDS}",
        "--creator": admin,
        "--autocompleteHint": hint,
        "--autocompleteDesc": does,
    }
    said = " ".join(f"{name} {shlex.quote(value)}" for name, value in options.items() if value)
    return f"mmctl command create {shlex.quote(team)} {said} --autocomplete --post"


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("Say three words: the bot's address, the team's name, and the admin's name in Mattermost.")
    sys.stdout.write("\n".join(lines(*sys.argv[1:])) + "\n")
