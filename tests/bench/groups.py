"""The groups of figures, in the order in which they are printed."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from tests.bench.deploy import deploy_vs_script
from tests.bench.figures import Figure
from tests.bench.past import long_past
from tests.bench.resting import memory_at_rest
from tests.bench.rollback import rollback_vs_wrangler
from tests.bench.rollout_back import rollout_back


@dataclass(frozen=True, slots=True)
class Group:
    """Figures that are measured together; `rounds` is how often, in a whole run."""

    name: str
    measure: Callable[[int], Coroutine[Any, Any, Sequence[Figure]]]
    rounds: int
    also: tuple[str, ...] = ()
    """Other figures that the group can be asked for by."""


GROUPS = (
    Group("rollback_vs_wrangler", rollback_vs_wrangler, rounds=8),
    Group("deploy_vs_script", deploy_vs_script, rounds=3, also=("own_share", "own_time", "command_guard")),
    Group("rollout_back", rollout_back, rounds=5, also=("rollout_back_worst", "rollout_back_bad")),
    Group("memory_at_rest", memory_at_rest, rounds=3, also=("threads_at_rest", "start_to_serving")),
    Group("past_100k", long_past, rounds=1000, also=("history_100k", "status_100k")),
)
