"""What is said, drawn, stored and answered of a run in which everything prints a secret."""

import base64
import json
from dataclasses import replace
from urllib.parse import quote

import pytest

from adapters.sql.records import to_record
from bot.domain.redaction import MARK, Redactor
from bot.domain.values import Mark, Measurement, Outcome, Verdict
from bot.ports.errors import Permanent, Trouble
from tests.app.conftest import begin, ended, running
from tests.app.test_feed import telling, told_all
from tests.app.test_intake import Talk
from tests.fakes.chat import FakeChat
from tests.fakes.estates import deploying
from tests.fakes.world import Fakes

SECRET = 'cf/Token+with "odd" & öther=signs'
SHAPES = {
    "as it is": SECRET,
    "in an address": quote(SECRET, safe=""),
    "in JSON": json.dumps(SECRET)[1:-1],
    "in base 64": base64.b64encode(SECRET.encode()).decode(),
    "in a header": base64.b64encode(f"bot:{SECRET}".encode()).decode(),
}


def printing(shape: str) -> Trouble:
    return Permanent(f"refused: {shape}", ("before", f"Authorization: {shape}", "after"))


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("where", ["build", "deploy", "switch", "a check"])
async def test_promise_11_no_secret_leaves_whatever_printed_it(fakes: Fakes, where: str, shape: str) -> None:
    fakes.world = replace(fakes.world, redactor=Redactor((SECRET,)))
    fakes.provider.put("worker", "canary", "v-before")
    bad = Verdict(Mark.FAIL, f"503: {shape}")
    if where in ("switch", "a check"):
        fakes.channel.answer = lambda check, wanted: Measurement(bad, 0.01, wanted.versions[0])
    if where != "a check":
        fakes.provider.trouble.before[where] = [printing(shape)]
    chat = FakeChat()
    name = await begin(fakes, deploying())
    async with telling(fakes, chat), running(fakes):
        run = await ended(fakes, name)
        await told_all(chat, name)
    assert run.outcome is not Outcome.SUCCEEDED
    events = await fakes.world.journal.read(name)
    stored = [json.dumps(to_record(one), ensure_ascii=False) for one in events]
    documents = [notice.document.content.decode() for _, notice in chat.said if notice.document]
    assert documents, "the report goes with the end of the run"
    said = [repr(one) for one in (*chat.said, *chat.shown(name))]
    everything = "\n".join([*stored, *documents, *said])
    assert MARK in everything
    assert [one for one in SHAPES.values() if one in everything] == []


async def test_promise_11_no_answer_repeats_a_secret(fakes: Fakes) -> None:
    fakes.world = replace(fakes.world, redactor=Redactor((SECRET,)))
    fakes.provider.trouble.before["live"] = [printing(SECRET)] * 4
    said = await Talk(fakes).type("/status")
    assert MARK in repr(said)
    assert SECRET not in repr(said)
