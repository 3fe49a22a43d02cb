from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.board import Board, Head, head_of
from bot.domain.board_events import Frozen, Locked
from bot.domain.plan import StepKind
from bot.domain.values import Commit, Live, Mark, Reach, RunId, Share, Verdict
from bot.view.card import card
from bot.view.notice import Notice, Tone
from bot.view.status import Outlook, Reading, history, outlook, secrets, status
from tests.view import rollouts
from tests.view.stories import (
    AFTER,
    ANA,
    ASKS,
    BEFORE,
    BEGIN,
    BEN,
    CANARY,
    COMMIT,
    IMAGE,
    OBJECTS,
    PASS,
    PRODUCTION,
    TARGET,
    at,
    deploy,
    judged_bad,
    live,
    reaching,
)

NOW = BEGIN + timedelta(hours=3)


def standing() -> Head:
    return replace(head_of(deploy().until().run), ended_at=BEGIN + timedelta(minutes=5))


BOARD = Board(standing={("moltworker", "canary"): standing()})


def codes(notices: tuple[Notice, ...]) -> list[str]:
    return [str(one.code) for one in notices]


def reading(version: str = AFTER) -> Reading:
    shown = replace(live("worker", version), since=BEGIN, author="ci@example", message="by hand")
    return Reading(TARGET, CANARY, (shown,))


def test_status_says_what_is_live_since_when_and_by_whom() -> None:
    [shown] = status([reading()], BOARD, NOW)
    assert shown.text == "moltworker: what is live."
    assert shown.rows == (
        ("canary", "5e6f7a8b", "1a2b3c4 Greet people by their name", "3 h ago, by ana"),
        ("canary", "rollback ready: back to 9f8e7d6c; migrations of agent-db stay applied"),
    )


def test_status_says_of_the_way_back_what_the_card_says() -> None:
    done = deploy(reaching(OBJECTS)).until()
    board = replace(BOARD, standing={("moltworker", "canary"): head_of(done.run)})
    [shown] = status([reading()], board, NOW)
    assert shown.rows[1] == ("canary", card(done.run, NOW).way_back)
    assert shown.rows[1][1].startswith("rollback blocked: Durable Objects")
    busy = replace(head_of(deploy().run), touched=True)
    assert len(status([reading()], replace(board, runs=(busy,)), NOW)[0].rows) == 1


def test_what_outrider_did_not_leave_there_is_drift_with_its_author() -> None:
    shown = status([reading(BEFORE)], BOARD, NOW)
    assert codes(shown) == ["status", "drift"]
    assert shown[0].rows == (("canary", "9f8e7d6c", "by hand", "3 h ago, by ci@example"),)
    left = "is not what Outrider left there (5e6f7a8b) but 9f8e7d6c, deployed by ci@example."
    assert shown[1].text == f"moltworker → canary: worker {left}"
    assert shown[1].tone is Tone.BAD


def test_a_run_that_is_changing_things_is_no_drift() -> None:
    busy = replace(head_of(deploy().run), touched=True)
    assert codes(status([reading(BEFORE)], replace(BOARD, runs=(busy,)), NOW)) == ["status", "under_way"]


def test_what_nobody_deployed_with_outrider_is_no_drift() -> None:
    assert codes(status([reading(BEFORE)], Board(), NOW)) == ["status"]


def test_split_traffic_shows_its_weights() -> None:
    split = Live("worker", (Share(BEFORE, 90), Share(AFTER, 10)))
    [shown] = status([Reading(TARGET, CANARY, (split,))], Board(), NOW)
    assert shown.rows[0][1] == "9f8e7d6c 90 % + 5e6f7a8b 10 %"
    [never] = status([Reading(TARGET, CANARY, (Live("worker"),))], Board(), NOW)
    assert never.rows[0][1] == "nothing"


def test_what_could_not_be_read_says_why() -> None:
    [shown] = status([Reading(TARGET, PRODUCTION, trouble="the provider answered 503")], Board(), NOW)
    assert shown.rows == (("production", "could not be read: the provider answered 503"),)
    assert codes(status([], Board(), NOW)) == ["status_empty"]


def test_locks_freeze_and_queue_are_shown_with_their_owners() -> None:
    lock = Locked("moltworker", "production", BEN, "launch day", BEGIN)
    first, second = (replace(head_of(deploy().run), run=RunId(name)) for name in ("aaaaaaaa", "bbbbbbbb"))
    full = replace(
        BOARD,
        locks={("moltworker", "production"): lock, ("other", "x"): replace(lock, target="other")},
        freeze=Frozen(ANA, "audit", BEGIN),
        runs=(first, second),
    )
    shown = status([reading()], full, NOW)
    assert codes(shown) == ["status", "freeze", "locks", "under_way"]
    assert shown[1].text == "Everything is frozen by ana until somebody says /unfreeze: audit."
    assert shown[2].rows == (("moltworker → production", "by ben", "launch day"),)
    assert [row[-1] for row in shown[3].rows] == ["queued, by ana", "waits for 1 run before it, by ana"]


