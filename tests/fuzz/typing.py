"""What people, and those who mean harm, type and press: strategies that know the grammar and go past it."""

import re

from hypothesis import strategies as st

from bot.domain.verbs import VERBS
from tests.fakes.estates import OTHER_RUN, RUN

HOSTILE = (
    *("--env", "--env=production", "-x", "--", "--upload-pack=touch canary", "-oProxyCommand=x", "ref=--env", "env=-e"),
    *("$(touch canary)", "`touch canary`", "${IFS}", ";", "a;b", "|", "a|b", "&&", ">canary", "%0a", "%s%n", "{0}"),
    *("@{", "main@{1}", "..", "a..b", "../../etc/passwd", "/etc/passwd", ".lock", "a.lock", "HEAD^", "HEAD~3", ":/x"),
    *("'", '"', "it's", '"quoted', "\\", "*", "[a]", "?", "!", "#", "=", "==", "ref=", "=x", "only=,", "to=", "\t"),
    *("\n", "a\nb", "\r", "\x00", "a\x00b", "\x1b[31m", "\x1b]0;x\x07", "\x7f", "\x85", "\u2028", "\u2029"),
    *(
        "\u202e",
        "a\u202eb",
        "\u2066",
        "\u200b",
        "\u200d",
        "\ufeff",
        "\U000e0041",
        "\U0001f9d1\u200d\U0001f680",
        "🚀",
        "ü",
    ),
    *("feature/ü", "Ⅷ", "٣", "\ud800", "\U0010ffff", "\ue000", "<@U024BE7LH>", "@outrider", "&lt;", "<script>"),
)
NAMES = (
    *("canary", "production", "Canary", "moltworker", "MOLTWORKER", "worker", "canry", "main", "v1.2", "feature/x"),
    *("ccccc1", "c" * 40, RUN, OTHER_RUN, RUN.upper(), "#" + RUN, "50", "101", "-1", "2h", "18:00", "99999999d"),
    *("2026-12-24T09:00", "0001-01-01", "9999-12-31T23:59:59-23:59", "only=worker", "only=nobody", "to=ccccc1"),
    *("ref=main", "target=moltworker", "env=canary", "until=1h", "reason=because", f"run={RUN}", "weight=5", "x=y"),
)
WORDS = st.sampled_from(NAMES) | st.sampled_from(HOSTILE) | st.text(max_size=12)
LEADS = st.sampled_from([f"{slash}{one.word}" for one in VERBS for slash in ("/", "")])
VERB = LEADS | LEADS.map(lambda word: f"{word}@outrider_bot") | LEADS.map(str.upper) | LEADS.map(lambda word: word[:-1])
SPACE = st.sampled_from([" ", " ", " ", "  ", "\t", "\u00a0", "\n", ""])


@st.composite
def sentences(draw: st.DrawFn) -> str:
    """A verb and words after it, mostly with one space between them."""
    words = [draw(VERB), *draw(st.lists(WORDS, max_size=5))]
    return "".join(f"{word}{draw(SPACE)}" for word in words)


WELL = st.sampled_from([f"/{verb.word} {rest}".strip() for verb in VERBS for rest in ("", "canary", "production", RUN)])
LONG = st.sampled_from(["x" * 10_000, "/deploy " + "y" * 10_000, "/lock canary " + "🚀 " * 5_000, "\u202e" * 10_000])
TYPED = sentences() | sentences() | WELL | LONG | st.text(max_size=60)

PRESSES = ("rollback", "promote", "abort", "approve", "reject", "pause", "resume", "deploy", "stop")
TOKENS = (
    st.builds(
        lambda verb, run, about: f"{verb}:{run}{about}",
        st.sampled_from(PRESSES),
        st.sampled_from([RUN, OTHER_RUN, "0000runx", "", "00000001"]),
        st.sampled_from(["", "", ":release", ":secrets", ":", ":x:y", "\n"]),
    )
    | st.text(max_size=80)
    | st.sampled_from(HOSTILE)
)

SUBJECT = (
    "\x1b[31mRed\x1b[0m \x1b]0;owned\x07$(touch canary) `touch canary` \u202egnp.exe\u2066 "
    "%0a::set-output 'q' \"dq\" --env=production; touch canary"
)
"""A commit's subject: terminal codes, marks that turn text around, words for a shell and for a workflow's log."""
AUTHOR = "\x1b[2JMal \u202elory $(touch canary)"
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Characters that steer a terminal, end a line or turn text around."""
