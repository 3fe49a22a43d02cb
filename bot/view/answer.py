"""What a person hears back at once when a command was obeyed; what follows is told in the thread."""

from bot.domain.events import (
    AbortRequested,
    Approved,
    BoardEvent,
    Event,
    Frozen,
    Locked,
    Rejected,
    SecretsAccepted,
    Unfrozen,
    Unlocked,
)
from bot.domain.run import Run
from bot.view.notice import Notice


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
        case _:
            return Notice("heard", f"Run {run.id} was told.")


def noted(event: BoardEvent) -> Notice:
    """A fact was put on the board."""
    match event:
        case Locked(environment=environment, target=target):
            return Notice("locked", f"{target} {environment} is locked for you; /unlock {environment} lets it go.")
        case Unlocked(environment=environment, target=target):
            return Notice("unlocked", f"{target} {environment} is open again.")
        case Frozen(until=until):
            end = f"until {until:%a %d %b %H:%M} UTC" if until else "until somebody says /unfreeze"
            return Notice("frozen", f"Everything stands still {end}. A rollback is always allowed.")
        case Unfrozen():
            return Notice("unfrozen", "Everything may move again.")
