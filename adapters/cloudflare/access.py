"""Whether the token opens the account, for `outrider check`."""

from adapters.cloudflare.client import Client
from bot.ports.errors import Trouble


async def account_access(client: Client) -> tuple[bool, str]:
    """One question that needs the token, the account and the permission to read Workers."""
    try:
        await client.get(client.account("workers", "scripts"))
    except Trouble as trouble:
        return False, trouble.reason
    return True, "Cloudflare accepts the token, and it can read the account's Workers."
