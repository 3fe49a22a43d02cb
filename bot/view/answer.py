"""What a person hears back at once when a command was obeyed; what follows is told in the thread."""

from collections.abc import Iterable, Sequence

from bot.domain.board import Head
from bot.domain.board_events import Frozen, Hold, Locked, Unfrozen, Unlocked
from bot.domain.events import AbortRequested, Approved, Event, Rejected, SecretsAccepted
from bot.domain.picture import clock_words
from bot.domain.plan import WAY_BACK, RunKind
from bot.domain.rollout_events import Advanced, Paused, Resumed, WeightChosen
from bot.domain.run import Run
from bot.view.notice import Notice
from bot.view.wording import Answer, answer
from bot.view.words import NOUNS


def heard(event: Event, run: Run) -> Notice:
    """A fact was told to a run that is under way."""
    match event:
        case AbortRequested():
            then = "what it touched is being restored" if run.touched else "it had changed nothing"
            return Notice("aborting", f"Stopping run {run.id}; {then}.")
        case Approved():
            left = run.plan.environment.approvals - len(run.approvals)
            more = f"; {left} more needed" if left > 0 else "; it goes on"
            return Notice("approved", f"Approved run {run.id}{more}.")
        case Rejected():
            return Notice("rejected", f"Rejected run {run.id}.")
        case SecretsAccepted():
            return Notice("secrets_accepted", f"Run {run.id} goes back with the older secrets.")
        case Paused():
            more = (
                "nothing gets more traffic until /resume" if run.rollout.begun else "it gets no traffic until /resume"
            )
            return Notice("paused", f"Run {run.id} holds at {run.rollout.weight} %: {more}. Measuring goes on.")
        case Resumed():
            return Notice("resumed", f"Run {run.id} goes on from {run.rollout.weight} %.")
        case Advanced():
            still = "; there it is held again" if run.rollout.held_by else ""
            return Notice("advanced", f"Run {run.id} goes on from {run.rollout.weight} % to its next weight{still}.")
        case WeightChosen(weight=weight):
            then = "" if weight == 100 else ", and holds it until /resume"
            return Notice("weight_chosen", f"Run {run.id} gives the canary {weight} %{then}.")
        case _:
            return Notice("heard", f"Run {run.id} was told.")


def noted(event: Hold, under_way: Sequence[Head] = ()) -> Notice:
    """A fact was put on the board. `under_way`: the runs that were, so that nobody takes them for held."""
    match event:
        case Locked(environment=environment, target=target, reason=reason):
            blanks = {"who": event.actor.name, "environment": environment, "target": target, "reason": reason}
            going = _going_on(one for one in under_way if (one.target, one.environment) == (target, environment))
            return Notice(Answer.LOCKED, answer(Answer.LOCKED, **blanks, going=going))
        case Unlocked(environment=environment, target=target):
            blanks = {"who": event.actor.name, "environment": environment, "target": target}
            return Notice(Answer.UNLOCKED, answer(Answer.UNLOCKED, **blanks))
        case Frozen(until=until, reason=reason):
            blanks = {"who": event.actor.name, "until": clock_words(until) if until else "", "reason": reason}
            return Notice(Answer.FROZEN, answer(Answer.FROZEN, **blanks, going=_going_on(under_way)))
        case Unfrozen():
            return Notice(Answer.UNFROZEN, answer(Answer.UNFROZEN, who=event.actor.name))


def _going_on(under_way: Iterable[Head]) -> str:
    """Runs that have changed something, and are not on their way back: they go on to their end."""
    ships = (RunKind.DEPLOY, RunKind.PROMOTE)
    going = (one for one in under_way if one.kind in ships and one.touched and one.state not in WAY_BACK)
    return ", ".join(f"{one.run} ({NOUNS[one.kind]} to {one.environment})" for one in going)
