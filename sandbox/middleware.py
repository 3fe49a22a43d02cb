"""What happens around every API call: journal, misbehaviour, envelope of errors, token, rate limit.

Order, from outside in: the journal sees all; rules may break anything; a refusal becomes an envelope; then the token
is checked, and the rate of its calls.
"""

import asyncio
import logging

from aiohttp import web

from sandbox.account import Token
from sandbox.calls import CALL
from sandbox.clock import now
from sandbox.errors import ApiError, bad_token, no_route, rate_limited
from sandbox.misbehaviour import Handler, misbehave
from sandbox.reply import refused
from sandbox.world import AUTHOR, World, world

_API = "/client/v4"
_log = logging.getLogger("sandbox")


@web.middleware
async def journal(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Notes every call, whatever becomes of it."""
    if not request.path.startswith(_API):
        return await handler(request)
    call = request[CALL] = world(request).calls.begin(request, now())
    try:
        response = await handler(request)
        call.status = response.status
        return response
    finally:
        call.seconds = now() - call.at


@web.middleware
async def rules(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Lets the rules break what they are for."""
    if not request.path.startswith(_API):
        return await handler(request)
    here = world(request)
    return await misbehave(request, handler, here.rules, here.holds)


@web.middleware
async def envelope(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A refusal in the vendor's form; a fault of the sandbox as the vendor's 500, with the reason in the log."""
    if not request.path.startswith(_API):
        return await handler(request)
    try:
        response = await handler(request)
        request[CALL].acted = True
        return response
    except _Limited as limited:
        return refused(limited, {"retry-after": str(limited.seconds)})
    except ApiError as error:
        return refused(error)
    except web.HTTPNotFound:
        return refused(no_route(request.path))
    except web.HTTPMethodNotAllowed:
        return refused(ApiError(405, 10405, "Method not allowed for this authentication scheme"))
    except (KeyError, TypeError, ValueError) as error:
        _log.warning("%s %s: %r", request.method, request.path, error, exc_info=True)
        return refused(ApiError(400, 10026, f"The request could not be understood: {error!r}"))
    except asyncio.CancelledError:
        raise
    except Exception as error:
        _log.exception("%s %s", request.method, request.path)
        return refused(ApiError(500, 10013, f"An unknown error has occurred: {error!r}"))


@web.middleware
async def token(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Checks whose call it is, and counts it."""
    if not request.path.startswith(_API):
        return await handler(request)
    here = world(request)
    known = _known(request, here)
    account = request.match_info.get("account")
    if known is None or (account is not None and account != here.settings.account_id):
        raise bad_token()
    request[AUTHOR] = known
    _limit(here, known)
    return await handler(request)


def _known(request: web.Request, here: World) -> Token | None:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    return here.account.tokens.get(value.strip()) if scheme.lower() == "bearer" else None


class _Limited(ApiError):
    """The refusal of a call too many, with the seconds to wait."""

    def __init__(self, seconds: int) -> None:
        limited = rate_limited()
        super().__init__(limited.status, limited.code, limited.message)
        self.seconds = seconds


def _limit(here: World, known: Token) -> None:
    """Counts the call. Over the limit every call is refused until the window has passed since the last one counted."""
    window, moment = here.settings.rate_window, now()
    recent = here.used[known.value] = [one for one in here.used[known.value] if one > moment - window]
    if len(recent) >= here.settings.rate_limit:
        raise _Limited(max(1, int(recent[-1] + window - moment)))
    recent.append(moment)
