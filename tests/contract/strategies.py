"""Cards and notices with anything in them that a person, a commit or a program may have written."""

from hypothesis import strategies as st

from bot.domain.press import token
from bot.domain.values import RunId
from bot.view.card import Button, ButtonStyle, CheckRow, Light, RunCard, StepRow
from bot.view.notice import Notice, Tone

NASTY = (
    "",
    " ",
    "\n",
    "<b>&amp;</i> <script>",
    "*_~`>|[x](http://example.com) ||y||",
    "@everyone @here <!channel> <@U123> <@&1> <#C1> @ana /rollback x #1 $A",
    "\u202e\u2066\u200b\ufeff\x00\x1b[2J\x07\r",
    "😀👩\u200d👩\u200d👧‍👦🇩🇪" * 20,
    "é" * 3 + "a\u0301\u0301\u0301\u0301",
    "```\n``` `` ` ~~~",
    "x" * 1500,
    "w " * 800,
    ":tada: :x: <!date^1^{date}|x> <https://a|b>",
)
TEXT = st.sampled_from(NASTY) | st.text(max_size=60) | st.text("<>&@/*_`|\\#\u2060\u200d😀 \n", max_size=400)
NAME = TEXT.map(lambda text: f"n{text}")
"""What the bot itself names or says (buttons, steps, titles, sentences) and the configuration's names: never blank."""
SECONDS = st.none() | st.floats(0, 1e6)
LIGHTS = st.sampled_from(Light)
TOKENS = st.builds(
    token,
    st.from_regex(r"[a-z_]{2,12}", fullmatch=True),
    st.from_regex(r"[0-9a-hjkmnp-tv-z]{8}", fullmatch=True).map(RunId),
    st.from_regex(r"([a-z]{1,12})?", fullmatch=True),
)
BUTTONS = st.builds(Button, NAME, TOKENS, st.sampled_from(ButtonStyle))
CARDS = st.builds(
    RunCard,
    run=st.from_regex(r"[0-9a-hjkmnp-tv-z]{8}", fullmatch=True),
    title=NAME,
    subtitle=NAME,
    actor=TEXT,
    state=TEXT,
    light=LIGHTS,
    steps=st.lists(st.builds(StepRow, LIGHTS, NAME, SECONDS, TEXT), max_size=12).map(tuple),
    checks=st.lists(st.builds(CheckRow, LIGHTS, NAME, SECONDS, TEXT), max_size=20).map(tuple),
    canary=st.none() | st.integers(0, 100),
    ready=st.none() | st.booleans(),
    way_back=TEXT,
    buttons=st.lists(BUTTONS, max_size=5, unique_by=lambda one: one.token).map(tuple),
    over=st.booleans(),
)
NOTICES = st.builds(
    Notice,
    code=st.sampled_from(["status", "ended_live", "gate_failed"]),
    text=NAME,
    tone=st.sampled_from(Tone),
    rows=st.lists(st.lists(TEXT, max_size=5).map(tuple), max_size=20).map(tuple),
    log=st.lists(TEXT, max_size=20).map(tuple),
)
