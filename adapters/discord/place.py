"""Where Discord is.

The library takes no address: it keeps the API's and the gateway's in two module-level variables. They are set here and
nowhere else, before each login, so one process speaks to one Discord. The gateway is asked for at the API, as Discord
wishes it ("Get Gateway"), and so follows the API's address by itself.
"""

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route


def at_api(base_url: str) -> None:
    """Requests go there from now on."""
    Route.BASE = base_url.rstrip("/")
    # The bot does not speak; nobody has to be told at each start that it could not.
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False


async def at_gateway(client: discord.Client) -> None:
    """Ask the API where its gateway is; connections go there from now on. The client must be logged in."""
    answer = await client.http.request(Route("GET", "/gateway"))
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(answer["url"])
