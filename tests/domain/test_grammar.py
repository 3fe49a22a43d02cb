"""Typed words become commands, commands become words, and no text is ever more than data."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import commands as c
from bot.domain.commands import Command
from bot.domain.grammar import parse, spell
from bot.domain.refusal import Code, Refusal
from bot.domain.targets import Component, Environment, Estate, Target
from bot.domain.typed import LONGEST_LINE
from bot.domain.values import RunId
from bot.domain.verbs import VERBS, Kind, verb_of

NOW = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)


def target(name: str, *environments: str) -> Target:
    places = tuple(Environment(one, f"https://{one}.test") for one in environments)
    return Target(name, "/repo", "ops", (Component("worker"), Component("Bot")), places)


ESTATE = Estate(targets=(target("shop", "canary", "production"), target("Docs", "production")))


def read(text: str) -> Command | Refusal:
    return parse(text, ESTATE, NOW)


def refusal(text: str) -> Refusal:
    got = read(text)
    assert isinstance(got, Refusal)
    return got


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/deploy canary", c.Deploy("canary")),
        ("deploy canary", c.Deploy("canary")),
        ("  /Deploy   CANARY \n", c.Deploy("canary")),
        ("/deploy@outrider_bot canary", c.Deploy("canary")),
        ("@outrider deploy canary", c.Deploy("canary")),
        ("<@U024BE7LH> deploy canary", c.Deploy("canary")),
        ("<@!80351110224678912>, /deploy canary", c.Deploy("canary")),
        ("/deploy canary shop", c.Deploy("canary", target="shop")),
        ("/deploy canary docs", c.Deploy("canary", target="Docs")),
        ("/deploy canary hotfix/1", c.Deploy("canary", ref="hotfix/1")),
        ("/deploy canary shop main", c.Deploy("canary", "shop", "main")),
        ("/deploy canary other main", c.Deploy("canary", "other", "main")),
        ("/deploy canary ref=shop", c.Deploy("canary", ref="shop")),
        ("/deploy canary main only=worker,bot", c.Deploy("canary", ref="main", only=("worker", "Bot"))),
        ("/deploy only=worker,worker canary", c.Deploy("canary", only=("worker",))),
        ("/deploy env=canary target=shop", c.Deploy("canary", "shop")),
        ("/promote", c.Promote()),
        ("/promote shop", c.Promote("shop")),
        ("/rollback", c.RollBack()),
        ("/rollback production", c.RollBack("production")),
        ("/rollback shop", c.RollBack(target="shop")),
        ("/rollback prodution", c.RollBack("prodution")),
        ("/rollback production shop to=3f9c2d1", c.RollBack("production", "shop", "3f9c2d1")),
        ("/abort", c.Abort()),
        ("/abort #K3V9X2MA", c.Abort(RunId("k3v9x2ma"))),
        ("/approve k3v9x2mo", c.Approve(RunId("k3v9x2m0"))),
        ("/reject run=k3v9x2ma", c.Reject(RunId("k3v9x2ma"))),
        ("/pause", c.Pause()),
        ("/resume", c.Resume()),
        ("/advance", c.Advance()),
        ("/weight 50", c.SetWeight(50)),
        ("/weight 0% shop", c.SetWeight(0, "shop")),
        ("/plan canary main", c.ShowPlan("canary", ref="main")),
        ("/verify production Docs", c.Verify("production", "Docs")),
        ("/status", c.ShowStatus()),
        ("/status shop", c.ShowStatus("shop")),
        ("/history production", c.ShowHistory(environment="production")),
        ("/history shop", c.ShowHistory("shop")),
        ("/history shop canary", c.ShowHistory("shop", "canary")),
        ("/secrets canary", c.ShowSecrets("canary")),
        ("/lock canary", c.Lock("canary")),
        ("/lock canary load test, a=b", c.Lock("canary", "load test, a=b")),
        ("/lock canary target=shop load test", c.Lock("canary", "load test", "shop")),
        ("/lock canary reason=target=shop is odd", c.Lock("canary", "target=shop is odd")),
        ("/unlock canary shop", c.Unlock("canary", "shop")),
        ("/freeze", c.Freeze()),
        ("/freeze 2h the 2nd incident", c.Freeze(NOW + timedelta(hours=2), "the 2nd incident")),
        ("/freeze 2nd incident", c.Freeze(None, "2nd incident")),
        ("/freeze 18:00", c.Freeze(NOW + timedelta(hours=1))),
        ("/freeze 17:00", c.Freeze(NOW + timedelta(days=1))),
        ("/freeze 2026-11-24", c.Freeze(datetime(2026, 11, 24, tzinfo=UTC))),
        (
            "/freeze until=2026-11-24T09:00+01:00 sale",
            c.Freeze(datetime(2026, 11, 24, 8, tzinfo=UTC), "sale"),
        ),
        ("/unfreeze", c.Unfreeze()),
        ("/help", c.ShowHelp()),
        ("/whoami", c.WhoAmI()),
    ],
)
def test_words_become_a_command(text: str, command: Command) -> None:
    assert read(text) == command


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("", Code.EMPTY, {}),
        ("@outrider", Code.EMPTY, {}),
        ("/", Code.EMPTY, {}),
        ("/deply canary", Code.UNKNOWN_VERB, {"word": "deply", "suggestion": "/deploy"}),
        ("/xyzzy", Code.UNKNOWN_VERB, {"word": "xyzzy", "suggestion": ""}),
        ("/flags canary", Code.UNKNOWN_VERB, {"word": "flags"}),
        ("/deploy", Code.MISSING_WORD, {"word": "ENV", "known": "canary, production"}),
        ("/weight", Code.MISSING_WORD, {"word": "N", "known": ""}),
        ("/deploy a b c d", Code.TOO_MANY_WORDS, {"word": "d"}),
        ("/help me", Code.TOO_MANY_WORDS, {"word": "me", "form": "/help"}),
        ("/deploy canary onyl=worker", Code.UNKNOWN_OPTION, {"word": "onyl", "suggestion": "only"}),
        ("/deploy canary only=", Code.BAD_WORD, {"kind": Kind.COMPONENTS}),
        ("/deploy canary only=a,,b", Code.BAD_WORD, {"kind": Kind.COMPONENTS}),
        ("/deploy canary ref=a ref=b", Code.BAD_WORD, {"kind": "twice"}),
        ("/deploy --env", Code.BAD_WORD, {"word": "--env", "kind": Kind.ENVIRONMENT}),
        ("/deploy canary $(x)", Code.BAD_REF, {"word": "$(x)"}),
        ("/deploy canary --upload-pack=x", Code.UNKNOWN_OPTION, {"word": "--upload-pack"}),
        ("/deploy canary ref=--upload-pack", Code.BAD_REF, {}),
        ("/deploy canary a..b", Code.BAD_REF, {}),
        ("/deploy canary a@{1}", Code.BAD_REF, {}),
        ("/deploy canary main;", Code.BAD_REF, {"word": "main;"}),
        ("/deploy canary\n/deploy production", Code.BAD_WORD, {"kind": "line"}),
        ("/deploy cana\x00ry", Code.BAD_WORD, {"word": "U+0000", "kind": "character"}),
        ("/deploy canary \u202eniam", Code.BAD_WORD, {"word": "U+202E", "kind": "character"}),
        ("/lock canary \ud800", Code.BAD_WORD, {"word": "U+D800"}),
        ("/abort 123", Code.BAD_WORD, {"word": "123", "kind": Kind.RUN}),
        ("/abort k3v9x2mu", Code.BAD_WORD, {"kind": Kind.RUN}),
        ("/weight 101", Code.BAD_WEIGHT, {"word": "101"}),
        ("/weight -1", Code.BAD_WEIGHT, {"word": "-1"}),
        ("/weight \u0665", Code.BAD_WEIGHT, {"word": "\u0665"}),
        ("/freeze 25:99", Code.BAD_TIME, {"word": "25:99"}),
        ("/freeze 2020-01-01", Code.BAD_TIME, {}),
        ("/freeze until=tomorrow", Code.BAD_TIME, {"word": "tomorrow"}),
        ("/freeze 999999999d", Code.BAD_TIME, {}),
        ("/rollback production to=a;b", Code.BAD_WORD, {"kind": Kind.RELEASE}),
        ("/lock " + "x" * LONGEST_LINE, Code.TOO_LONG, {"limit": str(LONGEST_LINE)}),
        ("/" + "x" * 100, Code.UNKNOWN_VERB, {"word": "x" * 39 + "…"}),
    ],
)
def test_what_is_no_command_is_refused(text: str, code: Code, says: dict[str, str]) -> None:
    got = refusal(text)
    assert got.code is code
    assert {key: got.says[key] for key in says} == says


def test_emoji_that_are_joined_may_stand_in_a_reason() -> None:
    assert read("/lock canary 👩‍💻 at work") == c.Lock("canary", "👩‍💻 at work")


def test_every_command_has_exactly_one_verb() -> None:
    assert [verb_of_class(one) for one in get_args(Command)] == [1] * len(get_args(Command))
    assert len(VERBS) == len({verb.word for verb in VERBS}) == len(get_args(Command))


def verb_of_class(command: type) -> int:
    return sum(verb.command is command for verb in VERBS)


def test_forms_are_those_of_the_contract() -> None:
    forms = {verb.word: verb.form for verb in VERBS}
    assert forms["deploy"] == "/deploy ENV [TARGET] [REF] [only=a,b] [strategy=direct]"
    assert forms["rollback"] == "/rollback [ENV] [TARGET] [to=RELEASE]"
    assert forms["history"] == "/history [TARGET] [ENV]"
    assert forms["lock"] == "/lock ENV [target=TARGET] [REASON]"
    assert forms["weight"] == "/weight N [TARGET]"


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (c.Deploy("canary"), "/deploy canary"),
        (c.Deploy("canary", ref="main"), "/deploy canary main"),
        (c.Deploy("canary", ref="shop"), "/deploy canary ref=shop"),
        (c.RollBack("production"), "/rollback production"),
        (c.RollBack(target="shop", to="3f9c2d1"), "/rollback shop to=3f9c2d1"),
        (c.Abort(RunId("k3v9x2ma")), "/abort k3v9x2ma"),
        (c.Freeze(None, "5m of rest"), "/freeze reason=5m of rest"),
        (c.Freeze(datetime(2026, 11, 24, 9, tzinfo=UTC), "sale"), "/freeze until=2026-11-24T09:00:00Z sale"),
        (c.Promote("shop", drawn="k3v9x2ma"), "/promote shop"),
    ],
)
def test_a_command_is_spelled_as_people_would(command: Command, text: str) -> None:
    assert spell(command, ESTATE) == text


# ---- any text, any command

NAMES = st.sampled_from(["canary", "production", "shop", "Docs", "other", "worker", "a.b-c_d"])
REFS = st.sampled_from(["main", "shop", "canary", "hotfix/1", "v1.2.3", "3f9c2d1", "fix#12"])
RUNS = st.text("0123456789abcdefghjkmnpqrstvwxyz", min_size=8, max_size=8).map(RunId)
REASONS = st.lists(
    st.sampled_from(["5m", "18:00", "target=shop", "reason=x", "until=1h", "=", "a=b", "load", "🙂", "2nd"]),
    max_size=5,
).map(" ".join)
TIMES = st.integers(1, 10**9).map(lambda seconds: NOW + timedelta(seconds=seconds))
COMMANDS: st.SearchStrategy[Command] = st.one_of(
    st.builds(c.Deploy, NAMES, st.none() | NAMES, st.none() | REFS, st.sampled_from([(), ("a",), ("a", "b")])),
    st.builds(c.Promote, st.none() | NAMES),
    st.builds(c.RollBack, st.none() | NAMES, st.none() | NAMES, st.none() | st.just("3f9c2d1")),
    *(st.builds(one, st.none() | RUNS) for one in (c.Abort, c.Pause, c.Resume, c.Advance, c.Approve, c.Reject)),
    st.builds(c.SetWeight, st.integers(0, 100), st.none() | NAMES),
    st.builds(c.ShowPlan, NAMES, st.none() | NAMES, st.none() | REFS),
    *(st.builds(one, NAMES, st.none() | NAMES) for one in (c.Verify, c.ShowSecrets, c.Unlock)),
    st.builds(c.ShowStatus, st.none() | NAMES),
    st.builds(c.ShowHistory, st.none() | NAMES, st.none() | NAMES),
    st.builds(c.Lock, NAMES, REASONS, st.none() | NAMES),
    st.builds(c.Freeze, st.none() | TIMES, REASONS),
    st.sampled_from([c.Unfreeze(), c.ShowHelp(), c.WhoAmI()]),
)


@given(COMMANDS, st.sampled_from([ESTATE, Estate()]))
def test_every_command_comes_back_from_its_spelling(command: Command, estate: Estate) -> None:
    assert parse(spell(command, estate), estate, NOW) == command


PIECES = st.sampled_from(
    [
        *(verb.word for verb in VERBS),
        *("/", "@", "=", " ", "\t", "\n", ",", "#", "--env", "$(x)", ";", "`id`", "\x00", "\u202e", "\u2066"),
        *(
            "only=",
            "to=",
            "until=",
            "reason=",
            "target=",
            "ref=",
            "canary",
            "shop",
            "99",
            "12:00",
            "1h",
            "<@U1>",
        ),
    ]
)


@given(st.text() | st.lists(PIECES | st.text(max_size=3)).map("".join) | st.lists(PIECES).map(" ".join))
def test_any_text_is_a_command_or_a_refusal(text: str) -> None:
    got = read(text)
    if isinstance(got, Refusal):
        assert all(len(word) <= 200 for word in got.says.values())
    else:
        assert read(spell(got, ESTATE)) == got
        assert verb_of(got).word in text.casefold()


@given(st.lists(PIECES | st.text(max_size=3)).map(" ".join))
def test_no_word_but_a_reason_carries_anything_but_plain_characters(text: str) -> None:
    got = read(f"/deploy {text}")
    if isinstance(got, c.Deploy):
        words = [got.environment, got.target or "x", got.ref or "x", *got.only]
        assert all(word.isascii() and word.isprintable() for word in words)
        assert not any(" " in word or word.startswith("-") for word in words)
