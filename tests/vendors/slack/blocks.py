"""Block Kit's rules, as far as messages of a bot need them: `problems(blocks)` says what Slack would refuse.

Numbers are those of the Block Kit reference (docs.slack.dev/reference/block-kit) and of Slack's own SDK models; the
13,200 characters of a whole message are measured by others and not documented. What is not listed is refused: a block
or a field that the bot begins to use gets its rule here first. `calls(blocks)` finds text that would call somebody.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tests.vendors.slack.charts import chart_problems

MOST_BLOCKS = 50
MOST_IN_VIEW = 100
MOST_CHARACTERS = 13_200
Fields = Mapping[str, Any]
Found = Iterator[str]

CHART, MOST_CHARTS = "data_visualization", 2
KEYS: Mapping[str, frozenset[str]] = {
    "header": frozenset({"text", "block_id"}),
    "section": frozenset({"text", "fields", "block_id"}),
    "context": frozenset({"elements", "block_id"}),
    "actions": frozenset({"elements", "block_id"}),
    "divider": frozenset({"block_id"}),
    "rich_text": frozenset({"elements", "block_id"}),
    "plan": frozenset({"title", "tasks", "block_id"}),
    CHART: frozenset({"title", "chart", "block_id"}),
    "task_card": frozenset({"task_id", "title", "status", "details", "output", "block_id"}),
}
STATUSES = frozenset({"pending", "in_progress", "complete", "error"})
BUTTON = frozenset({"type", "text", "action_id", "value", "style"})
RICH = frozenset({"rich_text_section", "rich_text_preformatted"})
MOST_ID = 255
STYLES = frozenset({"bold", "italic", "strike", "code", "underline"})


def problems(blocks: object, plan: bool = True, most: int = MOST_BLOCKS, charts: bool = True) -> list[str]:
    """Everything that is wrong, each with its place. `plan`, `charts`: blocks of these kinds are taken."""
    if not isinstance(blocks, list):
        return ["/blocks is no list"]
    found = [f"/blocks has {len(blocks)} of at most {most}"] if len(blocks) > most else []
    for at, block in enumerate(blocks):
        found += _block(block, f"/blocks/{at}", plan)
        if isinstance(block, dict) and block.get("type") == CHART and not charts:
            found.append(f"/blocks/{at} has a type that this workspace does not take: {CHART}")
    return found or list(_together(blocks))


def _together(blocks: Sequence[Fields]) -> Found:
    """What is wrong with blocks that are right each for itself."""
    for name, ids in (
        ("action_id", _named("action_id", blocks)),
        ("block_id", [one.get("block_id") for one in blocks]),
    ):
        given = [one for one in ids if one is not None]
        if len(set(given)) < len(given):
            yield f"two of them have one {name}"
    kinds = [block["type"] for block in blocks]
    if {"plan", "task_card"} <= set(kinds) or kinds.count("plan") > 1:
        yield "there is one plan at most, and no task_card beside it"
    if kinds.count(CHART) > MOST_CHARTS:
        yield f"there are {kinds.count(CHART)} of at most {MOST_CHARTS} charts"


def _named(name: str, blocks: Sequence[Fields]) -> list[object]:
    return [one[name] for block in blocks for one in block.get("elements", ()) if name in one]


def calls(value: object) -> list[str]:
    """Texts in mrkdwn that would call somebody: what people wrote goes into plain and rich text, which call nobody."""
    match value:
        case {"type": "mrkdwn", "text": str(text)}:
            return [text] if "<!" in text or "<@" in text else []
        case dict():
            return [one for inner in value.values() for one in calls(inner)]
        case list():
            return [one for inner in value for one in calls(inner)]
        case _:
            return []


def characters(value: object) -> int:
    """Characters of all text in the blocks."""
    match value:
        case dict():
            texts = [value[name] for name in ("text", "title") if isinstance(value.get(name), str)]
            return sum(map(len, texts)) + sum(characters(one) for one in value.values())
        case list():
            return sum(characters(one) for one in value)
        case _:
            return 0


def _block(block: object, at: str, plan: bool) -> Found:
    if not isinstance(block, dict) or block.get("type") not in KEYS:
        yield f"{at} is no block that is known"
        return
    kind = block["type"]
    for extra in sorted(set(block) - KEYS[kind] - {"type"}):
        yield f"{at}/{extra} is not known"
    if "block_id" in block:
        yield from _length(block["block_id"], f"{at}/block_id", MOST_ID)
    if kind in ("plan", "task_card") and not plan:
        yield f"{at} has a type that this workspace does not take: {kind}"
    yield from _RULES[kind](block, at)


def _length(value: object, at: str, most: int) -> Found:
    if not isinstance(value, str) or not value:
        yield f"{at} must be text"
    elif len(value) > most:
        yield f"{at} has {len(value)} of at most {most} characters"


def _text(value: object, at: str, most: int, kinds: Sequence[str] = ("plain_text", "mrkdwn")) -> Found:
    if not isinstance(value, dict) or value.get("type") not in kinds:
        yield f"{at} must be one of {', '.join(kinds)}"
        return
    yield from _length(value.get("text"), f"{at}/text", most)
    if "emoji" in value and value["type"] != "plain_text":
        yield f"{at}/emoji is for plain_text"


def _header(block: Fields, at: str) -> Found:
    yield from _text(block.get("text"), f"{at}/text", 150, ("plain_text",))


def _section(block: Fields, at: str) -> Found:
    if "text" in block:
        yield from _text(block["text"], f"{at}/text", 3000)
    fields = block.get("fields", [])
    if len(fields) > 10 or ("text" not in block and not fields):
        yield f"{at} needs text or 1 to 10 fields"
    for number, field in enumerate(fields):
        yield from _text(field, f"{at}/fields/{number}", 2000)


def _context(block: Fields, at: str) -> Found:
    elements = block.get("elements") or []
    if not 1 <= len(elements) <= 10:
        yield f"{at}/elements must be 1 to 10"
    for number, one in enumerate(elements):
        yield from _text(one, f"{at}/elements/{number}", 3000)


def _actions(block: Fields, at: str) -> Found:
    elements = block.get("elements") or []
    if not 1 <= len(elements) <= 25:
        yield f"{at}/elements must be 1 to 25"
    for number, one in enumerate(elements):
        yield from _button(one, f"{at}/elements/{number}")
    if [one.get("style") for one in elements].count("primary") > 1:
        yield f"{at}/elements has more than one primary button"


def _button(one: Fields, at: str) -> Found:
    for extra in sorted(set(one) - BUTTON):
        yield f"{at}/{extra} is not known"
    if one.get("type") != "button":
        yield f"{at} is no button"
    if one.get("style", "primary") not in ("primary", "danger"):
        yield f"{at}/style is not known"
    yield from _text(one.get("text"), f"{at}/text", 75, ("plain_text",))
    yield from _length(one.get("action_id"), f"{at}/action_id", MOST_ID)
    yield from _length(one.get("value"), f"{at}/value", 2000)


def _rich(block: Fields, at: str) -> Found:
    elements = block.get("elements") or []
    if not elements:
        yield f"{at}/elements must not be empty"
    for number, one in enumerate(elements):
        where = f"{at}/elements/{number}"
        if one.get("type") not in RICH:
            yield f"{where} is no part of rich text"
        for index, piece in enumerate(one.get("elements") or []):
            yield from _piece(piece, f"{where}/elements/{index}")


def _piece(piece: Fields, at: str) -> Found:
    match piece.get("type"):
        case "text":
            yield from _length(piece.get("text"), f"{at}/text", 12_000)
            style = piece.get("style", {})
            if set(style) - STYLES or not all(value is True or value is False for value in style.values()):
                yield f"{at}/style is not known"
        case "emoji":
            yield from _length(piece.get("name"), f"{at}/name", 100)
        case kind:
            yield f"{at} may not be {kind} here: mentions are never wanted"


def _plan(block: Fields, at: str) -> Found:
    yield from _length(block.get("title"), f"{at}/title", 3000)
    cards = block.get("tasks") or []
    ids = [card.get("task_id") for card in cards]
    if not cards or len(set(ids)) < len(ids):
        yield f"{at}/tasks must be some, each with its own task_id"
    for number, card in enumerate(cards):
        if not isinstance(card, dict) or card.get("type") != "task_card":
            yield f"{at}/tasks/{number} is no task_card"
        else:
            yield from _block(card, f"{at}/tasks/{number}", True)


def _task_card(card: Fields, at: str) -> Found:
    yield from _length(card.get("task_id"), f"{at}/task_id", MOST_ID)
    yield from _length(card.get("title"), f"{at}/title", 3000)
    if card.get("status") not in STATUSES:
        yield f"{at}/status is not one of {', '.join(sorted(STATUSES))}"
    for name in ("details", "output"):
        if name in card and (not isinstance(card[name], dict) or card[name].get("type") != "rich_text"):
            yield f"{at}/{name} must be rich_text"
        elif name in card:
            yield from _block(card[name], f"{at}/{name}", True)


def _divider(block: Fields, at: str) -> Found:
    return iter(())


_RULES: Mapping[str, Callable[[Fields, str], Found]] = {
    "header": _header,
    "section": _section,
    "context": _context,
    "actions": _actions,
    "divider": _divider,
    "rich_text": _rich,
    "plan": _plan,
    CHART: chart_problems,
    "task_card": _task_card,
}
