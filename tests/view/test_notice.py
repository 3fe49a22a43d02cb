from collections.abc import Sequence
from datetime import datetime

import pytest

from bot.domain.action import Action
from bot.domain.events import (
    AbortRequested,
    Approved,
    ComponentRestored,
    Event,
    Rejected,
    RunRequested,
    SecretsAccepted,
)
from bot.domain.fold import evolve, start
from bot.domain.plan import StepKind
from bot.domain.run import Run
from bot.domain.values import Mark
from bot.view.notice import Notice, Tone, begun, notices
from bot.view.sentences import SENTENCES, Say, say
from tests.view.stories import (
    BEFORE,
    BEN,
    NPM_LOG,
    TRACE,
    TWO,
    Answers,
    Story,
    at,
    deploy,
    failing,
    judged_bad,
    live,
    measured,
    other_secrets,
    promote,
    roll_back,
    unhealthy,
    unhealthy_with_log,
    usual,
    verify,
)


def told(events: Sequence[Event]) -> list[Notice]:
    """The whole thread of a run."""
    first = events[0]
    assert isinstance(first, RunRequested)
    run = start(first)
    found = list(notices(None, first, run))
    for event in events[1:]:
        before, run = run, evolve(run, event)
        found += notices(before, event, run)
    return found


def codes(story: Story) -> list[str]:
    return [str(notice.code) for notice in told(story.events)]


def one(story: Story, code: Say) -> Notice:
    [found] = [notice for notice in told(story.events) if notice.code == code]
    return found


def test_a_deploy_tells_its_milestones_each_once() -> None:
    assert codes(deploy().until()) == [
        "requested",
        "commit_pinned",
        "gates_passed",
        "migrated",
        "deployed",
        "healthy",
        "check_passed",
        "check_passed",
        "check_passed",
        "ended_live",
    ]


def test_sentences_say_who_what_and_where() -> None:
    story = deploy().until()
    assert one(story, Say.REQUESTED).text == "ana asked for this deploy of main (moltworker → canary)."
    pinned = "main is commit 1a2b3c4 for this whole run: Greet people by their name (by Ana)."
    assert one(story, Say.COMMIT_PINNED).text == pinned
    assert one(story, Say.GATES_PASSED).text == "Every gate holds: tests, types, branch."
    assert one(story, Say.MIGRATED).text == "Migrated agent-db: 0007_names.sql."
    assert one(story, Say.DEPLOYED).text == "worker: version 5e6f7a8b is live in canary, read back."
    assert one(story, Say.HEALTHY).text == "Health: it answers in 42ms."
    assert one(story, Say.ENDED_LIVE).text == "1a2b3c4 is live in canary after 4m 29s."


def test_a_promotion_pins_nothing_anew_and_asks_for_approval() -> None:
    story = promote().until()
    asked = one(story, Say.APPROVAL_ASKED)
    assert asked.tone is Tone.ASK
    wanted = "waits for 1 approval by somebody other than ana, until Sat 21 Nov 13:30 UTC."
    assert asked.text == f"1a2b3c4 Greet people by their name {wanted}"
    story.hear(Approved(BEN, story.now)).until()
    assert "commit_pinned" not in codes(story)
    assert one(story, Say.APPROVED).text == "ben approved 1a2b3c4 for production."


def test_a_rejection_is_told_with_its_person() -> None:
    story = promote().until()
    story.hear(Rejected(BEN, story.now)).until()
    assert one(story, Say.REJECTED).text == "ben rejected 1a2b3c4 for production."
    ended = one(story, Say.ENDED_STOPPED).text
    assert ended == "Stopped before anything was changed in production: approval: rejected by ben."


def test_a_failed_gate_comes_with_its_last_lines_once() -> None:
    story = deploy({(StepKind.GATES, "tests"): judged_bad}).until()
    assert codes(story) == ["requested", "commit_pinned", "gate_failed", "ended_stopped"]
    failed = one(story, Say.GATE_FAILED)
    assert failed.text == "The gate tests does not hold: npm test exited with 1."
    assert (failed.log, failed.tone) == (NPM_LOG, Tone.BAD)
    assert one(story, Say.ENDED_STOPPED).log == ()


def test_going_back_gives_one_reason_and_the_last_lines() -> None:
    story = deploy({StepKind.HEALTH: unhealthy_with_log}).until()
    back = one(story, Say.GOING_BACK)
    assert back.text == "Going back to 9f8e7d6c: health: /health answered 500 for 2m, expected 200."
    assert back.log == TRACE
    assert codes(story)[-4:] == ["going_back", "restored", "rechecked", "ended_rolled_back"]
    ended = one(story, Say.ENDED_ROLLED_BACK)
    assert ended.text.startswith("canary is back on 9f8e7d6c after ")
    assert ended.log == ()


def test_a_log_is_cut_to_its_last_ten_lines() -> None:
    story = deploy({StepKind.DEPLOY: failing("no", [f"line {n}" for n in range(40)])}).until()
    assert one(story, Say.GOING_BACK).log == tuple(f"line {n}" for n in range(30, 40))


def test_a_build_that_fails_tells_its_log_at_the_end() -> None:
    story = deploy({StepKind.BUILD: failing("npm run build exited with 2", ["error TS2304"])}).until()
    ended = one(story, Say.ENDED_STOPPED)
    assert ended.text.endswith("in canary: build: worker: npm run build exited with 2.")
    assert ended.log == ("error TS2304",)


