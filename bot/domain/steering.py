"""Commands that steer a rollout under way: pause, resume, advance, and a weight by hand.

A person may always hold the traffic or take it away from the canary. Giving it more needs the rollout to be where
more can be given: the version is there, nobody else has deployed, and the traffic is not on its way back.
"""

from bot.domain.commands import Advance, Asked, Pause, Resume, SetWeight
from bot.domain.events import Event
from bot.domain.picture import Decision, Tell
from bot.domain.plan import StepKind
from bot.domain.refusal import Code, Refusal
from bot.domain.rollout_events import Advanced, Paused, Resumed, WeightChosen
from bot.domain.run import Run


def steer(asked: Asked, run: Run) -> Decision:
    """What the command leads to for this run, which is not over."""
    if refusal := _not_steerable(run):
        return refusal
    match asked.command:
        case Pause():
            found = _pause(asked, run)
        case Resume():
            found = _resume(asked, run)
        case Advance(drawn=drawn):
            found = _advance(asked, run, drawn)
        case SetWeight(weight=weight):
            found = _set(asked, run, weight)
        case _:
            found = Refusal(Code.UNKNOWN_VERB)
    return found if isinstance(found, Refusal) else Tell(run.id, run.seq, found)


def _not_steerable(run: Run) -> Refusal | None:
    says = {"run": run.id, "environment": run.plan.environment.name}
    if not run.plan.gradual:
        return Refusal(Code.NOT_A_ROLLOUT, says)
    if run.going_back or run.aborted_by is not None:
        return Refusal(Code.GOING_BACK, says)
    over = any(step.kind is StepKind.ROLLOUT and step.ended_at is not None for step in run.steps)
    return Refusal(Code.ROLLED_OUT, says) if over else None


def _pause(asked: Asked, run: Run) -> Event | Refusal:
    """Before any weight was chosen it holds the first one back."""
    held = run.rollout.held_by
    if held is not None:
        return Refusal(Code.ALREADY_PAUSED, {"run": run.id, "who": held.name, "weight": str(run.rollout.weight)})
    return Paused(asked.actor, asked.at)


def _resume(asked: Asked, run: Run) -> Event | Refusal:
    rollout = run.rollout
    bake = rollout.bake
    asks = bake is not None and bake.verdict is not None and not bake.verdict.passed
    if rollout.held_by is None and rollout.overtaken is None and not asks:
        return Refusal(Code.NOT_PAUSED, {"run": run.id, "weight": str(rollout.weight)})
    return Resumed(asked.actor, asked.at)


def _advance(asked: Asked, run: Run, drawn: str | None) -> Event | Refusal:
    bake = run.rollout.bake
    if refusal := _no_more_traffic(run):
        return refusal
    if bake is None:
        return Refusal(Code.NO_WEIGHT_YET, {"run": run.id})
    if drawn not in (None, str(bake.weight)):
        reason = f"the canary has {bake.weight} % by now"
        return Refusal(Code.STALE_PRESS, {"run": run.id, "reason": reason})
    if bake.advanced_by is not None or bake.weight == 100:
        who = bake.advanced_by.name if bake.advanced_by else "the plan"
        return Refusal(Code.ALREADY_ADVANCING, {"run": run.id, "who": who, "weight": str(bake.weight)})
    return Advanced(asked.actor, asked.at)


def _set(asked: Asked, run: Run, weight: int) -> Event | Refusal:
    bake = run.rollout.bake
    if weight > run.rollout.weight and (refusal := _no_more_traffic(run)):
        return refusal
    step = run.current
    if bake is None and (step is None or step.kind is not StepKind.ROLLOUT):
        return Refusal(Code.NO_WEIGHT_YET, {"run": run.id})
    if bake is not None and bake.weight == weight:
        return Refusal(Code.SAME_WEIGHT, {"run": run.id, "weight": str(weight)})
    return WeightChosen(weight, asked.at, asked.actor)


def _no_more_traffic(run: Run) -> Refusal | None:
    taken = run.rollout.overtaken
    if taken is None:
        return None
    says = {"run": run.id, "who": taken.author or "somebody", "component": taken.component}
    return Refusal(Code.OVERTAKEN, says)
