"""The sandbox's one source of chance: which version a request falls on, whether a rule with a rate hits."""

import random


def chance() -> float:
    """A number in [0, 1)."""
    return random.random()  # noqa: S311 - decides traffic, keeps no secret
