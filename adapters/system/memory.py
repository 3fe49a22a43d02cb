"""The collector's share of the time.

Python now and then looks through everything that a process holds. Here that is some hundred thousand objects which the
libraries made when they were imported and which stay for as long as the bot lives, and the look takes most of a tenth
of a second in which nobody is answered. It tends to come when much is made at once: in a burst of presses.
"""

import gc


def set_apart() -> None:
    """What was made until now is not looked through any more. To be called once, when everything is open."""
    gc.collect()
    gc.freeze()
