"""A sentence for each code, whose blanks are known; help that cannot differ from what is understood."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.grammar import parse
from bot.domain.policy import permit
from bot.domain.refusal import Code, Refusal
from bot.domain.targets import Component, Environment, Estate, Target
from bot.domain.values import Actor, Person, Role, Room
from bot.domain.verbs import VERBS, Kind
from bot.view.help import help_notice, may_use, sample, whoami_notice
from bot.view.notice import Tone
from bot.view.wording import ANSWERS, REFUSALS, RULES, UNKNOWN, Answer, answer, blanks, fill, refused

NOW = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
ESTATE = Estate(
    targets=(
        Target(
            "shop",
            "/repo",
            "ops",
            (Component("worker"),),
            (
                Environment("canary", "https://c.test", promotes_to="production"),
                Environment("production", "https://p.test"),
                Environment("demo", "https://d.test"),
            ),
        ),
        Target("docs", "/repo", "dev", (Component("worker"),), (Environment("production", "https://e.test"),)),
    ),
    people=(
        Person("ana", {"slack": "U1", "telegram": "7"}, frozenset({Role.DEPLOYER})),
        Person("ben", {"slack": "U2"}, frozenset({Role.APPROVER})),
        Person("eve", {"slack": "U3"}, frozenset({Role.VIEWER})),
    ),
    rooms=(Room("ops"), Room("dev")),
)
ANA = Actor("slack", "U1", "ana")
STRANGER = Actor("slack", "U9", None, "Mallory")

# What `decide`, `locate`, `permit` and `parse` say with each code.
SAID: dict[Code, str] = {
    Code.EMPTY: "",
    Code.UNKNOWN_VERB: "",
    Code.UNKNOWN_OPTION: "verb word form",
    Code.MISSING_WORD: "verb word form",
    Code.TOO_MANY_WORDS: "verb word form",
    Code.BAD_WORD: "word kind rule",
    Code.BAD_REF: "word",
    Code.BAD_WEIGHT: "word",
    Code.BAD_TIME: "word",
    Code.TOO_LONG: "limit",
    Code.UNKNOWN_PERSON: "platform account",
    Code.NOT_ALLOWED: "person role",
    Code.NO_ROOM: "",
    Code.NO_TARGET: "",
    Code.WHICH_TARGET: "known",
    Code.UNKNOWN_TARGET: "target",
    Code.UNKNOWN_ENVIRONMENT: "environment target known",
    Code.WHICH_ENVIRONMENT: "known",
    Code.UNKNOWN_COMPONENT: "component target known",
    Code.UNKNOWN_RUN: "run",
    Code.NO_RUN: "",
    Code.WHICH_RELEASE: "release known",
    Code.WHICH_RUN: "known",
    Code.RUN_ENDED: "run outcome when",
    Code.UNKNOWN_RELEASE: "release environment",
    Code.NOTHING_TO_PROMOTE: "target environment",
    Code.NO_NEXT_ENVIRONMENT: "environment target",
    Code.STILL_WATCHED: "environment run who",
    Code.ON_ITS_WAY: "release environment run who",
    Code.ALREADY_LIVE: "release environment who when",
    Code.ROLLED_BACK_SINCE: "environment who when",
    Code.TRIED_BACK: "who environment when",
    Code.NOTHING_TO_ROLL_BACK: "target environment",
    Code.NO_WAY_BACK: "environment reason",
    Code.STALE_PRESS: "reason",
    Code.NOT_WAITING: "run",
    Code.OWN_APPROVAL: "run person",
    Code.ALREADY_APPROVED: "run person",
    Code.ALREADY_ABORTING: "run environment",
    Code.NOT_A_ROLLOUT: "run environment",
    Code.ROLLED_OUT: "run environment",
    Code.GOING_BACK: "run environment",
    Code.NO_WEIGHT_YET: "run",
    Code.ALREADY_PAUSED: "run who weight",
    Code.NOT_PAUSED: "run weight",
    Code.ALREADY_ADVANCING: "run who weight",
    Code.SAME_WEIGHT: "run weight",
    Code.OVERTAKEN: "run who component",
    Code.LOCKED: "who reason when environment target",
    Code.NOT_LOCKED: "environment target",
    Code.FROZEN: "who reason until",
    Code.NOT_FROZEN: "",
}


def test_every_code_has_its_sentence() -> None:
    assert set(REFUSALS) == set(Code) == set(SAID)
    assert set(ANSWERS) == set(Answer)


@pytest.mark.parametrize("code", Code)
def test_a_refusal_needs_no_blank_that_is_not_said(code: Code) -> None:
    assert blanks(REFUSALS[code]) <= set(SAID[code].split())
    notice = refused(Refusal(code, dict.fromkeys(SAID[code].split(), "x")))
    assert UNKNOWN not in notice.text
    assert notice.code == code
    assert notice.tone is Tone.BAD
    assert not set("{}[]") & set(
        notice.text.replace("[people.NAME]", "").replace("[rooms.NAME]", "").replace("[TARGET]", "")
    )


@pytest.mark.parametrize("code", Answer)
def test_every_answer_can_be_filled(code: Answer) -> None:
    text = answer(code, **dict.fromkeys(blanks(ANSWERS[code]), "x"))
    assert UNKNOWN not in text
    assert not set("{}[]") & set(text.replace("[people.NAME]", ""))
    assert "  " not in text


def test_a_blank_that_nobody_filled_does_not_raise() -> None:
    assert answer(Answer.UNLOCKED) == f"{UNKNOWN} let {UNKNOWN} of {UNKNOWN} go."


def test_a_part_is_left_out_where_its_blank_is_not_known() -> None:
    rest = "What has changed nothing yet waits; going back is still allowed."
    assert answer(Answer.FROZEN, who="ana") == f"ana stopped all deploys. {rest}"
    assert answer(Answer.FROZEN, who="ana", reason="sale", until="") == f"ana stopped all deploys: sale. {rest}"


def test_what_is_filled_in_is_no_sentence_itself() -> None:
    assert fill("{word}[ {until}]", {"word": "{who} [x {y}]", "until": "[{z}]"}) == "{who} [x {y}] [{z}]"


@given(st.sampled_from(list(Code)), st.dictionaries(st.sampled_from(["word", "known", "target", "kind"]), st.text()))
def test_any_refusal_is_worded(code: Code, says: dict[str, str]) -> None:
    assert refused(Refusal(code, says)).text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/deply canary", "I do not know that command: deply. Did you mean /deploy? /help lists them."),
        (
            "/deploy",
            "/deploy needs ENV. Type it like this: /deploy ENV [TARGET] [REF] [only=a,b] [strategy=direct] "
            "(known: canary, demo, production)",
        ),
        ("/abort x", '"x" cannot stand there: a run is called by eight letters and digits, as on its card.'),
        (
            "/deploy canary onyl=x",
            "/deploy has no option onyl=. Did you mean only=? Type it like this: "
            "/deploy ENV [TARGET] [REF] [only=a,b] [strategy=direct]",
        ),
    ],
)
def test_what_was_typed_wrongly_is_answered(text: str, said: str) -> None:
    got = parse(text, ESTATE, NOW)
    assert isinstance(got, Refusal)
    assert refused(got).text == said


def test_every_kind_of_word_that_can_be_bad_has_its_rule() -> None:
    never = {Kind.REF, Kind.WEIGHT, Kind.TIME, Kind.REASON}  # these have codes of their own, or take everything
    assert set(RULES) == (set(Kind) - never) | {"character", "line", "twice"}


def test_a_close_name_is_suggested_from_what_is_known() -> None:
    says = {"environment": "canry", "target": "shop", "known": "canary, production"}
    assert refused(Refusal(Code.UNKNOWN_ENVIRONMENT, says)).text == (
        "shop has no environment canry. Did you mean canary? It has canary, production."
    )
    assert refused(Refusal(Code.UNKNOWN_TARGET, {"target": "xyz", "known": ""})).text == "There is no target xyz."


# ---- help


def shown(actor: Actor, room: Room | None = None) -> list[tuple[str, ...]]:
    return list(help_notice(actor, ESTATE, room).rows)


@pytest.mark.parametrize("person", ["ana", "ben", "eve"])
def test_help_shows_exactly_what_the_person_may_do(person: str) -> None:
    actor = Actor("slack", "x", person)
    rows = shown(actor)
    for verb in VERBS:
        allowed = permit(sample(verb), actor, ESTATE) is None
        assert ((verb.form, verb.does) in rows) is allowed
    assert ("/help", "say what this bot can do here, for you") in rows


def test_help_for_a_stranger_is_how_to_get_known() -> None:
    rows = shown(STRANGER)
    assert [row[0] for row in rows] == ["Ask", "/help", "/whoami"]
    assert "do not know you" in help_notice(STRANGER, ESTATE).text


def test_help_shows_the_targets_of_the_room() -> None:
    assert shown(ANA, Room("ops"))[-2:] == [("Targets",), ("shop", "canary → production, demo")]
    assert shown(ANA)[-1] == ("docs", "production")


def test_every_line_of_help_is_understood() -> None:
    for verb in VERBS:
        typed = verb.form.replace("[", "").replace("]", "").replace("RUN", "k3v9x2ma").replace("RELEASE", "3f9c2d1")
        typed = typed.replace(" N ", " 50 ").replace("TIME", "2h").replace("=REASON", "=x")
        got = parse(typed, Estate(), NOW)
        assert not isinstance(got, Refusal), (typed, got)
        assert type(got) is verb.command


def test_whoami_names_the_person_the_accounts_and_the_rights() -> None:
    notice = whoami_notice(ANA, ESTATE)
    assert notice.text == "I know you as ana, on slack as U1."
    rows = {row[0]: row[1] for row in notice.rows}
    assert rows["roles"] == "deployer"
    assert rows["accounts"] == "slack U1, telegram 7"
    assert rows["you may"].split() == [f"/{verb.word}" for verb in VERBS if may_use(verb, ANA, ESTATE)]
    assert "/deploy" in rows["you may"].split()
    assert notice.private


def test_whoami_tells_a_stranger_what_to_ask_for() -> None:
    notice = whoami_notice(STRANGER, ESTATE)
    assert 'slack = "U9"' in notice.text
    assert notice.rows == ()
