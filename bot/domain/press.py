"""What a button carries: the verb, the run that it was drawn for, and what it was about. At most 60 ASCII characters.

A token is no secret and gives no right: the presser's own rights are asked, and `decide` compares what the button was
drawn for with what is true now.
"""

import re

from bot.domain.commands import Abort, Advance, Approve, Command, Pause, Promote, Reject, Resume, RollBack
from bot.domain.refusal import Code, Refusal
from bot.domain.values import RunId

TOKEN = re.compile(r"(?P<verb>[a-z_]{2,12}):(?P<run>[0-9a-hjkmnp-tv-z]{8})(?::(?P<about>[a-z0-9]{1,12}))?")


def token(verb: str, run: RunId, about: str = "") -> str:
    """The token of a button."""
    return f"{verb}:{run}:{about}" if about else f"{verb}:{run}"


def parse_token(text: str) -> Command | Refusal:
    """The command that a button means, or a refusal for what no card of ours has ever carried."""
    found = TOKEN.fullmatch(text)
    command = _command(found["verb"], RunId(found["run"]), found["about"] or "") if found else None
    return command or Refusal(Code.STALE_PRESS, {"reason": "this button is not one of mine"})


def _command(verb: str, run: RunId, about: str) -> Command | None:
    match verb:
        case "rollback":
            return RollBack(drawn=run)
        case "promote":
            return Promote(drawn=run)
        case "abort":
            return Abort(run)
        case "approve":
            return Approve(run, drawn=about or "release")
        case "reject":
            return Reject(run, drawn=about or None)
        case "pause":
            return Pause(run)
        case "resume":
            return Resume(run, drawn=about or None)
        case "advance":
            return Advance(run, drawn=about)
        case _:
            return None
