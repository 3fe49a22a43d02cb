"""What a run's thread says of an event: `notices` for every run, `rollout.told` for traffic in steps."""

from bot.domain.events import Event
from bot.domain.run import Run
from bot.view.notice import Notice, notices
from bot.view.rollout import told


def thread(before: Run | None, event: Event, after: Run) -> tuple[Notice, ...]:
    """The notices of this event, in their order; nothing for most. `before` is None for the first one."""
    return (*notices(before, event, after), *told(event, after))
