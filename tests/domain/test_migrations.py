import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.migrations import judge_migrations, pieces
from bot.domain.values import Mark, Verdict

OK = Verdict(Mark.PASS)
HINT = "agree with a comment `-- outrider: destructive-ok why`"


def judge(sql: str) -> Verdict:
    return judge_migrations(["0001_a.sql"], {"0001_a.sql": sql})


def numbered(*names: str, pending: tuple[str, ...] = ()) -> str:
    return judge_migrations(pending or names, dict.fromkeys(names, "SELECT 1;")).reason


def test_nothing_pending_passes() -> None:
    assert judge_migrations([], {}) == OK
    assert judge_migrations([], {"0001_a.sql": "DROP TABLE a;"}) == OK


def test_numbers_in_sequence_pass_wherever_they_begin() -> None:
    assert numbered("0000_a.sql", "0001_b.sql", "0002_c.sql") == ""
    assert numbered("0009_a.sql", "0010_b.sql", "11_c.sql") == ""


def test_a_gap_is_named() -> None:
    assert numbered("0001_a.sql", "0003_b.sql") == (
        "there is no migration between 0001_a.sql and 0003_b.sql: number them without a gap"
    )


def test_a_number_used_twice_is_named() -> None:
    assert numbered("0001_a.sql", "0001_b.sql") == "0001_a.sql and 0001_b.sql have the same number"


def test_a_name_without_a_number_says_what_to_call_it() -> None:
    assert numbered("users.sql") == "users.sql has no number: call it like 0001_users.sql"


def test_a_pending_migration_below_an_applied_one_is_named() -> None:
    reason = numbered("0001_a.sql", "0002_b.sql", "0003_c.sql", pending=("0002_b.sql",))
    assert reason == "0002_b.sql comes before 0003_c.sql, which is applied already: give it a new number"


def test_a_pending_migration_that_is_not_there_is_an_error() -> None:
    verdict = judge_migrations(["0002_b.sql"], {"0001_a.sql": ""})
    assert verdict == Verdict(Mark.ERROR, "pending but not in the checkout: 0002_b.sql")


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("DROP TABLE users;", "DROP TABLE"),
        ("drop\ttable if exists users", "DROP TABLE"),
        ("DROP/**/TABLE users", "DROP TABLE"),
        ("DROP -- why\n TABLE users", "DROP TABLE"),
        ("SELECT 1;;DROP TABLE users", "DROP TABLE"),
        ("ALTER TABLE users DROP COLUMN age", "DROP COLUMN"),
        ("ALTER TABLE users DROP age", "DROP COLUMN"),
        ("ALTER TABLE main.users DROP age", "DROP COLUMN"),
        ('ALTER TABLE "users" RENAME TO people', "ALTER … RENAME"),
        ("ALTER TABLE [main].[users] RENAME COLUMN a TO b", "ALTER … RENAME"),
        ("DELETE FROM users", "DELETE without WHERE"),
        ("DELETE FROM users WHERE 1", "DELETE without WHERE"),
        ("DELETE FROM users WHERE true;", "DELETE without WHERE"),
        ("DELETE FROM users RETURNING (SELECT 1 WHERE 1=2)", "DELETE without WHERE"),
        ("WITH a AS (SELECT 1 WHERE 1=2) DELETE FROM users", "DELETE without WHERE"),
        ("DELETE FROM users -- WHERE id = 1", "DELETE without WHERE"),
        ("DELETE FROM users; SELECT 1 WHERE id = 2", "DELETE without WHERE"),
        ("CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; END", "DELETE without WHERE"),
        ("TRUNCATE users", "TRUNCATE"),
        ("/* a */ truncate table users", "TRUNCATE"),
    ],
)
def test_what_destroys_is_found(sql: str, what: str) -> None:
    verdict = judge(sql)
    assert verdict.mark is Mark.FAIL
    assert f": {what} ({HINT})" in verdict.reason


