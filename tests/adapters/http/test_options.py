from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.http.options import RULES, problems, read

GOOD: dict[str, Any] = {
    "path": "/health?x=1",
    "method": "POST",
    "status": [200, 204],
    "json": {"a": {"b": [1, 2.5, True, "x"]}},
    "text": "ok",
    "headers": {"x-a": "b"},
    "token_env": "WORKER_TOKEN",
    "redirects": True,
}


def test_good_options_have_no_problems() -> None:
    assert problems(GOOD) == []
    assert problems({}) == []
    assert problems({"path": "/healthz", "components": ["d1"]}, "health") == []
    assert read(GOOD).status == (200, 204)
    assert read({"status": 200}).status == (200,)
    assert (read({}).path, read({}, "health").path) == ("/", "/healthz")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("path", "health"),
        ("path", "//evil.test/"),
        ("path", "/a b"),
        ("path", "/a\r\nx: y"),
        ("path", 1),
        ("method", "DELETE"),
        ("status", "200"),
        ("status", True),
        ("status", []),
        ("status", [200, 99]),
        ("json", "ok"),
        ("json", {"a": [None]}),
        ("text", ""),
        ("headers", ["x"]),
        ("headers", {"x y": "z"}),
        ("headers", {"x": "a\r\nb: c"}),
        ("headers", {"x": 1}),
        ("headers", {"Authorization": "Bearer x"}),
        ("headers", {"host": "x"}),
        ("token_env", "sk-live-123 456"),
        ("token_env", ""),
        ("redirects", 1),
    ],
)
def test_a_bad_value_is_one_sentence(name: str, value: object) -> None:
    (said,) = problems({name: value})
    assert said.startswith(name)
    assert said.isprintable()


def test_unknown_options_get_a_suggestion_all_at_once() -> None:
    assert problems({"paht": "/", "zzz": 1, "status": 1}) == [
        "there is no option paht: did you mean path?",
        "there is no option zzz: known are path, headers, token_env, redirects, method, status, json, text",
        "status must be a number from 100 to 599, or a list of such",
    ]
    assert problems({"component": []}, "health") == ["there is no option component: did you mean components?"]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(sorted({*RULES["http"], *RULES["health"]})) | st.text(), values))
def test_any_options_are_read_or_told_why_not(options: dict[str, Any]) -> None:
    for channel in RULES:
        if not problems(options, channel):
            assert read(options, channel).path.startswith("/")
