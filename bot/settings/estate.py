"""From a document whose shape and meaning are right to the domain's estate."""

from collections.abc import Mapping
from pathlib import Path

from bot.domain.targets import (
    BranchGate,
    CalendarGate,
    Check,
    CommandGate,
    Component,
    Environment,
    Estate,
    Floors,
    Gate,
    Health,
    MigrationGate,
    PatternGate,
    SecretsGate,
    Source,
    Strategy,
    Target,
    Unsure,
)
from bot.domain.values import Person, Role, Room
from bot.settings.repos import Repo, read_repo
from bot.settings.shape import (
    CalendarTable,
    CheckTable,
    ComponentTable,
    Document,
    EnvironmentTable,
    GateTable,
    TargetTable,
)
from bot.settings.windows import read_window
from bot.settings.words import words


def estate_of(document: Document, folder: Path) -> tuple[Estate, Mapping[str, str]]:
    """The estate, and the tokens that stood in the addresses of repositories: address without them -> token."""
    repos = {name: read_repo(target.repo, folder) for name, target in document.targets.items()}
    found = {name: repo for name, repo in repos.items() if isinstance(repo, Repo)}
    estate = Estate(
        targets=tuple(_target(name, one, found[name].address) for name, one in document.targets.items()),
        people=tuple(
            Person(name, dict(one.__pydantic_extra__), frozenset(map(Role, one.roles)))
            for name, one in document.people.items()
        ),
        rooms=tuple(Room(name, dict(one.__pydantic_extra__)) for name, one in document.rooms.items()),
    )
    return estate, {repo.server: repo.token for repo in found.values() if repo.token}


def _target(name: str, table: TargetTable, repo: str) -> Target:
    return Target(
        name=name,
        repo=repo,
        room=table.room,
        components=tuple(map(_component, table.components)),
        environments=tuple(_environment(place, one) for place, one in table.environments.items()),
        branch=table.branch,
        gates=tuple(map(_gate, table.gates)),
        checks=_checks(table.verify),
        sources=_sources(table),
        floors=Floors(table.floors.errors, table.floors.slower),
    )


def _sources(table: TargetTable) -> tuple[Source, ...]:
    """Where none is named: what users met, seconds later, and the bot's own requests for when nobody comes."""
    if not table.metrics:
        return Source("tail", "tail"), Source("probes", "probes")
    return tuple(
        Source(one.name or one.source, one.source, one.component, dict(one.__pydantic_extra__ or {}), dict(one.floors))
        for one in table.metrics
    )


def _component(table: ComponentTable) -> Component:
    return Component(
        name=table.name,
        kind=table.kind,
        config=table.config,
        path=table.path,
        build=words(table.build or ""),
        d1=tuple(table.d1),
        rewind_d1=table.rewind_d1,
        required_secrets=tuple(table.required_secrets),
        same_bundle=table.same_bundle,
    )


def _environment(name: str, table: EnvironmentTable) -> Environment:
    return Environment(
        name=name,
        url=table.url.rstrip("/"),
        wrangler_env=table.wrangler_env,
        strategy=Strategy(table.strategy),
        promotes_to=table.promotes_to or None,
        weights=tuple(table.weights),
        bake=table.bake,
        bake_max=table.bake_max,
        inconclusive=Unsure(table.inconclusive),
        watch=table.watch,
        approvals=table.approvals,
        approval_expires=table.approval_expires,
        health=Health(table.health.path, table.health.cold_start, table.health.proof),
    )


def _gate(table: GateTable) -> Gate:
    """The gate of the one kind that the table has; `gates` has made sure that it has one."""
    name = table.name
    if table.run is not None:
        return CommandGate(name, words(table.run), table.deadline)
    if table.forbid is not None:
        return PatternGate(name, table.forbid, tuple(table.paths))
    if table.branches is not None:
        return BranchGate(name, tuple(table.branches))
    if table.calendar is not None:
        return _calendar(name, table.calendar)
    return MigrationGate(name) if table.migrations else SecretsGate(name)


def _calendar(name: str, table: CalendarTable) -> CalendarGate:
    windows = (read_window(one) for one in table.closed)
    return CalendarGate(name, table.zone, tuple(one for one in windows if one is not None))


def _checks(tables: list[CheckTable]) -> tuple[Check, ...]:
    """Rows without a name of their own are called by channel and path, and counted where that is not enough."""
    taken: set[str] = {one.name for one in tables if one.name}
    checks = []
    for table in tables:
        name = table.name or _free_name(table, taken)
        taken.add(name)
        checks.append(
            Check(
                name=name,
                channel=table.channel,
                options=dict(table.__pydantic_extra__ or {}),
                deadline=table.deadline,
                attempt=table.attempt,
                max_latency=table.max_latency,
                proof=table.proof,
            )
        )
    return tuple(checks)


def _free_name(table: CheckTable, taken: set[str]) -> str:
    path = (table.__pydantic_extra__ or {}).get("path")
    plain = f"{table.channel} {path}" if isinstance(path, str) else table.channel
    count = 1
    name = plain
    while name in taken:
        count += 1
        name = f"{plain} ({count})"
    return name
