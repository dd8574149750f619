"""What a release does on Discord once for all its processes."""

import hikari

from bot.dossier.model import Dossier
from bot.platforms import PlatformUnreachable
from bot.platforms.discord.client import Client
from bot.platforms.discord.menu import commands
from bot.platforms.discord.syncing import sync
from bot.platforms.discord.trouble import TokenRefused, is_wrong_token, said


async def release(token: str, api_url: str, dossier: Dossier) -> list[str]:
    """Tells Discord of the commands, where it holds others; of the editors' the processes do. Returns what there is to say.

    Raises:
        TokenRefused: Discord refuses the token.
        PlatformUnreachable: it refuses something else, or cannot be reached.
    """
    client = Client(token, api_url)
    await client.start()
    try:
        written = await sync(client, await client.application_id(), commands(dossier))
    except (hikari.HikariError, OSError, TimeoutError) as error:
        if is_wrong_token(error):
            raise TokenRefused from None
        raise PlatformUnreachable(said(error)) from None
    finally:
        await client.close()
    return [f"the commands {'are now' if written else 'were already'} those of the dossier"]
