"""Everything that is wrong is said at once, each with its line and what to do."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.settings import Problems, Settings, load
from tests.settings.reading import ENVIRON, GOOD, complaints, read, tables

COUNTING = (
    '[[targets.shop.metrics]]\nsource = "probes"\nname = "{}"\nextra = {{ declined = "/d" }}\nfloors = {{ {} }}\n'
)
END = 'path = "/health"\n'
WRONG = [
    (
        END,
        END + COUNTING.format("a", "declnied = 0.1"),
        'metrics[1].floors.declnied: this source brings no counter "declnied". Did you mean "declined"?',
    ),
    (
        END,
        END + COUNTING.format("a", "declined = 0.1") + COUNTING.format("b", "declined = 0.2"),
        "metrics[2].floors.declined: another source says 0.1 for the same counter. Say it once, or the same.",
    ),
    (
        END,
        END + COUNTING.format("a", "declined = 0"),
        "floors.declined: the number is too small. It has to be more than 0.",
    ),
    (END, END + COUNTING.format("a", "declined = '1'"), "floors.declined: a number is needed here. Write it without"),
    (
        END,
        END + "[targets.shop.floors]\nerors = 0.1\n",
        'targets.shop.floors.erors: there is no key "erors". Did you mean "errors"?',
    ),
    (END, END + "[targets.shop.floors]\nerrors = 0.1\n", "targets.shop.floors.errors: the number is too large."),
    (END, END + "[targets.shop.floors]\nslower = 1\n", "targets.shop.floors.slower: the number is too small."),
    ("[people.ana]", "[people.ana]\nslak = 'x'", 'people.ana.slak: there is no key "slak". Did you mean "slack"?'),
    ("[rooms.ops]", "[rooms.ops]\nirc = '#x'", 'rooms.ops.irc: there is no key "irc". Known: console, discord'),
    ('"C0123456789"', '"#ops"', 'rooms.ops.slack: "#ops" is no conversation\'s id in Slack. It begins with C'),
    ('"U024BE7LH"', '"ana"', 'people.ana.slack: "ana" is no member\'s id in Slack. It begins with U'),
    ('room = "ops"', 'room = "opps"', 'targets.shop.room: no room is called "opps". Did you mean "ops"?'),
    (
        'room = "ops"',
        'room = "ops"\nbrnch = "x"',
        'targets.shop.brnch: there is no key "brnch". Did you mean "branch"?',
    ),
    ('"11223344"', "11223344", 'people.ana.telegram: text is needed here. Put it in quotes: "11223344".'),
    ('"approver"]', '"aprover"]', 'people.ana.roles[2]: "aprover" is not possible here. Write "viewer", '),
    ('name = "worker"', 'name = "worker"\nkind = "lambda"', 'components[1].kind: "lambda" is not possible here.'),
    ('name = "worker"', 'name = "-x"', 'components[1].name: "-x" does not have the form'),
    ('name = "worker"', 'name = "worker"\npath = "../x"', "components[1].path: it leads out of the repository."),
    ('name = "worker"', 'name = "worker"\nbuild = "a \'b"', "components[1].build: its quotes do not close"),
    ('d1 = ["db"]', "rewind_d1 = true", "components[1].rewind_d1: there is no database to rewind."),
    ('d1 = ["db"]', 'd1 = ["db", "db"]', 'components[1].d1: "db" stands here twice.'),
    ('d1 = ["db"]', 'd1 = "db"', 'components[1].d1: a list is needed here. Put it in brackets: ["db"].'),
    ('url = "https://shop.test"', "", 'environments.production: "url" is missing. Add "url".'),
    ("https://shop.test", "shop.test", 'production.url: "shop.test" is no address. Begin it with https://'),
    ("https://shop.test", "https://shop.test/?a", "production.url: an address that paths are added to"),
    ("https://shop.test", "https://canary.test", 'production.url: "canary" has the same: they would be measured as'),
    ('wrangler_env = "canary"\n', "", 'production.wrangler_env: "canary" has the same: they would deploy over'),
    ('"production"\n', '"prodction"\n', 'canary.promotes_to: no environment is called "prodction". Did you mean'),
    ('"production"\n', '"canary"\n', "canary.promotes_to: promotion goes in a circle: canary → canary."),
    ("approvals = 1", "approvals = 2", "production.approvals: it asks for 2, and 1 person has the role"),
    ("approvals = 1", "approvals = -1", "production.approvals: the number is too small. 0 is the least."),
    ("approvals = 1", 'approval_expires = "1h"', "production.approval_expires: no approval is asked for."),
    ("approvals = 1", "weights = [50, 10, 100]", "each weight has to be more than the one before. Write [10, 50, 100]"),
    ("approvals = 1", "weights = [10, 50]", "weights: the last weight has to be 100. Write [10, 50, 100]."),
    ("approvals = 1", "weights = []", "production.weights: nothing stands here."),
    ("approvals = 1", 'bake = "soon"', 'production.bake: "soon" is no span of time. Write it like "90s"'),
    ("approvals = 1", 'bake = "0s"', 'production.bake: "0s" has to be longer than nothing.'),
    ("approvals = 1", 'health = {paht = "/"}', 'health.paht: there is no key "paht". Did you mean "path"?'),
    ("approvals = 1", 'health = {path = "x"}', 'production.health.path: "x" does not have the form'),
    ('"gradual"', '"direct"\nbake = "5m"', 'production.bake: it means nothing with strategy "direct".'),
    ('"gradual"', '"slow"', 'production.strategy: "slow" is not possible here. Write "direct" or "gradual".'),
    ('run = "npm test"', "", "gates[1]: the gate says no kind. Add one of run, forbid"),
    ('run = "npm test"', 'run = "x"\nsecrets = true', "gates[1]: the gate has 2 kinds: run, secrets."),
    ('run = "npm test"', 'secrets = true\npaths = ["x"]', 'gates[1].paths: it belongs to a gate with "forbid".'),
    ('run = "npm test"', "secrets = false", 'gates[1].secrets: "false" is not possible here. Write true.'),
    ('run = "npm test"', 'run = " "', "gates[1].run: its quotes do not close, or it is empty."),
    ('run = "npm test"', 'forbid = "(x"', 'gates[1].forbid: "(x" has a bracket that does not close.'),
    ('run = "npm test"', 'branches = ["--x"]', 'gates[1].branches: "--x" begins with a hyphen.'),
    (
        'run = "npm test"',
        'calendar = {zone = "Europe/Berln", closed = ["sat"]}',
        'gates[1].calendar.zone: there is no time zone "Europe/Berln". Did you mean "Europe/Berlin"?',
    ),
    (
        'run = "npm test"',
        'calendar = {zone = "UTC", closed = ["fri 18:00-06:00"]}',
        'gates[1].calendar.closed[1]: "fri 18:00-06:00" is no time of the week.',
    ),
    ('channel = "http"', 'channel = "htpp"', 'verify[1].channel: no channel is called "htpp". Did you mean "http"?'),
    ('path = "/health"', 'pth = "/"', "verify[1].pth: there is no option pth. Did you mean path?"),
    ('path = "/health"', 'attempt = "1m"', "verify[1].attempt: one attempt may take longer than all of them"),
    ('path = "/health"', 'max_latency = "11s"', "verify[1].max_latency: an attempt ends before it takes so long."),
    ("https://github.com/acme/shop", "ftp://x/y", "targets.shop.repo: it has a scheme that git is not asked to follow"),
    ('path = "/health"', "headers = 1", "verify[1].headers: headers must be a table. Such as this."),
    ('path = "/health"', "stauts = 200", "verify[1].stauts: there is no option stauts. Did you mean status?"),
    ("https://github.com/acme/shop", "--upload-pack=x", "targets.shop.repo: it is no address of a repository."),
    ('room = "ops"', 'room = "ops"\nbranch = "-x"', 'targets.shop.branch: "-x" is no branch.'),
]


@pytest.mark.parametrize(("right", "wrong", "line"), WRONG, ids=[line[:40] for _, _, line in WRONG])
def test_what_is_wrong_is_said_alone_and_with_its_line(right: str, wrong: str, line: str) -> None:
    assert right in GOOD
    said = complaints(GOOD.replace(right, wrong, 1))
    assert sum(line in one for one in said) == 1, said
    assert line in said[0]
    assert all(re.match(r"outrider\.toml:\d+: ", one) for one in said)


MORE = [
    ('[people.ben]\nslack = "U024BE7LH"', 'people.ben.slack: "ana" has the same account.'),
    ('[people.Ana]\nslack = "U1"', 'people.Ana: it differs from "ana" in case alone.'),
    ("[people.ben]\nroles = 1", "people.ben.roles: a list is needed here."),
    ('[rooms.dev]\nslack = "C0123456789"', 'rooms.dev.slack: "ops" has the same conversation.'),
    ("[rooms.dev]", "rooms.dev: the room is on no platform."),
    ('[targets."a b"]', 'targets."a b"'),
    ('[[targets.shop.components]]\nname = "Worker"', 'components[2].name: another component is called "Worker" too.'),
    ('[[targets.shop.gates]]\nname = "tests"\nrun = "x"', 'gates[2].name: another gate is called "tests" too.'),
    (
        '[targets.shop.environments.beta]\nurl = "https://b.test"\nwrangler_env = "b"\npromotes_to = "production"',
        'beta.promotes_to: "canary" promotes to "production" already.',
    ),
    ("[chanels]", 'chanels: there is no key "chanels".'),
    ("[[targets.shop.verify]]\npath = '/'", 'verify[2]: "channel" is missing.'),
]


@pytest.mark.parametrize(("more", "line"), MORE, ids=[line[:40] for _, line in MORE])
def test_what_a_further_table_makes_wrong_is_said(more: str, line: str) -> None:
    assert any(line in one for one in complaints(f"{GOOD}\n{more}\n"))


def test_everything_is_said_at_once_in_the_order_of_lines() -> None:
    text = GOOD
    for right, wrong in [
        ('"approver"]', '"aprover"]'),
        ('room = "ops"', 'room = "x"'),
        ("https://shop.test", "x"),
        ("1\n", "7\n"),
    ]:
        text = text.replace(right, wrong, 1)
    said = complaints(text, {"PORT": "x"})
    assert [one.split(": ")[0] for one in said[:3]] == ["environment"] * 3
    assert [one.split(":")[1] for one in said[3:]] == ["5", "12", "25", "27"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[a]\nb = \n", "outrider.toml:2: this is not TOML: invalid value."),
        ("a = 1\na = 2\n", "outrider.toml:2: this is not TOML: cannot overwrite a value."),
        ("a = 1\nb = '''", "outrider.toml:2: this is not TOML"),
        ("a = 1\nb = \udcff", "outrider.toml:2: this is not UTF-8."),
        ("a = " + "[" * 5000, "outrider.toml:1: tables or lists are nested too deeply."),
        ("a = " + "1" * 5000, "outrider.toml:1: this is not TOML"),
    ],
)
def test_a_broken_file_gives_its_line(text: str, line: str) -> None:
    (said,) = complaints(text)
    assert said.startswith(line)


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    got = load(ENVIRON, tmp_path / "outrider.toml", {})
    assert str(got).startswith(
        f"{tmp_path}/outrider.toml: the configuration cannot be read (No such file or directory)."
    )


ATOMS = st.sampled_from(
    [
        "1",
        "-1",
        "true",
        "1.5",
        "nan",
        "2026-11-21",
        '""',
        '"x"',
        '"5m"',
        '"canary"',
        '"http://u:p@h"',
        '"$(x)"',
        '"a\\u202eb"',
    ]
)
VALUES = (
    ATOMS
    | st.lists(ATOMS, max_size=3).map(lambda parts: f"[{', '.join(parts)}]")
    | ATOMS.map(lambda atom: f"{{ a = {atom}, path = {atom} }}")
)
KEYS = st.sampled_from(sorted({key for model in tables() for key in model.model_fields} | {"slack", "x", '"a b"'}))
LINES = st.tuples(KEYS, VALUES).map(lambda pair: f"{pair[0]} = {pair[1]}")
HEADERS = st.sampled_from(
    [
        *("[people.ana]", "[rooms.ops]", "[people]", "[rooms]", "[targets]", "[targets.shop]", "[targets.shop.gates]"),
        *("[[targets.shop.components]]", "[[targets.shop.gates]]", "[[targets.shop.verify]]", "[[people]]"),
        *("[targets.shop.environments.canary]", "[targets.shop.environments.canary.health]", "[[targets.shop]]"),
        *("[targets.shop.environments]", "[[targets.shop.environments]]", "[x", '["\\u0000"]'),
    ]
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(LINES | HEADERS, max_size=14).map("\n".join) | st.text())
def test_any_file_is_settings_or_sentences(text: str) -> None:
    got = read(text.encode("utf-8", "replace").decode())
    for line in str(got).splitlines() if isinstance(got, Problems) else []:
        assert re.fullmatch(r"(outrider\.toml:\d+|environment): [^\n]+\.( [^\n]+[.?])?", line), line
        assert line.isprintable()


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.integers(0, len(GOOD.splitlines()) - 1), LINES | HEADERS | st.just(""))
def test_any_changed_line_of_a_right_file_is_settings_or_sentences(at: int, line: str) -> None:
    lines = GOOD.splitlines()
    lines[at] = line
    got = read("\n".join(lines))
    assert isinstance(got, Settings) or (got.found and all(one.what for one in got.found))
