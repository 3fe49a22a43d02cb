"""What the adapter needs to know. `bot.settings` fills it from the environment; nothing is read here."""

from dataclasses import dataclass, field
from pathlib import Path

PUBLIC_API = "https://api.cloudflare.com/client/v4"


@dataclass(frozen=True, slots=True)
class CloudflareSettings:
    """One Cloudflare account and the token for it."""

    token: str = field(repr=False)
    """`CLOUDFLARE_API_TOKEN`; its permissions are listed in this folder's README."""
    account: str
    """`CLOUDFLARE_ACCOUNT_ID`, 32 hexadecimal digits."""
    base_url: str = PUBLIC_API
    """`CLOUDFLARE_API_BASE_URL`, `/client/v4` included; plain http is for a server on this machine."""
    proxy: str = ""
    """`HTTPS_PROXY` for wrangler and the REST calls alike; empty for a direct connection."""
    certificates: str = ""
    """`NODE_EXTRA_CA_CERTS`: a file of further certificates to trust, for both too."""
    workspace: Path | None = None
    """`OUTRIDER_WORKSPACE`: a folder that outlives the bot; the tails that are open are written down there."""
