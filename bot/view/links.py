"""What is said on other platforms of a link that went deaf, was turned off, or is back."""

from bot.domain.link import Link, LinkState
from bot.view.notice import Notice, Tone
from bot.view.sentences import Say, say
from bot.view.words import took

_CODES = {
    LinkState.DEAF: (Say.LINK_DEAF, Tone.BAD),
    LinkState.OFF: (Say.LINK_OFF, Tone.BAD),
    LinkState.LIVE: (Say.LINK_BACK, Tone.GOOD),
}


def link_notice(platform: str, before: Link | None, now: Link) -> Notice | None:
    """What to say where `before` is what was said last (None: nothing yet); None where there is nothing to say."""
    last = before.state if before else LinkState.LIVE
    if now.state is last or now.state not in _CODES:
        return None
    code, tone = _CODES[now.state]
    away = took((now.since - before.since).total_seconds()) if before else ""
    return Notice(code, say(code, platform=platform.title(), reason=now.reason or "nobody knows why", time=away), tone)
