"""What a component-level health answer says: the channel `health`. Pure.

Two forms are read: `{"status": "ok", "components": {"d1": "ok", "r2": {"status": "down"}}}`, and `checks` as
in the Internet draft "Health Check Response Format for HTTP APIs" (draft-inadarei-api-health-check), where
each key is `component:measurement` and holds a list. `warn` is healthy with a concern, as that draft has it.
"""

from collections.abc import Iterator, Sequence

from adapters.http.client import Answer
from adapters.http.expect import parsed, status
from bot.domain.values import Mark, Verdict

HEALTHY = frozenset({"ok", "pass", "passed", "up", "healthy", "warn", "true"})
SHOWN = 60


def judge(answer: Answer, required: Sequence[str]) -> Verdict:
    """PASS where the whole and every component are healthy and every required one is reported.

    A component that is down is named before anything else, as servers answer 503 because of it.
    """
    what = next(_faults(answer, required), "")
    return Verdict(Mark.FAIL, what) if what else Verdict(Mark.PASS)


def _faults(answer: Answer, required: Sequence[str]) -> Iterator[str]:
    content, unread = parsed(answer)
    found = list(_components(content)) if isinstance(content, dict) else []
    if said := down(answer):
        yield said
    if what := status(answer, ()):
        yield what
    if unread or not isinstance(content, dict):
        yield unread or "the answer is no JSON object"
        return
    if "status" in content and not _healthy(content["status"]):
        yield f"its status is {_shown(content['status'])}"
    if "status" not in content and not found:
        yield "the answer has neither a status nor components"
    absent = [name for name in required if name not in {one for one, _ in found}]
    if absent:
        yield f"not reported: {', '.join(absent)}"


def down(answer: Answer) -> str:
    """The components that the answer itself says are not healthy, each with its state; empty where it says none."""
    content, _ = parsed(answer)
    found = _components(content) if isinstance(content, dict) else ()
    return ", ".join(dict.fromkeys(f"{name} is {_shown(state)}" for name, state in found if not _healthy(state)))


def _components(content: dict[str, object]) -> Iterator[tuple[str, object]]:
    """Name and state of each component, in either form."""
    listed = content.get("components")
    for name, state in listed.items() if isinstance(listed, dict) else ():
        yield str(name), state.get("status") if isinstance(state, dict) else state
    checks = content.get("checks")
    for key, entries in checks.items() if isinstance(checks, dict) else ():
        for entry in entries if isinstance(entries, list) else [entries]:
            # The draft lets a measurement be reported without a status: then it is only a number.
            if not isinstance(entry, dict):
                yield str(key).split(":")[0], entry
            elif "status" in entry or "observedValue" not in entry:
                yield str(key).split(":")[0], entry.get("status")


def _healthy(state: object) -> bool:
    return str(state).lower() in HEALTHY


def _shown(state: object) -> str:
    if state is None:
        return "without a status"
    seen = "".join(one if one.isprintable() else "?" for one in str(state))
    return seen[:SHOWN] or "empty"
