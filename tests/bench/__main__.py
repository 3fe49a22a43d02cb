"""`python -m tests.bench [NAME]`: all groups, or the one of that name or with a figure of that name."""

import asyncio
import sys

from tests.bench.groups import GROUPS


def main() -> int:
    """Print each group's figures as it ends."""
    asked = sys.argv[1:]
    chosen = [group for group in GROUPS if not asked or asked[0] in (group.name, *group.also)]
    if not chosen or len(asked) > 1:
        print(f"Name one of: {', '.join(group.name for group in GROUPS)}.", file=sys.stderr)
        return 2
    for group in chosen:
        for figure in asyncio.run(group.measure(group.rounds)):
            print(figure, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
