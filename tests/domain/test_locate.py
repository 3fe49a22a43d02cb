"""What a command means where words are left out, case by case."""

from dataclasses import replace

import pytest

from bot.domain import commands as c
from bot.domain.board import Board, Head
from bot.domain.locate import Site, locate
from bot.domain.plan import RunKind
from bot.domain.refusal import Code, Refusal
from bot.domain.targets import Estate
from bot.domain.values import Room, RunId
from tests.fakes import estates
from tests.fakes.estates import CANARY, OPS, OTHER_RUN, PRODUCTION, RUN, board, estate, head, target

ONE = estate()
TWO = estate([target(), target("website")])
ELSEWHERE = Room("elsewhere", {"slack": "C-ELSE"})
OPEN = head(outcome=None)
OPEN_PRODUCTION = head(OTHER_RUN, RunKind.PROMOTE, "production", outcome=None)
VERIFYING = head(OTHER_RUN, RunKind.VERIFY, outcome=None)

NAMED: list[c.Command] = [
    c.Deploy("canary"),
    c.ShowPlan("canary"),
    c.Verify("canary"),
    c.ShowSecrets("canary"),
    c.Lock("canary"),
    c.Unlock("canary"),
    c.RollBack("canary"),
    c.ShowHistory(environment="canary"),
]


def code(found: Site | Refusal) -> Code | None:
    return found.code if isinstance(found, Refusal) else None


@pytest.mark.parametrize("command", NAMED, ids=lambda one: type(one).__name__)
def test_the_rooms_only_target_need_not_be_named(command: c.Command) -> None:
    assert locate(command, ONE, board(), OPS) == Site(target(), CANARY)


