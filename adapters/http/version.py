"""Which version answered: the first of these places that names exactly one known version id.

1. a header whose name has `version` in it;
2. a JSON field whose name, or that of a table around it, has `version` in it;
3. any other header;
4. the rest of the body, as far as it was read.

A place that names several (a list of recent versions, say) proves nothing and is passed over. What the request said
of a version is no answer: a Worker that shows the headers it got would prove whatever it was asked for.
"""

import json
import re
from collections.abc import Collection, Iterator

from adapters.http.client import Answer


def named(answer: Answer, known: Collection[str], pins: tuple[tuple[str, str], ...] = ()) -> str | None:
    """The known version id that the answer names, None where it names none or several; `pins` were asked for."""
    echoes = [_echo(*pin) for pin in pins]
    for place in _places(answer):
        said = place
        for echo in echoes:
            said = echo.sub("", said)
        found = {one for one in known if one and one in said}
        if len(found) == 1:
            return found.pop()
    return None


def _echo(worker: str, version: str) -> re.Pattern[str]:
    """The override as it was sent, or quoted in the ways of JSON, HTML and URLs."""
    return re.compile(rf"{re.escape(worker)}(?:=|%3D)\S{{0,8}}?{re.escape(version)}", re.IGNORECASE)


def _places(answer: Answer) -> Iterator[str]:
    yield "\n".join(value for name, value in answer.headers if "version" in name)
    yield "\n".join(_fields(_parsed(answer.body), told=False))
    yield "\n".join(value for name, value in answer.headers if "version" not in name)
    yield answer.text


def _parsed(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _fields(value: object, told: bool) -> Iterator[str]:
    """Texts at or below a field that has `version` in its name."""
    match value:
        case dict():
            for name, inner in value.items():
                yield from _fields(inner, told or "version" in name.lower())
        case list():
            for inner in value:
                yield from _fields(inner, told)
        case str() if told:
            yield value
        case _:
            return
