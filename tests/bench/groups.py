"""The groups of figures, in the order in which they are printed."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from tests.bench.chat import ack_at_once, all_connected, press_vs_wrangler
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
    Group("ack_slack_typed_p50", ack_at_once, rounds=2, also=("ack_slack_p99", "ack_discord_p99", "ack_telegram_p99")),
    Group(
        "press_vs_wrangler_slack",
        press_vs_wrangler,
        rounds=2,
        also=("press_vs_wrangler_telegram", "events_per_run", "press_seen_elsewhere_p50"),
    ),
    Group("memory_all_connected", all_connected, rounds=3, also=("start_to_all_connected",)),
    Group("past_100k", long_past, rounds=1000, also=("history_100k", "status_100k")),
)
