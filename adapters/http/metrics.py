"""The port `Metrics` over HTTP: the kinds of this folder by name, on clients that live as long as the context.

`probes` stand in `probes.py`, what one of them proves in `proof.py`; `http` stands in `endpoint.py`.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

from adapters.http.client import opened
from adapters.http.endpoint import Endpoint
from adapters.http.probes import Probes
from adapters.http.settings import Settings
from bot.ports.clock import Clock
from bot.ports.metrics import Metrics

MANY = 512
"""Connections for probes: one that had to wait for a free connection would seem slow."""


@asynccontextmanager
async def metrics(clock: Clock, settings: Settings) -> AsyncIterator[Mapping[str, Metrics]]:
    """What counts for sources of the kinds `probes` and `http`."""
    async with opened(replace(settings, max_connections=MANY)) as client:
        secrets = settings.secrets
        yield {"probes": Probes(client, clock, secrets), "http": Endpoint(client, clock, secrets)}
