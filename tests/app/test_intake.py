"""Commands in, facts or a refusal out: over the real journal, with the answers as people hear them."""

import asyncio
from dataclasses import replace
from itertools import count

from bot.app.answers import Answers
from bot.app.intake import Intake
from bot.domain.commands import Origin, Pressed, Typed
from bot.domain.press import token
from bot.domain.run import Run
from bot.domain.targets import Strategy
from bot.domain.values import Actor, Outcome, RunId
from bot.view.notice import Notice
from tests.app.conftest import begin, ended, running, until
from tests.fakes.estates import ANA, BOB, OPS, STRANGER, VIC, actor, deploying
from tests.fakes.world import Fakes

KEYS = count()


class Talk:
    """Somebody who types and presses."""

    def __init__(self, fakes: Fakes) -> None:
        self.fakes = fakes
        self.intake = Intake(fakes.world, Answers(fakes.world))

    async def type(self, text: str, who: Actor | None = None, key: str = "", room: str = "") -> Notice:
        who = who or actor(ANA)
        origin = Origin(who.platform, room or OPS.addresses[who.platform])
        return (await self.intake(Typed(text, who, origin, key or f"key{next(KEYS)}")))[0]

    async def press(self, pressed: str, who: Actor | None = None) -> Notice:
        who = who or actor(ANA)
        origin = Origin(who.platform, OPS.addresses[who.platform])
        return (await self.intake(Pressed(pressed, who, origin, f"key{next(KEYS)}")))[0]

    async def runs(self) -> int:
        return len(await self.fakes.world.archive.history(None, None, 100))


async def deployed(fakes: Fakes, run: str = "0000000a") -> Run:
    fakes.provider.put("worker", "canary", "v-before")
    begun = await begin(fakes, deploying(), run)
    async with running(fakes):
        return await ended(fakes, begun)


async def test_a_typed_deploy_begins_a_run(fakes: Fakes) -> None:
    talk = Talk(fakes)
    said = await talk.type("/deploy canary")
    assert said.code == "begun"
    assert said.run
    assert await talk.runs() == 1


async def test_the_same_delivery_twice_is_one_run(fakes: Fakes) -> None:
    talk = Talk(fakes)
    first = await talk.type("/deploy canary", key="delivery")
    second = await talk.type("/deploy canary", key="delivery")
    assert first.run == second.run
    assert await talk.runs() == 1


async def test_promise_10_deny_by_default_a_stranger_is_told_how_to_be_added(fakes: Fakes) -> None:
    talk = Talk(fakes)
    for text in ("/deploy canary", "/status", "/rollback", "/help", "/whoami", "/deploy", "/deplo", "/weight x", ""):
        said = await talk.type(text, STRANGER)
        assert said.code == "unknown_person", "also where the words are wrong: what would be right names environments"
        assert STRANGER.account in said.text
    assert (await talk.press("no token of mine", STRANGER)).code == "unknown_person"
    assert (await talk.type("/deploy canary", actor(VIC))).code == "not_allowed"
    assert await talk.runs() == 0


async def test_a_conversation_that_is_no_room_is_refused(fakes: Fakes) -> None:
    assert (await Talk(fakes).type("/deploy canary", room="C-ELSEWHERE")).code == "no_room"


async def test_where_nobody_reads_along_a_person_may_look_without_a_room_and_do_nothing(fakes: Fakes) -> None:
    talk = Talk(fakes)

    async def alone(text: str, who: Actor) -> Notice:
        origin = Origin(who.platform, "D-OWN", alone=True)
        return (await talk.intake(Typed(text, who, origin, f"key{next(KEYS)}")))[0]

    assert (await alone("/status", actor(VIC))).code == "status"
    assert (await alone("/history", actor(VIC))).code == "history_empty"
    assert (await alone("/status", STRANGER)).code == "unknown_person"
    for text in ("/deploy canary", "/rollback", "/plan canary", "/secrets canary", "/lock canary", "/freeze"):
        assert (await alone(text, actor(ANA))).code == "no_room"
    assert (await talk.type("/status", actor(ANA), room="C-ELSEWHERE")).code == "no_room"


