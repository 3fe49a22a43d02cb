"""A right configuration, and ways to read it and others."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.domain.targets import Option
from bot.settings import Problems, Settings, load
from bot.settings import shape as shapes

ROOT = Path(__file__).parents[2]
ENVIRON = {"CLOUDFLARE_API_TOKEN": "cf-token", "CLOUDFLARE_ACCOUNT_ID": "0" * 32}

GOOD = """
[people.ana]
slack = "U024BE7LH"
telegram = "11223344"
roles = ["deployer", "approver"]

[rooms.ops]
slack = "C0123456789"

[targets.shop]
repo = "https://github.com/acme/shop"
room = "ops"

[[targets.shop.components]]
name = "worker"
d1 = ["db"]
required_secrets = ["STRIPE_KEY"]

[targets.shop.environments.canary]
wrangler_env = "canary"
url = "https://canary.test/"
promotes_to = "production"

[targets.shop.environments.production]
url = "https://shop.test"
strategy = "gradual"
approvals = 1

[[targets.shop.gates]]
name = "tests"
run = "npm test"

[[targets.shop.verify]]
channel = "http"
path = "/health"
"""


def fine(options: Mapping[str, Option]) -> Sequence[str]:
    """What an adapter says of a check's own keys."""
    close = {"pth": "path", "stauts": "status"}
    said = [f"there is no option {key}: did you mean {close[key]}?" for key in options if key in close]
    return [*said, *("headers must be a table: such as this" for key in options if key == "headers")]


def read(text: str, environ: Mapping[str, str] = ENVIRON, folder: Path | None = None) -> Settings | Problems:
    """What the configuration comes to, kept in a folder of its own where none is given."""
    with TemporaryDirectory() as own:
        path = (folder or Path(own)) / "outrider.toml"
        path.write_text(text, encoding="utf-8", errors="surrogateescape")
        return load(environ, path, {"http": fine, "health": fine}, {"probes": fine})


def settled(text: str, environ: Mapping[str, str] = ENVIRON, folder: Path | None = None) -> Settings:
    got = read(text, environ, folder)
    assert isinstance(got, Settings), str(got)
    return got


def complaints(text: str, environ: Mapping[str, str] = ENVIRON) -> list[str]:
    got = read(text, environ)
    return str(got).splitlines() if isinstance(got, Problems) else []


def tables() -> list[type[shapes._Table]]:
    return [one for one in vars(shapes).values() if isinstance(one, type) and issubclass(one, shapes._Table)]
