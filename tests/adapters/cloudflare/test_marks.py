"""What a deployment's message says, and that it is found again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.cloudflare.marks import carries, deploy_message, switch_message
from bot.domain.values import RunId, Share
from bot.ports.deployer import Act
from tests.adapters.cloudflare.doubles import COMMIT, RUN, act

ONE = (Share("1a2b3c4d-0000", 100),)
TWO = (Share("1a2b3c4d-0000", 90), Share("ffffffff-0000", 10))


def test_a_deploy_names_run_and_commit() -> None:
    message = deploy_message(act(), COMMIT)
    assert message.startswith(f"outrider run={RUN} commit={'c' * 40} act=")
    assert message.endswith(" by=ana")


def test_a_switch_names_run_and_goal() -> None:
    assert " to=1a2b3c4d by=ana" in switch_message(act(), ONE)
    assert " to=1a2b3c4d:90,ffffffff:10 by=ana" in switch_message(act(), TWO)


@given(actor=st.text(max_size=300), item=st.text(max_size=300))
def test_any_actor_and_item_fit_and_are_found(actor: str, item: str) -> None:
    one = Act(RUN, item, actor)
    for message in (deploy_message(one, COMMIT), switch_message(one, TWO)):
        assert len(message.encode()) <= 100
        assert message.isprintable()
        assert carries(message, one)


def test_an_actor_cannot_forge_another_act() -> None:
    sly = act(actor=f"x run=zzzzzzzz act={'0' * 8}")
    assert not carries(deploy_message(sly, COMMIT), Act(RunId("zzzzzzzz"), "deploy/worker"))


@pytest.mark.parametrize(
    "other", [Act(RunId("7q3m1x0"), "deploy/worker"), act("restore/worker"), act("deploy/api"), act("")]
)
def test_acts_are_told_apart(other: Act) -> None:
    assert not carries(deploy_message(act(), COMMIT), other)


def test_what_a_person_wrote_is_nobodys_act() -> None:
    assert not carries("", act())
    assert not carries("Fix outrider " + deploy_message(act(), COMMIT), act())
