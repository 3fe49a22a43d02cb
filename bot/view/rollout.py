"""What the thread says of a rollout: each milestone once, with the evidence that it rests on."""

from bot.domain.baking import EDGE
from bot.domain.events import CheckMeasured, Event, StepEnded
from bot.domain.plan import StepKind
from bot.domain.rollout_events import Advanced, BakeEnded, Overtaken, Paused, Resumed, WeightChosen
from bot.domain.run import Run
from bot.domain.values import Mark
from bot.view.chart import chart
from bot.view.notice import Notice, Tone
from bot.view.sentences import Say, say
from bot.view.words import listed, took, traffic


def told(event: Event, run: Run) -> tuple[Notice, ...]:
    """What the thread says of an event of a rollout; nothing for others."""
    match event:
        case StepEnded(step=StepKind.SMOKE):
            names = listed([check.name for check in run.plan.smoke], 8)
            passed = event.verdict.passed
            return (Notice(Say.SMOKED, say(Say.SMOKED, names=names), Tone.GOOD),) if passed else ()
        case CheckMeasured(step=StepKind.SMOKE):
            return _smoke(event)
        case CheckMeasured(step=StepKind.ROLLOUT, item=item) if item.startswith(EDGE):
            return (_weight_set(event, run),)
        case WeightChosen(actor=actor, weight=weight) if actor is not None:
            return (Notice(Say.WEIGHT_CHOSEN, say(Say.WEIGHT_CHOSEN, who=actor.name, weight=str(weight))),)
        case BakeEnded():
            return (_baked(event, run),)
        case Overtaken(live=live):
            blanks = {"who": live.author or "Somebody", "component": live.component, "live": traffic(live)}
            return (Notice(Say.OVERTAKEN, say(Say.OVERTAKEN, **blanks), Tone.BAD),)
        case Paused() | Resumed() | Advanced():
            return (_steered(event, run),)
        case _:
            return ()


def _smoke(event: CheckMeasured) -> tuple[Notice, ...]:
    verdict, latency = event.verdict, event.measurement.latency
    if verdict.passed:
        return ()
    blanks = {
        "name": event.item,
        "mark": "failed" if verdict.mark is Mark.FAIL else "could not be told",
        "latency": f" in {took(latency)}" if latency is not None else "",
        "reason": verdict.reason or "no reason was given",
    }
    return (Notice(Say.SMOKE_FAILED, say(Say.SMOKE_FAILED, **blanks), Tone.BAD),)


def _weight_set(event: CheckMeasured, run: Run) -> Notice:
    edge = " and met at the edge" if event.verdict.passed else f"; at the edge it was {event.verdict.reason}"
    blanks = {"weight": str(run.rollout.weight), "environment": run.plan.environment.name, "edge": edge}
    return Notice(Say.WEIGHT_SET, say(Say.WEIGHT_SET, **blanks))


def _baked(event: BakeEnded, run: Run) -> Notice:
    code = Say.BAKED if event.verdict.passed else Say.UNSURE
    tone = Tone.GOOD if event.verdict.passed else Tone.ASK
    evidence = event.verdict.reason or "it held"
    text = say(code, weight=str(run.rollout.weight), evidence=evidence)
    return Notice(code, text, tone, chart=chart(run, text))


def _steered(event: Paused | Resumed | Advanced, run: Run) -> Notice:
    if isinstance(event, Paused) and not run.rollout.begun:
        return Notice(Say.PAUSED_FIRST, say(Say.PAUSED_FIRST, who=event.actor.name))
    code = {Paused: Say.PAUSED, Resumed: Say.RESUMED, Advanced: Say.ADVANCED}[type(event)]
    return Notice(code, say(code, who=event.actor.name, weight=str(run.rollout.weight)))
