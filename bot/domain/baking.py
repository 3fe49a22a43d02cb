"""What a gradual run does next: the smoke at weight 0, and the rollout. Pure, as all of `steps`.

The order in which things are asked is the order of safety:
1. Bad evidence takes the traffic back, whoever holds the rollout and whatever it waits for.
2. A component whose traffic is not what the journal says was intended stops everything that would move it: somebody
   else deployed, and theirs is not overwritten.
3. A chosen weight is set on every component, one after another, and read back; then it is looked for at the edge.
4. It is held until the evidence says pass, the bake is over, or a person goes on.
Looking goes on in all of them.
"""

from datetime import datetime, timedelta

from bot.domain.action import Action, Next, due, open_or_due
from bot.domain.analysis.judge import Judgement
from bot.domain.events import ActFailed, Event, StepEnded
from bot.domain.evidence import UNTOLD, held_since, judged, said
from bot.domain.items import items
from bot.domain.plan import StepKind
from bot.domain.rollout import Bake
from bot.domain.rollout_events import BakeEnded, Overtaken, WeightChosen
from bot.domain.run import ActState, Run, StepState, seeing, setting, setting_of
from bot.domain.targets import Unsure
from bot.domain.values import Live, Mark, Share, Verdict
from bot.domain.verdict import overall

LOOK = "look at "
"""Beginning of the items of the acts that measure canary and baseline; the source's name follows, as a slow source
must not hold up a fast one. Each look is one more attempt of the same act.
"""
LOOK_EVERY = timedelta(seconds=5)
LOOK_SOON = timedelta(seconds=2)
"""The pace at the beginning of each weight: what is badly broken shows within seconds of its first traffic,"""
BEGINNING = timedelta(seconds=30)
"""and this is the beginning."""
STANDING_EVERY = timedelta(seconds=20)
"""A deploy of somebody else's is noticed within this time and a look."""
EDGE = "edge "
"""Beginning of the items that look for the chosen weight at the edge; the bake's number follows."""
PASS = Verdict(Mark.PASS)


def smoke(run: Run, step: StepState, now: datetime) -> Next:
    """Beside the baseline at weight 0, one component after another; then every question side by side."""
    every = items(run, step.kind)
    for item in (one for one in every if setting_of(one)):
        act = run.act(step.kind, item)
        if act is None or act.end is None:
            return Next(actions=(due(step.kind, item, act),))
        if isinstance(act.end, ActFailed):
            return Next(events=(StepEnded(step.kind, act.verdict or PASS, now),))
    asked = {item: run.act(step.kind, item) for item in every if not setting_of(item)}
    open_ones = [due(step.kind, item, act) for item, act in asked.items() if act is None or act.end is None]
    if open_ones:
        return Next(actions=tuple(open_ones))
    verdicts = {item: act.verdict for item, act in asked.items() if act and act.verdict}
    return Next(events=(StepEnded(step.kind, overall(verdicts), now),))


def roll(run: Run, step: StepState, now: datetime) -> Next:
    """What the rollout does next."""
    found = judged(run, now) if run.rollout.overtaken is None else None
    if run.rollout.overtaken is None and (bad := _bad(run, found)):
        return _give_up(run, step, bad, now)
    if taken := overtaken(run):
        return Next(events=(Overtaken(taken, now),))
    moving = Next() if run.rollout.overtaken else _move(run, step, now, found)
    if moving.events or moving.cancel:
        return moving
    looking = _look(run, step, now)
    wakes = [one for one in (moving.wake, looking.wake) if one is not None]
    return Next(actions=(*moving.actions, *looking.actions), wake=min(wakes, default=None))


def _give_up(run: Run, step: StepState, verdict: Verdict, now: datetime) -> Next:
    """Nothing of the way forward may be under way when the way back begins."""
    if run.open_acts:
        stale = tuple(due(act.step, act.item, act) for act in run.open_acts)
        return Next(actions=stale, cancel=True)
    return Next(events=(StepEnded(step.kind, verdict, now),))


