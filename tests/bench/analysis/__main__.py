"""`make bench-analysis`: Outrider's judge and its peers on the same simulated rollouts.

ROLLOUTS=600 make bench-analysis     as many rollouts of each healthy scenario (a third of that for each bad one)
HISTORY=1 make bench-analysis        what an hour of the baseline's history would be worth, see `history`
"""

import os
import sys
import time

from tests.bench.analysis import history
from tests.bench.analysis.aims import aims
from tests.bench.analysis.table import measure, measure_quick, quick_table, tables, worse

DEFAULT = 100


def main() -> int:
    """Prints the tables, then each aim with its number and whether it is reached."""
    rollouts = int(os.environ.get("ROLLOUTS", DEFAULT))
    if os.environ.get("HISTORY"):
        return history.main(rollouts)
    begun = time.monotonic()
    measured = measure(rollouts)
    print("\n".join(tables(measured)))
    print("\n".join(quick_table(measure_quick(rollouts))))
    print("\nWhere another rule is better:", *worse(measured), "", sep="\n")
    found = aims(measured)
    print(*found, sep="\n")
    print(f"\n{rollouts} rollouts of each healthy scenario, {time.monotonic() - begun:.0f} s")
    return 0


sys.exit(main())
