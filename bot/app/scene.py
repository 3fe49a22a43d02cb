"""One act's surroundings: which component, where it is deployed, which folder its code is in."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.app.persist import ignore
from bot.app.world import World
from bot.domain.action import Action
from bot.domain.plan import StepKind
from bot.domain.run import Run, component_of
from bot.domain.targets import Component
from bot.ports.clock import Clock
from bot.ports.deployer import Act, Provider, Subject
from bot.ports.errors import Permanent


@dataclass(frozen=True, slots=True)
class Scene:
    """What every act needs to know."""

    world: World
    run: Run
    action: Action
    hindered: Callable[[str], None] = ignore
    """To be called with the reason while trouble that may pass holds the act up."""

    @property
    def clock(self) -> Clock:
        """The injected clock."""
        return self.world.clock

    @property
    def now(self) -> datetime:
        """The time of the fact that ends the act."""
        return self.world.clock.now()

    @property
    def component(self) -> Component:
        """The component that the act is about."""
        name = component_of(self.action.item)
        return next(one for one in self.run.plan.target.components if one.name == name)

    @property
    def provider(self) -> Provider:
        """What deploys it."""
        return self.world.provider(self.component)

    @property
    def act(self) -> Act:
        """The act as the outside knows it."""
        return self.act_of(self.action.step, self.action.item)

    def act_of(self, step: StepKind, item: str) -> Act:
        """Another act of the same run."""
        return Act(self.run.id, f"{step}/{item}", self.run.actor.name)

    @property
    def place(self) -> Subject:
        """The component where it is deployed, by the name that the provider gave it at an earlier reading."""
        return Subject(self.component, self.run.plan.environment, worker=self._worker())

    async def code(self) -> Subject:
        """The component with its checkout at hand."""
        return Subject(self.component, self.run.plan.environment, await self.folder())

    async def folder(self) -> Path:
        """The checkout of the pinned commit."""
        if self.run.commit is None:
            raise Permanent("no commit is pinned")
        return await self.world.source.checkout(self.run.plan.target.repo, self.run.commit.sha)

    def _worker(self) -> str:
        name, plan = self.component.name, self.run.plan
        lives = (*self.run.snapshot.lives, *(plan.goal.lives if plan.goal else ()), *plan.known)
        return next((live.worker for live in lives if live.component == name and live.worker), "")
