"""What keys of outrider.toml say together and cannot both mean: people, rooms, names and secrets.

Each rule is a function from the document to what is wrong; targets have their own module, `targets`.
"""

import re
from collections.abc import Collection, Iterator, Sequence

from bot.ports.platform import ChatPlatform, Form
from bot.settings.lines import Path
from bot.settings.problems import Wrong, quoted, unknown
from bot.settings.raw import Raw, table, tables, text
from bot.settings.tokens import has_credential, looks_secret


def people_and_rooms(document: Raw, stated: Sequence[ChatPlatform]) -> Iterator[Wrong]:
    """Unknown platforms, ids that cannot be any; an account of two people, a conversation of two rooms; a room that
    is nowhere.
    """
    platforms = [one.name for one in stated]
    for platform in stated:
        yield from _ids(document, "people", platform.name, platform.account)
        yield from _ids(document, "rooms", platform.name, platform.address)
    yield from _unknown_platforms(document, "people", platforms, {"roles"})
    yield from _unknown_platforms(document, "rooms", platforms, set())
    yield from _shared(document, "people", "account", platforms)
    yield from _shared(document, "rooms", "conversation", platforms)
    for name, room in tables(document.get("rooms")):
        if not room:
            yield Wrong(("rooms", name), "the room is on no platform", f"Known: {', '.join(platforms)}.")


def _unknown_platforms(
    document: Raw, section: str, platforms: Collection[str], others: Collection[str]
) -> Iterator[Wrong]:
    for name, one in tables(document.get(section)):
        for key in one:
            if key not in platforms and key not in others:
                yield unknown((section, name, key), "there is no key", key, [*platforms, *others])


def _ids(document: Raw, section: str, platform: str, form: Form) -> Iterator[Wrong]:
    for name, one in tables(document.get(section)):
        value = text(one.get(platform))
        if value and not re.fullmatch(form.pattern, value):
            yield Wrong((section, name, platform), f"{quoted(value)} {form.what}", form.fix)


def _shared(document: Raw, section: str, what: str, platforms: Collection[str]) -> Iterator[Wrong]:
    seen: dict[tuple[str, str], str] = {}
    for name, one in tables(document.get(section)):
        for platform in platforms:
            address = str(one[platform]) if platform in one else ""
            first = seen.setdefault((platform, address), name) if address else name
            if first != name:
                fix = f"One {what} belongs to one of them: merge the two, or remove it from one."
                yield Wrong((section, name, platform), f"{quoted(first)} has the same {what}", fix)


def same_names(document: Raw) -> Iterator[Wrong]:
    """Names of tables that only differ in case: people type them on phones."""
    places: list[Path] = [("people",), ("rooms",), ("targets",)]
    places += [("targets", name, "environments") for name, _ in tables(document.get("targets"))]
    for place in places:
        part: Raw = document
        for key in place:
            part = table(part.get(str(key)))
        seen: dict[str, str] = {}
        for name in part:
            first = seen.setdefault(name.casefold(), name)
            if first != name:
                yield Wrong((*place, name), f"it differs from {quoted(first)} in case alone", "Rename one of them.")


def secrets_in_file(document: Raw) -> Iterator[Wrong]:
    """Values that look like secrets. A repository's address may carry one: it is taken out."""
    for path, value in _texts(document, ()):
        repo = len(path) == 3 and path[0] == "targets" and path[2] == "repo"
        if looks_secret(value) and not repo:
            yield Wrong(
                path, "this looks like a secret", "Put it into the environment and take it back where it came from."
            )
        elif has_credential(value) and not repo:
            yield Wrong(path, "there is a credential in this address", "Take it out.")


def _texts(value: object, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, (*path, key))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _texts(inner, (*path, at))
