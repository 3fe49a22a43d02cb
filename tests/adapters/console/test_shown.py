import asyncio
from dataclasses import replace

from adapters.console.shown import Shown
from bot.view.card import Button, Light, RunCard

LIVE = RunCard("a", "Deploy x → canary", "", "ana", "building", Light.RUNNING, buttons=(Button("Abort", "abort:a"),))
AFTER = (Button("Roll back", "rollback:a"), Button("Promote", "promote:a"))
DONE = replace(LIVE, light=Light.PASSED, over=True, buttons=AFTER)
ASKS = replace(LIVE, light=Light.WAITING, buttons=(Button("Approve", "approve:a:release"),))


def test_a_number_is_not_given_to_another_button_at_once() -> None:
    shown = Shown()
    shown.take(LIVE)
    assert shown.pressable == {1: "abort:a"}
    shown.take(DONE)
    assert shown.pressable == {2: "rollback:a", 3: "promote:a"}


def test_numbers_stay_while_their_buttons_do_and_begin_again_after_nine() -> None:
    shown = Shown()
    shown.take(DONE)
    for number in range(3, 10):
        shown.take(replace(LIVE, run=f"r{number}", buttons=(Button("Abort", f"abort:r{number}"),)))
        shown.take(replace(LIVE, run=f"r{number}", buttons=(), over=True))
    shown.take(replace(LIVE, run="z", buttons=(Button("Abort", "abort:z"),)))
    assert shown.pressable == {1: "rollback:a", 2: "promote:a", 3: "abort:z"}


def test_a_number_for_each_of_more_than_nine_buttons() -> None:
    shown = Shown()
    for name in range(12):
        shown.take(replace(LIVE, run=f"r{name}", buttons=(Button("Abort", f"abort:r{name}"),)))
    assert sorted(shown.pressable) == list(range(1, 13))


def test_only_runs_of_this_session_can_fail_it() -> None:
    earlier, begun, seen = Shown(), Shown(), Shown()
    for shown in (earlier, begun):
        shown.take(replace(DONE, light=Light.FAILED))
    begun.begin("a")
    seen.take(LIVE)
    seen.take(replace(DONE, light=Light.SKIPPED))
    assert [shown.failed for shown in (earlier, begun, seen)] == [False, True, True]


def test_a_run_is_named_where_another_one_is_under_way() -> None:
    shown = Shown()
    shown.take(LIVE)
    assert shown.about("a") == ""
    shown.take(replace(LIVE, run="b", title="Deploy y → canary"))
    assert shown.about("a") == "Deploy x → canary"
    assert shown.about("unknown") == ""


def test_a_card_is_final_with_the_last_sentence_whichever_comes_first() -> None:
    shown = Shown()
    assert shown.take(LIVE, posted=True) is None
    assert shown.take(DONE) is None
    assert (shown.live, shown.standing) == ((DONE,), ())
    assert shown.tell("a") == DONE
    assert (shown.live, shown.standing) == ((DONE,), ())
    shown.printed("a")
    assert (shown.live, shown.standing) == ((), (DONE,))
    assert [shown.take(DONE), shown.tell("a")] == [None, None]
    other = Shown()
    other.take(LIVE, posted=True)
    assert other.tell("a") is None
    assert other.take(DONE) == DONE


def test_a_redrawing_of_something_old_is_not_final_again() -> None:
    shown = Shown()
    assert [shown.take(DONE), shown.tell("a"), shown.let_go()] == [None, None, ()]
    assert shown.pressable == {1: "rollback:a", 2: "promote:a"}
    posted = Shown()
    posted.take(DONE, posted=True)
    assert posted.let_go() == (DONE,)


async def test_rest_waits_for_the_last_card_and_the_last_sentence() -> None:
    shown = Shown()
    shown.begin("a")
    async with asyncio.TaskGroup() as group:
        resting = group.create_task(shown.rest(30))
        for card in (LIVE, DONE):
            shown.take(card)
            await asyncio.sleep(0)
            assert not resting.done()
        shown.tell("a")


async def test_rest_does_not_wait_for_ever_for_a_sentence() -> None:
    shown = Shown()
    shown.take(LIVE)
    shown.take(DONE)
    await asyncio.wait_for(shown.rest(0.01), 20)
    await asyncio.wait_for(shown.rest(30), 20)


async def test_rest_lets_a_person_answer_a_run_that_asks() -> None:
    shown = Shown()
    shown.take(ASKS)
    await asyncio.wait_for(shown.rest(0.01), 20)
    assert shown.unfinished


async def test_rest_goes_on_waiting_once_the_answer_was_heard() -> None:
    shown = Shown()
    shown.take(ASKS)
    async with asyncio.TaskGroup() as group:
        resting = group.create_task(shown.rest(30))
        await asyncio.sleep(0)
        shown.take(LIVE)
        await asyncio.sleep(0)
        assert not resting.done()
        shown.take(DONE)
        shown.tell("a")
    assert not shown.unfinished
