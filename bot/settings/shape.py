"""The shape of outrider.toml: every table and key, with its type and what it means.

Only what one key alone can get wrong is said here; what keys say together is for `contradictions`. The JSON Schema
for editors is made from these models, so a description here is the documentation of the key.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic.json_schema import GenerateJsonSchema

from bot.domain.spans import read_span, spell_span
from bot.ports.platform import ChatPlatform, Form
from bot.settings.windows import WINDOW_PATTERN, read_window

NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"
SPAN_PATTERN = r"^(\d+d)?(\d+h)?(\d+m)?(\d+s)?$"


def _span(value: object) -> timedelta:
    span = read_span(value) if isinstance(value, str) else None
    if span is None:
        raise ValueError('is no span of time: write it like "90s", "5m", "2h", "1d" or "1m30s"')
    return span


def _longer(value: object) -> timedelta:
    span = _span(value)
    if not span:
        raise ValueError("has to be longer than nothing")
    return span


def _window(value: object) -> str:
    if not isinstance(value, str) or read_window(value) is None:
        raise ValueError('is no time of the week: write it like "fri 14:00-24:00", "mon-thu 18:00-24:00" or "sat"')
    return value


_SPAN_SCHEMA = WithJsonSchema(
    {"type": "string", "minLength": 2, "pattern": SPAN_PATTERN, "examples": ["90s", "5m", "1m30s"]}
)
Span = Annotated[timedelta, BeforeValidator(_span), _SPAN_SCHEMA]
SomeSpan = Annotated[timedelta, BeforeValidator(_longer), _SPAN_SCHEMA]
Name = Annotated[str, Field(pattern=NAME)]
Text = Annotated[str, Field(min_length=1)]
WindowText = Annotated[str, BeforeValidator(_window), WithJsonSchema({"type": "string", "pattern": WINDOW_PATTERN})]
Weight = Annotated[int, Field(ge=1, le=100)]
RoleName = Literal["viewer", "deployer", "approver", "admin"]


class _Table(BaseModel):
    """A table that takes its own keys and no others."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)


class PersonTable(_Table):
    """Somebody with rights. One key for each platform: the person's account id there, in quotes."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Text]

    roles: list[RoleName] = []
    """What the person may do: viewer looks, deployer ships, approver is the second pair of eyes, admin may all."""


class RoomTable(_Table):
    """One conversation, told on several platforms. One key for each: the conversation's id there, in quotes."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Text]


class ComponentTable(_Table):
    """One Worker of the target. Components are deployed in the order in which they stand here."""

    name: Name
    """How the component is called in `only=` and on the card."""
    kind: Literal["cloudflare"] = "cloudflare"
    """What brings it live: `cloudflare` is a Worker, deployed by wrangler."""
    config: Text = "wrangler.jsonc"
    """Path of wrangler's configuration inside the repository."""
    path: Text = "."
    """Folder of the Worker inside the repository; its commands run there."""
    build: Text | None = None
    """The project's own build, run before wrangler's. Words as in a shell, but no shell runs it."""
    d1: list[Text] = []
    """Names of the D1 databases whose migrations belong to a deploy."""
    rewind_d1: bool = False
    """On the way back, take the databases back to where they stood: what was written since is lost."""
    required_secrets: list[Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]] = []
    """Names of secrets that have to be present in the environment; the `secrets` gate looks for them."""
    same_bundle: bool = True
    """Refuse a promotion whose bundle differs from the one that was verified."""


class HealthTable(_Table):
    """The first question to a new release: does it answer at all."""

    path: Annotated[str, Field(pattern=r"^/")] = "/"
    """Path that is asked, below the environment's `url`."""
    cold_start: SomeSpan = timedelta(minutes=2)
    """How long it may take to answer for the first time; a container takes one to two minutes."""
    proof: bool = True
    """The answer has to name the version that gave it; false for a Worker that cannot say."""


