import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from bot.domain.action import Action
from bot.domain.events import AbortRequested, ActStarted, Approved
from bot.domain.plan import StepKind
from bot.view.catchup import untold
from bot.view.document import Document
from bot.view.report import document, report
from bot.view.report_form import report_schema
from tests.view import rollouts
from tests.view.stories import (
    BEFORE,
    BEN,
    NPM_LOG,
    Story,
    at,
    deploy,
    failing,
    judged_bad,
    promote,
    roll_back,
    unhealthy,
    unhealthy_with_log,
    verify,
)

PUBLISHED = Path(__file__).parents[2] / "schema" / "report.schema.json"


def approved() -> Story:
    story = promote().until()
    return story.hear(Approved(BEN, story.now)).until()


def aborted() -> Story:
    story = deploy().until(at(StepKind.HEALTH))
    return story.hear(AbortRequested(BEN, story.now)).until()


STORIES: dict[str, Callable[[], Story]] = {
    "queued": deploy,
    "running": lambda: deploy().until(at(StepKind.VERIFY, "agent")),
    "succeeded": lambda: deploy().until(),
    "approved": approved,
    "aborted": aborted,
    "failed gate": lambda: deploy({(StepKind.GATES, "tests"): judged_bad}).until(),
    "rolled back": lambda: deploy({StepKind.HEALTH: unhealthy_with_log}).until(),
    "needs hands": lambda: deploy({StepKind.HEALTH: unhealthy, StepKind.RESTORE: failing("503")}).until(),
    "roll back": lambda: roll_back().until(),
    "verify": lambda: verify().until(),
    "rollout": rollouts.STORIES["rollout_good"],
    "rollout taken back": rollouts.STORIES["rollout_bad"],
}


def reported(story: Story) -> dict[str, Any]:
    return report(story.run, story.events)


def test_the_published_schema_is_that_of_the_code() -> None:
    assert json.loads(PUBLISHED.read_text("utf-8")) == report_schema()


@pytest.mark.parametrize("name", STORIES)
def test_a_report_is_json_that_the_schema_takes(name: str) -> None:
    found = reported(STORIES[name]())
    assert json.loads(json.dumps(found)) == found
    jsonschema.validate(found, report_schema())


def test_the_schema_refuses_what_is_no_report() -> None:
    found = reported(deploy().until())
    short = {key: value for key, value in found.items() if key != "run"}
    for broken in ({**found, "outcome": "fine"}, {**found, "more": 1}, short):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, report_schema())


def test_it_says_who_what_and_when() -> None:
    found = reported(approved())
    assert found["actor"] == {"name": "ana", "person": "ana", "platform": "console", "account": "ana"}
    assert (found["kind"], found["target"], found["environment"]) == ("promote", "moltworker", "production")
    assert found["words"][0]["said"] == "approved"
    assert found["words"][0]["actor"]["person"] == "ben"
    assert found["outcome"] == "succeeded"
    assert found["seconds"] == pytest.approx(929.2, abs=1)
    assert found["commit"]["subject"] == "Greet people by their name"


def test_every_step_gate_check_and_measurement_is_in_it() -> None:
    found = reported(deploy().until())
    steps = {step["step"]: step for step in found["steps"]}
    assert [gate["name"] for gate in found["gates"]] == ["tests", "types", "branch"]
    assert [check["latency"] for check in found["checks"]] == [0.042] * 3
    assert steps["migrate"]["acts"][0]["migrations"] == {"agent-db": ["0007_names.sql"]}
    rounds = [act["item"] for act in steps["watch"]["acts"] if act["item"].startswith("round")]
    assert rounds == [f"round {number}" for number in range(1, 9)]
    assert steps["build"]["acts"][0]["digest"] == "ab" * 32
    assert steps["gates"]["seconds"] == pytest.approx(12.4, abs=0.1)
    assert "restore" not in steps


def test_the_tail_of_a_log_and_the_way_back_are_in_it() -> None:
    gate = reported(deploy({(StepKind.GATES, "tests"): judged_bad}).until())
    logs = {act["item"]: act["log"] for step in gate["steps"] for act in step["acts"] if step["step"] == "gates"}
    assert logs["tests"] == list(NPM_LOG)
    back = reported(deploy({StepKind.HEALTH: unhealthy}).until())
    assert back["going_back"] == "health: health: /health answered 500 for 2m, expected 200"
    assert back["live"] == [{"component": "worker", "shares": [{"version": BEFORE, "weight": 100}]}]
    assert back["touched"] == ["worker"]


