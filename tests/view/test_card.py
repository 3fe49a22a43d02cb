from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.commands import Abort, Approve, Promote, Reject, RollBack
from bot.domain.events import AbortRequested, Approved, Rejected
from bot.domain.plan import StepKind, deploy_plan
from bot.domain.press import parse_token
from bot.domain.values import FREE, Mark
from bot.view.card import ButtonStyle, Light, RunCard, StepRow, card
from tests.view.stories import (
    AFTER,
    ASKS,
    BEN,
    CANARY,
    IMAGE,
    OBJECTS,
    TARGET,
    TWO,
    Answers,
    Story,
    at,
    deploy,
    failing,
    judged_bad,
    live,
    measured,
    never_deployed,
    other_secrets,
    promote,
    reaching,
    roll_back,
    unhealthy,
    verify,
)


def drawn(story: Story, place: int = 0, last_word: bool = True) -> RunCard:
    return card(story.run, story.now, place, last_word)


def step(shown: RunCard, name: str) -> StepRow:
    return next(row for row in shown.steps if row.name == name)


def labels(shown: RunCard) -> list[str]:
    return [button.label for button in shown.buttons]


def test_a_queued_run_says_how_many_are_before_it() -> None:
    assert drawn(deploy(), place=2).state == "waiting for 2 runs before it"
    assert drawn(deploy(), place=1).state == "waiting for 1 run before it"
    assert drawn(deploy()).state == "about to start"
    assert drawn(deploy(), place=2).light is Light.WAITING


def test_title_and_subtitle_say_what_goes_where() -> None:
    first, later = drawn(deploy()), drawn(deploy().until())
    assert (first.title, first.subtitle) == ("Deploy moltworker → canary", "main")
    assert later.subtitle == "1a2b3c4 Greet people by their name"
    assert drawn(roll_back()).title == "Roll back moltworker → canary"
    assert drawn(roll_back()).subtitle == "version 9f8e7d6c"
    assert later.actor == "ana"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (StepKind.CHECKOUT, "fetching main and what it needs"),
        (StepKind.GATES, "trying the gates: tests, types, branch"),
        (StepKind.SNAPSHOT, "reading what is live"),
        (StepKind.BUILD, "building worker"),
        (StepKind.MIGRATE, "migrating worker"),
        (StepKind.DEPLOY, "deploying worker to canary"),
        (StepKind.HEALTH, "waiting for health, up to 2m (a cold start may take that long)"),
        (StepKind.VERIFY, "verifying http, agent, telegram"),
        (StepKind.WATCH, "watching, 0 of 4 minutes"),
    ],
)
def test_the_state_is_plain_words(kind: StepKind, words: str) -> None:
    story = deploy().until(lambda run: at(kind)(run) and bool(run.open_acts))
    shown = drawn(story)
    assert shown.state == words
    assert shown.light is Light.RUNNING
    assert step(shown, kind).light is Light.RUNNING


def test_watching_counts_minutes() -> None:
    story = deploy().until(lambda run: len(run.acts_of(StepKind.WATCH)) > 5)
    assert drawn(story).state == "watching, 2 of 4 minutes"
    short = replace(CANARY, watch=timedelta(seconds=20))
    quick = Story(deploy_plan(TARGET, short, "main")).until(at(StepKind.WATCH, "round 3"))
    assert drawn(quick).state == "watching, 10 of 20 seconds"


def test_a_step_has_its_time_and_a_few_words() -> None:
    shown = drawn(deploy().until(at(StepKind.VERIFY, "agent")))
    assert step(shown, "gates").seconds == pytest.approx(12.4, abs=0.1)
    assert step(shown, "gates").note == "3 passed"
    assert step(shown, "checkout").note == "1a2b3c4"
    assert step(shown, "snapshot").note == "worker 9f8e7d6c"
    assert step(shown, "migrate").note == "0007_names.sql"
    assert step(shown, "deploy").note == "worker 5e6f7a8b"
    assert step(shown, "watch") == StepRow(Light.WAITING, "watch")
    assert "restore" not in [row.name for row in shown.steps]


def test_a_running_step_counts_to_now() -> None:
    story = deploy().until(at(StepKind.BUILD, "worker"))
    later = card(story.run, story.now + timedelta(seconds=30))
    assert step(later, "build").seconds == pytest.approx(30, abs=0.1)


def test_gates_that_failed_are_named_and_nothing_is_left_to_press() -> None:
    shown = drawn(deploy({(StepKind.GATES, "tests"): judged_bad}).until())
    assert step(shown, "gates").light is Light.FAILED
    assert step(shown, "gates").note == "not passed: tests"
    assert step(shown, "deploy").light is Light.SKIPPED
    assert shown.state == "stopped, nothing was changed: gates: tests: npm test exited with 1"
    assert (shown.buttons, shown.checks, shown.over, shown.ready) == ((), (), True, None)