class EnvironmentTable(_Table):
    """Where the target is deployed."""

    url: Text
    """Address that is measured, with http:// or https://."""
    wrangler_env: str = ""
    """wrangler's environment (`env.NAME` of its configuration); empty for the top level."""
    strategy: Literal["direct", "gradual"] = "direct"
    """How traffic reaches a release: all at once, or in steps."""
    promotes_to: str | None = None
    """Environment that `/promote` takes a verified release to from here."""
    weights: Annotated[list[Weight], Field(min_length=1)] = [10, 50, 100]
    """Steps of a gradual rollout: shares of the traffic, each more than the one before, the last one 100."""
    bake: SomeSpan = timedelta(minutes=5)
    """How long each weight of a gradual rollout is measured; less where the evidence is in earlier."""
    bake_max: SomeSpan = timedelta(minutes=30)
    """How long it is measured at most with `inconclusive = "wait"`, before a person is asked."""
    inconclusive: Literal["wait", "ask", "back"] = "wait"
    """What a bake that could not tell leads to: measure longer, ask a person at once, or take the traffic back."""
    watch: Span = timedelta(minutes=15)
    """How long the release is watched after it is live; "0s" for not at all."""
    approvals: Annotated[int, Field(ge=0, le=10)] = 0
    """How many people other than the one who asked have to let a run go."""
    approval_expires: SomeSpan = timedelta(hours=4)
    """How long a run waits for its approvals."""
    health: HealthTable = HealthTable()
    """The first question to a new release."""


class CalendarTable(_Table):
    """Times of the week in which nothing is deployed. A rollback is always allowed."""

    zone: Text
    """Time zone, such as Europe/Berlin."""
    closed: Annotated[list[WindowText], Field(min_length=1)]
    """Days (`"sat"`, `"sat-sun"`) or hours of days (`"fri 14:00-24:00"`)."""


class GateTable(_Table):
    """A condition that has to hold before a run changes anything: a name and exactly one kind."""

    name: Name
    """How the gate is called on the card."""
    run: Text | None = None
    """Kind: a command that has to exit with 0 in the checkout. Words as in a shell, but no shell runs it."""
    deadline: SomeSpan = timedelta(minutes=10)
    """How long `run` may take."""
    forbid: Text | None = None
    """Kind: a regular expression (git's extended syntax) that may be found in no tracked file."""
    paths: list[Text] = []
    """Files and folders that `forbid` looks at; all where it is left out."""
    branches: Annotated[list[Text], Field(min_length=1)] | None = None
    """Kind: the commit has to be on one of these branches (shell patterns such as `release/*`)."""
    calendar: CalendarTable | None = None
    """Kind: times of the week in which nothing is deployed."""
    migrations: Literal[True] | None = None
    """Kind: D1 migrations are numbered in sequence, and none that is pending is destructive."""
    secrets: Literal[True] | None = None
    """Kind: every required secret is present in the environment. Names only."""


class CheckTable(_Table):
    """One channel that is verified after activation. Further keys are the channel's own."""

    model_config = ConfigDict(extra="allow")

    channel: Name
    """Kind of channel, such as `http`."""
    name: Text | None = None
    """How the row is called on the card; the channel and its path where it is left out."""
    deadline: SomeSpan = timedelta(seconds=30)
    """How long all attempts together may take, a cold start included."""
    attempt: SomeSpan = timedelta(seconds=10)
    """How long one attempt may take."""
    max_latency: SomeSpan | None = None
    """An answer that takes longer fails."""
    proof: bool = True
    """A sample counts only where the answer names the version under test; false for a channel that cannot say."""


class FloorsTable(_Table):
    """Up to where a difference between canary and baseline harms nobody, however much traffic proves it."""

    errors: Annotated[float, Field(gt=0, le=0.01)] = 0.001
    """Error rate of the canary below which nothing is harm, as a part of its requests: 0.001 is one in a thousand."""
    slower: Annotated[float, Field(ge=1.1, le=2)] = 1.1
    """How many times as slow as the baseline does no harm yet; steps of a tenth are counted, a part of one is not."""


