"""Answers that are nested as deep as JSON can be read here."""

from bot.domain.values import Mark
from tests.adapters.http.conftest import Measure
from tests.adapters.http.server import Server


async def test_an_answer_nested_as_deep_as_may_be_is_told_and_breaks_nothing(server: Server, measure: Measure) -> None:
    """What can just be parsed can be too deep to be quoted."""
    for depth in range(900, 1000):
        server.says('{"a":' + "[" * depth + "]" * depth + "}")
        assert (await measure(json={"a": 1})).verdict.mark is Mark.FAIL
