"""What a post may look like: the server's own checks, and those that a careful bot keeps to itself.

`read(message)` is what people read of Markdown as Mattermost's clients draw it, with what they would make of it
besides: a mention, a link, a heading, a hashtag. The bot writes bold, fenced blocks and the bar of its traffic, nothing
else.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from tests.vendors.mattermost.state import MOST_PROPS, MOST_TEXT, Json

_FENCE = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_BAR = re.compile(r"`[░█]+`")
_ESCAPE = re.compile(r"\\([\\`*{}\[\]()#+\-.!_>~|<])")
_HIDDEN = "\ue000"
"""Stands for an escaped sign while the rest is looked at."""
_BOLD = "\ue001"
_MEANT = {
    "a mention": r"(?<!\w)@\w",
    "a hashtag": r"(?<!\w)#\w",
    "a channel": r"~\w",
    "an emoji's name": r":[\w+-]+:",
    "an address": r"\w+://|\bwww\.\w|\bmailto:\w",
    "code": r"`",
    "slanted or struck text": r"(?<!\*)\*(?!\*)|_|~~",
    "a link": r"[\[\]]",
    "a table": r"\|",
    "HTML": r"[<>]",
    "a heading, list or quote": r"^ *(?:#|>|[-+*] |\d+[.)] )",
}
_ACTION = frozenset({"id", "name", "type", "style", "integration", "disabled", "tooltip"})
_ATTACHMENT = frozenset({"fallback", "color", "text", "pretext", "title", "actions", "fields", "footer"})
_STYLES = frozenset({"default", "primary", "success", "good", "warning", "danger"})


def read(message: str) -> tuple[str, list[str]]:
    """What people read, and what is more than words."""
    fenced = _FENCE.findall(message)
    rest = _BAR.sub(lambda bar: bar[0].strip("`"), _FENCE.sub("", message))
    signs = [found[1] for found in _ESCAPE.finditer(rest)]
    bare = _ESCAPE.sub(_HIDDEN, rest).replace("**", _BOLD)
    found = [name for name, pattern in _MEANT.items() if re.search(pattern, bare, re.MULTILINE | re.IGNORECASE)]
    found += ["a block that does not end"] if rest.count("```") else []
    left = iter(signs)
    found += ["bold text that does not end"] if bare.count(_BOLD) % 2 else []
    text = re.sub(_HIDDEN, lambda _: next(left), bare).replace(_BOLD, "")
    return "\n".join([text, *fenced]), found


def problems(body: Json) -> Iterator[str]:
    """Everything in a post that the server refuses, by its own ids, or would break in people's clients."""
    message, props = body.get("message", ""), body.get("props", {})
    if not isinstance(message, str) or len(message) > MOST_TEXT:
        yield "model.post.is_valid.message_length.app_error"
    if not isinstance(props, dict) or len(str(props)) > MOST_PROPS:
        yield "model.post.is_valid.props.app_error"
        return
    for part in props.get("attachments", []):
        yield from (f"attachments have no {one}" for one in set(part) - _ATTACHMENT)
        ids = [one.get("id") for one in part.get("actions", [])]
        if len(set(ids)) < len(ids):
            yield "two buttons have one id"
        for one in part.get("actions", []):
            yield from _action(one)


def _action(one: Json) -> Iterator[str]:
    yield from (f"buttons have no {name}" for name in set(one) - _ACTION)
    if not re.fullmatch(r"[A-Za-z0-9]+", one.get("id", "")):
        yield "a button's id has other signs than letters and digits: its press would find nothing"
    if not one.get("name") or one.get("type") != "button" or one.get("style", "default") not in _STYLES:
        yield "a button needs a name, the type button and a style that is known"
    integration = one.get("integration") or {}
    parts = urlsplit(integration.get("url", ""))
    if parts.scheme not in ("http", "https") or not parts.netloc or not isinstance(integration.get("context"), dict):
        yield "a button needs an address and a context"
