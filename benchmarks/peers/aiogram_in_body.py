"""aiogram answering a command in the webhook's own response. ``aiogram_in_body.py PORT FILE TOKEN``."""

import json
import sys
from pathlib import Path

from aiogram import Bot, Dispatcher, types
from aiogram.client.default import DefaultBotProperties
from aiogram.filters import Command
from aiogram.methods import SendMessage
from aiogram.webhook.aiohttp_server import SimpleRequestHandler
from aiohttp import web

ANSWER = json.loads(Path(sys.argv[2]).read_bytes())
TEXT = ANSWER["text"]
MARKUP = types.InlineKeyboardMarkup.model_validate(ANSWER["reply_markup"])

dispatcher = Dispatcher()


@dispatcher.message(Command("programs"))
async def programs(message: types.Message) -> SendMessage:
    return SendMessage(
        chat_id=message.chat.id,
        text=TEXT,
        parse_mode="HTML",
        reply_markup=MARKUP,
        link_preview_options=types.LinkPreviewOptions(is_disabled=True),
    )


app = web.Application()
bot = Bot(sys.argv[3], default=DefaultBotProperties())
SimpleRequestHandler(dispatcher, bot, handle_in_background=False).register(app, path="/webhook")
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)
