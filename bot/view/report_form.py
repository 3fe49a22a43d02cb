"""The form of a run's report: the names of its keys, which stay as they are. The JSON Schema is made from it.

Times are UTC in ISO 8601, spans are seconds, weights 0–100. A key whose value is not known (yet) is null, never left
out. New keys may come; `form` counts up when one changes its meaning or goes.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from bot.domain.plan import RunKind, StepKind
from bot.domain.values import Mark, Outcome

FORM: Literal[1] = 1


class Form(BaseModel):
    """A table with exactly these keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ActorForm(Form):
    """Somebody, and where they asked."""

    name: str
    person: str | None = Field(description="Name in the configuration; null for somebody it does not know.")
    platform: str
    account: str


class CommitForm(Form):
    """A commit."""

    sha: str
    subject: str
    author: str


class ShareForm(Form):
    """A version's share of the traffic."""

    version: str
    weight: int = Field(ge=0, le=100)


class LiveForm(Form):
    """What the provider said was live of a component. No shares: nothing was ever deployed."""

    component: str
    shares: tuple[ShareForm, ...]


class VersionForm(Form):
    """One component of a release."""

    component: str
    version: str
    digest: str = Field(description="SHA-256 of the bundle; empty where it was not built by this run.")


class ReleaseForm(Form):
    """A commit and the version of each component."""

    commit: CommitForm
    versions: tuple[VersionForm, ...]


class BookmarkForm(Form):
    """Where a D1 database stood before the run changed anything."""

    component: str
    database: str
    mark: str


class WayBackForm(Form):
    """What was live before, and where a rollback goes."""

    lives: tuple[LiveForm, ...]
    bookmarks: tuple[BookmarkForm, ...]
    blocked: str = Field(description="Why there is no way back to here; empty when there is one.")
    limits: tuple[str, ...] = Field(description="What going back here leaves as it is, or asks before.")


class VerdictForm(Form):
    """What was concluded."""

    mark: Mark
    reason: str


class MeasurementForm(Form):
    """The sample that decided, and how many it took."""

    latency: float | None = Field(description="Seconds; null where nothing answered.")
    version: str | None = Field(description="The version that the answer itself named.")
    samples: int


class ActForm(Form):
    """One thing that was done outside: a gate, a check, a component's build, deploy or restore."""

    item: str
    attempt: int
    started_at: datetime
    ended_at: datetime | None
    seconds: float | None
    verdict: VerdictForm | None
    measurement: MeasurementForm | None
    live: LiveForm | None = Field(description="What was read back.")
    digest: str | None
    migrations: Mapping[str, tuple[str, ...]] | None = Field(description="Database -> files that this act applied.")
    rewound: tuple[str, ...]
    question: tuple[str, ...] = Field(description="Secrets that a person had to agree about.")
    log: tuple[str, ...] = Field(description="The last lines of its output, redacted.")


class StepForm(Form):
    """A step of the plan, or of the way back."""

    step: StepKind
    started_at: datetime | None
    ended_at: datetime | None
    seconds: float | None
    verdict: VerdictForm | None
    acts: tuple[ActForm, ...]


class GateForm(Form):
    """A gate, in short."""

    name: str
    kind: str
    verdict: VerdictForm | None
    seconds: float | None


class CheckForm(Form):
    """A verified channel, in short."""

    name: str
    channel: str
    verdict: VerdictForm | None
    latency: float | None
    version: str | None


class WeightForm(Form):
    """A share of traffic that the canary was to have: who chose it, how long it had it, what was found."""

    weight: int = Field(ge=0, le=100)
    chosen_at: datetime
    chosen_by: ActorForm | None = Field(description="null where the plan chose it.")
    set_at: datetime | None = Field(description="Read back of the last component; null where it was never set.")
    left_at: datetime | None = Field(description="Another weight was chosen, or the rollout was over.")
    verdict: VerdictForm | None
    advanced_by: ActorForm | None = Field(description="Who did not wait for the rest of its bake.")


class SideForm(Form):
    """One side in the time of one poll; increments."""

    requests: int
    errors: int
    extra: Mapping[str, int] = Field(description="The application's own counters.")


class PollForm(Form):
    """What one source counted on both sides."""

    source: str
    since: datetime
    at: datetime
    weight: int
    counted: bool = Field(description="false where traffic moved in its time, so that it says nothing.")
    baseline: SideForm
    canary: SideForm


class LookForm(Form):
    """One look at canary and baseline."""

    at: datetime
    polls: tuple[PollForm, ...]
    troubles: Mapping[str, str] = Field(description="Source -> why it could not be asked.")


class OvertakenForm(Form):
    """Somebody else's deployment, found where this run had put its own."""

    at: datetime
    live: LiveForm
    author: str


class RolloutForm(Form):
    """Traffic in steps: every weight, every look, and who came in between."""

    weights: tuple[WeightForm, ...]
    looks: tuple[LookForm, ...]
    overtaken: tuple[OvertakenForm, ...]


Said: TypeAlias = Literal[
    "approved", "rejected", "secrets_accepted", "abort", "paused", "resumed", "advanced", "weight_chosen"
]


class WordForm(Form):
    """What a person said to the run."""

    said: Said
    actor: ActorForm
    at: datetime


class Report(Form):
    """A run of Outrider: who, what, when, every step, check and measurement, and how it ended."""

    form: Literal[1]
    run: str
    kind: RunKind
    target: str
    environment: str
    actor: ActorForm
    ref: str = Field(description="What was asked for; empty for a promotion or a rollback.")
    commit: CommitForm | None
    requested_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    seconds: float | None = Field(description="From its start to its end.")
    outcome: Outcome | None = Field(description="null while the run is under way.")
    reason: str
    going_back: str = Field(description="Why it went back; empty where it did not.")
    release: ReleaseForm | None = Field(description="What the run brought live.")
    way_back: WayBackForm
    live: tuple[LiveForm, ...] = Field(description="What was live of each component when it was last read.")
    touched: tuple[str, ...] = Field(description="Components that something was, or may have been, changed of.")
    migrations: tuple[str, ...]
    gates: tuple[GateForm, ...]
    checks: tuple[CheckForm, ...]
    steps: tuple[StepForm, ...] = Field(description="Looks at a rollout are not among the acts: see `rollout`.")
    rollout: RolloutForm | None = Field(description="null where all the traffic moves at once.")
    words: tuple[WordForm, ...]


def report_schema() -> dict[str, Any]:
    """The JSON Schema of a report."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Report of a run"}
    return {**head, **Report.model_json_schema(mode="serialization"), "title": "Report of a run"}