def _bad(run: Run, found: Judgement | None) -> Verdict | None:
    """Why the traffic has to go back, None while nothing says so."""
    if found is not None and found.mark is Mark.FAIL:
        return Verdict(Mark.FAIL, said(run, found))
    failed = next((act for act in _settings(run) if _broke(run, act)), None)
    if failed is not None:
        return failed.verdict
    bake = run.rollout.bake
    back = run.plan.environment.inconclusive is Unsure.BACK
    if back and bake and bake.verdict and not bake.verdict.passed and bake.advanced_by is None:
        return Verdict(Mark.FAIL, bake.verdict.reason)
    return None


def _settings(run: Run) -> tuple[ActState, ...]:
    """The acts that set the weight which is wanted now."""
    bake = run.rollout.bake
    wanted = [setting(one.name, bake.weight, bake.number) for one in run.plan.components] if bake else []
    return tuple(act for item in wanted if (act := run.act(StepKind.ROLLOUT, item)))


def _broke(run: Run, act: ActState) -> bool:
    """True for a weight that could not be set. That somebody else has deployed is no failure of it."""
    return isinstance(act.end, ActFailed) and _taken_from(run, act) is None


# ---------------------------------------------------------------- somebody else


def overtaken(run: Run) -> Live | None:
    """What somebody else has made live, where that has not been said yet."""
    if run.rollout.overtaken is not None:
        return None
    for act in _settings(run):
        found = _taken_from(run, act)
        if found and not act.waived:
            return found
    return next((live for live in run.rollout.seen.values() if not ours(run, live) and not put_back(run, live)), None)


def _taken_from(run: Run, act: ActState) -> Live | None:
    """What was live instead, of an act that failed because of somebody else's deploy: theirs came before its own, or
    took its place before that was read back.
    """
    end = act.end
    if not isinstance(end, ActFailed) or end.question or end.live is None:
        return None
    return None if ours(run, end.live) else end.live


def ours(run: Run, live: Live) -> bool:
    """True for a deployment that this run made, and for the very traffic that it has read back."""
    if f"run={run.id}" in live.message:
        return True
    return any(live.same_traffic(one) for one in run.deployed if one.component == live.component)


def put_back(run: Run, live: Live) -> bool:
    """True for the baseline with all the traffic, made live before somebody let the rollout go on: they have agreed
    that the canary is given its weight again.
    """
    before, resumed = run.snapshot.of(live.component), run.rollout.resumed_at
    agreed = resumed is not None and live.since is not None and live.since <= resumed
    return agreed and before is not None and live.same_traffic(before)


def left_to_others(run: Run) -> str:
    """What to say where everything that this run had changed is somebody else's by now; empty where it is not."""
    alone = len(run.plan.components) == 1
    return taken_words(run) if alone and run.rollout.overtaken is not None else ""


def taken_words(run: Run) -> str:
    """Who has deployed what outside; of several components, that the others keep what this run gave them."""
    taken = run.rollout.overtaken
    if taken is None:
        return ""
    others = [one.name for one in run.plan.components if one.name != taken.component]
    kept = f"; {', '.join(others)} keeps what this run brought" if others else ""
    who = taken.author or "somebody"
    shown = ", ".join(f"{share.version[:8]} at {share.weight} %" for share in taken.shares) or "nothing"
    return f"{who} deployed {taken.component} outside Outrider ({shown} is live), and that is left as it is{kept}"


# ---------------------------------------------------------------- moving


def _move(run: Run, step: StepState, now: datetime, found: Judgement | None) -> Next:
    rollout = run.rollout
    bake = rollout.bake
    if bake is None:
        first = run.plan.environment.weights[0]
        return Next() if rollout.held_by else Next(events=(WeightChosen(first, now),))
    if not _seen_again(run):
        return Next()
    if any(put_back(run, live) and not ours(run, live) for live in rollout.seen.values()):
        return Next(events=(WeightChosen(bake.weight, now),))
    if stale := tuple(due(act.step, act.item, act) for act in _open_settings(run) if act not in _settings(run)):
        return Next(actions=stale, cancel=True)
    for component in run.plan.components:
        item = setting(component.name, bake.weight, bake.number)
        act = run.act(step.kind, item)
        if act is None or act.end is None or isinstance(act.end, ActFailed):
            return Next(actions=(due(step.kind, item, act),))
    if bake.weight == 100:
        return _give_up(run, step, PASS, now)
    if bake.weight == 0:
        held = rollout.held_by is not None and bake.advanced_by is None
        return Next() if held else Next(events=(WeightChosen(_next_weight(run, bake), now),))
    return _hold(run, step, bake, now, found)


