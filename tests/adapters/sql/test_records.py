"""What was written is read back, now and for ever."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.sql.records import (
    EVENTS,
    UPGRADES,
    VERSIONS,
    from_record,
    head_from_record,
    head_to_record,
    to_record,
    upgraded,
)
from bot.domain.board import Head
from bot.domain.events import RunStarted, StepStarted
from bot.domain.plan import StepKind
from bot.ports.errors import Permanent
from tests.adapters.sql.samples import EVENT_CLASSES, at, of

RECORDED = Path(__file__).parent / "recorded_v1.jsonl"


@pytest.mark.parametrize("cls", EVENT_CLASSES)
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_every_event_comes_back(cls: type[Any], data: st.DataObject) -> None:
    event = data.draw(of(cls))
    stored = json.loads(json.dumps(to_record(event)))
    assert stored["type"] == cls.__name__
    assert from_record(stored) == event


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(of(Head))
def test_every_head_comes_back(head: Head) -> None:
    stored = json.loads(json.dumps(head_to_record(head)))
    assert head_from_record(stored, head.order) == head


def test_the_recorded_journal_of_version_1_reads_and_has_every_event() -> None:
    records = [json.loads(line) for line in RECORDED.read_text().splitlines()]
    read = [head_from_record(one, 7) if one["type"] == "Head" else from_record(one) for one in records]
    again = [head_to_record(one) if isinstance(one, Head) else to_record(one) for one in read]
    assert {one["type"] for one in records} == {*EVENTS, "Head"}
    assert [one["type"] for one in again] == [one["type"] for one in records]


def test_fields_from_later_are_ignored_and_missing_optional_ones_take_their_default() -> None:
    record = {
        "type": "ActStarted",
        "v": 1,
        "step": "deploy",
        "item": "worker",
        "at": "2026-11-21T09:00:00Z",
        "mood": 1,
    }
    event = from_record(record)
    assert to_record(event)["attempt"] == 1
    assert "mood" not in to_record(event)


def test_a_record_goes_up_step_by_step() -> None:
    steps = {
        ("RunBegun", 1): lambda one: {**one, "type": "RunStarted"},
        ("RunStarted", 2): lambda one: {"type": "RunStarted", "at": one["time"], "v": 0},
    }
    record = upgraded({"type": "RunBegun", "v": 1, "time": "2026-11-21T09:00:00Z"}, steps, {"RunStarted": 3})
    assert record == {"type": "RunStarted", "v": 3, "at": "2026-11-21T09:00:00Z"}
    assert from_record({**record, "v": 1}) == RunStarted(at(0))


def test_there_is_a_step_from_every_version_before_the_current_one() -> None:
    needed = {(name, version) for name, current in VERSIONS.items() for version in range(1, current)}
    assert needed <= set(UPGRADES)


@pytest.mark.parametrize(
    ("record", "part"),
    [
        ({"type": "RunStarted", "v": 2, "at": "2026-11-21T09:00:00Z"}, "version 2"),
        ({"type": "Teleported", "v": 1}, "Teleported"),
        ({"type": "RunStarted", "v": 1, "at": "soon"}, "(at)"),
        ({"type": "RunStarted", "v": 1}, "(at)"),
    ],
)
def test_what_cannot_be_read_says_so_in_one_sentence(record: dict[str, Any], part: str) -> None:
    with pytest.raises(Permanent) as caught:
        from_record(record)
    assert part in caught.value.reason
    assert "\n" not in caught.value.reason


def test_no_event_has_a_field_that_the_record_needs_for_itself() -> None:
    assert not [cls for cls in (*EVENT_CLASSES, Head) if {"type", "v"} & set(cls.__dataclass_fields__)]


def test_a_step_is_stored_by_its_name() -> None:
    assert to_record(StepStarted(StepKind.GATES, at(0)))["step"] == "gates"
