"""Replies with their picture: uploaded once, from then on named by the id that Telegram gave the file.

See core.telegram.org/bots/api#sending-files.
"""

import asyncio
from typing import Any

import structlog
from telegram import InputFile, InputMediaPhoto, Message
from telegram.error import BadRequest, TelegramError

from bot.pictures.service import Gallery, Shelf, Shown
from bot.platforms.telegram.api import Client
from bot.platforms.telegram.render import Call
from bot.platforms.telegram.types import PLATFORM

_KEPT = 1000


class FileIds:
    """By a picture's digest, in which its content and its language are."""

    def __init__(self, bot_id: str, shelf: Shelf) -> None:
        self._place = f"{PLATFORM}-{bot_id}"
        self._shelf = shelf
        self._known: dict[str, str] = {}

    async def get(self, digest: str) -> str | None:
        """None where Telegram has not had it, as far as we know."""
        return self._known.get(digest) or await asyncio.to_thread(self._shelf.name_at, self._place, digest)

    async def put(self, digest: str, file_id: str) -> None:
        """From now on it is called so."""
        if self._known.get(digest) == file_id:
            return
        if len(self._known) >= _KEPT:
            self._known.clear()
        self._known[digest] = file_id
        await asyncio.to_thread(self._shelf.name, self._place, digest, file_id)

    async def forget(self, digest: str) -> None:
        """Telegram does not take it any more."""
        self._known.pop(digest, None)
        await asyncio.to_thread(self._shelf.forget_name, self._place, digest)


log = structlog.get_logger("bot.telegram")


EDIT, SEND = "editMessageMedia", "sendPhoto"


_NOT_MODIFIED = "message is not modified"


class Photos:
    """Makes the calls that show pictures; without a gallery, what they have otherwise."""

    def __init__(self, client: Client, gallery: Gallery | None) -> None:
        self._client = client
        self._gallery = gallery
        self._file_ids = FileIds(client.bot_id, gallery.studio.shelf) if gallery else None

    async def perform(self, call: Call) -> None:
        """Makes the call; where there is no picture or Telegram does not take it, the one with the words alone."""
        shown = await self._gallery.of_reply(call.pictured) if self._gallery and call.pictured else None
        if shown is not None and await self._is_made(call, shown):
            return
        if call.otherwise is not None:
            await self._client.perform(call.otherwise)

    async def _is_made(self, call: Call, shown: Shown) -> bool:
        file_id = await self._file_ids.get(shown.digest) if self._file_ids else None
        try:
            message = await self._made(call, shown, file_id)
        except BadRequest as refusal:
            if _NOT_MODIFIED in str(refusal).lower():
                return True
            if file_id is not None and self._file_ids:
                await self._file_ids.forget(shown.digest)
                return await self._is_made(call, shown)
            log.warning("a picture was refused", method=call.method, error=str(refusal))
            return False
        except TelegramError as error:
            log.warning("a picture did not get through", method=call.method, error=str(error))
            return False
        await self._remember(shown, message)
        return True

    async def _made(self, call: Call, shown: Shown, file_id: str | None) -> Message | bool:
        """By the file's id, or with the file itself."""
        photo = file_id or InputFile(shown.png, filename=f"{shown.digest}.png", attach=True)
        return await self._client.repeated(lambda: self._attempt(call, photo), harmless=call.method == EDIT)

    async def _attempt(self, call: Call, photo: str | InputFile) -> Message | bool:
        given: dict[str, Any] = dict(call.all_parameters)
        bot = self._client.bot
        if call.method == SEND:
            return await bot.send_photo(given.pop("chat_id"), photo, api_kwargs=given)
        media = InputMediaPhoto(photo, caption=given.pop("caption"), parse_mode=given.pop("parse_mode"))
        return await bot.edit_message_media(media, api_kwargs=given)

    async def _remember(self, shown: Shown, message: Message | bool) -> None:
        """Of the sizes that Telegram makes of a photo the last is the largest (core.telegram.org/bots/api#message)."""
        if self._file_ids and isinstance(message, Message) and message.photo:
            await self._file_ids.put(shown.digest, message.photo[-1].file_id)
