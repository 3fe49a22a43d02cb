"""Builders of what the domain speaks in, with defaults that make a small, valid, lively estate.

One target, `moltworker`, of one component, `worker`, in two environments: `canary` (direct, nobody asked) promotes to
`production` (direct, one approval). Five people, each with an account on every platform: ana deploys and approves, bob
deploys, eve approves, vic only looks, max is admin. Everything a test does not name stays as here; anything can be
changed with `dataclasses.replace`. Times count from `NOON`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.domain.board import Board, Head
from bot.domain.board_events import Frozen, Locked
from bot.domain.commands import Asked, Command, Origin
from bot.domain.events import Event, RunRequested, RunStarted
from bot.domain.fold import fold
from bot.domain.locate import Site, locate
from bot.domain.picture import Picture
from bot.domain.plan import Plan, RunKind, deploy_plan, promote_plan, rollback_plan, verify_plan
from bot.domain.refusal import Refusal
from bot.domain.run import Run
from bot.domain.targets import Check, CommandGate, Component, Environment, Estate, Gate, Target
from bot.domain.values import (
    Actor,
    Commit,
    ComponentVersion,
    Live,
    Outcome,
    Person,
    Release,
    Role,
    Room,
    RunId,
    Share,
    Snapshot,
)

NOON = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
"""A Wednesday."""
RUN = RunId("0000run1")
OTHER_RUN = RunId("0000run2")
PLATFORMS = ("slack", "discord", "telegram")

# ---------------------------------------------------------------- people and rooms


def person(name: str, *roles: Role) -> Person:
    """Somebody with an account on every platform: `ana` is `slack-ana`, `discord-ana` and `telegram-ana`."""
    return Person(name, {platform: f"{platform}-{name}" for platform in PLATFORMS}, frozenset(roles))


ANA = person("ana", Role.DEPLOYER, Role.APPROVER)
BOB = person("bob", Role.DEPLOYER)
EVE = person("eve", Role.APPROVER)
VIC = person("vic", Role.VIEWER)
MAX = person("max", Role.ADMIN)
PEOPLE = (ANA, BOB, EVE, VIC, MAX)
STRANGER = Actor("slack", "slack-nobody", None, "Nobody")
OPS = Room("ops", {"slack": "C-OPS", "discord": "D-OPS", "telegram": "-100"})


def actor(who: Person = ANA, platform: str = "slack") -> Actor:
    """That person, typing on that platform."""
    return Actor(platform, who.accounts[platform], who.name, who.name)


# ---------------------------------------------------------------- configuration

TESTS = CommandGate("tests", ("npm", "test"))
HTTP = Check("http", "http", {"path": "/health", "status": 200})


def component(name: str = "worker", d1: tuple[str, ...] = (), rewind_d1: bool = False) -> Component:
    """One Worker, in a folder of its own name unless it is the only one."""
    return Component(name, path="." if name == "worker" else name, d1=d1, rewind_d1=rewind_d1)


def environment(
    name: str = "canary",
    promotes_to: str | None = "production",
    approvals: int = 0,
    watch: timedelta = timedelta(minutes=2),
) -> Environment:
    """An environment with strategy `direct`."""
    return Environment(
        name,
        f"https://moltworker-{name}.acme.workers.dev",
        wrangler_env=name,
        promotes_to=promotes_to,
        approvals=approvals,
        watch=watch,
    )


CANARY = environment()
PRODUCTION = environment("production", promotes_to=None, approvals=1)


def target(
    name: str = "moltworker",
    components: Sequence[Component] = (component(),),
    environments: Sequence[Environment] = (CANARY, PRODUCTION),
    gates: Sequence[Gate] = (TESTS,),
    checks: Sequence[Check] = (HTTP,),
) -> Target:
    """A target told in the room `ops`."""
    return Target(
        name=name,
        repo=f"https://github.com/acme/{name}",
        room=OPS.name,
        components=tuple(components),
        environments=tuple(environments),
        gates=tuple(gates),
        checks=tuple(checks),
    )


def estate(
    targets: Sequence[Target] = (target(),), people: Sequence[Person] = PEOPLE, rooms: Sequence[Room] = (OPS,)
) -> Estate:
    """Everything that is configured."""
    return Estate(tuple(targets), tuple(people), tuple(rooms))


# ---------------------------------------------------------------- facts of the outside


def commit(number: int = 1, subject: str = "Say hello in Welsh") -> Commit:
    """A commit whose sha is that number, hashed by nobody: 40 hexadecimal digits."""
    return Commit(f"{number:x}".rjust(7, "c").ljust(40, "0"), subject, "ana")


def version(name: str = "worker", number: int = 1) -> str:
    """A provider's version id: reads as a UUID, tells its component and number apart from every other."""
    return f"{number:08x}-0000-4000-8000-{sum(name.encode()):012x}"


def live(name: str = "worker", number: int = 1, author: str = "ana@acme.example") -> Live:
    """That version of the component, with all the traffic."""
    shares = (Share(version(name, number), 100),)
    return Live(name, shares, f"deployment-{number}", author, f"release {number}", NOON - timedelta(days=1))


