"""Replies with a picture. It is uploaded once and then sent by its file id (core.telegram.org/bots/api#sending-files)."""

import asyncio
from typing import Any

import structlog
from telegram import InputFile, InputMediaPhoto, Message
from telegram.error import BadRequest, TelegramError

from bot.pictures.service import PictureService, PictureStore, RenderedPicture
from bot.platforms.telegram.api import NOT_MODIFIED, TelegramClient
from bot.platforms.telegram.render import Call
from bot.platforms.telegram.types import PLATFORM

log = structlog.get_logger("bot.telegram")

MAX_FILE_IDS = 1000
"""The most ids in memory. Beyond it the cache is emptied, and ids are read from disk again."""


class Photos:
    """Makes the calls that send pictures, or their fallbacks without a picture service."""

    def __init__(self, client: TelegramClient, pictures: PictureService | None) -> None:
        self._client = client
        self._pictures = pictures
        self._file_ids = FileIds(client.bot_id, pictures.store) if pictures else None

    async def perform(self, call: Call) -> None:
        """Makes the call; without a picture, or if Telegram refuses it, the fallback."""
        picture = await self._pictures.of_reply(call.picture_of) if self._pictures and call.picture_of else None
        if picture and self._file_ids and await self._send(call, picture, self._file_ids):
            return
        if call.fallback is not None:
            await self._client.perform(call.fallback)

    async def _send(self, call: Call, picture: RenderedPicture, file_ids: "FileIds") -> bool:
        """Sends the picture by its file id or uploads it. Returns whether that succeeded."""
        file_id = await file_ids.get(picture.digest)
        photo = file_id or InputFile(picture.png, filename=f"{picture.digest}.png", attach=True)
        try:
            message = await self._client.retry(
                lambda: self._attempt(call, photo), repeatable=call.method == "editMessageMedia"
            )
        except BadRequest as error:
            if NOT_MODIFIED in str(error).lower():
                return True
            if file_id is not None:
                await file_ids.forget(picture.digest)
                return await self._send(call, picture, file_ids)
            log.warning("a picture was refused", method=call.method, error=str(error))
            return False
        except TelegramError as error:
            log.warning("a picture could not be sent", method=call.method, error=str(error))
            return False
        if isinstance(message, Message) and message.photo:
            largest = message.photo[-1]  # Telegram gives the sizes of a photo in ascending order
            await file_ids.put(picture.digest, largest.file_id)
        return True

    async def _attempt(self, call: Call, photo: str | InputFile) -> Message | bool:
        parameters: dict[str, Any] = dict(call.all_parameters)
        if call.method == "sendPhoto":
            return await self._client.bot.send_photo(photo=photo, **parameters)
        media = InputMediaPhoto(photo, caption=parameters.pop("caption"), parse_mode=parameters.pop("parse_mode"))
        return await self._client.bot.edit_message_media(media, **parameters)


class FileIds:
    """Digest of a picture → Telegram's file id, in memory and on disk. An id is valid for one bot."""

    def __init__(self, bot_id: str, store: PictureStore) -> None:
        self._owner = f"{PLATFORM}-{bot_id}"
        self._store = store
        self._in_memory: dict[str, str] = {}

    async def get(self, digest: str) -> str | None:
        """The file id; None if the picture was not uploaded."""
        return self._in_memory.get(digest) or await asyncio.to_thread(self._store.file_id, self._owner, digest)

    async def put(self, digest: str, file_id: str) -> None:
        if self._in_memory.get(digest) == file_id:
            return
        if len(self._in_memory) >= MAX_FILE_IDS:
            self._in_memory.clear()
        self._in_memory[digest] = file_id
        await asyncio.to_thread(self._store.put_file_id, self._owner, digest, file_id)

    async def forget(self, digest: str) -> None:
        self._in_memory.pop(digest, None)
        await asyncio.to_thread(self._store.remove_file_id, self._owner, digest)
