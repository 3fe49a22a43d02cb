"""What a room is told of a deployment that was made outside the bot."""

from bot.domain.values import Live
from bot.view.notice import Notice, Tone
from bot.view.sentences import Say, say
from bot.view.words import traffic


def foreign_notice(target: str, environment: str, live: Live) -> Notice:
    """Who deployed what where, as the provider tells it."""
    blanks = {
        "who": live.author or "Somebody",
        "component": live.component,
        "place": f"{target} → {environment}",
        "environment": environment,
        "live": traffic(live),
        "said": f" ({live.message})" if live.message else "",
    }
    return Notice(Say.FOREIGN, say(Say.FOREIGN, **blanks), Tone.BAD)
