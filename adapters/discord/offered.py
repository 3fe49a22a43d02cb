"""The commands that Discord offers, made from the table of verbs, and what it completes while somebody types. Pure.

Names of environments are choices, which Discord holds people to; where there are more than it takes, and for all other
names, it asks for suggestions, to which it holds nobody: what comes back is read like any typed word.
Limits are Discord's (developer documentation, "Application Commands").
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.domain.targets import Estate, Target
from bot.domain.verbs import BY_WORD, VERBS, Kind, Slot, Verb

Payload = Mapping[str, Any]
MOST = 25
"""Choices of an option, and suggestions at once."""
NAME = 100
"""Characters of a choice."""
CHAT_INPUT, STRING, INTEGER = 1, 3, 4
ABOUT = {
    Kind.ENVIRONMENT: "An environment",
    Kind.TARGET: "A target; this room's own where you say none",
    Kind.REF: "A branch, tag or commit; the target's own branch where you say none",
    Kind.COMPONENTS: "Only these components, with commas between them",
    Kind.RELEASE: "A release, called by its commit",
    Kind.RUN: "A run, as it is called on its card",
    Kind.WEIGHT: "The canary's share of the traffic, 0 to 100",
    Kind.TIME: "For a while (2h) or until a time (18:00, in UTC)",
    Kind.STRATEGY: "direct (all at once) or gradual (in steps), in place of the environment's own",
    Kind.REASON: "Why",
}
SUGGESTED = frozenset({Kind.TARGET, Kind.REF, Kind.COMPONENTS, Kind.RELEASE, Kind.RUN})
LONGEST = {Kind.REASON: 300}
"""Characters of an option; 100 for all others but refs."""


def offered(estate: Estate) -> list[dict[str, Any]]:
    """Every command as Discord takes it, in the table's order."""
    return [_command(verb, estate) for verb in VERBS]


def same(ours: Sequence[Payload], theirs: Sequence[Payload]) -> bool:
    """True where the server offers what we would: it adds ids, versions and defaults of its own."""
    return sorted(map(_command_key, ours)) == sorted(map(_command_key, theirs))


def focused(data: Payload) -> Slot | None:
    """The slot that is being typed."""
    verb = BY_WORD.get(str(data.get("name", "")))
    name = next((option["name"] for option in data.get("options") or () if option.get("focused")), None)
    return next((slot for slot in verb.slots if slot.key == name), None) if verb else None


def suggestions(data: Payload, estate: Estate, address: str, recent: Iterable[str] = ()) -> list[str]:
    """What may be meant by the word that is being typed; `recent` are runs or releases that are known."""
    slot = focused(data)
    if slot is None:
        return []
    given = {str(option["name"]): str(option.get("value", "")) for option in data.get("options") or ()}
    typed = given.pop(slot.key).strip()
    targets = _targets(given, estate, address)
    match slot.kind:
        case Kind.TARGET:
            names: list[str] = [target.name for target in targets]
        case Kind.ENVIRONMENT:
            names = [environment.name for target in targets for environment in target.environments]
        case Kind.REF:
            names = [target.branch for target in targets]
        case Kind.COMPONENTS:
            names = _components(typed, targets)
        case _:
            names = list(recent)
    fitting = [name for name in dict.fromkeys(names) if typed.casefold() in name.casefold() and len(name) <= NAME]
    return sorted(fitting, key=lambda name: not name.casefold().startswith(typed.casefold()))[:MOST]


# ---- what is offered


def _command(verb: Verb, estate: Estate) -> dict[str, Any]:
    """Discord wants what is required first; the words have keys, so their order means nothing."""
    slots = sorted(verb.slots, key=lambda slot: not slot.required)
    return {
        "name": verb.word,
        "type": CHAT_INPUT,
        "description": _sentence(verb.does),
        "options": [_option(slot, estate) for slot in slots],
    }


def _option(slot: Slot, estate: Estate) -> dict[str, Any]:
    option: dict[str, Any] = {
        "name": slot.key,
        "type": INTEGER if slot.kind is Kind.WEIGHT else STRING,
        "description": ABOUT[slot.kind],
        "required": slot.required,
    }
    environments = sorted({one.name for target in estate.targets for one in target.environments})
    if slot.kind is Kind.WEIGHT:
        return {**option, "min_value": 0, "max_value": 100}
    if slot.kind is Kind.ENVIRONMENT and 0 < len(environments) <= MOST:
        return {**option, "choices": [{"name": name, "value": name} for name in environments]}
    asks = slot.kind in SUGGESTED or slot.kind is Kind.ENVIRONMENT
    option["max_length"] = 200 if slot.kind is Kind.REF else LONGEST.get(slot.kind, NAME)
    return {**option, "autocomplete": True} if asks else option


def _sentence(does: str) -> str:
    return (does[:1].upper() + does[1:])[:NAME]


def _command_key(command: Payload) -> str:
    options = [_option_key(option) for option in command.get("options") or ()]
    return repr((command.get("name"), command.get("type", CHAT_INPUT), command.get("description"), options))


def _option_key(option: Payload) -> tuple[object, ...]:
    choices = [(choice.get("name"), choice.get("value")) for choice in option.get("choices") or ()]
    flags = (bool(option.get("required")), bool(option.get("autocomplete")))
    limits = tuple(option.get(name) for name in ("min_value", "max_value", "min_length", "max_length"))
    nested = len(option.get("options") or ())
    return option.get("name"), option.get("type"), option.get("description"), flags, limits, choices, nested


# ---- what is suggested


def _targets(given: Mapping[str, str], estate: Estate, address: str) -> list[Target]:
    """Those that the other words leave; this room's own first."""
    named = estate.target(given.get("target", ""))
    if named is not None:
        return [named]
    environment = given.get("env", "")
    fitting = [one for one in estate.targets if not environment or one.environment(environment)]
    room = estate.room_at("discord", address)
    return sorted(fitting or estate.targets, key=lambda one: room is None or one.room != room.name)


def _components(typed: str, targets: Iterable[Target]) -> list[str]:
    """The list so far with each component that it may go on with."""
    done, comma, _ = typed.rpartition(",")
    already = done.split(",")
    names = [one.name for target in targets for one in target.components]
    return [f"{done}{comma}{name}" for name in names if name not in already]
