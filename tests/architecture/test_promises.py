"""Each of the eleven promises has tests that are named after it: `test_promise_4_…`."""

import re

import pytest

from tests.architecture.project import ROOT

NAMED = re.compile(r"^(?:async )?def test_promise_(\d+)_\w+", re.MULTILINE)


@pytest.fixture(scope="module")
def kept() -> set[int]:
    texts = [path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    return {int(number) for text in texts for number in NAMED.findall(text)}


@pytest.mark.parametrize("number", range(1, 12))
def test_a_promise_has_a_test_of_its_name(number: int, kept: set[int]) -> None:
    assert number in kept


def test_no_test_is_named_after_a_promise_that_nobody_made(kept: set[int]) -> None:
    assert kept <= set(range(1, 12))