@pytest.mark.parametrize("command", NAMED, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize(
    ("of", "room", "refused"),
    [(TWO, OPS, Code.WHICH_TARGET), (ONE, ELSEWHERE, Code.NO_TARGET), (Estate(), OPS, Code.NO_TARGET)],
)
def test_a_target_that_is_not_clear_is_asked_for(command: c.Command, of: Estate, room: Room, refused: Code) -> None:
    assert code(locate(command, of, board(), room)) is refused


@pytest.mark.parametrize(
    "command",
    [
        c.Deploy("canary", "nope"),
        c.Promote("nope"),
        c.RollBack(target="nope"),
        c.SetWeight(5, "nope"),
        c.ShowStatus("nope"),
        c.ShowHistory("nope"),
        c.ShowHistory("nope", "canary"),
    ],
)
def test_an_unknown_target_is_refused(command: c.Command) -> None:
    refusal = locate(command, ONE, board(), OPS)
    assert refusal == Refusal(Code.UNKNOWN_TARGET, {"target": "nope", "known": "moltworker"})


@pytest.mark.parametrize("command", NAMED, ids=lambda one: type(one).__name__)
def test_an_unknown_environment_is_refused(command: c.Command) -> None:
    wrong = replace(command, environment="nope")  # type: ignore[arg-type]  # each of the list has the field
    refusal = locate(wrong, ONE, board(), OPS)
    says = {"environment": "nope", "target": "moltworker", "known": "canary, production"}
    assert refusal == Refusal(Code.UNKNOWN_ENVIRONMENT, says)


def test_a_named_target_may_be_told_in_another_room() -> None:
    assert locate(c.Deploy("canary", "moltworker"), TWO, board(), ELSEWHERE) == Site(target(), CANARY)


def test_status_and_history_of_nothing_in_particular_mean_everything() -> None:
    for command in (c.ShowStatus(), c.ShowHistory(), c.ShowHelp(), c.WhoAmI(), c.Freeze(), c.Unfreeze()):
        assert locate(command, TWO, board(), OPS) == Site()


# ---------------------------------------------------------------- the run that is meant

ABOUT_A_RUN: list[c.Command] = [c.Abort(), c.Pause(), c.Resume(), c.Advance(), c.Approve(), c.Reject()]


@pytest.mark.parametrize("command", [*ABOUT_A_RUN, c.SetWeight(5)], ids=lambda one: type(one).__name__)
@pytest.mark.parametrize(
    ("under_way", "refused"),
    [([], Code.NO_RUN), ([OPEN, OPEN_PRODUCTION], Code.WHICH_RUN), ([head(of="website", outcome=None)], Code.NO_RUN)],
)
def test_without_a_name_it_must_be_clear_which_run_is_meant(
    command: c.Command, under_way: list[Head], refused: Code
) -> None:
    assert code(locate(command, ONE, board(under_way), OPS)) is refused


@pytest.mark.parametrize("command", ABOUT_A_RUN, ids=lambda one: type(one).__name__)
def test_the_only_run_under_way_need_not_be_named(command: c.Command) -> None:
    assert locate(command, ONE, board([OPEN]), OPS) == Site(target(), CANARY, RUN)


@pytest.mark.parametrize("command", ABOUT_A_RUN, ids=lambda one: type(one).__name__)
def test_a_named_run_is_found_wherever_it_is_told(command: c.Command) -> None:
    named = replace(command, run=OTHER_RUN)  # type: ignore[arg-type]  # each of the list has the field
    site = locate(named, ONE, board([OPEN, OPEN_PRODUCTION]), ELSEWHERE)
    assert site == Site(target(), PRODUCTION, OTHER_RUN)
    assert locate(named, ONE, board(), OPS) == Site(run=OTHER_RUN)


def test_the_run_whose_turn_it_is_is_meant_not_the_queued_one() -> None:
    queued = head(OTHER_RUN, outcome=None)
    assert locate(c.Abort(), ONE, board([OPEN, queued]), OPS) == Site(target(), CANARY, RUN)


def test_the_run_that_holds_is_meant_not_a_verify_beside_it() -> None:
    assert locate(c.Abort(), ONE, board([VERIFYING, OPEN]), OPS) == Site(target(), CANARY, RUN)
    assert locate(c.Abort(), ONE, board([VERIFYING]), OPS) == Site(target(), CANARY, OTHER_RUN)


@pytest.mark.parametrize("state", ["approval", "restore", "switch"])
def test_an_approval_means_the_run_that_waits_for_one(state: str) -> None:
    waits = replace(OPEN_PRODUCTION, state=state)
    for command in (c.Approve(), c.Reject()):
        assert locate(command, ONE, board([OPEN, waits]), OPS) == Site(target(), PRODUCTION, OTHER_RUN)


def test_a_run_of_a_target_that_is_configured_no_more_is_found_by_its_name() -> None:
    assert locate(c.Abort(RUN), estate([target("website")]), board([OPEN]), OPS) == Site(run=RUN)


# ---------------------------------------------------------------- rollback and buttons


@pytest.mark.parametrize(
    ("on", "site"),
    [
        (board(standing=[head()]), Site(target(), CANARY)),
        (
            board(standing=[head(), head(OTHER_RUN, place="production", at=estates.NOON.replace(hour=13))]),
            Site(target(), PRODUCTION),
        ),
        (board([OPEN_PRODUCTION], [head()]), Site(target(), PRODUCTION, OTHER_RUN)),
        (board([replace(VERIFYING, environment="production")], [head()]), Site(target(), CANARY)),
    ],
    ids=["the last change", "the later change", "where a run is under way", "not where one only measures"],
)
def test_a_rollback_without_an_environment_means(on: Board, site: Site) -> None:
    assert locate(c.RollBack(), ONE, on, OPS) == site


def test_a_rollback_of_a_named_environment_carries_the_run_under_way_there() -> None:
    assert locate(c.RollBack("canary"), ONE, board([OPEN]), OPS) == Site(target(), CANARY, RUN)


@pytest.mark.parametrize(
    ("on", "refused"),
    [(board(), Code.NOTHING_TO_ROLL_BACK), (board([OPEN, OPEN_PRODUCTION]), Code.WHICH_ENVIRONMENT)],
)
def test_a_rollback_that_means_nothing_or_too_much_is_refused(on: Board, refused: Code) -> None:
    assert code(locate(c.RollBack(), ONE, on, OPS)) is refused


@pytest.mark.parametrize("command", [c.RollBack(drawn=RUN), c.Promote(drawn=RUN)])
def test_a_button_means_the_run_that_it_was_drawn_for(command: c.Command) -> None:
    assert locate(command, TWO, board(standing=[head()]), ELSEWHERE) == Site(target(), CANARY, RUN)


@pytest.mark.parametrize("command", [c.RollBack(drawn=RUN), c.Promote(drawn=RUN)])
@pytest.mark.parametrize("on", [board(), board(standing=[head(OTHER_RUN)]), board([head(OTHER_RUN, outcome=None)])])
def test_promise_8_a_button_of_a_run_that_is_not_the_last_word_is_refused(command: c.Command, on: Board) -> None:
    assert code(locate(command, ONE, on, OPS)) is Code.STALE_PRESS


def test_a_run_name_is_never_a_target() -> None:
    assert code(locate(c.Abort(RunId("moltworker")), ONE, board([OPEN]), OPS)) is None
    assert locate(c.Abort(RunId("moltworker")), ONE, board([OPEN]), OPS) == Site(run=RunId("moltworker"))


def test_a_weight_means_the_rollout_of_its_target_among_several_runs() -> None:
    other = replace(OPEN_PRODUCTION, run=RunId("0000run3"), target="website", state="rollout")
    mine = replace(OPEN_PRODUCTION, state="rollout")
    on = board([OPEN, mine, other])
    for command, run in ((c.SetWeight(30, "moltworker"), mine.run), (c.SetWeight(30, "website"), other.run)):
        found = locate(command, TWO, on, OPS)
        assert isinstance(found, Site)
        assert found.run == run
    assert code(locate(c.SetWeight(30), TWO, on, OPS)) is Code.WHICH_TARGET


@pytest.mark.parametrize("command", [c.Pause(), c.Resume(), c.Advance(), c.SetWeight(30)])
def test_steering_means_the_run_that_can_be_steered(command: c.Command) -> None:
    found = locate(command, ONE, board([OPEN, replace(OPEN_PRODUCTION, state="rollout")]), OPS)
    assert isinstance(found, Site)
    assert found.run == OPEN_PRODUCTION.run
