"""Block Kit's rules, as far as messages of a bot need them: `problems(blocks)` says what Slack would refuse.

Numbers are those of the Block Kit reference (docs.slack.dev/reference/block-kit) and of Slack's own SDK models; the
13,200 characters of a whole message are measured by others and not documented. What is not listed is refused.
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
    "section": frozenset({"text", "fields", "accessory", "block_id", "expand"}),
    "context": frozenset({"elements", "block_id"}),
    "actions": frozenset({"elements", "block_id"}),
    "divider": frozenset({"block_id"}),
    "rich_text": frozenset({"elements", "block_id"}),
    "plan": frozenset({"title", "tasks", "block_id"}),
    CHART: frozenset({"title", "chart", "block_id"}),
    "task_card": frozenset({"task_id", "title", "status", "details", "output", "sources", "block_id"}),
}
STATUSES = frozenset({"pending", "in_progress", "complete", "error"})
BUTTON = frozenset({"type", "text", "action_id", "value", "style", "url", "confirm", "accessibility_label"})
RICH = frozenset({"rich_text_section", "rich_text_preformatted", "rich_text_quote", "rich_text_list"})
STYLES = frozenset({"bold", "italic", "strike", "code", "underline"})


def problems(blocks: object, plan: bool = True, most: int = MOST_BLOCKS, charts: bool = True) -> list[str]:
    """Everything that is wrong, each with its place. `plan`, `charts`: blocks of these kinds are taken."""
    if not isinstance(blocks, list):
        return ["/blocks is no list"]
    found = [f"/blocks has {len(blocks)} of at most {most}"] if len(blocks) > most else []
    for at, block in enumerate(blocks):
        found += _block(block, f"/blocks/{at}", plan)
    ids = [one["action_id"] for block in blocks for one in block.get("elements", ()) if "action_id" in one]
    found += ["two elements have one action_id"] if len(set(ids)) < len(ids) else []
    drawn = [at for at, block in enumerate(blocks) if block.get("type") == CHART]
    found += (
        [f"/blocks/{drawn[0]} has a type that this workspace does not take: {CHART}"] if drawn and not charts else []
    )
    found += [f"{len(drawn)} of at most {MOST_CHARTS} charts"] if len(drawn) > MOST_CHARTS else []
    kinds = {block.get("type") for block in blocks}
    found += ["plan and task_card do not mix"] if kinds >= {"plan", "task_card"} else []
    return found


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


def _button(one: Fields, at: str) -> Found:
    for extra in sorted(set(one) - BUTTON):
        yield f"{at}/{extra} is not known"
    if one.get("type") != "button":
        yield f"{at} is no button"
    if one.get("style", "primary") not in ("primary", "danger"):
        yield f"{at}/style is not known"
    yield from _text(one.get("text"), f"{at}/text", 75, ("plain_text",))
    yield from _length(one.get("action_id"), f"{at}/action_id", 255)
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
            if set(piece.get("style", {})) - STYLES:
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
        yield from _block(card, f"{at}/tasks/{number}", True)


def _task_card(card: Fields, at: str) -> Found:
    yield from _length(card.get("task_id"), f"{at}/task_id", 255)
    yield from _length(card.get("title"), f"{at}/title", 3000)
    if card.get("status") not in STATUSES:
        yield f"{at}/status is not one of {', '.join(sorted(STATUSES))}"
    for name in ("details", "output"):
        if name in card:
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