def split(name: str = "worker", weight: int = 10) -> Live:
    """Two versions at once: somebody's gradual deployment, not ours."""
    shares = (Share(version(name, 8), 100 - weight), Share(version(name, 9), weight))
    return Live(name, shares, "deployment-9", "somebody@acme.example")


def snapshot(names: Iterable[str] = ("worker",), number: int = 1) -> Snapshot:
    """The way-back point where every component has that version."""
    return Snapshot(tuple(live(name, number) for name in names))


def release(number: int = 2, names: Iterable[str] = ("worker",)) -> Release:
    """A release: that commit, and that version of each component."""
    versions = tuple(ComponentVersion(name, version(name, number), f"{number:064x}") for name in names)
    return Release(commit(number), versions)


# ---------------------------------------------------------------- plans and runs


def deploying(of: Target | None = None, to: Environment | None = None, only: tuple[str, ...] = ()) -> Plan:
    """The plan of `/deploy canary`."""
    of = of or target()
    return deploy_plan(of, to or of.environments[0], of.branch, only)


def promoting(of: Target | None = None, what: Release | None = None, to: Environment | None = None) -> Plan:
    """The plan of `/promote` into the last environment."""
    of = of or target()
    what = what or release(2, [one.name for one in of.components])
    return promote_plan(of, to or of.environments[-1], what)


def rolling_back(of: Target | None = None, goal: Snapshot | None = None, undoes: tuple[Live, ...] = ()) -> Plan:
    """The plan of `/rollback canary`; a pressed one names what it undoes."""
    of = of or target()
    plan = rollback_plan(of, of.environments[0], goal or snapshot([one.name for one in of.components]))
    return replace(plan, undoes=undoes)


def verifying(of: Target | None = None) -> Plan:
    """The plan of `/verify canary`."""
    of = of or target()
    return verify_plan(of, of.environments[0])


def requested(plan: Plan | None = None, by: Actor | None = None, run: RunId = RUN, at: datetime = NOON) -> RunRequested:
    """The first event of a run."""
    return RunRequested(run, plan or deploying(), by or actor(), at, f"key-{run}")


def run(*events: Event, plan: Plan | None = None, by: Actor | None = None) -> Run:
    """The run after a request and these events."""
    folded = fold((requested(plan, by), *events))
    assert folded is not None, "a stream that begins with a request is a run"
    return folded


def started(*events: Event, plan: Plan | None = None, by: Actor | None = None) -> Run:
    """The run after a request, its start and these events."""
    return run(RunStarted(NOON), *events, plan=plan, by=by)


# ---------------------------------------------------------------- the board


def head(
    name: RunId = RUN,
    kind: RunKind = RunKind.DEPLOY,
    place: str = "canary",
    *,
    outcome: Outcome | None = Outcome.SUCCEEDED,
    number: int = 2,
    way_back: Snapshot | None = None,
    of: str = "moltworker",
    at: datetime = NOON,
) -> Head:
    """A run in a few words: by default a deploy of release 2 into canary that succeeded and can be undone.

    A succeeded rollback is one to release 1 and has no way back of its own; a run under way (`outcome=None`) has
    neither release nor way back.
    """
    done = outcome is Outcome.SUCCEEDED
    undoable = done and kind in (RunKind.DEPLOY, RunKind.PROMOTE)
    return Head(
        run=name,
        kind=kind,
        target=of,
        environment=place,
        actor=actor(),
        requested_at=at,
        key=f"key-{name}",
        subject=f"{commit(number).short} {commit(number).subject}",
        state="ended" if outcome else "gates",
        outcome=outcome,
        ended_at=at + timedelta(minutes=5) if outcome else None,
        release=release(number) if done else None,
        way_back=(way_back or snapshot()) if undoable else None,
        touched=done,
    )


def board(
    under_way: Sequence[Head] = (),
    standing: Sequence[Head] = (),
    locks: Sequence[Locked] = (),
    freeze: Frozen | None = None,
) -> Board:
    """The board with these runs under way and these the last to have succeeded in their environments."""
    return Board(
        runs=tuple(under_way),
        standing={(one.target, one.environment): one for one in standing},
        locks={(one.target, one.environment): one for one in locks},
        freeze=freeze,
    )


def locked(by: Actor, place: str = "canary", of: str = "moltworker") -> Locked:
    """That person holds the environment."""
    return Locked(of, place, by, "trying something", NOON)


def asked(command: Command, by: Actor | None = None, key: str = "key-asked", at: datetime = NOON) -> Asked:
    """A command asked for in the room `ops`."""
    by = by or actor()
    return Asked(command, by, Origin(by.platform, OPS.addresses[by.platform]), key, at)


def picture(
    command: Command,
    on: Board | None = None,
    of: Estate | None = None,
    told: Run | None = None,
    past: Sequence[Head] = (),
) -> Picture:
    """What is true when the command is decided in the room `ops`; the site is the one that `locate` finds.

    Where `locate` refuses, the site is empty: ask `locate` itself for the refusal.
    """
    of, on = of or estate(), on or board()
    site = locate(command, of, on, OPS)
    return Picture(of, on, Site() if isinstance(site, Refusal) else site, told, tuple(past))
