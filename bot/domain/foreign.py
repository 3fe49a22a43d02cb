"""Deployments that were made outside the bot: which of what is live was made by no run."""

from collections.abc import Iterable, Sequence

from bot.domain.board import Board
from bot.domain.values import Live

OURS = "outrider run="
"""How the message of every deployment of ours begins, at whichever provider."""


def foreign(board: Board, target: str, environment: str, lives: Iterable[Live]) -> Sequence[Live]:
    """What is live there that no run has made and its room was not told of.

    Nothing is foreign where no run has ever left anything, nor while one is under way: that run looks for itself.
    """
    standing = board.standing.get((target, environment))
    if standing is None or standing.release is None or board.lane(target, environment):
        return ()
    left = {one.component: one.version for one in standing.release.versions}
    return [
        live
        for live in lives
        if live.component in left
        and live.version != left[live.component]
        and not live.message.startswith(OURS)
        and board.foreign.get((target, environment, live.component)) != live.deployment
    ]
