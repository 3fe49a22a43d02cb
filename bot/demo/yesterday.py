"""What the demo's account has before anybody types: the resources of the sample, and its Worker in production.

Traffic can only be split between two releases, and a first one is the only one. So production was deployed before,
by hand, as it is wherever somebody begins to use Outrider.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import httpx

RESOURCES = (
    ("kv", "0f1a95c1b8a24be6a9d0c0f7f0a1e001", "FLAGS"),
    ("kv", "0f1a95c1b8a24be6a9d0c0f7f0a1e002", "FLAGS-canary"),
    ("d1", "5d0c7a52-3b5e-4c1f-9a55-0a7d00000001", "agent-db"),
    ("d1", "5d0c7a52-3b5e-4c1f-9a55-0a7d00000002", "agent-db-canary"),
)
"""What the sample's wrangler.jsonc names: (kind, id, name)."""

DATE = "2026-04-01"


async def deploy_by_hand(account: Mapping[str, object], folder: Path) -> None:
    """The Worker in that folder into production, as `wrangler deploy` would have done it."""
    base = f"{account['api']}/accounts/{account['account_id']}"
    access = {"Authorization": f"Bearer {account['token']}"}
    bindings = [
        {"type": "version_metadata", "name": "VERSION"},
        {"type": "kv_namespace", "name": "FLAGS", "namespace_id": RESOURCES[0][1]},
        {"type": "d1", "name": "DB", "id": RESOURCES[2][1]},
    ]
    metadata = {"main_module": "index.js", "compatibility_date": DATE, "bindings": bindings}
    module = "application/javascript+module"
    files = [(one.name, (one.name, one.read_bytes(), module)) for one in sorted((folder / "src").glob("*.js"))]
    async with httpx.AsyncClient(base_url=base, headers=access, trust_env=False) as client:
        described = ("metadata", ("metadata", json.dumps(metadata).encode(), "application/json"))
        (await client.put("/workers/scripts/hello", files=[described, *files])).raise_for_status()
        (await client.post("/workers/scripts/hello/subdomain", json={"enabled": True})).raise_for_status()
