"""What is posted for each screen and sentence. `python -m tests.adapters.mattermost.golden` writes golden/ anew."""

import json
from pathlib import Path

from adapters.mattermost.render import Door, Payload, render, render_notice
from bot.domain.fold import evolve, fold
from bot.domain.plan import StepKind
from bot.domain.run import Run
from bot.view.notice import Notice, notices
from tests.view.gallery import SCREENS
from tests.view.stories import Answers, Story, deploy, failing, judged_bad, promote, roll_back, unhealthy_with_log

FOLDER = Path(__file__).parent / "golden"
DOOR = Door("https://bot.example", "not-a-token")


def told(story: Story) -> list[Notice]:
    """Every sentence of a run's thread."""
    found: list[Notice] = []
    before: Run | None = None
    for event in story.events:
        after = evolve(before, event) if before else fold([event])
        assert after is not None
        found += notices(before, event, after)
        before = after
    return found


def sentences() -> dict[str, Notice]:
    """One sentence of each code that these stories tell."""
    broken: Answers = {StepKind.HEALTH: unhealthy_with_log, (StepKind.RESTORE, "worker"): failing("503 to every try")}
    stories = [
        *(deploy(), promote(), roll_back(), deploy({(StepKind.GATES, "tests"): judged_bad})),
        *(deploy({StepKind.HEALTH: unhealthy_with_log}), deploy(broken)),
    ]
    return {str(one.code): one for story in stories for one in told(story.until())}


def pages() -> dict[str, Payload]:
    """File name -> payload."""
    cards = {f"card_{name}.json": render(make(), DOOR) for name, make in SCREENS.items()}
    return {**cards, **{f"notice_{code}.json": render_notice(one) for code, one in sentences().items()}}


def written(payload: Payload) -> str:
    """As it stands in a file."""
    return json.dumps(payload, ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    """Write them all."""
    FOLDER.mkdir(exist_ok=True)
    for name, payload in pages().items():
        (FOLDER / name).write_text(written(payload), "utf-8")


if __name__ == "__main__":
    main()
