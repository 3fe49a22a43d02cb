"""The report below the card: posted once, after its sentence, and never at its cost."""

from dataclasses import replace

import pytest

from adapters.slack.client import Slack, opened
from bot.ports.errors import Permanent, Temporary
from bot.view.document import Document
from bot.view.notice import Notice, Tone
from tests.adapters.slack.stage import ROOM, settings_for
from tests.fakes.clock import StillClock
from tests.vendors.slack.server import Server
from tests.vendors.slack.workspace import Message, Workspace
from tests.view.gallery import SCREENS

REPORT = Document("outrider-k3v9x2mq.json", "application/json", b'{"run": "k3v9x2mq"}\n', "Report of run k3v9x2mq <1>.")
CHART = Document("bake.png", "image/png", b"\x89PNG-ish", "Errors of canary and baseline.")
LAST = Notice("ended_live", "c0ffee1 is live in canary after 1m.", Tone.GOOD, document=REPORT)
KEY = "k3v9x2mq:40:0"


async def drawn(chat: Slack) -> str:
    return await chat.draw(ROOM, SCREENS["succeeded"](), "", "k3v9x2mq:card")


def thread(space: Workspace, reference: str) -> list[Message]:
    return space.standing(ROOM, reference.partition(":")[2])


async def test_the_file_follows_its_sentence(chat: Slack, space: Workspace) -> None:
    card = await drawn(chat)
    await chat.say(ROOM, card, LAST, KEY)
    said, shared = thread(space, card)
    assert said.text == LAST.text
    assert shared.text == "Report of run k3v9x2mq &lt;1&gt;."
    [file] = shared.files
    assert (file["name"], file["content"], file["alt_txt"]) == (REPORT.name, REPORT.content, "")
    assert space.calls["files.upload"] == 0
    assert space.violations == []


async def test_a_picture_has_words_for_whoever_cannot_see_it(chat: Slack, space: Workspace) -> None:
    card = await drawn(chat)
    await chat.say(ROOM, card, replace(LAST, document=CHART), KEY)
    [file] = thread(space, card)[1].files
    assert (file["mimetype"], file["alt_txt"]) == ("image/png", CHART.alt)


async def test_said_again_neither_stands_twice(chat: Slack, space: Workspace) -> None:
    card = await drawn(chat)
    for _ in range(2):
        await chat.say(ROOM, card, LAST, KEY)
    assert len(thread(space, card)) == 2
    assert space.calls["files.completeUploadExternal"] == 1


@pytest.mark.parametrize("where", ["files.getUploadURLExternal", "upload", "files.completeUploadExternal"])
@pytest.mark.parametrize("fault", ["lost", "cut", "500"])
async def test_whatever_is_lost_on_the_way_both_stand_once(
    chat: Slack, space: Workspace, where: str, fault: str
) -> None:
    card = await drawn(chat)
    space.faults[where] = [fault]
    with pytest.raises(Temporary):
        await chat.say(ROOM, card, LAST, KEY)
    assert [one.text for one in thread(space, card)][:1] == [LAST.text], "the sentence does not wait for the file"
    await chat.say(ROOM, card, LAST, KEY)
    said, shared = thread(space, card)
    assert (said.text, len(shared.files)) == (LAST.text, 1)
    assert space.violations == []


async def test_another_life_of_the_bot_posts_neither_again(server: Server, clock: StillClock, space: Workspace) -> None:
    async with opened(settings_for(server), clock) as life:
        card = await drawn(life)
        await life.say(ROOM, card, LAST, KEY)
    async with opened(settings_for(server), clock) as life:
        await life.say(ROOM, card, LAST, KEY)
    assert len(thread(space, card)) == 2


async def test_a_crash_between_the_two_is_made_good(server: Server, clock: StillClock, space: Workspace) -> None:
    async with opened(settings_for(server), clock) as life:
        card = await drawn(life)
        await life.say(ROOM, card, replace(LAST, document=None), KEY)
    async with opened(settings_for(server), clock) as life:
        await life.say(ROOM, card, LAST, KEY)
    assert [len(one.files) for one in thread(space, card)] == [0, 1]


async def test_without_the_right_to_upload_the_sentence_stands(chat: Slack, space: Workspace) -> None:
    space.scopes -= {"files:write"}
    card = await drawn(chat)
    with pytest.raises(Permanent, match=r"missing_scope.*install the app anew"):
        await chat.say(ROOM, card, LAST, KEY)
    await chat.say(ROOM, card, replace(LAST, document=None), KEY)
    [said] = thread(space, card)
    assert said.text == LAST.text


async def test_without_the_right_to_read_a_lost_answer_costs_one_file_at_most(chat: Slack, space: Workspace) -> None:
    space.scopes -= {"channels:history"}
    card = await drawn(chat)
    space.faults["files.completeUploadExternal"] = ["lost"]
    with pytest.raises(Temporary):
        await chat.say(ROOM, card, LAST, KEY)
    for _ in range(2):
        await chat.say(ROOM, card, LAST, KEY)
    assert [len(one.files) for one in thread(space, card)] == [0, 1, 1]


@pytest.mark.parametrize("error", ["file_uploads_disabled", "file_upload_size_restricted", "invalid_arguments"])
async def test_a_workspace_that_takes_no_files_says_so(chat: Slack, space: Workspace, error: str) -> None:
    space.errors["files.getUploadURLExternal"] = error
    card = await drawn(chat)
    with pytest.raises(Permanent, match=error):
        await chat.say(ROOM, card, LAST, KEY)
    assert len(thread(space, card)) == 1


async def test_a_thread_that_is_gone_takes_no_file_with_it(chat: Slack, space: Workspace) -> None:
    await chat.say(ROOM, f"{ROOM}:1.1", LAST, KEY)
    said, shared = space.standing(ROOM)
    assert (said.text, len(shared.files)) == (LAST.text, 1)
