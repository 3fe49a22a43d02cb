"""The API calls that a run makes, as the account saw them: found by playing it once, not written down."""

import re
from collections import Counter
from dataclasses import dataclass

from tests.e2e.hands import steered
from tests.e2e.play import Play
from tests.e2e.scenes import Scene, opened, prove
from tests.e2e.stage import Stage


@dataclass(frozen=True)
class Call:
    """The `nth` call of that method and path in one life of the bot."""

    method: str
    path: str
    nth: int
    by_wrangler: bool
    changes: bool

    @property
    def pattern(self) -> str:
        """For a rule of the account: versions have other names in each play."""
        return re.sub(r"(?<=/versions/)[0-9a-f-]+$", "[0-9a-f-]+", self.path)


_seen: dict[str, list[Call]] = {}


async def seen_calls(stage: Stage, scene: Scene) -> list[Call]:
    """In the order in which they first come; those that only repeat an earlier question are left out."""
    if scene.name not in _seen:
        async with await opened(stage, scene) as play:
            await play.start()
            key = play.type(scene.text)
            async with steered(play, key, scene.hands):
                run = await play.over(key)
            listed = await _calls(play)
            await prove(play, scene, run)
            _seen[scene.name] = listed
    return _seen[scene.name]


async def _calls(play: Play) -> list[Call]:
    times: Counter[tuple[str, str]] = Counter()
    found: dict[tuple[str, str, bool, bool], Call] = {}
    for one in (await play.stage.sandbox.get("calls"))["calls"]:
        place = (one["method"], one["path"])
        times[place] += 1
        by_wrangler, changes = not one["agent"].startswith("outrider"), bool(one["changed"])
        call = Call(*place, times[place], by_wrangler, changes)
        found.setdefault((*place, by_wrangler, changes), call)
    return list(found.values())
