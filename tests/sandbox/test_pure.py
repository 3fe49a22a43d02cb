"""The parts without I/O: routing, SQL text, GraphQL, rules."""

import pytest

from sandbox.graphql import BadQuery, parse
from sandbox.invocations import answer, sampled
from sandbox.routing import choose, override, script_and_prefix
from sandbox.rules import Rules
from sandbox.sql import reads_only, records_migration, statements
from sandbox.tails import LIFETIME, Tails

DOMAINS = ("sandbox.workers.dev", "localhost")


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("hello.sandbox.workers.dev", ("hello", "")),
        ("HELLO.localhost:8080", ("hello", "")),
        ("0123abcd-hello.sandbox.workers.dev", ("hello", "0123abcd")),
        ("0123abcd-hello-canary.localhost", ("hello-canary", "0123abcd")),
        ("0123abcd-nobody.localhost", None),
        ("hello.example.com", None),
        ("localhost", None),
        ("127.0.0.1:80", None),
    ],
)
def test_the_worker_of_a_host_name(host: str, found: tuple[str, str] | None) -> None:
    assert script_and_prefix(host, ["hello", "hello-canary"], DOMAINS) == found


@pytest.mark.parametrize(
    ("header", "version"),
    [
        ('hello="v1"', "v1"),
        (' other="v2" , hello="v1"', "v1"),
        ('other="v2"', None),
        ("hello=v1", None),
        ("", None),
        (";;;", None),
        ('hello="v1",;', None),
        ('hello="v1", other=v2', "v1"),
        ('hello="v1", 1st="v2"', None),
        ('hello="v1", hello="v2"', "v2"),
    ],
)
def test_a_version_override(header: str, version: str | None) -> None:
    assert override(header, "hello") == version


def test_chance_falls_by_weight_and_never_on_zero() -> None:
    assert choose([("new", 10), ("old", 90)], "s", "", "", 0.0999) == "new"
    assert choose([("new", 10), ("old", 90)], "s", "", "", 0.1) == "old"
    assert {choose([("new", 0), ("old", 100)], "s", "", "", chance / 100) for chance in range(100)} == {"old"}
    assert {choose([("new", 100), ("old", 0)], "s", "", "", chance / 100) for chance in range(100)} == {"new"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("SELECT 1", ["SELECT 1"]),
        ("SELECT ';'; -- a; b\nSELECT 2;", ["SELECT ';';", "-- a; b\nSELECT 2;"]),
        ("CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; SELECT 2; END; SELECT 3", None),
        ("-- only this", []),
        (" ; ;/* x */;", []),
        ("", []),
    ],
)
def test_sql_is_split_as_sqlite_reads_it(text: str, found: list[str] | None) -> None:
    read = statements(text)
    assert read == found if found is not None else len(read) == 2


def test_what_a_statement_does_is_told() -> None:
    assert reads_only("select 1")
    assert not reads_only("with a as (select 1) delete from b")
    assert records_migration('INSERT INTO "d1_migrations" (name) values (1)')
    assert records_migration("insert into d1_migrations (name) values (1)")
    assert not records_migration("insert into greetings values (1)")


def test_graphql_is_read_with_aliases_variables_and_defaults() -> None:
    text = """query Q($a: [String!]!, $n: Int = 5) {
        one: thing(list: $a, limit: $n, deep: {x: "y,}", e: NAME}) { leaf } # end
    }"""
    (found,) = parse(text, {"a": ["b"]})
    assert (found.name, found.key, [one.name for one in found.below]) == ("thing", "one", ["leaf"])
    assert found.arguments == {"list": ["b"], "limit": 5, "deep": {"x": "y,}", "e": "NAME"}}


@pytest.mark.parametrize("text", ["", "{", "{ a(", "{ a } }", "{ ...F }", "{ 1 }", "query"])
def test_graphql_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(BadQuery):
        parse(text, {})


def test_groups_are_by_the_dimensions_asked_for() -> None:
    rows = [
        (60, "v1", "success", 3, 0, "1.0,2.0,3.0"),
        (61, "v1", "success", 1, 0, "9.0"),
        (125, "v2", "scriptThrewException", 2, 2, "5.0"),
    ]
    text = """{ data(limit: 10, filter: {datetime_geq: "1970-01-01T00:01:00Z"}, orderBy: [scriptVersion_DESC]) {
        sum { requests errors } quantiles { wallTimeP50 } dimensions { scriptVersion minute: datetimeMinute } } }"""
    (found,) = parse(text, {})
    assert answer(found, "hello", rows, 1) == [
        {
            "sum": {"requests": 2, "errors": 2},
            "quantiles": {"wallTimeP50": 5000.0},
            "dimensions": {"scriptVersion": "v2", "minute": "1970-01-01T00:02:00Z"},
        },
        {
            "sum": {"requests": 4, "errors": 0},
            "quantiles": {"wallTimeP50": 3000.0},
            "dimensions": {"scriptVersion": "v1", "minute": "1970-01-01T00:01:00Z"},
        },
    ]


def test_a_sample_keeps_whole_intervals_whatever_the_size_of_the_rows() -> None:
    rows = [(second, "v1", "success", 3, 0, "1.0") for second in range(40)]
    assert sum(row[3] for row in sampled(rows, 10)) == 120
    assert {row[3] for row in sampled(rows, 10)} == {10}


def test_rules_are_used_up() -> None:
    rules = Rules()
    rules.add_api({"do": "cut", "method": "POST", "times": 2})
    met = [len(rules.for_call("POST", "/x")) for _ in range(3)]
    assert (met, rules.for_call("GET", "/x"), rules.listed()["api"]) == ([1, 1, 0], [], [])


def test_a_worker_has_ten_tails_at_most_until_one_expires() -> None:
    tails = Tails()
    made = [tails.add("hello", [], now=float(second)) for second in range(10)]
    assert all(made)
    assert tails.add("hello", [], now=10.0) is None
    assert tails.add("other", [], now=10.0) is not None
    assert len(tails.alive(LIFETIME - 1)) == 11
    assert len(tails.alive(LIFETIME)) == 10
    assert tails.add("hello", [], now=LIFETIME) is not None
    assert tails.add("hello", [], now=LIFETIME) is None
