"""What a chat adapter states of itself: its variables turn it on, and it opens with nothing else.

The bot knows no platform by its name, so what is wrong here would be wrong in `outrider run` and nowhere else.
"""

from pathlib import Path

import pytest

from adapters.sql.journal import open_journal
from bot.chats import opened_chats
from bot.settings import Platform as OnOrOff
from bot.settings import Settings, chat_platforms, load
from tests.contract.platform import Platform
from tests.fakes.world import fake_world

OTHERS = {"CLOUDFLARE_API_TOKEN": "t", "CLOUDFLARE_ACCOUNT_ID": "0" * 32}


def settled(folder: Path, environ: dict[str, str]) -> Settings:
    (folder / "outrider.toml").write_text("", encoding="utf-8")
    found = load({**OTHERS, **environ}, folder / "outrider.toml", {})
    assert isinstance(found, Settings), str(found)
    return found


def state(settings: Settings, name: str) -> OnOrOff:
    return next(one for one in settings.platforms if one.name == name)


def test_every_adapter_states_itself(adapter: Platform) -> None:
    assert adapter.name in [one.name for one in chat_platforms()]


async def test_its_variables_turn_it_on_and_it_opens(adapter: Platform, tmp_path: Path) -> None:
    if not adapter.environ:
        assert next(one for one in chat_platforms() if one.name == adapter.name).open is None
        return
    settings = settled(tmp_path, dict(adapter.environ))
    assert [one.name for one in settings.platforms if one.on] == [adapter.name]
    async with (
        open_journal(f"sqlite:///{tmp_path / 'journal.db'}") as journal,
        opened_chats(settings, fake_world(settings.estate, journal).world) as opened,
    ):
        assert [one.platform for one in opened.chats] == [adapter.name]
        assert all(path.startswith(f"/{adapter.name}/") for path, _ in opened.hooks)


def test_without_one_of_them_it_is_off_and_says_which(adapter: Platform, tmp_path: Path) -> None:
    for left_out in adapter.environ:
        environ = {name: value for name, value in adapter.environ.items() if name != left_out}
        off = state(settled(tmp_path, environ), adapter.name)
        assert left_out in off.why_off or off.on
    if adapter.environ:
        assert not state(settled(tmp_path, {}), adapter.name).on


@pytest.mark.parametrize("name", [one.name for one in chat_platforms() if one.open])
def test_its_values_are_in_no_repr(name: str, tmp_path: Path) -> None:
    stated = next(one for one in chat_platforms() if one.name == name)
    settings = settled(tmp_path, {})
    assert set(state(settings, name).values) == {one.name for one in stated.variables}
    assert "values" not in repr(state(settings, name))