async def test_promise_8_a_press_means_what_it_said_two_at_once_are_one_rollback(fakes: Fakes) -> None:
    run = await deployed(fakes)
    talk = Talk(fakes)
    button = token("rollback", run.id)
    said = await asyncio.gather(
        talk.press(button, actor(ANA, "slack")), talk.press(button, actor(BOB, "telegram")), talk.press(button)
    )
    assert sorted(one.code for one in said) == ["begun", "stale_press", "stale_press"]
    begun = next(one.run for one in said if one.run)
    async with running(fakes):
        done = await ended(fakes, RunId(begun))
    assert done.outcome is Outcome.SUCCEEDED
    late = await talk.press(button)
    assert late.code == "stale_press"
    assert done.actor.name in late.text


async def test_a_rollback_during_a_run_aborts_it(fakes: Fakes) -> None:
    fakes.provider.put("worker", "canary", "v-before")
    fakes.provider.hang = asyncio.Event()
    talk = Talk(fakes)

    async def moved() -> bool:
        return bool(fakes.provider.calls)

    async with running(fakes):
        run = RunId((await talk.type("/deploy canary")).run)
        await until(moved)
        assert (await talk.type("/rollback canary", actor(BOB))).code == "aborting"
        done = await ended(fakes, run)
    assert done.outcome is Outcome.ABORTED
    assert fakes.provider.lives["worker", "canary"].version == "v-before"


async def test_a_rollback_stops_what_only_waits_and_goes_back_from_what_is_live(fakes: Fakes) -> None:
    """A run that waits in its gates has changed nothing: the way back is that of the release that is live."""
    run = await deployed(fakes)
    gate = asyncio.Event()
    fakes.processes.hold = gate
    talk = Talk(fakes)
    async with running(fakes):
        waiting = RunId((await talk.type("/deploy canary", actor(BOB))).run)
        queued = RunId((await talk.type("/deploy canary", actor(BOB))).run)
        said = await talk.press(token("rollback", run.id))
        assert said.code in ("begun", "queued")
        back = await ended(fakes, RunId(said.run))
        others = [await ended(fakes, waiting), await ended(fakes, queued)]
    assert back.outcome is Outcome.SUCCEEDED
    assert [one.outcome for one in others] == [Outcome.STOPPED, Outcome.STOPPED]
    assert fakes.provider.lives["worker", "canary"].version == "v-before"


async def test_a_freeze_holds_a_run_that_was_queued_before_it(fakes: Fakes) -> None:
    talk = Talk(fakes)
    fakes.provider.put("worker", "canary", "v-before")
    run = RunId((await talk.type("/deploy canary")).run)
    assert (await talk.type("/freeze reason=no more today", actor(ANA))).code == "answer_frozen"
    assert (await talk.type("/deploy canary", actor(BOB))).code == "frozen"
    async with running(fakes):
        await asyncio.sleep(0.05)
        assert fakes.provider.calls == []
        assert (await talk.type("/unfreeze", actor(ANA))).code == "answer_unfrozen"
        done = await ended(fakes, run)
    assert done.outcome is Outcome.SUCCEEDED


async def test_status_history_plan_and_secrets_answer(fakes: Fakes) -> None:
    run = await deployed(fakes)
    talk = Talk(fakes)
    status = await talk.type("/status")
    assert status.code == "status"
    assert any("canary" in row for row in status.rows)
    history = await talk.type("/history")
    assert history.rows[0][0] == run.id
    assert (await talk.type("/plan canary")).code in ("plan", "plan_nothing")
    assert (await talk.type("/secrets canary")).code.startswith("secrets")


async def test_trouble_is_one_sentence(fakes: Fakes) -> None:
    fakes.source.fails = True
    said = await Talk(fakes).type("/plan canary")
    assert said.code == "trouble"
    assert "cannot be reached" in said.text


async def test_a_plan_says_what_cannot_be_split(fakes: Fakes) -> None:
    place = replace(fakes.world.estate.targets[0].environments[0], strategy=Strategy.GRADUAL)
    of = replace(fakes.world.estate.targets[0], environments=(place,))
    fakes.world = replace(fakes.world, estate=replace(fakes.world.estate, targets=(of,)))
    talk = Talk(fakes)
    assert ("gate", "split", "holds") in (await talk.type("/plan canary")).rows
    fakes.provider.walls = ("worker was never deployed",)
    said = await talk.type("/plan canary")
    assert said.code == "plan_blocked"
    assert "worker was never deployed" in said.text
