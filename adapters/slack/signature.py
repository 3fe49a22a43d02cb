"""Whether a request is Slack's own: signed with the app's secret, and just now.

Slack's rules ("Verifying requests from Slack"): the signature is over the time and the body, and what is older than
five minutes is refused, because whoever has seen a request may send it again. Within them a delivery is known by its
own id.
"""

import hmac
import re
from collections.abc import Mapping
from datetime import datetime

from slack_sdk.signature import SignatureVerifier

from bot.domain.refusal import Unheard

SIGNATURE, TIMESTAMP = "X-Slack-Signature", "X-Slack-Request-Timestamp"
OLDEST = 300
"""Seconds, into the past and into the future."""
_TIME = re.compile("[0-9]{1,12}")


def wrong(headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> Unheard | None:
    """Why it is not believed; None where it is Slack's. Compared in constant time, and before its age is looked at."""
    at = headers.get(TIMESTAMP, "")
    if not _TIME.fullmatch(at):
        return Unheard.BAD_SIGNATURE
    try:
        right = SignatureVerifier(secret).generate_signature(timestamp=at, body=body)
    except UnicodeDecodeError:
        return Unheard.BAD_SIGNATURE
    if not right or not hmac.compare_digest(right.encode(), headers.get(SIGNATURE, "").encode()):
        return Unheard.BAD_SIGNATURE
    return Unheard.OLD_TIMESTAMP if abs(now.timestamp() - int(at)) > OLDEST else None