@pytest.mark.parametrize(
    "sql",
    [
        "DROP INDEX users_by_age",
        "DROP VIEW a; DROP TRIGGER b",
        "-- DROP TABLE users",
        "/* DROP TABLE users; */ SELECT 1",
        "/* never closed DROP TABLE users",
        "INSERT INTO log VALUES ('DROP TABLE users; DELETE FROM a')",
        "INSERT INTO log VALUES ('it''s; DROP TABLE users')",
        'CREATE TABLE "drop table" (a)',
        "CREATE TABLE `a``; DROP TABLE b` (a)",
        "CREATE TABLE [delete from] (a)",
        "CREATE TABLE dropped_table (truncate TEXT, rename TEXT)",
        "ALTER TABLE users ADD COLUMN rename TEXT",
        "ALTER TABLE rename ADD COLUMN drop_at TEXT",
        "DELETE FROM users WHERE id = 1",
        "DELETE FROM users WHERE EXISTS (SELECT 1)",
        "CREATE TABLE a (b REFERENCES c ON DELETE CASCADE)",
        "CREATE TRIGGER t BEFORE DELETE ON a BEGIN SELECT 1; END",
        "SELECT '--', 1 /* ' */, \"--\" -- '\n",
        "",
    ],
)
def test_what_only_looks_destructive_is_not_found(sql: str) -> None:
    assert judge(sql) == OK


def test_file_and_line_are_named() -> None:
    sql = "CREATE TABLE a (\n  b TEXT -- 'x\n);\n/* two\nlines */ DROP\nTABLE users;\n"
    assert judge(sql).reason == f"0001_a.sql line 5: DROP TABLE ({HINT})"


def test_a_file_agrees_with_a_reason() -> None:
    assert judge("-- outrider: destructive-ok copied in 0012\nDROP TABLE users;") == OK
    assert judge("DROP TABLE users;  --  outrider: destructive-ok   nobody reads it") == OK


def test_to_agree_takes_a_reason() -> None:
    assert judge("-- outrider: destructive-ok \nDROP TABLE users;").reason == (
        "0001_a.sql line 2: DROP TABLE (say why after destructive-ok)"
    )


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT '\n-- outrider: destructive-ok no\n'; DROP TABLE users;",
        "/*\n-- outrider: destructive-ok no\n*/ DROP TABLE users;",
        "-- see outrider: destructive-ok no\nDROP TABLE users;",
        "-- outrider: destructive-okay\nDROP TABLE users;",
    ],
)
def test_only_a_comment_of_its_own_agrees(sql: str) -> None:
    assert judge(sql).mark is Mark.FAIL


def test_one_file_does_not_agree_for_another() -> None:
    files = {"0001_a.sql": "-- outrider: destructive-ok yes\nDROP TABLE a", "0002_b.sql": "DROP TABLE b"}
    assert judge_migrations(list(files), files).reason.startswith("0002_b.sql line 1")


def test_a_quote_that_is_never_closed_is_named_even_where_the_file_agrees() -> None:
    verdict = judge("-- outrider: destructive-ok yes\nSELECT 'a;\nDROP TABLE b;")
    assert verdict == Verdict(Mark.FAIL, "0001_a.sql line 2: a quote is never closed")


def test_a_long_list_is_cut_and_counted() -> None:
    assert judge("DROP TABLE a;" * 5).reason.endswith("; and 2 more")


HARMLESS = st.sampled_from(
    [
        "-- DROP TABLE a; '\n",
        '/* DELETE FROM a; " */',
        "SELECT 'DROP TABLE a', 'it''s -- /*';",
        'CREATE TABLE "x"" ; TRUNCATE" (a);',
        "INSERT INTO `t` VALUES ('[', \"'\");",
        "SELECT [a ' b] FROM c;\n",
        "CREATE INDEX i ON t (a);\n",
        "\r\n\t ",
        "DROP INDEX i;",
    ]
)


@given(st.lists(HARMLESS, max_size=12))
def test_no_mixture_of_harmless_pieces_is_refused(parts: list[str]) -> None:
    assert judge("".join(parts)) == OK


@given(st.lists(HARMLESS, max_size=8), st.lists(HARMLESS, max_size=8))
def test_no_mixture_hides_a_drop_and_its_line_is_right(before: list[str], after: list[str]) -> None:
    text = "".join(before)
    verdict = judge(f"{text};DROP TABLE a;{''.join(after)}")
    assert verdict.reason == f"0001_a.sql line {text.count(chr(10)) + 1}: DROP TABLE ({HINT})"


@given(st.text(alphabet="ab'\"`[]-/*;\n DROPTABLE", max_size=60))
def test_any_text_is_read_to_its_end_or_to_an_open_quote(sql: str) -> None:
    read = list(pieces(sql))
    if not any(one.kind == "unclosed" for one in read):
        kept = "".join("".join(one.text for one in read).split())
        assert kept.upper() == "".join(sql.split()).upper()
    assert judge(sql).mark in (Mark.PASS, Mark.FAIL)
