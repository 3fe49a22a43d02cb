"""The watch: rounds of the health question after everything is live, with the way back armed.

Meanwhile it is seen that what is live is still what this run has made live: a deploy outside the bot ends the watch.
And sources whose numbers come late tell what users met at the rollout's last weight: bad evidence ends the watch too.
"""

from datetime import datetime, timedelta

from bot.domain.action import Action, Next, due
from bot.domain.baking import LOOK, overtaken, standing, taken_words
from bot.domain.events import RunEnded, StepEnded
from bot.domain.evidence import judged, lag_of, said
from bot.domain.plan import StepKind
from bot.domain.rollout_events import Overtaken
from bot.domain.run import ActState, Run, StepState
from bot.domain.stretches import unheard
from bot.domain.values import Mark, Outcome, Verdict
from bot.domain.verdict import watch_verdict

WATCH_EVERY = timedelta(seconds=30)
LATE_EVERY = timedelta(seconds=15)
"""Between two questions to a source for what it has not told yet."""
ROUND = "round "
"""Beginning of the items that ask for health; the round's number follows."""


def watch(run: Run, step: StepState, now: datetime) -> Next:
    """Rounds of the health question. Two failures in a row end it; it ends well only on a pass.

    While its last round has not passed, the watch goes on for up to as long again; then it has failed. Either end
    needs a round that began near it: what was measured before the bot was down for a while says nothing of the rest.
    """
    if taken := overtaken(run):
        return Next(events=(Overtaken(taken, now),))
    if run.rollout.overtaken is not None:
        return _leave(run, now)
    if bad := _bad(run, now):
        return _end(run, step, StepEnded(step.kind, bad, now))
    begun, span = step.started_at or now, run.plan.environment.watch
    every = min(WATCH_EVERY, span / 4)
    rounds = [act for act in run.acts_of(StepKind.WATCH) if act.item.startswith(ROUND)]
    verdicts = [act.verdict for act in rounds if act.verdict]
    good = bool(verdicts) and verdicts[-1].passed
    end = begun + (span if good else 2 * span)
    over = bool(rounds) and rounds[-1].end is not None and rounds[-1].started_at >= end - every and now >= end
    if ended := watch_verdict(verdicts, ended=over):
        return _end(run, step, StepEnded(step.kind, ended, now))
    asking = _ask(rounds, begun, every, now)
    parts = (asking, standing(run, step, now), _late(run, now))
    actions = tuple(action for one in parts for action in one.actions)
    return Next(actions=actions, wake=min((one.wake for one in parts if one.wake is not None), default=None))


def _bad(run: Run, now: datetime) -> Verdict | None:
    """Why the traffic has to go back for what the rollout measured and what came late; only that can be news here."""
    if not any(map(lag_of, run.plan.sources)):
        return None
    found = judged(run, now)
    return Verdict(Mark.FAIL, said(run, found)) if found is not None and found.mark is Mark.FAIL else None


def _late(run: Run, now: datetime) -> Next:
    """Ask the sources that have not told all of the rollout's weights yet."""
    actions: list[Action] = []
    wakes: list[datetime] = []
    for source in (one for one in run.plan.sources if unheard(run, one)):
        item = f"{LOOK}{source.name}"
        act = run.act(StepKind.WATCH, item)
        at = act.started_at + LATE_EVERY if act else now
        if (act is not None and act.end is None) or now >= at:
            actions.append(due(StepKind.WATCH, item, act))
        else:
            wakes.append(at)
    return Next(actions=tuple(actions), wake=min(wakes, default=None))


def _leave(run: Run, now: datetime) -> Next:
    """What somebody else has made live is not this run's to watch, to undo or to call its own."""
    if run.open_acts:
        return Next(actions=tuple(due(act.step, act.item, act) for act in run.open_acts), cancel=True)
    return Next(events=(RunEnded(Outcome.STOPPED, taken_words(run), now),))


def _end(run: Run, step: StepState, ended: StepEnded) -> Next:
    """Nothing is under way any more when the step ends."""
    if run.open_acts:
        return Next(actions=tuple(due(step.kind, act.item, act) for act in run.open_acts), cancel=True)
    return Next(events=(ended,))


def _ask(rounds: list[ActState], begun: datetime, every: timedelta, now: datetime) -> Next:
    if rounds and rounds[-1].end is None:
        return Next(actions=(due(StepKind.WATCH, rounds[-1].item, rounds[-1]),))
    # Counted from the last round, not from the beginning: after an outage the bot must not ask twice in one breath.
    at = rounds[-1].started_at + every if rounds else begun
    # One that began in times to come: the machine's clock was set back while the bot was down.
    if now < at and not (rounds and rounds[-1].started_at > now):
        return Next(wake=at)
    return Next(actions=(Action(StepKind.WATCH, f"{ROUND}{len(rounds) + 1}"),))
