"""The bot was restarted with another configuration while a run was under way."""

from adapters.sql.journal import SqlJournal
from bot.domain.values import Outcome
from tests.app.test_feed import deploy
from tests.fakes.chat import FakeChat
from tests.fakes.estates import estate, target
from tests.fakes.world import fake_world


async def test_a_run_whose_target_the_configuration_forgot_is_told_where_it_was(journal: SqlJournal) -> None:
    """The bot was restarted with another configuration while it ran: it goes on, and is not left to itself."""
    fakes = fake_world(estate([target("website")]), journal)
    chat = FakeChat()
    run = await deploy(fakes, chat)
    assert run.outcome is Outcome.SUCCEEDED
    assert chat.shown(run.id)[-1].over
