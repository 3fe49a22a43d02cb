"""`/help` and `/whoami`: what this person may do here, by the same table that reads what people type."""

from collections.abc import Iterator

from bot.domain.commands import Command
from bot.domain.policy import permit
from bot.domain.targets import Estate, Target
from bot.domain.values import Actor, Role, Room
from bot.domain.verbs import VERBS, Group, Kind, Verb
from bot.view.notice import Notice
from bot.view.wording import Answer, answer

FOR_EVERYBODY = Group.ASK
"""Answered for strangers too: how else would they get to know whom to ask."""


def help_notice(actor: Actor, estate: Estate, room: Room | None = None) -> Notice:
    """The verbs that this person may use, a row each under their group's name."""
    code = Answer.HELP if estate.person(actor.person) else Answer.HELP_STRANGER
    rows = tuple(_rows(actor, estate, room))
    return Notice(str(code), answer(code, person=actor.name), rows=rows, private=True)


def whoami_notice(actor: Actor, estate: Estate) -> Notice:
    """Whom the bot takes this person for, by which account, and what they may do."""
    person = estate.person(actor.person)
    code = Answer.WHOAMI if person else Answer.WHOAMI_STRANGER
    text = answer(code, person=actor.name, platform=actor.platform, account=actor.account)
    if person is None:
        return Notice(str(code), text, private=True)
    accounts = ", ".join(f"{platform} {account}" for platform, account in sorted(person.accounts.items()))
    rows = (
        ("roles", ", ".join(role.value for role in Role if role in person.roles) or "none"),
        ("accounts", accounts),
        ("you may", " ".join(f"/{verb.word}" for verb in VERBS if may_use(verb, actor, estate))),
    )
    return Notice(str(code), text, rows=rows, private=True)


def may_use(verb: Verb, actor: Actor, estate: Estate) -> bool:
    """True where the actor's roles allow the verb, or where it is for everybody."""
    return verb.group is FOR_EVERYBODY or permit(sample(verb), actor, estate) is None


def sample(verb: Verb) -> Command:
    """A command of the verb with only what it cannot do without; rights depend on the verb alone."""
    values: dict[Kind, object] = {Kind.WEIGHT: 0}
    return verb.command(**{slot.field: values.get(slot.kind, "any") for slot in verb.slots if slot.required})


def _rows(actor: Actor, estate: Estate, room: Room | None) -> Iterator[tuple[str, ...]]:
    for group in Group:
        verbs = [verb for verb in VERBS if verb.group is group and may_use(verb, actor, estate)]
        if verbs:
            yield (group.value,)
            yield from ((verb.form, verb.does) for verb in verbs)
    targets = [one for one in estate.targets if room is None or one.room == room.name]
    if targets and estate.person(actor.person):
        yield ("Targets",)
        yield from ((target.name, _way(target)) for target in targets)


def _way(target: Target) -> str:
    """The environments of a target, in the order of promotion where they have one: `canary → production, demo`."""
    firsts = [one for one in target.environments if target.before(one.name) is None]
    ways = []
    for one in firsts or target.environments:
        way = [one.name]
        following = one.promotes_to
        while following and following not in way:
            way.append(following)
            next_one = target.environment(following)
            following = next_one.promotes_to if next_one else None
        ways.append(" → ".join(way))
    return ", ".join(ways)
