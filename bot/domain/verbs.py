"""The table of verbs: what can be typed, what follows each verb, and what it does in one line.

`domain.grammar` reads and spells commands by this table, `view.help` prints it and the platforms make their
command menus from it, so they cannot differ. The words after a verb are its *slots*, in the order in which
they are typed. Any slot can be given by its key too, wherever it stands: `ref=main`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.domain import commands
from bot.domain.commands import Command


class Kind(StrEnum):
    """What a slot takes, as it is shown to people."""

    ENVIRONMENT = "ENV"
    TARGET = "TARGET"
    REF = "REF"
    COMPONENTS = "a,b"
    RELEASE = "RELEASE"
    RUN = "RUN"
    WEIGHT = "N"
    TIME = "TIME"
    STRATEGY = "direct"
    """All the traffic at once, although the environment takes it in steps."""
    REASON = "REASON"
    """Free text to the end of the line."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for a word after the verb. `field` is the command's own; `named`: only taken as `key=word`."""

    field: str
    kind: Kind
    required: bool = False
    named: bool = False

    @property
    def key(self) -> str:
        """Its name where it is given as `key=word`."""
        return "env" if self.kind is Kind.ENVIRONMENT else self.field

    @property
    def form(self) -> str:
        """How it is shown: `ENV`, `[TARGET]`, `[only=a,b]`."""
        shown = f"{self.key}={self.kind}" if self.named else str(self.kind)
        return shown if self.required else f"[{shown}]"


class Group(StrEnum):
    """How help sorts the verbs."""

    SHIP = "Ship"
    STEER = "Steer a run"
    LOOK = "Look"
    HOLD = "Hold"
    ASK = "Ask"


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb, the command it becomes, its slots, and what it does (a phrase without a full stop)."""

    word: str
    command: Callable[..., Command]
    group: Group
    does: str
    slots: tuple[Slot, ...] = ()

    @property
    def form(self) -> str:
        """How to type it: `/deploy ENV [TARGET] [REF] [only=a,b]`."""
        return " ".join([f"/{self.word}", *(slot.form for slot in self.slots)])

    @property
    def positional(self) -> Sequence[Slot]:
        """The slots that need no key."""
        return [slot for slot in self.slots if not slot.named]


_ENV = Slot("environment", Kind.ENVIRONMENT, required=True)
_ANY_ENV = Slot("environment", Kind.ENVIRONMENT)
_TARGET = Slot("target", Kind.TARGET)
_NAMED_TARGET = Slot("target", Kind.TARGET, named=True)
_REF = Slot("ref", Kind.REF)
_RUN = Slot("run", Kind.RUN)
_STRATEGY = Slot("strategy", Kind.STRATEGY, named=True)
_REASON = Slot("reason", Kind.REASON)

VERBS: tuple[Verb, ...] = (
    Verb(
        "deploy",
        commands.Deploy,
        Group.SHIP,
        "take a branch, tag or commit to an environment",
        (_ENV, _TARGET, _REF, Slot("only", Kind.COMPONENTS, named=True), _STRATEGY),
    ),
    Verb(
        "promote",
        commands.Promote,
        Group.SHIP,
        "take the verified release one environment on",
        (_TARGET, _STRATEGY),
    ),
    Verb(
        "rollback",
        commands.RollBack,
        Group.SHIP,
        "go back to what was live before, or to a named release",
        (_ANY_ENV, _TARGET, Slot("to", Kind.RELEASE, named=True)),
    ),
    Verb("approve", commands.Approve, Group.STEER, "let a waiting run go, as its second pair of eyes", (_RUN,)),
    Verb("reject", commands.Reject, Group.STEER, "do not let a waiting run go", (_RUN,)),
    Verb("abort", commands.Abort, Group.STEER, "stop a run and restore what it touched", (_RUN,)),
    Verb("pause", commands.Pause, Group.STEER, "hold a rollout at its weight", (_RUN,)),
    Verb("resume", commands.Resume, Group.STEER, "go on with a held rollout", (_RUN,)),
    Verb("advance", commands.Advance, Group.STEER, "skip the rest of this bake", (_RUN,)),
    Verb(
        "weight",
        commands.SetWeight,
        Group.STEER,
        "give the canary this share of the traffic, 0 to 100",
        (Slot("weight", Kind.WEIGHT, required=True), _TARGET),
    ),
    Verb(
        "plan",
        commands.ShowPlan,
        Group.LOOK,
        "say what a deploy would do; changes nothing",
        (_ENV, _TARGET, _REF),
    ),
    Verb("verify", commands.Verify, Group.LOOK, "measure health and every channel now", (_ENV, _TARGET)),
    Verb("status", commands.ShowStatus, Group.LOOK, "say what is live where, and who holds what", (_TARGET,)),
    Verb("history", commands.ShowHistory, Group.LOOK, "say what was done, newest first", (_TARGET, _ANY_ENV)),
    Verb(
        "secrets",
        commands.ShowSecrets,
        Group.LOOK,
        "say which required secrets are missing; names only",
        (_ENV, _TARGET),
    ),
    Verb("lock", commands.Lock, Group.HOLD, "hold an environment for yourself", (_ENV, _NAMED_TARGET, _REASON)),
    Verb("unlock", commands.Unlock, Group.HOLD, "let an environment go", (_ENV, _TARGET)),
    Verb(
        "freeze",
        commands.Freeze,
        Group.HOLD,
        "stop everybody, for a while (2h) or until a time (18:00, in UTC)",
        (Slot("until", Kind.TIME), _REASON),
    ),
    Verb("unfreeze", commands.Unfreeze, Group.HOLD, "let everybody go on"),
    Verb("help", commands.ShowHelp, Group.ASK, "say what this bot can do here, for you"),
    Verb("whoami", commands.WhoAmI, Group.ASK, "say who the bot takes you for, and what you may do"),
)

BY_WORD = {verb.word: verb for verb in VERBS}


def verb_of(command: Command) -> Verb:
    """The verb that a command is typed with."""
    return next(verb for verb in VERBS if verb.command is type(command))
