"""What a check of the channel `http` says of an answer: PASS, or the first difference from what is wanted.
Pure.
"""

import json
from collections.abc import Iterator, Mapping, Sequence

from adapters.http.client import MOST_BYTES, Answer
from adapters.http.options import Request
from bot.domain.targets import Option
from bot.domain.values import Mark, Verdict

SHOWN = 60
"""Characters of a value that a reason quotes."""


def judge(request: Request, answer: Answer) -> Verdict:
    """Status first, then text, then JSON values."""
    what = next(_differences(request, answer), "")
    return Verdict(Mark.FAIL, what) if what else Verdict(Mark.PASS)


def _differences(request: Request, answer: Answer) -> Iterator[str]:
    if what := status(answer, request.status):
        yield what
    if request.text and request.text not in answer.text:
        yield f"the answer does not have {_quoted(request.text)}{_as_far(answer)}"
    if request.json:
        content, what = parsed(answer)
        yield from [what] if what else _subset(request.json, content, "json")


def status(answer: Answer, wanted: Sequence[int]) -> str:
    """What is wrong with the status; empty where it is wanted, or any 2xx where none is named."""
    fits = answer.status in wanted if wanted else 200 <= answer.status <= 299
    return "" if fits else f"{answer.status}, wanted {' or '.join(map(str, wanted)) or '2xx'}"


def parsed(answer: Answer) -> tuple[object, str]:
    """The body's JSON value and nothing, or None and what is wrong with it."""
    if not answer.whole:
        return None, f"the answer is longer than {MOST_BYTES // 1024} KiB, too long to read as JSON"
    try:
        return json.loads(answer.body), ""
    except (ValueError, RecursionError):
        return (
            None,
            f"the answer is no JSON: it begins with {_quoted(answer.text)}" if answer.body else "the answer is empty",
        )


def _subset(wanted: Option, got: object, path: str) -> Iterator[str]:
    """Each place where something wanted is absent or different; more than was wanted is no difference."""
    if isinstance(wanted, Mapping) and isinstance(got, dict):
        for name, inner in wanted.items():
            if name in got:
                yield from _subset(inner, got[name], f"{path}.{name}")
            else:
                yield f"{path}.{name}: absent, wanted {_quoted(inner)}"
    elif not _equal(wanted, got):
        yield f"{path}: {_quoted(got)}, wanted {_quoted(wanted)}"


def _equal(wanted: Option, got: object) -> bool:
    """Equal as JSON has it: true is not 1, though 1 is 1.0; lists have the same length."""
    if isinstance(wanted, list | tuple) and isinstance(got, list):
        return len(wanted) == len(got) and not any(
            what for one, other in zip(wanted, got, strict=True) for what in _subset(one, other, "")
        )
    return isinstance(wanted, bool) == isinstance(got, bool) and bool(wanted == got)


def _quoted(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    seen = "".join(one if one.isprintable() else "?" for one in text)
    return f"{seen[:SHOWN]}…" if len(seen) > SHOWN else seen


def _as_far(answer: Answer) -> str:
    return "" if answer.whole else f" in its first {MOST_BYTES // 1024} KiB"
