"""The fact that an act of the way back does not get through."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.plan import StepKind


@dataclass(frozen=True, slots=True)
class Hindered:
    """For some time by now it meets trouble that may pass; it is tried again. Told once for each attempt of an act."""

    step: StepKind
    item: str
    at: datetime
    reason: str
