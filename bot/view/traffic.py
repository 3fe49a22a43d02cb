"""How a rollout stands, on the card: where it is in one line, the canary's share, the weights one by one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.analysis.words import evidence_words as brief
from bot.domain.evidence import bake_of, held_since, judged
from bot.domain.plan import StepKind
from bot.domain.rollout import Bake
from bot.domain.run import Run, StepState
from bot.domain.values import Verdict
from bot.view.sentences import Say, say
from bot.view.words import span


def at_rollout(run: Run, now: datetime) -> str:
    """The state line while traffic is given."""
    rollout = run.rollout
    bake = rollout.bake
    if rollout.overtaken is not None:
        blanks = {"who": rollout.overtaken.author or "somebody", "component": rollout.overtaken.component}
        return say(Say.AT_OVERTAKEN, **blanks)
    evidence = evidence_words(run, now)
    if rollout.held_by is not None and bake is None:
        return say(Say.AT_HELD, who=rollout.held_by.name)
    if rollout.held_by is not None:
        return say(Say.AT_PAUSED, who=rollout.held_by.name, weight=str(rollout.weight), evidence=evidence)
    if bake is None:
        return say(Say.AT_ROLLOUT)
    if held_since(run) is None:
        return say(Say.AT_GIVING, weight=str(bake.weight))
    if bake.verdict is not None and not bake.verdict.passed:
        return say(Say.AT_UNSURE, weight=str(bake.weight), evidence=evidence)
    return say(Say.AT_BAKING, weight=str(bake.weight), done=_done(run, now), evidence=evidence)


def _done(run: Run, now: datetime) -> str:
    """How far the bake is."""
    bake = bake_of(run)
    if bake is None:
        return "just begun"
    gone, whole = max(timedelta(0), now - bake.since), bake.ends - bake.since
    return f"{span(gone)} of {span(whole)}" if now <= bake.ends else f"{span(gone)} by now"


def evidence_words(run: Run, now: datetime) -> str:
    """What is known of the canary at this moment."""
    lasts = {look.item: look for look in run.rollout.looks}.values()
    if lasts and all(look.troubles and not look.polls for look in lasts):
        troubles = {name: why for look in lasts for name, why in look.troubles.items()}
        return f"not measured ({'; '.join(f'{name}: {why}' for name, why in troubles.items())})"
    found = judged(run, now)
    if found is None or found.comparison is None or not found.comparison.errors.canary_requests:
        return "no requests of the canary yet"
    return brief(found)


def stands_still(run: Run) -> bool:
    """True of a rollout that goes on when a person says so and not before."""
    step, rollout = run.current, run.rollout
    if step is None or step.kind is not StepKind.ROLLOUT or run.outcome is not None or run.going_back:
        return False
    asks = rollout.bake is not None and rollout.bake.verdict is not None and not rollout.bake.verdict.passed
    return asks or rollout.held_by is not None or rollout.overtaken is not None


def gist(reason: str) -> str:
    """The evidence of a rollout without its amounts, for where there is one line."""
    step, _, about = reason.partition(": ")
    late = step == StepKind.WATCH and about.startswith("the canary")
    return re.split(r" \(|\. |, \d+ of 100 ", about)[0] if step == StepKind.ROLLOUT or late else reason


def canary(run: Run) -> int | None:
    """The canary's share while traffic is split, None while it is not."""
    under_way = run.plan.gradual and run.outcome is None and not run.going_back and not run.rollout.overtaken
    return run.rollout.weight if under_way and run.uploaded and run.deployed and run.rollout.weight < 100 else None


@dataclass(frozen=True, slots=True)
class Held:
    """One weight of a rollout and the time that it was held; `since` is None for one that is still to come."""

    weight: int
    since: datetime | None = None
    until: datetime | None = None
    verdict: Verdict | None = None
    words: str = ""
    last: bool = False
    """No other weight was chosen after it."""


def weights(run: Run, step: StepState) -> Sequence[Held]:
    """The weights in their order: those that were chosen, then those of the plan that are still to come."""
    bakes = run.rollout.bakes
    left = [*[bake.chosen_at for bake in bakes[1:]], step.ended_at]
    held = [_held(bake, until, step) for bake, until in zip(bakes, left, strict=False)]
    reached = run.rollout.weight if bakes else -1
    return (*held, *(Held(weight) for weight in run.plan.environment.weights if weight > reached))


def _held(bake: Bake, until: datetime | None, step: StepState) -> Held:
    last = until == step.ended_at
    fell = last and step.verdict is not None and not step.verdict.passed
    found = step.verdict if fell else bake.verdict
    by = f"chosen by {bake.chosen_by.name}" if bake.chosen_by else ""
    left = f"{bake.advanced_by.name} did not wait" if bake.advanced_by else ""
    why = re.split(r"\. " if fell else r": ", found.reason)[0] if found else ""
    words = "; ".join(filter(None, (by, left, why)))
    return Held(bake.weight, bake.chosen_at, until, found, words, last)