def test_history_has_a_row_for_each_run() -> None:
    failed = head_of(deploy({(StepKind.GATES, "tests"): judged_bad}).until().run)
    shown = history([standing(), failed], NOW)
    assert shown.text == "2 runs, newest first."
    assert shown.rows[0] == (
        "k3v9x2mq",
        "deploy moltworker → canary",
        "1a2b3c4 Greet people by their name",
        "succeeded (2 h ago by ana)",
    )
    assert shown.rows[1][3].startswith("stopped: gates: tests: npm test exited with 1 (")
    assert history([], NOW, "moltworker").text == "No run yet of moltworker."


OUTLOOK = Outlook(
    TARGET,
    CANARY,
    COMMIT,
    commits=(COMMIT, Commit("b" * 40, "Count visits", "Ben")),
    lives=(live("worker", BEFORE),),
    gates={"branch": PASS, "tests": None},
    pending={"agent-db": ("0007_names.sql",)},
)


def test_a_plan_says_what_a_deploy_would_do() -> None:
    shown = outlook(OUTLOOK)
    place = "1a2b3c4 Greet people by their name to moltworker → canary"
    assert shown.text == f"Deploying {place} would bring 2 commits. Nothing was changed."
    assert shown.rows == (
        ("gate", "branch", "holds"),
        ("gate", "tests", "tried by the run"),
        ("commit", "1a2b3c4", "Greet people by their name (Ana)"),
        ("commit", "bbbbbbb", "Count visits (Ben)"),
        ("migrate", "agent-db", "0007_names.sql"),
        ("way back", "rollback", "ready: back to 9f8e7d6c; migrations of agent-db stay applied"),
    )


@pytest.mark.parametrize("reach", [OBJECTS, ASKS, IMAGE])
def test_a_plan_says_of_the_way_back_what_the_card_will_say(reach: Reach) -> None:
    along = replace(TARGET, components=tuple(replace(one, rewind_d1=True) for one in TARGET.components))
    shown = outlook(replace(OUTLOOK, target=along, reach={"worker": reach}))
    story = deploy(reaching(reach), target=along).until(at(StepKind.HEALTH))
    said = card(story.run, story.now).way_back
    assert ("way back", "rollback", said.removeprefix("rollback ")) in shown.rows


def test_a_plan_says_what_would_stop_it() -> None:
    shown = outlook(replace(OUTLOOK, gates={"branch": Verdict(Mark.FAIL, "feat is not on main")}))
    assert shown.text.endswith("would stop: branch: feat is not on main. Nothing was changed.")
    assert (shown.code, shown.tone) == ("plan_blocked", Tone.BAD)


def test_a_plan_with_nothing_to_do_says_so() -> None:
    assert outlook(replace(OUTLOOK, commits=(), pending={})).code == "plan_nothing"
    assert outlook(replace(OUTLOOK, commits=())).code == "plan"
    first = outlook(replace(OUTLOOK, commits=None, lives=(Live("worker"),), unread={"commits": "git is away"}))
    assert "a first release" in first.text
    assert ("way back", "rollback", "blocked: worker had no earlier release") in first.rows
    assert first.rows[-1] == ("not known", "commits", "git is away")


def test_a_long_plan_counts_the_rest() -> None:
    many = tuple(Commit(f"{n:040x}", f"Change {n}") for n in range(14))
    assert ("commit", "…", "and 4 more") in outlook(replace(OUTLOOK, commits=many)).rows


def test_secrets_names_what_is_missing_and_what_others_have() -> None:
    here = {"worker": frozenset({"API_KEY"})}
    elsewhere = {"production": {"worker": frozenset({"API_KEY", "WEBHOOK"})}}
    shown = secrets(TARGET, CANARY, {"worker": ("API_KEY", "DB_URL")}, here, elsewhere)
    assert shown.text == "moltworker → canary lacks DB_URL."
    assert shown.rows == (("missing", "worker", "DB_URL"), ("only in production", "worker", "WEBHOOK"))
    fine = secrets(TARGET, CANARY, {"worker": ("API_KEY",)}, here, {})
    assert (fine.code, fine.tone, fine.rows) == ("secrets_complete", Tone.GOOD, ())


def test_a_rollout_under_way_is_told_with_its_weight() -> None:
    run = rollouts.STORIES["rollout_half"]().run
    shown = status([reading(BEFORE)], replace(BOARD, runs=(head_of(run),)), NOW)[-1]
    assert shown.rows[0][3] == "canary at 50 %, by ana"
    assert head_of(rollouts.STORIES["rollout_bad"]().run).weight == 100


def test_a_plan_for_traffic_in_steps_says_the_weights_the_bake_and_what_measures() -> None:
    shown = outlook(replace(OUTLOOK, environment=rollouts.GRADUAL, gates={"split": PASS}))
    assert shown.rows[:4] == (
        ("gate", "split", "holds"),
        ("traffic", "10 % → 50 % → 100 %", "each weight read back and measured"),
        (
            "bake",
            "5m",
            "less where the evidence is in; held up to 10m while nobody can tell, then somebody is asked",
        ),
        ("measured by", "probes", "canary against baseline, over the same time"),
    )
    assert not [row for row in outlook(OUTLOOK).rows if row[0] in ("traffic", "bake", "measured by")]


def test_a_plan_says_what_cannot_be_split_before_anything_is_started() -> None:
    wall = "Durable Objects of worker would change"
    shown = outlook(replace(OUTLOOK, environment=rollouts.GRADUAL, gates={"split": Verdict(Mark.FAIL, wall)}))
    assert shown.code == "plan_blocked"
    assert f"split: {wall}" in shown.text
