"""Small words that several sentences share: amounts, versions, lists."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.domain.plan import Plan, RunKind
from bot.domain.run import Run
from bot.domain.values import Commit, Live, Snapshot

VERBS = {
    RunKind.DEPLOY: "Deploy",
    RunKind.PROMOTE: "Promote",
    RunKind.ROLLBACK: "Roll back",
    RunKind.VERIFY: "Verify",
}
NOUNS = {
    RunKind.DEPLOY: "deploy",
    RunKind.PROMOTE: "promotion",
    RunKind.ROLLBACK: "rollback",
    RunKind.VERIFY: "verification",
}
LOG_LINES = 10
"""As many of a log's last lines go into a thread."""


def took(seconds: float) -> str:
    """A measured time: `40ms`, `3.1s`, `12.4s`, `1m 05s`, `2h 03m`."""
    if seconds < 0.9995:
        return f"{max(0.0, seconds) * 1000:.0f}ms"
    if seconds < 59.95:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    return f"{whole // 60}m {whole % 60:02}s" if whole < 3600 else f"{whole // 3600}h {whole % 3600 // 60:02}m"


def span(time: timedelta) -> str:
    """A limit that somebody set: `30s`, `2m`, `1m 30s`, `4h`."""
    whole = max(0, round(time.total_seconds()))
    parts = [(whole // 3600, "h"), (whole % 3600 // 60, "m"), (whole % 60, "s")]
    return " ".join(f"{count}{unit}" for count, unit in parts if count) or "0s"


def ago(at: datetime, now: datetime) -> str:
    """How long since, in one unit: `just now`, `5 min ago`, `3 h ago`, `2 days ago`."""
    seconds = (now - at).total_seconds()
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{int(seconds // 60)} min ago"
    if seconds < 2 * 86_400:
        return f"{int(seconds // 3600)} h ago"
    return f"{int(seconds // 86_400)} days ago"


def count(number: int, thing: str, things: str = "") -> str:
    """`1 gate`, `3 gates`; `things` where the plural is not made with an s."""
    return f"{number} {thing if number == 1 else things or thing + 's'}"


def listed(names: Sequence[str], most: int = 6) -> str:
    """`a, b, c and 4 more`."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def traffic(live: Live) -> str:
    """What is live of one component: `5e6f7a8b`, `5e6f7a8b 90 % + 1a2b3c4d 10 %`, `nothing`."""
    if live.version is not None:
        return live.version[:8]
    return " + ".join(f"{share.version[:8]} {share.weight} %" for share in live.shares) or "nothing"


def versions(lives: Sequence[Live]) -> str:
    """What is live, each with its component's name where there are several."""
    if len(lives) == 1:
        return traffic(lives[0])
    return ", ".join(f"{live.component} {traffic(live)}" for live in lives)


def readiness(snapshot: Snapshot) -> str:
    """`ready: back to 9f8e7d6c`, with what that leaves as it is, or `blocked: why`."""
    if snapshot.blocked:
        return f"blocked: {snapshot.blocked}"
    return "; ".join((f"ready: back to {versions(snapshot.lives)}", *snapshot.limits))


def named(commit: Commit) -> str:
    """Short commit and subject."""
    return f"{commit.short} {commit.subject}".strip()


def subject(run: Run) -> str:
    """What the run is about, as far as it is known: commit and subject, the ref, the versions it goes to."""
    plan: Plan = run.plan
    if plan.kind is RunKind.VERIFY:
        return "what is live"
    commit = run.commit or (plan.release.commit if plan.release else None)
    if commit is not None:
        return named(commit)
    if plan.goal is not None:
        return f"version {versions(plan.goal.lives)}"
    return plan.ref or "what is live"


def release_name(run: Run) -> str:
    """What the run brings live, in one word: the short commit, else the versions."""
    commit = run.commit or (run.plan.release.commit if run.plan.release else None)
    if commit is not None:
        return commit.short
    return f"version {versions(run.plan.goal.lives)}" if run.plan.goal else "what is live"


def place(run: Run) -> str:
    """Where: `moltworker → canary`."""
    return f"{run.plan.target.name} → {run.plan.environment.name}"


def why(reason: str) -> str:
    """A reason with its place said once: a check that is called as its step is not named twice."""
    return re.sub(r"\b(\w+): \1: ", r"\1: ", reason)


def way_back(run: Run) -> str:
    """The versions that the way back leads to."""
    lives = run.snapshot.lives
    touched = [live for live in lives if live.component in run.touched] or lives
    return versions(touched) or "what was live"


def last_read(run: Run) -> tuple[Live, ...]:
    """What is live of each component, as it was last read by this run; components never read are left out."""
    found: dict[str, tuple[datetime, Live]] = {}
    for act in run.acts.values():
        live: Live | None = getattr(act.end, "live", None)
        if act.end is None or live is None:
            continue
        before = found.get(live.component)
        if before is None or before[0] <= act.end.at:
            found[live.component] = (act.end.at, live)
    return tuple(found[one.name][1] for one in run.plan.components if one.name in found)
