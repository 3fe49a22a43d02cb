"""What the keys of one target say together and cannot both mean. Each rule looks at one thing."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from pathlib import Path as Folder
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from bot.settings.gates import gate_wrongs
from bot.settings.lines import Path
from bot.settings.problems import Wrong, quoted, unknown
from bot.settings.raw import Raw, members, span, table, tables, text, texts
from bot.settings.repos import read_repo
from bot.settings.words import words

APPROVERS = frozenset({"approver", "admin"})
"""Roles whose people count as a second pair of eyes, as `domain.policy` has them."""


def target_wrongs(document: Raw, folder: Folder) -> Iterator[Wrong]:
    """Everything that is wrong in the targets, apart from checks."""
    rooms = list(table(document.get("rooms")))
    approvers = _approvers(document)
    for name, target in tables(document.get("targets")):
        place: Path = ("targets", name)
        yield from _room_and_repo(place, target, rooms, folder)
        yield from _components(place, target)
        yield from _environments(place, target, approvers)
        yield from gate_wrongs(place, target)
        for section, what in (("components", "component"), ("gates", "gate"), ("verify", "row")):
            yield from _twice((*place, section), target.get(section), what)


def _approvers(document: Raw) -> int:
    people = tables(document.get("people"))
    return sum(bool(APPROVERS & set(texts(person.get("roles")))) for _, person in people)


def _room_and_repo(place: Path, target: Raw, rooms: Sequence[str], folder: Folder) -> Iterator[Wrong]:
    room = text(target.get("room"))
    if room and room not in rooms:
        yield unknown((*place, "room"), "no room is called", room, rooms)
    repo = text(target.get("repo"))
    found = read_repo(repo, folder) if repo else ""
    if repo and isinstance(found, str):
        yield Wrong((*place, "repo"), f"it {found}", "Write a URL such as https://github.com/acme/shop, or a path.")
    branch = text(target.get("branch"))
    if branch.startswith("-") or any(one.isspace() for one in branch):
        yield Wrong((*place, "branch"), f"{quoted(branch)} is no branch", "Write the branch's name.")


def _twice(place: Path, listed: object, what: str) -> Iterator[Wrong]:
    seen: dict[str, int] = {}
    for at, one in members(listed):
        name = text(one.get("name"))
        first = seen.setdefault(name.casefold(), at) if name else at
        if first != at:
            yield Wrong((*place, at, "name"), f"another {what} is called {quoted(name)} too", "Rename one of them.")


def _components(place: Path, target: Raw) -> Iterator[Wrong]:
    for at, one in members(target.get("components")):
        here: Path = (*place, "components", at)
        for key in ("config", "path"):
            if _leaves(text(one.get(key))):
                yield Wrong(
                    (*here, key), "it leads out of the repository", "Write a path inside it, without a leading /."
                )
        if one.get("rewind_d1") is True and not texts(one.get("d1")):
            yield Wrong((*here, "rewind_d1"), "there is no database to rewind", 'Name it in "d1", or leave this out.')
        if "build" in one and not words(text(one["build"])):
            yield Wrong((*here, "build"), "its quotes do not close, or it is empty", "Write it as in a shell.")
        for key in ("d1", "required_secrets"):
            names = texts(one.get(key))
            again = [name for count, name in enumerate(names) if name in names[:count]]
            if again:
                yield Wrong((*here, key), f"{quoted(again[0])} stands here twice", "Name it once.")


def _leaves(path: str) -> bool:
    parts = PurePosixPath(path)
    return parts.is_absolute() or ".." in parts.parts or path.startswith(("-", "~")) or "\\" in path


def _environments(place: Path, target: Raw, approvers: int) -> Iterator[Wrong]:
    environments = dict(tables(target.get("environments")))
    place = (*place, "environments")
    for name, one in environments.items():
        yield from _address((*place, name, "url"), text(one.get("url")))
        yield from _rollout((*place, name), one)
        yield from _approvals((*place, name), one, approvers)
    yield from _promotions(place, environments)
    yield from _same_place(place, environments)


def _address(path: Path, url: str) -> Iterator[Wrong]:
    if url and not _is_address(url):
        yield Wrong(path, f"{quoted(url)} is no address", "Begin it with https:// and a host name.")
    elif "?" in url or "#" in url:
        yield Wrong(path, "an address that paths are added to ends before ? and #", "Leave out what follows.")


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname if parts.port != 0 else None
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(host) and url.isprintable() and " " not in url


def _rollout(place: Path, one: Raw) -> Iterator[Wrong]:
    if one.get("strategy", "direct") == "direct":
        for key in ("weights", "bake", "bake_max", "inconclusive"):
            if key in one:
                fix = 'Set strategy = "gradual", or leave it out.'
                yield Wrong((*place, key), 'it means nothing with strategy "direct"', fix)
    bake, longest = span(one.get("bake"), timedelta(minutes=5)), span(one.get("bake_max"), timedelta(minutes=30))
    if longest < bake:
        yield Wrong((*place, "bake_max"), "it is shorter than the bake itself", 'Make it longer than "bake".')
    if "bake_max" in one and one.get("inconclusive", "wait") != "wait":
        yield Wrong((*place, "bake_max"), 'it means nothing unless inconclusive is "wait"', "Leave it out.")
    weights = one.get("weights")
    if not isinstance(weights, list) or not all(type(weight) is int for weight in weights) or not weights:
        return
    if any(later <= earlier for earlier, later in pairwise(weights)):
        better = ", ".join(map(str, sorted({*weights})))
        yield Wrong((*place, "weights"), "each weight has to be more than the one before", f"Write [{better}].")
    elif weights[-1] != 100:
        better = ", ".join(map(str, [*(weight for weight in weights if weight < 100), 100]))
        yield Wrong((*place, "weights"), "the last weight has to be 100", f"Write [{better}].")


def _approvals(place: Path, one: Raw, approvers: int) -> Iterator[Wrong]:
    wanted = one.get("approvals", 0)
    if isinstance(wanted, int) and wanted > approvers:
        have = f"{approvers} {'person has' if approvers == 1 else 'people have'}"
        what = f"it asks for {wanted}, and {have} the role approver or admin"
        yield Wrong((*place, "approvals"), what, "Give the role to more people, or ask for fewer.")
    if wanted == 0 and "approval_expires" in one:
        yield Wrong((*place, "approval_expires"), "no approval is asked for", 'Set "approvals", or leave this out.')


def _promotions(place: Path, environments: Mapping[str, Raw]) -> Iterator[Wrong]:
    following = {name: text(one.get("promotes_to")) for name, one in environments.items()}
    sources: dict[str, str] = {}
    for name, goal in following.items():
        path = (*place, name, "promotes_to")
        if goal and goal not in environments:
            yield unknown(path, "no environment is called", goal, set(environments) - {name})
            continue
        circle = _circle(name, following)
        if circle:
            yield Wrong(path, f"promotion goes in a circle: {' → '.join(circle)}", "Leave it out in the last one.")
        first = sources.setdefault(goal, name) if goal else name
        if first != name:
            fix = "One environment has one before it: remove one of the two."
            yield Wrong(path, f"{quoted(first)} promotes to {quoted(goal)} already", fix)


def _circle(start: str, following: Mapping[str, str]) -> Sequence[str]:
    """The way from an environment back to itself; empty where it does not come back."""
    way = [start]
    while following.get(way[-1]) and len(way) <= len(following):
        way.append(following[way[-1]])
        if way[-1] == start:
            return way
    return []


def _same_place(place: Path, environments: Mapping[str, Raw]) -> Iterator[Wrong]:
    for key, what in (("wrangler_env", "would deploy over each other"), ("url", "would be measured as one")):
        seen: dict[str, str] = {}
        for name, one in environments.items():
            value = text(one.get(key)).rstrip("/")
            first = seen.setdefault(value, name) if value or key != "url" else name
            if first != name:
                yield Wrong(
                    (*place, name, key), f"{quoted(first)} has the same: they {what}", f"Give each its own {key}."
                )