def _seen_again(run: Run) -> bool:
    """True once what is live was read since somebody let the rollout go on: nothing is moved before."""
    resumed = run.rollout.resumed_at
    acts = [run.act(StepKind.ROLLOUT, seeing(one.name)) for one in run.plan.components]
    return resumed is None or all(act and act.end and act.started_at >= resumed for act in acts)


def _open_settings(run: Run) -> tuple[ActState, ...]:
    return tuple(act for act in run.open_acts if act.step is StepKind.ROLLOUT and setting_of(act.item))


def _hold(run: Run, step: StepState, bake: Bake, now: datetime, found: Judgement | None) -> Next:
    """The weight is set: find it at the edge, and keep it until something says that it may grow."""
    item = f"{EDGE}{bake.number}"
    act = run.act(step.kind, item)
    if act is None or act.end is None:
        return Next(actions=(due(step.kind, item, act),))
    if ended := _ends(run, bake, found, now):
        return Next(events=(ended,))
    if bake.advanced_by is not None or (_passed(bake) and run.rollout.held_by is None):
        return Next(events=(WeightChosen(_next_weight(run, bake), now),))
    return Next()


def _passed(bake: Bake) -> bool:
    return bake.verdict is not None and bake.verdict.passed


def _ends(run: Run, bake: Bake, found: Judgement | None, now: datetime) -> Event | None:
    """The end of the bake: as soon as the evidence is there, or when its time is over."""
    if found is None or _passed(bake):
        return None
    if found.mark is Mark.PASS or (bake.verdict is None and found.settled):
        return BakeEnded(Verdict(found.mark, said(run, found)), now)
    return None


def _next_weight(run: Run, bake: Bake) -> int:
    """The plan's first weight above the one that is held."""
    return next((weight for weight in run.plan.environment.weights if weight > bake.weight), 100)


def shares(baseline: str, canary: str, weight: int) -> tuple[Share, ...]:
    """How traffic is split at that weight. At 100 the baseline is out of it; at 0 the canary can still be asked."""
    if weight == 100:
        return (Share(canary, 100),)
    return Share(baseline, 100 - weight), Share(canary, weight)


# ---------------------------------------------------------------- looking


def _look(run: Run, step: StepState, now: datetime) -> Next:
    """Measure, and see that what is live is what was intended; each at its own pace, one of a kind at a time."""
    if not run.rollout.begun:
        return Next()
    seeing = standing(run, step, now)
    if run.rollout.overtaken is not None:
        return seeing
    actions, wakes = list(seeing.actions), [seeing.wake] if seeing.wake else []
    for source in run.plan.sources:
        item = f"{LOOK}{source.name}"
        act = run.act(step.kind, item)
        at = _look_at(run, act, now)
        if open_or_due(act, at, now):
            actions.append(due(step.kind, item, act))
        else:
            wakes.append(at)
    return Next(actions=tuple(actions), wake=min(wakes, default=None))


def _look_at(run: Run, act: ActState | None, now: datetime) -> datetime:
    """When the next look at a source is due. Counts of a time in which the weight was changed are worth nothing, so
    the first one that counts begins as soon as the weight was read back.
    """
    given = held_since(run)
    clean = given + UNTOLD if given else None
    if act is None:
        chosen = run.rollout.bake.chosen_at if run.rollout.bake else now
        return clean or chosen + LOOK_EVERY
    early = given is not None and act.started_at < given + BEGINNING
    at = act.started_at + (LOOK_SOON if early else LOOK_EVERY)
    return min(at, clean) if clean and act.started_at < clean else at


def standing(run: Run, step: StepState, now: datetime) -> Next:
    """Read what is live of each component from time to time, while this run is answerable for it."""
    actions: list[Action] = []
    wakes: list[datetime] = []
    for component in run.plan.components:
        item = seeing(component.name)
        act = run.act(step.kind, item)
        at = (act.started_at if act else step.started_at or now) + STANDING_EVERY
        resumed = run.rollout.resumed_at
        if resumed is not None and (act is None or act.started_at < resumed):
            at = min(at, resumed)
        if open_or_due(act, at, now):
            actions.append(due(step.kind, item, act))
        else:
            wakes.append(at)
    return Next(actions=tuple(actions), wake=min(wakes, default=None))
