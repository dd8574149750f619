"""python-telegram-bot's AIORateLimiter with its defaults, to as many chats. ``ptb_limiter.py API_URL TOKEN CHATS``.

All messages are given to it at once, as its documentation lets one; it repeats what is answered with 429.
"""

import asyncio
import sys

from telegram.ext import AIORateLimiter, Application


async def main() -> None:
    limiter = AIORateLimiter(max_retries=50)
    application = Application.builder().token(sys.argv[2]).base_url(f"{sys.argv[1]}/bot").rate_limiter(limiter)
    application = application.connection_pool_size(64).pool_timeout(300).updater(None).build()
    async with application:
        sends = (application.bot.send_message(chat, "A bulletin.") for chat in range(1, int(sys.argv[3]) + 1))
        await asyncio.gather(*sends)


asyncio.run(main())
