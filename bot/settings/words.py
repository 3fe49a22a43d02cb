"""A command line as a list of words."""

import shlex


def words(text: str) -> tuple[str, ...]:
    """The words as a shell would split them; nothing is expanded, no shell runs. Empty where quotes do not close."""
    try:
        return tuple(shlex.split(text))
    except ValueError:
        return ()
