"""What one probe says of the version that it was sent to. Pure.

=============================  ======================  ==================================================
the answer                     is                      because
=============================  ======================  ==================================================
names the version              fine, or an error       the status decides
names the other one            nothing                 the override was not followed: it says nothing
names none, status 5xx         that version's error    see below
names none, any other status   nothing                 nobody knows who answered (a login page, a cache)
none in time, or cut off       that version's error    see below
no connection at all           nothing                 no version was reached
=============================  ======================  ==================================================

An unproven failure counts although a probe that proves nothing otherwise counts as nothing. Where a Worker throws,
runs out of memory or hangs, the provider answers in its place with a page that cannot name a version: were it dropped,
a version that is hard down would leave no trace. And the request was addressed: the provider follows the override for
every version of the live deployment, which both versions are while this counts (both were read back). Where the
failure is not the version's (the provider's edge, the network), it meets both sides alike, as they are asked side by
side, and cancels out in the comparison.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from adapters.http.client import Answer
from adapters.http.version import named
from bot.domain.values import Mark, Verdict


@dataclass(frozen=True, slots=True)
class Sample:
    """One probe. `why` is said where it counts as nothing, and why it is an error."""

    counted: bool
    error: bool = False
    seconds: float = 0.0
    why: str = ""


def answered(answer: Answer, wanted: str, known: Collection[str], statuses: Sequence[int], seconds: float) -> Sample:
    """What an answer says of the version `wanted`; `statuses` are fine, any 2xx where there are none."""
    said = named(answer, known)
    if said == wanted:
        fine = answer.status in statuses if statuses else 200 <= answer.status <= 299
        return Sample(True, not fine, seconds, "" if fine else f"status {answer.status}")
    if said is not None:
        return Sample(False, why="the other version answered")
    if answer.status >= 500:
        return Sample(True, True, seconds, f"status {answer.status}")
    return Sample(False, why=f"the answer (status {answer.status}) names neither version")


def unheard(verdict: Verdict, connected: bool, seconds: float) -> Sample:
    """What it says that no answer came; `verdict` is what the client makes of it."""
    if not connected or verdict.mark is not Mark.FAIL:
        return Sample(False, why=verdict.reason)
    return Sample(True, True, seconds, verdict.reason)
