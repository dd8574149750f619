"""python-telegram-bot as it comes: its own web server, its own transport, an outgoing call for each answer.

``ptb_stock.py PORT FILE TOKEN API_URL``; the custom webhook of its examples, with aiohttp as the server.
"""

import asyncio
import json
import sys
from pathlib import Path

from aiohttp import web
from telegram import InlineKeyboardMarkup, LinkPreviewOptions, Update
from telegram.ext import Application, CommandHandler, ContextTypes

ANSWER = json.loads(Path(sys.argv[2]).read_bytes())
TEXT = ANSWER["text"]
MARKUP = InlineKeyboardMarkup.de_json(ANSWER["reply_markup"], None)


async def programs(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    await update.effective_message.reply_text(
        TEXT, parse_mode="HTML", reply_markup=MARKUP, link_preview_options=LinkPreviewOptions(is_disabled=True)
    )


async def main() -> None:
    bot = Application.builder().token(sys.argv[3]).base_url(f"{sys.argv[4]}/bot").updater(None)
    application = bot.concurrent_updates(True).build()
    application.add_handler(CommandHandler("programs", programs))

    async def receive(request: web.Request) -> web.Response:
        update = Update.de_json(await request.json(), application.bot)
        await application.process_update(update)
        return web.Response()

    app = web.Application()
    app.router.add_post("/webhook", receive)
    runner = web.AppRunner(app, access_log=None)
    async with application:
        await application.start()
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", int(sys.argv[1])).start()
        await asyncio.get_running_loop().create_future()


asyncio.run(main())
