"""What cards and notices look like for Discord, by name. `python -m tests.adapters.discord.golden` writes them anew."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from adapters.discord.offered import offered
from adapters.discord.render import render, render_notice
from bot.domain.fold import evolve, fold
from bot.domain.plan import StepKind
from bot.domain.run import Run
from bot.view.help import help_notice, whoami_notice
from bot.view.notice import Notice, notices
from tests.fakes.estates import ANA, actor, estate
from tests.view.gallery import SCREENS
from tests.view.papers import CHART, last, late
from tests.view.stories import NPM_LOG, Story, deploy, judged_bad, promote, unhealthy_with_log

FOLDER = Path(__file__).parent / "golden"


def told(story: Story) -> Iterator[Notice]:
    """Everything that a run's thread says."""
    before: Run | None = None
    for event in story.events:
        after = evolve(before, event) if before else fold([event])
        assert after is not None
        yield from notices(before, event, after)
        before = after


def spoken() -> dict[str, Notice]:
    """Notices by name."""
    stories = {
        "deploy": deploy().until(),
        "gate": deploy({(StepKind.GATES, "tests"): judged_bad}).until(),
        "unhealthy": deploy({StepKind.HEALTH: unhealthy_with_log}).until(),
        "promote": promote().until(),
    }
    found = {f"{name}_{at:02}": one for name, story in stories.items() for at, one in enumerate(told(story))}
    found["help"] = help_notice(actor(ANA), estate())
    found["whoami"] = whoami_notice(actor(ANA), estate())
    found["late"] = late()
    found["report"] = last()
    long = replace(last(), log=NPM_LOG * 30)
    found["report_long"], found["chart_long"] = long, replace(long, document=CHART)
    found["flood"] = Notice("flood", "A log that is longer than a message.", log=NPM_LOG * 30)
    return found


def pages() -> dict[str, Any]:
    """File name -> what stands in it."""
    cards = {f"card_{name}.json": render(draw()) for name, draw in SCREENS.items()}
    return {
        **cards,
        "card_elsewhere.json": render(SCREENS["running"](), "1234567890"),
        "notices.json": {name: render_notice(one) for name, one in spoken().items()},
        "commands.json": offered(estate()),
    }


def written(page: Any) -> str:
    return json.dumps(page, ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    """Write them all."""
    FOLDER.mkdir(exist_ok=True)
    for name, page in pages().items():
        (FOLDER / name).write_text(written(page), "utf-8")


if __name__ == "__main__":
    main()
