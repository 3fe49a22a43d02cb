"""What a person can ask for: one frozen value for each command, whatever platform it was typed or pressed on.

`domain.grammar` turns typed words into these; a pressed button carries one already. `target` None means the room's
own target, `run` None the run that is under way there.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from bot.domain.values import Actor, RunId


@dataclass(frozen=True, slots=True)
class Deploy:
    """Take a commit to an environment."""

    environment: str
    target: str | None = None
    ref: str | None = None
    only: tuple[str, ...] = ()
    strategy: str | None = None
    """`direct`: all the traffic at once, this time."""


@dataclass(frozen=True, slots=True)
class Promote:
    """Take the release that passed in the earlier environment to the next one."""

    target: str | None = None
    strategy: str | None = None
    """As in `Deploy`."""
    drawn: str | None = None
    """For a button: the run whose release it promises to promote."""


@dataclass(frozen=True, slots=True)
class RollBack:
    """Take an environment back to its way-back point, or to a named release."""

    environment: str | None = None
    target: str | None = None
    to: str | None = None
    drawn: str | None = None
    """For a button: the run that it promises to undo."""


@dataclass(frozen=True, slots=True)
class Abort:
    """Stop a run and restore what it touched."""

    run: RunId | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """Hold a rollout at its weight; measuring goes on."""

    run: RunId | None = None


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on with a held rollout."""

    run: RunId | None = None
    drawn: str | None = None
    """For a button: what it promises to go on from, as `Rollout.mark` says it."""


@dataclass(frozen=True, slots=True)
class Advance:
    """Skip the rest of this bake."""

    run: RunId | None = None
    drawn: str | None = None
    """For a button: the weight that it promises to leave."""


@dataclass(frozen=True, slots=True)
class SetWeight:
    """Set the canary's share of the traffic by hand."""

    weight: int
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Approve:
    """Let a pinned release go, as the second pair of eyes; or agree that older secrets come back."""

    run: RunId | None = None
    drawn: str | None = None
    """For a button: what it asked about, `release` or `secrets`."""


@dataclass(frozen=True, slots=True)
class Reject:
    """Do not let it go."""

    run: RunId | None = None
    drawn: str | None = None
    """As in `Approve`."""


@dataclass(frozen=True, slots=True)
class ShowPlan:
    """Say what a deploy would do; change nothing."""

    environment: str
    target: str | None = None
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class Verify:
    """Measure health and every channel now."""

    environment: str
    target: str | None = None


@dataclass(frozen=True, slots=True)
class ShowStatus:
    """Say what is live where."""

    target: str | None = None


@dataclass(frozen=True, slots=True)
class ShowHistory:
    """Say what was done."""

    target: str | None = None
    environment: str | None = None


@dataclass(frozen=True, slots=True)
class ShowSecrets:
    """Say which required secrets are missing in an environment; names only."""

    environment: str
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Lock:
    """Hold an environment for oneself."""

    environment: str
    reason: str = ""
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Unlock:
    """Let an environment go."""

    environment: str
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Freeze:
    """Stop everybody, until a time or until somebody says otherwise."""

    until: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Unfreeze:
    """Let everybody go on."""


@dataclass(frozen=True, slots=True)
class ShowHelp:
    """Say what this bot can do here, for this person."""


@dataclass(frozen=True, slots=True)
class WhoAmI:
    """Say who the bot takes the person for."""


Command: TypeAlias = (
    Deploy
    | Promote
    | RollBack
    | Abort
    | Pause
    | Resume
    | Advance
    | SetWeight
    | Approve
    | Reject
    | ShowPlan
    | Verify
    | ShowStatus
    | ShowHistory
    | ShowSecrets
    | Lock
    | Unlock
    | Freeze
    | Unfreeze
    | ShowHelp
    | WhoAmI
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where something was typed or pressed. `thread` is the platform's own reference, empty outside threads."""

    platform: str
    address: str
    thread: str = ""
    message: str = ""
    alone: bool = False
    """Nobody but the one who asks can ever read what is answered here, so some questions need no room."""


@dataclass(frozen=True, slots=True)
class Typed:
    """Intent: words. `text` starts with the verb, with or without its slash."""

    text: str
    actor: Actor
    origin: Origin
    key: str
    """The platform's own id of the delivery: the same key twice is the same intent."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """Intent: a button. `token` is what the card put on it."""

    token: str
    actor: Actor
    origin: Origin
    key: str


Intent: TypeAlias = Typed | Pressed


@dataclass(frozen=True, slots=True)
class Asked:
    """A command and everything that is known about its asking."""

    command: Command
    actor: Actor
    origin: Origin
    key: str
    at: datetime
