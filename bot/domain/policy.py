"""Who may do what. Deny by default: what is not listed, and who is not known, may do nothing."""

from typing import assert_never

from bot.domain.commands import (
    Abort,
    Advance,
    Approve,
    Command,
    Deploy,
    Freeze,
    Lock,
    Pause,
    Promote,
    Reject,
    Resume,
    RollBack,
    SetWeight,
    ShowHelp,
    ShowHistory,
    ShowPlan,
    ShowSecrets,
    ShowStatus,
    Unfreeze,
    Unlock,
    Verify,
    WhoAmI,
)
from bot.domain.refusal import Code, Refusal
from bot.domain.targets import Estate
from bot.domain.values import Actor, Role

ANY = frozenset(Role)
HANDS = frozenset({Role.DEPLOYER, Role.ADMIN})
EYES = frozenset({Role.APPROVER, Role.ADMIN})
SAFETY = HANDS | EYES
"""Stopping and going back is never the privilege of the one who started."""


def roles_for(command: Command) -> frozenset[Role]:
    """The roles of which a person needs one."""
    match command:
        case ShowHelp() | WhoAmI() | ShowStatus() | ShowHistory() | ShowPlan():
            return ANY
        case RollBack() | Abort() | Pause():
            return SAFETY
        case Approve() | Reject():
            return SAFETY
        case Deploy() | Promote() | Resume() | Advance() | SetWeight() | Verify() | ShowSecrets():
            return HANDS
        case Lock() | Unlock() | Freeze() | Unfreeze():
            return HANDS
        case _:
            assert_never(command)


def known(actor: Actor, estate: Estate) -> Actor:
    """The actor with the person that the configuration links to the account, if it links one."""
    person = estate.person_at(actor.platform, actor.account)
    return Actor(actor.platform, actor.account, person.name if person else None, actor.shown)


def unknown(actor: Actor, estate: Estate) -> Refusal | None:
    """The refusal of somebody whom the configuration does not know, whatever they asked for."""
    if estate.person(actor.person) is not None:
        return None
    return Refusal(Code.UNKNOWN_PERSON, {"platform": actor.platform, "account": actor.account})


def permit(command: Command, actor: Actor, estate: Estate) -> Refusal | None:
    """None where the actor may, else why not. The refusal of a stranger helps an admin: it names the account."""
    person = estate.person(actor.person)
    if person is None:
        return unknown(actor, estate)
    needed = roles_for(command)
    if person.roles & needed:
        return None
    wanted = " or ".join(sorted(role.value for role in needed if role is not Role.ADMIN))
    return Refusal(Code.NOT_ALLOWED, {"person": person.name, "role": wanted})


def needs_room(command: Command) -> bool:
    """False for what only tells: a person may read it where nobody reads along. What a room may see is not widened:
    whoever has a role may look at every target from that target's room as it is.
    """
    return not isinstance(command, ShowHelp | WhoAmI | ShowStatus | ShowHistory)


def may_approve(actor: Actor, estate: Estate) -> bool:
    """True for the second pair of eyes."""
    person = estate.person(actor.person)
    return person is not None and bool(person.roles & EYES)
