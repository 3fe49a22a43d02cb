"""Everything put together, once: settings in, a `World` out, alive as long as the block lasts."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import adapters.http.settings
import adapters.prometheus.settings
from adapters import cloudflare
from adapters.cloudflare.metrics import metrics as cloudflare_metrics
from adapters.git.source import opened as opened_source
from adapters.http.channel import channels
from adapters.http.metrics import metrics as http_metrics
from adapters.pillow.picture import PillowPicture
from adapters.prometheus.metrics import metrics as prometheus_metrics
from adapters.sql.journal import open_journal
from adapters.system.clock import SystemClock
from adapters.system.process import SystemProcesses
from bot.app.world import World
from bot.domain.redaction import Redactor
from bot.ports.clock import Clock
from bot.ports.process import Processes
from bot.settings import Settings


def processes_of(settings: Settings, clock: Clock) -> Processes:
    """What runs commands, with every configured secret taken out of what they print."""
    return SystemProcesses(Redactor(settings.secrets), clock, settings.inherited)


def _alone(processes: Processes) -> Processes:
    return processes


@asynccontextmanager
async def opened(settings: Settings, around: Callable[[Processes], Processes] = _alone) -> AsyncIterator[World]:
    """The world that the settings describe. Raises `Permanent` with one sentence where a part cannot be had.

    `around` may put something between the bot and the commands of this machine: a stop watch, say.
    """
    clock = SystemClock()
    processes = around(processes_of(settings, clock))
    web = adapters.http.settings.Settings(settings.named, ca_file=settings.certificates)
    servers = adapters.prometheus.settings.Settings(settings.named, settings.certificates)
    async with (
        open_journal(settings.database_url) as journal,
        cloudflare.provider(settings.cloudflare, processes, clock) as workers,
        channels(clock, web) as found,
        http_metrics(clock, web) as own,
        prometheus_metrics(clock, servers) as stored,
        cloudflare_metrics(settings.cloudflare, clock) as theirs,
    ):
        with opened_source(processes, clock, settings.git) as source:
            yield World(
                estate=settings.estate,
                clock=clock,
                journal=journal,
                archive=journal,
                cursors=journal,
                inbox=journal,
                source=source,
                processes=processes,
                providers={"cloudflare": workers},
                channels=found,
                metrics={**own, **stored, **theirs},
                redactor=Redactor(settings.secrets),
                picture=PillowPicture(),
            )
