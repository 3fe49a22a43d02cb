"""One request to a Worker, addressed to one version by the provider's version override header."""

from collections.abc import Mapping

import httpx

from adapters.http.client import Answer, ask

OVERRIDE = "Cloudflare-Workers-Version-Overrides"


async def asked(
    client: httpx.AsyncClient,
    method: str,
    url: str,
    headers: Mapping[str, str],
    pins: Mapping[str, str],
    redirects: bool = False,
) -> Answer:
    """Send and read; `pins` are Worker's name -> version id. Raises what httpx raises.

    Compressed answers are not asked for: a small one may unpack to more than there is memory.
    """
    override = {OVERRIDE: ", ".join(f'{worker}="{version}"' for worker, version in pins.items())} if pins else {}
    own = {"Accept-Encoding": "identity", "Cache-Control": "no-cache", "User-Agent": "outrider"}
    return await ask(client, method, url, {**own, **headers, **override}, redirects)


def bearer(token_env: str, secrets: Mapping[str, str]) -> Mapping[str, str]:
    """The header that carries the token of that variable; none where no variable is named."""
    return {"Authorization": f"Bearer {secrets[token_env]}"} if token_env else {}
