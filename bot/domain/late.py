"""What becomes of something that was asked for before the bot went down, once it is back. Pure.

- A question is answered while somebody may still wait for it (`WAITED_FOR`), and dropped after that.
- A command is obeyed while whoever gave it may still expect it (`EXPECTED`): they were told that it was heard. Later
  it may surprise them, or whoever has mended things by hand since; so it is answered with "ask again". That goes for a
  typed `/rollback` or `/freeze` too: its words mean whatever is live by then, not what the person saw.
- A press that makes things safer (Abort, Roll back, Pause, Reject) is obeyed however old it is. It names the run that
  it was drawn for, and `decide` refuses it as stale where anything newer has overtaken it. Promote, Approve, Resume and
  Advance move something forward, and are commands like any other.
"""

from datetime import timedelta
from enum import Enum, auto

from bot.domain.commands import Abort, Command, Intent, Pause, Pressed, Reject, RollBack
from bot.domain.refusal import Refusal

WAITED_FOR = timedelta(minutes=1)
EXPECTED = timedelta(minutes=10)
_SAFER = (Abort, RollBack, Pause, Reject)


class Due(Enum):
    """What to do with it."""

    OBEY = auto()
    """As if it were asked now; questions are answered so."""
    ASK_AGAIN = auto()
    """Not obeyed, and the person is told to ask again."""
    DROP = auto()
    """Nothing, and nobody is told."""


def due(intent: Intent, command: Command | Refusal, asks: bool, age: timedelta) -> Due:
    """`command` is what the intent means, `asks` that it only asks; `age` counts from when it was heard first."""
    if asks:
        return Due.OBEY if age <= WAITED_FOR else Due.DROP
    safer = isinstance(intent, Pressed) and isinstance(command, _SAFER)
    return Due.OBEY if safer or age <= EXPECTED else Due.ASK_AGAIN
