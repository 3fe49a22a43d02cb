"""The sentence that every deployment of Outrider carries at Cloudflare, and how it is recognised again. Pure.

The API has no request ids, so the message is the only trace that an act leaves there. It holds the run, and a
digest of the act's item, which tells apart the deploy, the switches and the way back of one run: each needs an item
of its own.
"""

import hashlib
import re
from collections.abc import Sequence

from bot.domain.values import Commit, Share
from bot.ports.deployer import Act

LONGEST = 100
"""Bytes of a message that Cloudflare is sure to keep."""
_SPEAKABLE = re.compile(r"[^A-Za-z0-9._@-]+")


def deploy_message(act: Act, commit: Commit) -> str:
    """What a deploy writes into the version and its deployment."""
    return _signed(f"outrider run={act.run} commit={commit.sha} act={_digest(act)}", act.actor)


def switch_message(act: Act, shares: Sequence[Share]) -> str:
    """What a switch writes into its deployment."""
    if len(shares) == 1:
        goal = shares[0].version[:8]
    else:
        goal = ",".join(f"{share.version[:8]}:{share.weight}" for share in shares)
    return _signed(f"outrider run={act.run} act={_digest(act)} to={goal}", act.actor)


def carries(message: str, act: Act) -> bool:
    """True where the message is that act's."""
    words = message.split(" ")
    return words[0] == "outrider" and f"run={act.run}" in words and f"act={_digest(act)}" in words


def _digest(act: Act) -> str:
    return hashlib.sha256(act.item.encode()).hexdigest()[:8]


def _signed(message: str, actor: str) -> str:
    """The message with as much of the actor's name as fits."""
    name = _SPEAKABLE.sub("-", actor).strip("-")[: LONGEST - len(message) - len(" by=")]
    return f"{message} by={name}" if name else message
