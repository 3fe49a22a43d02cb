"""Hold the manifest, and our own rules for one, to a copy of the schema that Slack publishes:

    python -m tests.adapters.slack.published FILE

`FILE` is `schemas/manifest.schema.2.0.0.json` of github.com/slackapi/manifest-schema. Three things are said: whether it
takes the manifest of Socket Mode, whether it takes that of webhooks, and whether it takes each of some thousand damaged
ones that `tests.vendors.slack.app_manifest.SHAPE` takes. Exit status 1 where one does not hold.
"""

import json
import sys
from pathlib import Path

from adapters.slack.manifest import manifest
from tests.vendors.slack.app_manifest import SHAPE, misshapen, variants

URL = "https://outrider.example/slack/events"


def main(file: Path) -> int:
    """Print what was looked at, and what is wrong."""
    published = json.loads(file.read_text("utf-8"))
    wrong = [f"{name}: {one}" for name, url in (("socket", ""), ("webhooks", URL)) for one in told(published, url)]
    damaged = [one for url in ("", URL) for one in variants(manifest(url))]
    taken = [one for one in damaged if not misshapen(SHAPE, one)]
    wrong += [
        f"ours takes what theirs does not: {misshapen(published, one)}" for one in taken if misshapen(published, one)
    ]
    said = f"2 manifests, {len(damaged)} damaged ones of which our rules take {len(taken)}: {len(wrong)} problems"
    sys.stdout.write("\n".join([said, *wrong, ""]))
    return 1 if wrong else 0


def told(published: dict[str, object], url: str) -> list[str]:
    return misshapen(published, manifest(url))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
