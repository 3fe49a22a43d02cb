"""Parts of a run's report that several others are made of, what people said, and the rollout."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from bot.domain.analysis.counts import Counts, Poll
from bot.domain.events import AbortRequested, Approved, ComponentDeployed, Event, Rejected, SecretsAccepted
from bot.domain.evidence import clean
from bot.domain.plan import StepKind
from bot.domain.rollout import Bake
from bot.domain.rollout_events import Advanced, Overtaken, Paused, Resumed, WeightChosen
from bot.domain.run import Run, setting
from bot.domain.values import Actor, Live, Verdict
from bot.view import report_form as form
from bot.view.traffic import Held, weights

SAID: Mapping[type, form.Said] = {
    Approved: "approved",
    Rejected: "rejected",
    SecretsAccepted: "secrets_accepted",
    AbortRequested: "abort",
    Paused: "paused",
    Resumed: "resumed",
    Advanced: "advanced",
    WeightChosen: "weight_chosen",
}


def actor_form(actor: Actor) -> form.ActorForm:
    """Somebody."""
    return form.ActorForm(name=actor.name, person=actor.person, platform=actor.platform, account=actor.account)


def live_form(live: Live) -> form.LiveForm:
    """What is live of a component."""
    shares = tuple(form.ShareForm(version=one.version, weight=one.weight) for one in live.shares)
    return form.LiveForm(component=live.component, shares=shares)


def verdict_form(verdict: Verdict | None) -> form.VerdictForm | None:
    """A verdict, None where there is none yet."""
    return form.VerdictForm(mark=verdict.mark, reason=verdict.reason) if verdict else None


def words_of(events: Sequence[Event]) -> Iterator[form.WordForm]:
    """What people said, in order; a weight that the plan chose was said by nobody."""
    for event in events:
        said, actor = SAID.get(type(event)), getattr(event, "actor", None)
        if said is not None and actor is not None:
            yield form.WordForm(said=said, actor=actor_form(actor), at=event.at)


def rollout_of(run: Run, events: Sequence[Event]) -> form.RolloutForm | None:
    """The rollout; None for a run that moves all the traffic at once."""
    step = next((step for step in run.steps if step.kind is StepKind.ROLLOUT), None)
    if step is None:
        return None
    held = [one for one in weights(run, step) if one.since is not None]
    taken = (event for event in events if isinstance(event, Overtaken))
    return form.RolloutForm(
        weights=tuple(_weight(run, bake, one) for bake, one in zip(run.rollout.bakes, held, strict=True)),
        looks=tuple(_looks(run)),
        overtaken=tuple(
            form.OvertakenForm(at=one.at, live=live_form(one.live), author=one.live.author) for one in taken
        ),
    )


def _weight(run: Run, bake: Bake, held: Held) -> form.WeightForm:
    return form.WeightForm(
        weight=bake.weight,
        chosen_at=bake.chosen_at,
        chosen_by=actor_form(bake.chosen_by) if bake.chosen_by else None,
        set_at=_set_at(run, bake),
        left_at=held.until,
        verdict=verdict_form(held.verdict),
        advanced_by=actor_form(bake.advanced_by) if bake.advanced_by else None,
    )


def _set_at(run: Run, bake: Bake) -> datetime | None:
    acts = [run.act(StepKind.ROLLOUT, setting(one.name, bake.weight, bake.number)) for one in run.plan.components]
    ends = [act.end.at for act in acts if act and isinstance(act.end, ComponentDeployed)]
    return max(ends) if len(ends) == len(acts) else None


def _looks(run: Run) -> Iterator[form.LookForm]:
    counted = {(poll.source, poll.since, poll.at) for poll in clean(run)}
    for look in run.rollout.looks:
        polls = tuple(_poll(one, (one.source, one.since, one.at) in counted) for one in look.polls)
        yield form.LookForm(at=look.at, polls=polls, troubles=look.troubles)


def _poll(poll: Poll, counted: bool) -> form.PollForm:
    return form.PollForm(
        source=poll.source,
        since=poll.since,
        at=poll.at,
        weight=poll.weight,
        counted=counted,
        baseline=_side(poll.baseline),
        canary=_side(poll.canary),
    )


def _side(counts: Counts) -> form.SideForm:
    return form.SideForm(requests=counts.requests, errors=counts.errors, extra=counts.extra)
