import base64
import json
import string
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.redaction import MARK, SHORTEST, Redactor

plain = st.characters(codec="utf-8")
secrets = st.text(plain, min_size=SHORTEST, max_size=40).filter(
    lambda one: len(one.strip()) >= SHORTEST and one not in MARK
)


def pieces(text: str) -> list[str]:
    return text.split(MARK)


@given(
    st.lists(secrets, min_size=1, max_size=4),
    st.lists(st.text(plain, max_size=8), min_size=2, max_size=6),
    st.data(),
)
def test_no_secret_survives(values: list[str], between: list[str], data: st.DataObject) -> None:
    drawn = [data.draw(st.sampled_from(values)) for _ in between]
    text = "".join(part for pair in zip(between, drawn, strict=True) for part in pair)
    cleaned = Redactor(values).clean(text)
    assert MARK in cleaned
    assert not [value for value in values for piece in pieces(cleaned) if value in piece]


@given(secrets, secrets, st.integers(1, 5))
def test_overlapping_secrets_go_together(first: str, second: str, shared: int) -> None:
    second = first[-shared:] + second
    text = first[:-shared] + second
    assert Redactor([first, second]).clean(text) == MARK


@given(secrets, st.text(plain, max_size=20), st.text(plain, max_size=20))
def test_no_shape_of_a_secret_survives(value: str, before: str, after: str) -> None:
    clean = Redactor([value]).clean
    for shape in (quote(value, safe=""), quote(value), quote_plus(value), json.dumps(value)[1:-1]):
        assert not [piece for piece in pieces(clean(before + shape + after)) if shape in piece]


@given(secrets, st.binary(max_size=7), st.binary(max_size=7))
def test_base_64_of_something_that_contains_it(value: str, before: bytes, after: bytes) -> None:
    text = base64.b64encode(before + value.encode() + after).decode()
    cleaned = Redactor([value]).clean(text)
    left = "".join(pieces(cleaned))
    assert len(left) <= len(base64.b64encode(before)) + len(base64.b64encode(after)) + 4
    assert MARK in cleaned


@given(st.text(string.ascii_lowercase + " .,\n", max_size=200))
def test_text_without_secrets_is_unchanged(text: str) -> None:
    assert Redactor(["0123456789"]).clean(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "Deployed 4f2d9c1a-7b1e-4a3e-9f70-2f4c6a1b9d3e at 2026-11-21T16:05:27Z in 1:23",
        "commit 0f3c2a1b9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a",
        "https://moltworker-canary.acme.workers.dev/health?a=b@c",
        "git@github.com:acme/moltworker.git and ssh://git@github.com/acme/x",
        "The bearer authentication scheme is required",
        "xoxb is how a bot token starts",
        "https://acme.dev:8443/a mail ana@acme.dev",
    ],
)
def test_ordinary_lines_are_unchanged(text: str) -> None:
    assert Redactor(["hunter2-hunter2"]).clean(text) == text


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("token xoxb-123456789012-abcdefGHIJKL", "xoxb-123456789012-abcdefGHIJKL"),
        ("token xapp-1-A0123-456-abcdef0123", "xapp-1-A0123-456-abcdef0123"),
        ("https://hooks.slack.com/services/T000/B000/XXXXXXXXXXXX", "XXXXXXXXXXXX"),
        (
            "POST /bot110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawx/getMe",
            "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawx",
        ),
        ("MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs", "ZnCjm1XVW7vRze4b7Cq4se7kKWs"),
        ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", "abcdefghijklmnopqrstuvwxyz0123456789"),
        ("github_pat_11AAAAAAA0abcdefghijkl_mnopqrstuv", "11AAAAAAA0abcdefghijkl_mnopqrstuv"),
        ("Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.e30.abc", "eyJhbGciOiJIUzI1NiJ9.e30.abc"),
        ("authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        ("https://x-access-token:abc@github.com/a/b", "x-access-token:abc"),
        ("postgresql://bot:pa@ss@db/x", "pa@ss"),
        ("https://abcdef@github.com/a/b", "abcdef"),
    ],
)
def test_tokens_known_by_their_look(text: str, secret: str) -> None:
    cleaned = Redactor([]).clean(text)
    assert secret not in cleaned
    assert MARK in cleaned


def test_lines_of_a_secret_with_several_lines() -> None:
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBg\n  kqhkiG9w0BAQ\n-----END KEY-----\n"
    clean = Redactor([key]).clean
    assert [clean(line) for line in ("a MIIEvQIBADANBg b", "kqhkiG9w0BAQ", "plain")] == [
        f"a {MARK} b",
        MARK,
        "plain",
    ]
    assert "MIIE" not in clean(json.dumps({"key": key}))


@given(
    value=st.text(string.ascii_letters + string.digits, min_size=10, max_size=40),
    width=st.integers(3, 30),
    before=st.text("-+ ", max_size=30),
)
def test_a_secret_that_was_broken_into_lines_is_taken_out_of_each(value: str, width: int, before: str) -> None:
    text = f"{before}{value} and more"
    broken = [text[at : at + width] for at in range(0, len(text), width)]
    cleaned = Redactor([value]).clean_lines(["first", *broken, "last"])
    assert len(cleaned) == len(broken) + 2
    assert value not in "".join(cleaned)
    assert "".join(cleaned).replace(MARK, "").replace(" ", "") == f"first{before} and morelast".replace(" ", "")


def test_lines_without_a_secret_stay_as_they_are() -> None:
    lines = ("one", "", "two", "three")
    assert Redactor(["0123456789"]).clean_lines(lines) == lines
    assert Redactor(["0123456789"]).clean_lines(()) == ()


def test_short_values_are_not_looked_for() -> None:
    assert Redactor(["true", "12345", "", "     \n "]).clean("true 12345 \n      x") == "true 12345 \n      x"


def test_a_secret_at_a_cut_leaves_no_half() -> None:
    value = "s3cr3t-" * 10
    cut = ("x" * 2000 + value)[:2030]
    assert "s3cr3t" not in Redactor([value]).clean_cut(cut)


def test_it_prints_no_secret() -> None:
    assert "hunter2" not in f"{Redactor(['hunter2-hunter2'])!r}"
    assert Redactor(iter(["hunter2-hunter2"])).clean("hunter2-hunter2") == MARK
