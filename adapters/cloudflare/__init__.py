"""Cloudflare Workers, through wrangler and the REST API.

`async with provider(settings, processes, clock) as one:` gives the `Provider` of components of the kind
`cloudflare`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.cloudflare.client import opened
from adapters.cloudflare.databases import CloudflareDatabases
from adapters.cloudflare.deployer import CloudflareDeployer
from adapters.cloudflare.secrets import CloudflareSecrets
from adapters.cloudflare.settings import CloudflareSettings
from adapters.cloudflare.wrangler import Wrangler
from bot.ports.clock import Clock
from bot.ports.deployer import Provider
from bot.ports.process import Processes

__all__ = ["CloudflareDeployer", "CloudflareSettings", "provider"]


@asynccontextmanager
async def provider(
    settings: CloudflareSettings, processes: Processes, clock: Clock
) -> AsyncIterator[Provider]:
    """Everything that components of this kind need, until the block ends."""
    async with opened(settings) as client:
        wrangler = Wrangler(settings, processes)
        yield Provider(
            CloudflareDeployer(client, wrangler, processes, clock),
            CloudflareDatabases(client, wrangler, processes),
            CloudflareSecrets(client),
        )