class MetricTable(_Table):
    """Where counts of canary and baseline come from in a gradual rollout. Further keys are the source's own."""

    model_config = ConfigDict(extra="allow")

    source: Name
    """Kind of source, such as `probes`."""
    name: Text | None = None
    """How the source is called in what is told; its kind where it is left out."""
    component: str = ""
    """Component whose versions it counts; the last one where it is left out."""
    floors: dict[Name, Annotated[float, Field(gt=0, le=1000)]] = {}
    """Counters of `extra`: how many for each request are no harm yet; 0.001 where one is not named."""


class TargetTable(_Table):
    """What is deployed: a repository, its components, and where they go."""

    repo: Text
    """Address or path of the git repository. A token in it is taken out and shown nowhere."""
    branch: Text = "main"
    """What is deployed where no ref is named."""
    room: str
    """Room in which its runs are told."""
    components: Annotated[list[ComponentTable], Field(min_length=1)]
    """The Workers that belong together, in the order in which they are deployed."""
    environments: Annotated[dict[Name, EnvironmentTable], Field(min_length=1)]
    """Where it is deployed."""
    gates: list[GateTable] = []
    """Conditions before a run changes anything; they are looked at side by side."""
    verify: list[CheckTable] = []
    """Channels that are verified after activation, side by side."""
    metrics: list[MetricTable] = []
    """What canary and baseline are compared by while traffic is split; `tail` and `probes` where it is left out."""
    floors: FloorsTable = FloorsTable()
    """Up to where a difference between canary and baseline harms nobody."""


class Document(_Table):
    """Configuration of Outrider: people, rooms and targets. Secrets belong into the environment."""

    people: dict[Name, PersonTable] = {}
    """Who may do what; somebody who is not here can do nothing."""
    rooms: dict[Name, RoomTable] = {}
    """Where runs are told."""
    targets: dict[Name, TargetTable] = {}
    """What is deployed."""


KINDS_OF_GATE = ("run", "forbid", "branches", "calendar", "migrations", "secrets")


class _AsTyped(GenerateJsonSchema):
    """Defaults are shown as they are written in the file."""

    def encode_default(self, dft: Any) -> Any:
        return spell_span(dft) if isinstance(dft, timedelta) else super().encode_default(dft)


def schema(platforms: Sequence[ChatPlatform]) -> dict[str, Any]:
    """JSON Schema of outrider.toml, for editors."""
    made: dict[str, Any] = _plain(Document.model_json_schema(schema_generator=_AsTyped))
    tables = made["$defs"]
    accounts = {one.name: _id("account", one.account) for one in platforms}
    conversations = {one.name: _id("conversation", one.address) for one in platforms}
    for name, ids in (("PersonTable", accounts), ("RoomTable", conversations)):
        tables[name]["additionalProperties"] = False
        tables[name].setdefault("properties", {}).update(ids)
    tables["GateTable"]["oneOf"] = [{"required": [kind]} for kind in KINDS_OF_GATE]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "title": "outrider.toml"}


def _id(what: str, form: Form) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^({form.pattern})$", "description": f"Id of the {what} there."}


def _plain(part: Any) -> Any:
    """Without what TOML cannot say (null), with what keys of tables have to look like, and no machine-made titles."""
    if isinstance(part, list):
        return [_plain(one) for one in part]
    if not isinstance(part, dict):
        return part
    kept = {
        key: _plain(value)
        for key, value in part.items()
        if not (key == "title" and isinstance(value, str)) and not (key == "default" and value is None)
    }
    choices = [one for one in kept.get("anyOf", []) if one != {"type": "null"}]
    if len(choices) == 1:
        kept = {**{key: value for key, value in kept.items() if key != "anyOf"}, **choices[0]}
    return {**kept, "additionalProperties": False} if "patternProperties" in kept else kept
