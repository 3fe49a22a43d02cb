"""Which version answered: the first of these places that names exactly one known version id.

1. a header whose name has `version` in it;
2. a JSON field whose name, or that of a table around it, has `version` in it;
3. any other header;
4. the rest of the body, as far as it was read.

A place that names several (a list of recent versions, say) proves nothing and is passed over.
"""

import json
from collections.abc import Collection, Iterator

from adapters.http.client import Answer


def named(answer: Answer, known: Collection[str]) -> str | None:
    """The known version id that the answer names, None where it names none or several."""
    for place in _places(answer):
        found = {one for one in known if one and one in place}
        if len(found) == 1:
            return found.pop()
    return None


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
