"""The outside as the application sees it: every port, put together once by the composition."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.domain.redaction import Redactor
from bot.domain.targets import Component, Estate
from bot.ports.channel import Channel
from bot.ports.clock import Clock
from bot.ports.deployer import Provider, Providers
from bot.ports.errors import Permanent
from bot.ports.journal import Archive, Cursors, Inbox, Journal
from bot.ports.metrics import Metrics
from bot.ports.picture import Picture
from bot.ports.process import Processes
from bot.ports.source import Source


@dataclass(frozen=True, slots=True)
class World:
    """All ports, and the configuration."""

    estate: Estate
    clock: Clock
    journal: Journal
    archive: Archive
    cursors: Cursors
    inbox: Inbox
    source: Source
    processes: Processes
    providers: Providers
    channels: Mapping[str, Channel]
    redactor: Redactor
    metrics: Mapping[str, Metrics] = field(default_factory=dict)
    picture: Picture | None = None
    """None: charts are left out."""

    def provider(self, component: Component) -> Provider:
        """What deploys that kind of component; `Permanent` where nothing does."""
        found = self.providers.get(component.kind)
        if found is None:
            known = ", ".join(sorted(self.providers)) or "none is set up"
            raise Permanent(f"nothing here deploys components of kind {component.kind} (known: {known})")
        return found

    def channel(self, name: str) -> Channel:
        """What measures that channel; `Permanent` where nothing does."""
        found = self.channels.get(name)
        if found is None:
            known = ", ".join(sorted(self.channels)) or "none is set up"
            raise Permanent(f"nothing here measures the channel {name} (known: {known})")
        return found

    def counter(self, kind: str) -> Metrics:
        """What counts for that kind of source; `Permanent` where nothing does."""
        found = self.metrics.get(kind)
        if found is None:
            known = ", ".join(sorted(self.metrics)) or "none is set up"
            raise Permanent(f"nothing here counts for sources of kind {kind} (known: {known})")
        return found