def test_each_channel_has_its_row_as_it_comes_in() -> None:
    answers: Answers = {
        (StepKind.VERIFY, "agent"): lambda a, t: measured(a, t, Mark.INCONCLUSIVE, "no version named", 1.3)
    }
    waiting = drawn(deploy().until(at(StepKind.BUILD)))
    assert [row.light for row in waiting.checks] == [Light.WAITING] * 3
    shown = drawn(deploy(answers).until(lambda run: bool(run.way_back_reason)))
    assert [row.channel for row in shown.checks] == ["http", "agent (websocket)", "telegram"]
    assert [row.light for row in shown.checks] == [Light.PASSED, Light.UNSURE, Light.PASSED]
    assert (shown.checks[1].latency, shown.checks[1].reason) == (1.3, "no version named")
    assert shown.state.startswith("going back to 9f8e7d6c: verify: agent: no version named")


def test_the_rollback_light_is_known_with_the_snapshot() -> None:
    assert drawn(deploy().until(at(StepKind.SNAPSHOT, "worker"))).ready is None
    shown = drawn(deploy().until(at(StepKind.BUILD)))
    assert (shown.ready, shown.way_back) == (True, "rollback ready: back to 9f8e7d6c")
    both = drawn(deploy(target=TWO).until(at(StepKind.BUILD)))
    assert both.way_back == "rollback ready: back to api 0c1d2e3f, worker 9f8e7d6c"


def test_before_the_snapshot_the_light_says_what_the_pinned_commit_leaves_to_go_back_to() -> None:
    waiting = at(StepKind.APPROVAL)
    assert (drawn(promote().until(waiting)).ready, drawn(promote().until(waiting)).way_back) == (None, "")
    blocked = drawn(promote(reaching(OBJECTS)).until(waiting))
    assert (blocked.ready, blocked.way_back) == (False, f"rollback blocked: {OBJECTS.refused}")
    asks = drawn(promote(reaching(ASKS)).until(waiting))
    assert (asks.ready, asks.way_back) == (True, f"rollback ready; {ASKS.limits[0]}")
    assert drawn(promote(reaching(FREE)).until(waiting)).way_back == "rollback ready"


def test_the_light_goes_on_saying_so_and_no_button_offers_what_is_refused() -> None:
    running, done = at(StepKind.HEALTH), deploy(reaching(OBJECTS)).until()
    assert drawn(deploy(reaching(OBJECTS)).until(running)).way_back == f"rollback blocked: {OBJECTS.refused}"
    assert drawn(done).way_back == f"rollback blocked: {OBJECTS.refused}"
    assert "Roll back" not in labels(drawn(done))
    limited = drawn(deploy(reaching(IMAGE)).until())
    assert limited.way_back.startswith(f"rollback ready: back to 9f8e7d6c; {IMAGE.limits[0]}; ")
    assert "Roll back" in labels(limited)


def test_migrations_that_were_applied_stay_where_versions_go_back() -> None:
    before, after = drawn(deploy().until(at(StepKind.MIGRATE))), drawn(deploy().until(at(StepKind.HEALTH)))
    assert before.way_back == "rollback ready: back to 9f8e7d6c"
    assert after.way_back == "rollback ready: back to 9f8e7d6c; migrations of agent-db stay applied"


def test_a_database_that_is_taken_along_stays_only_once_the_run_is_over() -> None:
    along = tuple(replace(one, rewind_d1=True) for one in TARGET.components)
    target = replace(TARGET, components=along)
    assert drawn(deploy(target=target).until(at(StepKind.HEALTH))).way_back == "rollback ready: back to 9f8e7d6c"
    assert drawn(deploy(target=target).until()).way_back.endswith("migrations of agent-db stay applied")


def test_a_first_release_has_no_way_back() -> None:
    shown = drawn(deploy({StepKind.SNAPSHOT: never_deployed}).until())
    assert (shown.ready, shown.way_back) == (False, "rollback blocked: worker had no earlier release")
    assert step(shown, "snapshot").note == "worker: no earlier release"
    assert labels(shown) == ["Promote"]


def test_buttons_after_success_are_for_the_last_word_only() -> None:
    story = deploy().until()
    shown = drawn(story)
    assert [(one.label, one.style) for one in shown.buttons] == [
        ("Roll back", ButtonStyle.DANGER),
        ("Promote", ButtonStyle.PRIMARY),
    ]
    assert [parse_token(one.token) for one in shown.buttons] == [
        RollBack(drawn=story.run.id),
        Promote(drawn=story.run.id),
    ]
    later = drawn(story, last_word=False)
    assert (later.buttons, later.ready, later.way_back) == ((), None, "")


