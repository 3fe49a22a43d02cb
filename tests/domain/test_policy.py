"""Who may do what: the whole table, written out by hand, so that a change of it is seen."""

from typing import get_args

import pytest

from bot.domain import commands as c
from bot.domain.policy import known, may_approve, permit
from bot.domain.refusal import Code, Refusal
from bot.domain.values import Actor, Person, Role, RunId
from tests.fakes import estates

COMMANDS: dict[type[c.Command], c.Command] = {
    type(one): one
    for one in (
        c.Deploy("canary"),
        c.Promote(),
        c.RollBack(),
        c.Abort(),
        c.Pause(),
        c.Resume(),
        c.Advance(),
        c.SetWeight(50),
        c.Approve(RunId("0000run1")),
        c.Reject(),
        c.ShowPlan("canary"),
        c.Verify("canary"),
        c.ShowStatus(),
        c.ShowHistory(),
        c.ShowSecrets("canary"),
        c.Lock("canary"),
        c.Unlock("canary"),
        c.Freeze(),
        c.Unfreeze(),
        c.ShowHelp(),
        c.WhoAmI(),
    )
}

# Rows: a command. Columns: viewer, deployer, approver, admin.
TABLE = """
Deploy       . d . A
Promote      . d . A
RollBack     . d a A
Abort        . d a A
Pause        . d a A
Resume       . d . A
Advance      . d . A
SetWeight    . d . A
Approve      . d a A
Reject       . d a A
ShowPlan     v d a A
Verify       . d . A
ShowStatus   v d a A
ShowHistory  v d a A
ShowSecrets  . d . A
Lock         . d . A
Unlock       . d . A
Freeze       . d . A
Unfreeze     . d . A
ShowHelp     v d a A
WhoAmI       v d a A
"""
ROLES = (Role.VIEWER, Role.DEPLOYER, Role.APPROVER, Role.ADMIN)


def rows() -> dict[str, tuple[bool, ...]]:
    return {name: tuple(cell != "." for cell in cells) for name, *cells in map(str.split, TABLE.split("\n")[1:-1])}


def test_the_table_has_every_command() -> None:
    assert set(rows()) == {one.__name__ for one in get_args(c.Command)} == {one.__name__ for one in COMMANDS}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda one: type(one).__name__)
def test_promise_10_a_role_may_what_the_table_says(command: c.Command, role: Role) -> None:
    somebody = estates.person("zoe", role)
    refusal = permit(command, estates.actor(somebody), estates.estate(people=[somebody]))
    if rows()[type(command).__name__][ROLES.index(role)]:
        assert refusal is None
    else:
        assert refusal is not None
        assert refusal.code is Code.NOT_ALLOWED
        assert refusal.says["person"] == "zoe"


@pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda one: type(one).__name__)
def test_promise_10_unknown_people_can_do_nothing(command: c.Command) -> None:
    of = estates.estate()
    stranger = known(estates.STRANGER, of)
    assert permit(command, stranger, of) == Refusal(
        Code.UNKNOWN_PERSON, {"platform": "slack", "account": "slack-nobody"}
    )


@pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda one: type(one).__name__)
def test_promise_10_a_person_without_a_role_can_do_nothing(command: c.Command) -> None:
    nobody = estates.person("nil")
    refusal = permit(command, estates.actor(nobody), estates.estate(people=[nobody]))
    assert refusal is not None
    assert refusal.code is Code.NOT_ALLOWED


@pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda one: type(one).__name__)
def test_promise_10_a_person_who_was_taken_out_can_do_nothing(command: c.Command) -> None:
    refusal = permit(command, estates.actor(estates.ANA), estates.estate(people=[estates.BOB]))
    assert refusal is not None
    assert refusal.code is Code.UNKNOWN_PERSON


@pytest.mark.parametrize("platform", estates.PLATFORMS)
def test_promise_10_accounts_of_one_person_are_one_person(platform: str) -> None:
    seen = known(Actor(platform, f"{platform}-ana", shown="A."), estates.estate())
    assert seen.person == "ana"


@pytest.mark.parametrize(
    "actor",
    [
        Actor("slack", "telegram-ana"),
        Actor("matrix", "slack-ana"),
        Actor("slack", ""),
        Actor("slack", "SLACK-ANA"),
        Actor("slack", "slack-nobody", person="ana", shown="ana"),
    ],
)
def test_promise_10_nobody_is_taken_for_somebody_else(actor: Actor) -> None:
    """Neither another platform's id nor a shown name nor a name that came with the actor makes a person."""
    assert known(actor, estates.estate()).person is None


def test_a_refusal_names_the_roles_that_would_do() -> None:
    refusal = permit(c.RollBack(), estates.actor(estates.VIC), estates.estate())
    assert refusal is not None
    assert refusal.says["role"] == "approver or deployer"


@pytest.mark.parametrize(
    ("who", "may"), [(estates.ANA, True), (estates.BOB, False), (estates.EVE, True), (estates.MAX, True)]
)
def test_only_approvers_and_admins_are_second_eyes(who: Person, may: bool) -> None:
    assert may_approve(estates.actor(who), estates.estate()) is may


def test_a_stranger_is_no_second_pair_of_eyes() -> None:
    assert not may_approve(estates.STRANGER, estates.estate())
