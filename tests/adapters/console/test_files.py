"""What a terminal does with a file: keeps it in a folder, and says where."""

import json
from pathlib import Path

from adapters.console.client import Console
from adapters.console.completing import Words
from adapters.console.settings import Settings
from bot.view.document import Document
from bot.view.notice import Notice
from tests.contract.platforms.console import pipes

REPORT = Document("outrider-k3v9x2mq.json", "application/json", b'{"run": "k3v9x2mq"}\n', "Report of run k3v9x2mq.")
LAST = Notice("ended_live", "It is live.", document=REPORT)


def list_of(folder: Path) -> list[str]:
    return [str(one.relative_to(folder)) for one in folder.rglob("*.json")]


async def said_with(files: Path | None, notice: Notice = LAST) -> str:
    with pipes() as (_, said):
        console = Console(Settings(files=files), Words())
        await console.say("terminal", "k3v9x2mq", notice, "k3v9x2mq:9:0")
        return said.getvalue()


async def test_it_is_written_and_its_place_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    said = await said_with(folder)
    assert json.loads((folder / REPORT.name).read_text("utf-8")) == {"run": "k3v9x2mq"}
    assert "It is live." in said
    assert REPORT.name in said.replace("\n", "").replace(" ", "")
    assert "{" not in said


async def test_without_a_folder_only_the_sentence_is_said(tmp_path: Path) -> None:
    assert (await said_with(None)).strip().endswith(" It is live.")
    assert list_of(tmp_path) == []


async def test_a_folder_that_cannot_be_written_costs_no_sentence(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("in the way")
    assert "It is live." in await said_with(tmp_path / "reports")


async def test_no_name_leads_out_of_the_folder(tmp_path: Path) -> None:
    out = Notice("ended_live", "It is live.", document=Document("../../x.json", "application/json", b"", "A file."))
    await said_with(tmp_path / "a" / "b", out)
    assert list_of(tmp_path) == ["a/b/x.json"]
