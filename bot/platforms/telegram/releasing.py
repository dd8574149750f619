"""What a release does on Telegram once for all its processes."""

import aiohttp
from telegram.error import TelegramError

from bot.dossier.model import Dossier
from bot.edition import Edition
from bot.platforms import PlatformUnreachable
from bot.platforms.telegram.client import Client
from bot.platforms.telegram.menu import Menu
from bot.platforms.telegram.registering import destination_of, register


async def release(token: str, api_url: str, public_url: str | None, dossier: Dossier) -> list[str]:
    """Sets menus and webhook, where they differ. Returns what there is to say.

    A webhook is not removed here: until the processes of this release start, those of the last one live by it.

    Raises:
        PlatformFailure: Telegram refuses the token or the address.
        PlatformUnreachable: it refuses something else, or cannot be reached.
    """
    async with aiohttp.ClientSession() as session:
        client = Client(token, api_url, session)
        me = await client.start()
        try:
            await Menu(client, Edition(dossier)).set_all(dossier)
            said = [f"@{me.username}: menus are up to date"]
            if public_url:
                wanted = destination_of(token, public_url)
                was_unknown = await register(client, wanted)
                said.append(f"the webhook {'is now' if was_unknown else 'was already'} {wanted.url}")
        except TelegramError as error:
            raise PlatformUnreachable(str(error)) from None
    return said
