"""The port `Metrics` over HTTP: the kinds of this folder by name, on clients that live as long as the context.

`probes` stand in `probes.py`, what one of them proves in `proof.py`; `http` stands in `endpoint.py`.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

from adapters.http.client import opened
from adapters.http.endpoint import Endpoint
from adapters.http.probes import Patience, Probes
from adapters.http.settings import Settings
from bot.ports.clock import Clock
from bot.ports.metrics import Metrics

MANY = 512
"""Connections for probes: one that had to wait for a free connection would seem slow."""


USUAL = Patience()


@asynccontextmanager
async def metrics(clock: Clock, settings: Settings, patience: Patience = USUAL) -> AsyncIterator[Mapping[str, Metrics]]:
    """What counts for sources of the kinds `probes` and `http`; `patience` is that with probes."""
    secrets = settings.secrets
    trouble: Exception | None = None
    async with opened(replace(settings, max_connections=MANY)) as client, asyncio.TaskGroup() as group:
        probes = Probes(client, clock, secrets, group, patience)
        try:
            yield {"probes": probes, "http": Endpoint(client, clock, secrets)}
        except Exception as raised:
            trouble = raised
        finally:
            probes.stop()
    # Raised inside of the group it would come out as a group of exceptions, which nobody outside expects.
    if trouble is not None:
        raise trouble