def test_a_second_attempt_does_not_hide_the_first() -> None:
    story = deploy().until(at(StepKind.DEPLOY, "worker"))
    story.hear(failing("the connection was lost")(Action(StepKind.DEPLOY, "worker"), story.now))
    story.hear(ActStarted(StepKind.DEPLOY, "worker", story.now, 2))
    acts = next(step for step in reported(story)["steps"] if step["step"] == "deploy")["acts"]
    assert [(act["attempt"], act["verdict"] and act["verdict"]["mark"]) for act in acts] == [(1, "fail"), (2, None)]


def test_the_last_sentence_carries_the_whole_report() -> None:
    story = deploy().until()
    *_, last = untold(story.events, 0)
    [notice] = last.said
    file = notice.document
    assert file is not None
    assert file.name == f"outrider-{story.run.id}.json"
    assert (file.media, file.image) == ("application/json", False)
    assert file.alt == f"Report of run {story.run.id}: deploy, moltworker → canary, succeeded."
    assert json.loads(file.content) == reported(story)
    assert json.loads(file.content)["outcome"] == "succeeded"
    assert file == document(story.run, story.events)


@pytest.mark.parametrize("name", [name for name in STORIES if name not in ("queued", "running")])
def test_however_a_run_ends_its_last_sentence_carries_the_report(name: str) -> None:
    story = STORIES[name]()
    notice = untold(story.events, 0)[-1].said[-1]
    assert notice.code.startswith("ended_")
    assert notice.document is not None
    assert "content" not in repr(notice.document)


def test_a_chart_is_something_to_look_at() -> None:
    assert Document("chart.png", "image/png", b"", "A chart.").image


def test_every_weight_is_in_it_with_who_chose_it_and_what_was_found() -> None:
    found = reported(rollouts.STORIES["rollout_good"]())["rollout"]
    assert [one["weight"] for one in found["weights"]] == [10, 50, 100]
    first = found["weights"][0]
    assert first["chosen_by"] is None
    assert first["chosen_at"] < first["set_at"] < first["left_at"] == found["weights"][1]["chosen_at"]
    assert first["verdict"]["mark"] == "pass"
    assert "errors against" in first["verdict"]["reason"]
    by_hand = reported(rollouts.STORIES["rollout_by_hand"]())
    assert [one["chosen_by"] and one["chosen_by"]["name"] for one in by_hand["rollout"]["weights"]] == [None, "ben"]
    assert by_hand["words"][-1]["said"] == "weight_chosen"


def test_a_weight_that_was_taken_back_says_why_with_its_numbers() -> None:
    story = rollouts.STORIES["rollout_bad"]()
    (weight,) = reported(story)["rollout"]["weights"]
    assert weight["verdict"]["mark"] == "fail"
    assert " errors against 0 % (" in weight["verdict"]["reason"]
    assert story.run.reason == f"rollout: {weight['verdict']['reason']}"


def test_every_look_is_in_it_once_with_the_counts_of_each_source() -> None:
    story = rollouts.STORIES["rollout_bad"]()
    found = reported(story)
    looks = found["rollout"]["looks"]
    assert len(looks) == len(story.run.rollout.looks)
    (poll,) = looks[-1]["polls"]
    assert (poll["source"], poll["counted"]) == ("probes", True)
    assert poll["canary"]["errors"] > 0
    assert looks[0]["polls"][0]["counted"] is False, "traffic moved in its time"
    rollout = next(step for step in found["steps"] if step["step"] == "rollout")
    assert not [act for act in rollout["acts"] if act["item"].startswith("look")]
    troubled = reported(rollouts.STORIES["rollout_unmeasured"]())["rollout"]["looks"]
    assert troubled[-1]["troubles"] == {"probes": "no answer within 15 s"}


def test_what_somebody_else_deployed_meanwhile_is_in_it() -> None:
    found = reported(rollouts.STORIES["rollout_overtaken"]())
    (taken,) = found["rollout"]["overtaken"]
    assert (taken["author"], taken["live"]["component"]) == ("carl@example", "worker")
    assert found["live"] == [taken["live"]]
    assert reported(deploy().until())["rollout"] is None
