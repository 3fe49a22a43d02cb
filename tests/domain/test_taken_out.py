"""Runs whose target or environment was taken out of the configuration while they were under way."""

import pytest

from bot.domain import commands as c
from bot.domain.events import AbortRequested, Approved, Rejected
from bot.domain.locate import locate
from bot.domain.refusal import Code, Refusal
from bot.domain.targets import Estate
from tests.domain.test_answers import waiting
from tests.fakes import estates
from tests.fakes.asking import ask, told
from tests.fakes.estates import CANARY, EVE, OPS, RUN, board, head

NO_TARGET = estates.estate([estates.target("website")])
NO_ENVIRONMENT = estates.estate([estates.target(environments=[CANARY])])
ON = board([head(place="production", outcome=None)])


@pytest.mark.parametrize("of", [NO_TARGET, NO_ENVIRONMENT], ids=["target", "environment"])
@pytest.mark.parametrize(
    ("command", "fact"), [(c.Abort(RUN), AbortRequested), (c.Approve(RUN), Approved), (c.Reject(RUN), Rejected)]
)
def test_promise_3_a_run_that_the_configuration_forgot_can_still_be_stopped(
    of: Estate, command: c.Command, fact: type[object]
) -> None:
    assert isinstance(told(ask(command, ON, EVE, of, waiting())), fact)


@pytest.mark.parametrize(
    ("of", "expected"), [(NO_TARGET, Code.UNKNOWN_TARGET), (NO_ENVIRONMENT, Code.UNKNOWN_ENVIRONMENT)]
)
def test_a_rollback_of_what_the_configuration_forgot_says_what_is_missing(of: Estate, expected: Code) -> None:
    standing = board(standing=[head(place="production")])
    found = locate(c.RollBack(drawn=RUN), of, standing, OPS)
    assert isinstance(found, Refusal)
    assert found.code is expected
