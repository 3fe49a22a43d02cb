"""The known word that was probably meant."""

from collections.abc import Iterable
from difflib import get_close_matches


def closest(word: str, known: Iterable[str]) -> str:
    """The known word most like this one, whatever its case; empty where none is alike enough."""
    by_fold = {one.casefold(): one for one in sorted(known, reverse=True)}
    found = get_close_matches(word.casefold()[:64], by_fold, n=1, cutoff=0.6)
    return by_fold[found[0]] if found else ""
