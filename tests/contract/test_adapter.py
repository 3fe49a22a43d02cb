"""The shape of a chat adapter, and its pure halves: `render` and `inbound`."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.commands import Deploy, Pressed, Typed
from bot.domain.fold import evolve, fold
from bot.domain.grammar import parse
from bot.domain.plan import StepKind
from bot.domain.press import token
from bot.domain.run import Run
from bot.domain.values import RunId
from bot.domain.verbs import VERBS
from bot.view.notice import Notice, notices
from tests.contract.platform import ADAPTERS, Platform, Seen, described, imports, names
from tests.contract.strategies import CARDS, NOTICES
from tests.fakes.estates import NOON, estate
from tests.view.gallery import SCREENS
from tests.view.stories import Answers, Story, deploy, failing, judged_bad, promote, roll_back, unhealthy_with_log

FILES = {"__init__.py", "inbound.py", "render.py", "client.py", "platform.py", "settings.py", "README.md"}
LOST: Answers = {StepKind.HEALTH: unhealthy_with_log, (StepKind.RESTORE, "worker"): failing("503 to every try")}
STORIES: dict[str, Story] = {
    "deploy": deploy(),
    "promote": promote(),
    "roll_back": roll_back(),
    "gate": deploy({(StepKind.GATES, "tests"): judged_bad}),
    "unhealthy": deploy({StepKind.HEALTH: unhealthy_with_log}),
    "needs_hands": deploy(LOST),
}
many = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
"""Big examples are wanted, the machine may be slow, and the adapter, a fixture, keeps nothing between examples."""


def told(story: Story) -> list[Notice]:
    """Every sentence of a run's thread."""
    found: list[Notice] = []
    before: Run | None = None
    for event in story.until().events:
        after = evolve(before, event) if before else fold([event])
        assert after is not None
        found += notices(before, event, after)
        before = after
    return found


def held(seen: Seen, adapter: Platform) -> Seen:
    """Within what the client states."""
    assert 0 < seen.length <= adapter.limits.max_text
    assert len(seen.tokens) <= adapter.limits.max_buttons
    return seen


def meaning(intent: Typed) -> object:
    """The command, however the platform has people spell it."""
    return parse(intent.text, estate(), NOON)


def test_the_adapters_are_found() -> None:
    assert {"console", "telegram"} <= set(names())


def test_every_adapter_is_held_to_the_suite(name: str) -> None:
    assert described(name), (
        f"adapters/{name} is a chat adapter without tests/contract/platforms/{name}.py: see README.md"
    )


def test_its_files_have_the_same_names_as_its_neighbours(name: str) -> None:
    assert FILES - {one.name for one in (ADAPTERS / name).iterdir()} == set()


def test_it_is_an_island(name: str) -> None:
    others = {one.name for one in ADAPTERS.iterdir() if one.is_dir()} - {name}
    foreign = [f"adapters.{other}" for other in others] + ["bot.app", "bot.settings", "bot.compose", "sandbox"]
    found = [one for one in imports(name) if any(one == other or one.startswith(f"{other}.") for other in foreign)]
    assert found == []


@pytest.mark.parametrize("screen", SCREENS)
def test_every_screen_fits(adapter: Platform, screen: str) -> None:
    card = SCREENS[screen]()
    seen = held(adapter.card(card), adapter)
    assert sorted(seen.tokens) == sorted(button.token for button in card.buttons)
    assert card.title.split()[0] in seen.text


@pytest.mark.parametrize("story", STORIES)
def test_every_sentence_fits(adapter: Platform, story: str) -> None:
    said = told(STORIES[story])
    assert said
    for notice in said:
        held(adapter.notice(notice), adapter)


@many
@given(data=st.data())
def test_any_text_in_a_card_is_harmless(adapter: Platform, data: st.DataObject) -> None:
    card = data.draw(CARDS)
    seen = held(adapter.card(card), adapter)
    assert sorted(seen.tokens) == sorted(button.token for button in card.buttons)


@many
@given(data=st.data())
def test_any_text_in_a_notice_is_harmless(adapter: Platform, data: st.DataObject) -> None:
    held(adapter.notice(data.draw(NOTICES)), adapter)


LONGEST = token("z" * 12, RunId("k3v9x2mq"), "z" * 12)
DRAWN = sorted({button.token for make in SCREENS.values() for button in make().buttons})


@pytest.mark.parametrize("pressed", [*DRAWN, LONGEST])
def test_a_press_brings_back_what_the_button_carries(adapter: Platform, pressed: str) -> None:
    intent = adapter.pressed(pressed)
    assert isinstance(intent, Pressed)
    assert intent.token == pressed
    assert intent.actor.platform == intent.origin.platform == adapter.name
    assert intent.actor.account
    assert intent.origin.address
    assert intent.key


@pytest.mark.parametrize("verb", [verb.word for verb in VERBS])
def test_every_verb_can_be_given(adapter: Platform, verb: str) -> None:
    intent = adapter.typed(f"/{verb}")
    assert isinstance(intent, Typed)
    assert meaning(intent) == parse(f"/{verb}", estate(), NOON)
    assert intent.origin.platform == adapter.name


def test_the_words_after_a_verb_arrive(adapter: Platform) -> None:
    intent = adapter.typed("/deploy canary moltworker main")
    assert isinstance(intent, Typed)
    assert meaning(intent) == Deploy("canary", "moltworker", "main")
