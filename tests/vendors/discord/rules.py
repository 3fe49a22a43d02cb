"""What a message may look like, as the documentation has it ("Message", "Component Reference")."""

from collections.abc import Iterator, Sequence

from tests.vendors.discord.state import BUTTON, EPHEMERAL, TEXT_DISPLAY, V2, Json, units, walk

ROW, SECTION, GALLERY, FILE, SEPARATOR, CONTAINER = 1, 9, 12, 13, 14, 17
TOP = {ROW, SECTION, TEXT_DISPLAY, GALLERY, FILE, SEPARATOR, CONTAINER}
ALT, ALT_IN_GALLERY = 1024, 256
IN_CONTAINER = TOP - {CONTAINER}
KNOWN = {
    "content", "components", "flags", "nonce", "enforce_nonce", "tts", "allowed_mentions", "message_reference",
    "embeds", "attachments",
}  # fmt: skip  # one list reads best in few lines
Problem = tuple[str, str]
"""Where, and what is wrong there."""


def message_problems(payload: Json, was_v2: bool = False) -> list[Problem]:
    """Why a message cannot be posted or edited so; `was_v2`: it has components of the second version already."""
    v2 = bool(payload.get("flags", 0) & V2) or was_v2
    found = list(_content(payload, v2))
    components = payload.get("components") or []
    found += _components(components) if v2 else _without(components)
    if payload.get("flags", 0) & ~(V2 | EPHEMERAL | 1 << 2 | 1 << 12):
        found.append(("flags", "such a flag cannot be set"))
    return found


def _content(payload: Json, v2: bool) -> Iterator[Problem]:
    content = payload.get("content")
    if units(content or "") > 2000:
        yield "content", "Must be 2000 or fewer in length."
    if v2 and (content or payload.get("embeds")):
        yield "content", "The 'content' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
    if units(str(payload.get("nonce", ""))) > 25:
        yield "nonce", "Must be 25 or fewer in length."
    for key in set(payload) - KNOWN:
        yield key, "no such field"


def _without(components: Sequence[Json]) -> Iterator[Problem]:
    if components:
        yield "components", "these need MessageFlags.IS_COMPONENTS_V2 here"


def _components(components: Sequence[Json]) -> Iterator[Problem]:
    everything = walk(list(components))
    if not 1 <= len(everything) <= 40:
        yield "components", f"{len(everything)} components, 1 to 40 are allowed"
    texts = [one.get("content", "") for one in everything if one.get("type") == TEXT_DISPLAY]
    if sum(map(units, texts)) > 4000:
        yield "components", f"{sum(map(units, texts))} characters in all, 4000 are allowed"
    ids = [one.get("custom_id") for one in everything if one.get("type") == BUTTON]
    if len(ids) != len(set(ids)):
        yield "components", "Component custom id cannot be duplicated"
    for at, one in enumerate(components):
        yield from _component(f"components[{at}]", one, TOP)


def _component(where: str, one: Json, allowed: set[int]) -> Iterator[Problem]:
    kind = one.get("type")
    if kind not in allowed:
        yield where, f"type {kind} is not allowed here"
        return
    inner = one.get("components") or []
    match kind:
        case 10:
            if not str(one.get("content", "")).strip():
                yield where, "This field is required: content"
        case 1:
            yield from _several(where, inner, 5, {BUTTON})
        case 9:
            yield from _several(where, inner, 3, {TEXT_DISPLAY})
            yield from _component(f"{where}.accessory", one.get("accessory") or {}, {BUTTON})
        case 17:
            yield from _several(where, inner, 39, IN_CONTAINER)
            if not 0 <= (one.get("accent_color") or 0) <= 0xFFFFFF:
                yield where, "accent_color is no colour"
        case 12 | 13:
            yield from _shown_file(where, one)
        case 2:
            yield from _button(where, one)
        case _:
            pass


def _shown_file(where: str, one: Json) -> Iterator[Problem]:
    if one["type"] == FILE:
        yield from _media(where, one.get("file"))
        return
    items = one.get("items") or []
    if not 1 <= len(items) <= 10:
        yield where, "Must be between 1 and 10 in length."
    for item in items:
        yield from _media(where, item.get("media"))
        if units(item.get("description") or "") > ALT_IN_GALLERY:
            yield where, "description: Must be 256 or fewer in length."


def _media(where: str, media: object) -> Iterator[Problem]:
    if not isinstance(media, dict) or not str(media.get("url", "")).startswith("attachment://"):
        yield where, "a file is shown by attachment://NAME"


def _several(where: str, inner: Sequence[Json], most: int, allowed: set[int]) -> Iterator[Problem]:
    if not 1 <= len(inner) <= most:
        yield where, f"Must be between 1 and {most} in length."
    for at, one in enumerate(inner):
        yield from _component(f"{where}.components[{at}]", one, allowed)


def _button(where: str, one: Json) -> Iterator[Problem]:
    if one.get("style") not in {1, 2, 3, 4}:
        yield where, "style: no button with a custom_id looks so"
    if not 1 <= units(str(one.get("custom_id", ""))) <= 100:
        yield where, "custom_id: Must be between 1 and 100 in length."
    if not 1 <= units(str(one.get("label", ""))) <= 80:
        yield where, "label: Must be between 1 and 80 in length."
