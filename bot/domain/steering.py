"""Commands that steer a rollout under way: pause, resume, advance, and a weight by hand.

A person may hold the traffic at any time. Setting it needs the rollout to be where it can be set: the version is
there, nobody else has deployed, and the traffic is not on its way back.
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
    whole = run.rollout.weight == 100 and run.rollout.overtaken is None
    match asked.command:
        case Pause() | Resume() | Advance() if whole:
            found: Event | Refusal = Refusal(Code.ROLLED_OUT, {"run": run.id})
        case Pause():
            found = _pause(asked, run)
        case Resume(drawn=drawn):
            found = _resume(asked, run, drawn)
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


def _resume(asked: Asked, run: Run, drawn: str | None) -> Event | Refusal:
    rollout = run.rollout
    if drawn not in (None, rollout.mark):
        return _stale(run)
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
    if moved := _moved(run, drawn):
        return moved
    if bake.advanced_by is not None:
        says = {"run": run.id, "who": bake.advanced_by.name, "weight": str(bake.weight)}
        return Refusal(Code.ALREADY_ADVANCING, says)
    return Advanced(asked.actor, asked.at)


def _set(asked: Asked, run: Run, weight: int) -> Event | Refusal:
    bake = run.rollout.bake
    if refusal := _no_more_traffic(run):
        return refusal
    step = run.current
    if bake is None and (step is None or step.kind is not StepKind.ROLLOUT):
        return Refusal(Code.NO_WEIGHT_YET, {"run": run.id})
    if bake is not None and bake.weight == weight:
        return Refusal(Code.SAME_WEIGHT, {"run": run.id, "weight": str(weight)})
    return WeightChosen(weight, asked.at, asked.actor)


def _moved(run: Run, drawn: str | None) -> Refusal | None:
    """For a button: the canary has another weight than the one that it was drawn for."""
    return None if drawn in (None, str(run.rollout.weight)) else _stale(run)


def _stale(run: Run) -> Refusal:
    taken = run.rollout.overtaken
    by = f"{taken.author or 'somebody'} deployed outside of me since" if taken else ""
    return Refusal(Code.STALE_PRESS, {"run": run.id, "reason": by or f"the canary has {run.rollout.weight} % by now"})


def _no_more_traffic(run: Run) -> Refusal | None:
    """Nothing is set where somebody else has deployed, so nobody is told that it will be."""
    taken = run.rollout.overtaken
    if taken is None:
        return None
    says = {"run": run.id, "who": taken.author or "somebody", "component": taken.component}
    return Refusal(Code.OVERTAKEN, says)
