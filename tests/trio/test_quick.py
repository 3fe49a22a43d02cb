"""The quick bot on three platforms, and one of them dead for the whole of a run."""

from pathlib import Path

from bot.domain.plan import RunKind
from tests.trio.account import moves
from tests.trio.quick import quick

FAST = 20.0


async def test_it_deploys_and_is_undone_from_another_platform(tmp_path: Path) -> None:
    async with quick(tmp_path, FAST) as here:
        await here.start()
        run = await here.succeeded(await here.trio.discord.types("/deploy canary", "ana"))
        await here.told(run)
        undone = await here.succeeded(await here.trio.telegram.presses(run.id, "Roll back", "ben"))
        assert undone.plan.kind is RunKind.ROLLBACK
        await here.told(undone)
        await here.told(run, last_word=False)
        assert here.trio.violations == {}
        assert moves(tmp_path / "account")[-1]["shares"] == [["v-before", 100]]
        assert await here.play.terminate() == 0, here.play.log()