def test_every_channel_has_its_sentence() -> None:
    answers: Answers = {
        (StepKind.VERIFY, "agent"): lambda a, t: measured(a, t, Mark.INCONCLUSIVE, "no version named"),
        (StepKind.VERIFY, "telegram"): failing("5 tries in 30s"),
    }
    rows = [one.text for one in told(deploy(answers).until().events) if one.code.startswith("check_")]
    assert rows == [
        "http passed in 42ms.",
        "agent could not be told in 42ms: no version named.",
        "telegram could not be measured: 5 tries in 30s.",
    ]


def test_watching_is_told_only_where_it_did_not_pass() -> None:
    rounds = iter([Mark.PASS, Mark.FAIL])

    def shaky(action: Action, when: datetime) -> Event:
        if not action.item.startswith("round"):
            return usual(action, when)
        mark = next(rounds, Mark.PASS)
        reason = "answered 502" if mark is Mark.FAIL else ""
        return measured(action, when, mark, reason)

    story = deploy({StepKind.WATCH: shaky}).until()
    assert one(story, Say.WATCH_NOT_PASSED).text == "While watching, round 2 failed: answered 502."


def test_an_abort_is_told_once_with_its_person() -> None:
    story = deploy().until(at(StepKind.HEALTH))
    story.hear(AbortRequested(BEN, story.now), AbortRequested(BEN, story.now)).until()
    assert codes(story).count("abort_asked") == 1
    assert one(story, Say.ABORT_ASKED).text == "ben asked to abort."
    assert one(story, Say.GOING_BACK).text == "Going back to 9f8e7d6c: aborted by ben."
    assert one(story, Say.ENDED_ABORTED).text.endswith("aborted by ben.")
    assert one(story, Say.ENDED_ABORTED).tone is Tone.PLAIN


def test_secrets_are_asked_about_and_the_answer_is_told() -> None:
    story = deploy({StepKind.HEALTH: unhealthy, StepKind.RESTORE: other_secrets}).until()
    asked = one(story, Say.SECRETS_ASKED)
    assert (asked.tone, "API_KEY" in asked.text) == (Tone.ASK, True)
    agreed = evolve(story.run, SecretsAccepted(BEN, story.now))
    [said] = notices(story.run, SecretsAccepted(BEN, story.now), agreed)
    assert said.text == "ben agreed that the older secrets come back."
    [refused] = notices(story.run, Rejected(BEN, story.now), evolve(story.run, Rejected(BEN, story.now)))
    assert refused.code == Say.SECRETS_REJECTED


def test_what_never_moved_and_what_was_rewound_is_said_so() -> None:
    def restored(changed: bool, rewound: tuple[str, ...]) -> list[Notice]:
        story = deploy({StepKind.HEALTH: unhealthy}).until(at(StepKind.RESTORE))
        event = ComponentRestored(StepKind.RESTORE, "worker", story.now, live("worker", BEFORE), changed, rewound)
        return list(notices(story.run, event, evolve(story.run, event)))

    assert [one.text for one in restored(False, ())] == ["worker had never left 9f8e7d6c."]
    assert [one.code for one in restored(True, ("agent-db",))] == ["restored", "rewound"]


def test_needs_hands_says_what_is_live_and_what_was_tried() -> None:
    answers: Answers = {StepKind.HEALTH: unhealthy, (StepKind.RESTORE, "worker"): failing("503", ["upstream error"])}
    story = deploy(answers, TWO).until()
    assert one(story, Say.RESTORE_FAILED).log == ("upstream error",)
    ended = one(story, Say.ENDED_NEEDS_HANDS)
    assert ended.rows == (
        ("live", "api", "0c1d2e3f"),
        ("live", "worker", "5e6f7a8b (not readable since)"),
        ("tried", "restore worker", "503"),
        ("tried", "restore api", "done"),
    )


def test_rollbacks_and_verifications_have_their_own_last_words() -> None:
    assert codes(roll_back().until())[-5:] == [
        "healthy",
        "check_passed",
        "check_passed",
        "check_passed",
        "ended_back_on",
    ]
    assert one(roll_back().until(), Say.SWITCHED).text.startswith("worker: version 9f8e7d6c has the traffic")
    assert codes(verify().until())[-1] == "ended_verified"
    failed = verify({(StepKind.VERIFY, "agent"): failing("closed")}).until()
    assert (
        one(failed, Say.ENDED_NOT_VERIFIED).text == "canary did not pass; nothing was changed: verify: agent: closed."
    )


def test_a_begun_run_is_answered_with_its_id_and_place() -> None:
    run: Run = deploy().run
    first, later = begun(run), begun(run, ahead=2)
    assert (first.code, first.run) == ("begun", run.id)
    assert later.text == f"Run {run.id} waits for 2 runs before it: deploy moltworker → canary."
    assert later.code == "queued"


def test_every_code_has_its_sentence_and_no_two_the_same() -> None:
    assert set(SENTENCES) == set(Say)
    assert len(set(SENTENCES.values())) == len(Say)


@pytest.mark.parametrize("code", Say)
def test_notices_are_sentences_and_states_are_not(code: Say) -> None:
    words = SENTENCES[code]
    if code.startswith("at_"):
        assert not words.endswith(".")
        assert words[0].islower() or words[0] == "{"
    else:
        assert words.endswith(".")
        assert words[0].isupper() or words[0] == "{"


def test_a_reason_s_own_full_stop_is_not_doubled() -> None:
    assert say(Say.NEVER_MOVED, component="a", version="It is so.") == "a had never left It is so."