def test_what_goes_nowhere_further_is_not_promoted() -> None:
    story = promote().until()
    assert labels(drawn(story.hear(Approved(BEN, story.now)).until())) == ["Roll back"]
    assert labels(drawn(roll_back().until())) == []
    assert labels(drawn(verify().until())) == []


def test_approval_asks_with_buttons() -> None:
    story = promote().until()
    shown = drawn(story)
    assert shown.state == "waiting for 1 approval by somebody else, until Sat 21 Nov 13:30 UTC"
    assert shown.light is Light.WAITING
    assert [parse_token(one.token) for one in shown.buttons] == [
        Approve(story.run.id, drawn="release"),
        Reject(story.run.id, drawn="release"),
        Abort(story.run.id),
    ]
    assert step(drawn(story.hear(Approved(BEN, story.now)).until()), "approval").note == "by ben"


def test_a_rejected_release_says_by_whom() -> None:
    story = promote().until()
    shown = drawn(story.hear(Rejected(BEN, story.now)).until())
    assert shown.state == "stopped, nothing was changed: approval: rejected by ben"
    assert labels(shown) == []


def test_the_question_about_secrets_is_asked_with_buttons() -> None:
    story = deploy({StepKind.HEALTH: unhealthy, StepKind.RESTORE: other_secrets}).until()
    shown = drawn(story)
    assert shown.state == "waiting for a person: going back brings older secrets (API_KEY)"
    assert [parse_token(one.token) for one in shown.buttons] == [
        Approve(story.run.id, drawn="secrets"),
        Reject(story.run.id, drawn="secrets"),
    ]
    assert shown.light is Light.WAITING


def test_abort_is_offered_until_it_was_asked_or_the_run_goes_back() -> None:
    story = deploy().until(at(StepKind.BUILD, "worker"))
    assert [parse_token(one.token) for one in drawn(story).buttons] == [Abort(story.run.id)]
    assert labels(drawn(deploy(), place=1)) == ["Abort"]
    asked = drawn(story.hear(AbortRequested(BEN, story.now)))
    assert asked.state == "aborting for ben: stopping what is under way"
    assert labels(asked) == []
    assert labels(drawn(deploy({StepKind.HEALTH: unhealthy}).until(at(StepKind.RESTORE)))) == []


def test_an_aborted_run_is_back_where_it_was() -> None:
    story = deploy().until(at(StepKind.HEALTH))
    shown = drawn(story.hear(AbortRequested(BEN, story.now)).until())
    assert shown.state == "aborted by ben: back on 9f8e7d6c"
    assert shown.light is Light.SKIPPED
    assert step(shown, "restore").note == "worker 9f8e7d6c"


def test_a_rolled_back_run_says_why_once() -> None:
    shown = drawn(deploy({StepKind.HEALTH: unhealthy}).until())
    assert shown.state == "rolled back to 9f8e7d6c: health: /health answered 500 for 2m, expected 200"
    assert [row.name for row in shown.steps][-2:] == ["restore", "recheck"]
    assert step(shown, "verify").light is Light.SKIPPED
    assert (shown.ready, shown.buttons) == (None, ())


def test_needs_hands_says_what_is_live_and_what_was_tried() -> None:
    answers: Answers = {StepKind.HEALTH: unhealthy, (StepKind.RESTORE, "worker"): failing("503 to every try")}
    shown = drawn(deploy(answers, TWO).until())
    assert "Live as last read: api 0c1d2e3f; worker 5e6f7a8b (not readable since)." in shown.state
    assert "Tried: restore worker: 503 to every try; restore api: done" in shown.state
    assert shown.light is Light.FAILED
    read: Answers = {**answers, (StepKind.RESTORE, "worker"): failing("503", live=live("worker", AFTER))}
    assert "worker 5e6f7a8b. Tried" in drawn(deploy(read, TWO).until()).state


def test_a_rollback_that_fails_needs_hands_too() -> None:
    shown = drawn(roll_back({StepKind.SWITCH: failing("the provider said no")}).until())
    assert "needs hands: switch: worker: the provider said no" in shown.state
    assert "Tried: switch worker: the provider said no" in shown.state
    assert drawn(roll_back().until()).state == "live again: version 9f8e7d6c"


def test_verify_says_whether_everything_passed() -> None:
    assert drawn(verify().until()).state == "verified: everything passed"
    shown = drawn(verify({(StepKind.VERIFY, "agent"): failing("closed with 1011")}).until())
    assert shown.state == "did not pass: verify: agent: closed with 1011"


def test_direct_runs_split_no_traffic() -> None:
    assert drawn(deploy().until()).canary is None


def test_it_is_the_same_card_each_time() -> None:
    story = deploy().until(at(StepKind.VERIFY))
    assert drawn(story) == drawn(story)
