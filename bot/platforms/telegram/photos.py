"""Replies with a picture. It is uploaded once and then sent by its file id (core.telegram.org/bots/api#sending-files)."""

from typing import Any

import structlog
from telegram import InputFile, InputMediaPhoto, Message
from telegram.error import BadRequest, TelegramError

from bot.pictures.service import PictureService, RenderedPicture
from bot.platforms.telegram.api import NOT_MODIFIED, TelegramClient
from bot.platforms.telegram.render import Call

log = structlog.get_logger("bot.telegram")

MAX_FILE_IDS = 1000
"""The most ids in memory. Beyond it they are emptied, and pictures are uploaded again."""


class Photos:
    """Makes the calls that send pictures, or their fallbacks without a picture service."""

    def __init__(self, client: TelegramClient, pictures: PictureService | None) -> None:
        self._client = client
        self._pictures = pictures
        self._file_ids: dict[str, str] = {}
        """Digest of a picture → Telegram's file id."""

    async def perform(self, call: Call) -> None:
        """Makes the call; without a picture, or if Telegram refuses it, the fallback."""
        picture = await self._pictures.of_reply(call.picture_of) if self._pictures and call.picture_of else None
        if picture and await self._send(call, picture):
            return
        if call.fallback is not None:
            await self._client.perform(call.fallback)

    async def _send(self, call: Call, picture: RenderedPicture) -> bool:
        """Sends the picture by its file id or uploads it. Returns whether that succeeded."""
        file_id = self._file_ids.get(picture.digest)
        photo = file_id or InputFile(picture.png, filename=f"{picture.digest}.png", attach=True)
        is_edit = call.method == "editMessageMedia"
        try:
            message = await self._client.retry(lambda: self._attempt(call, photo), repeatable=is_edit)
        except BadRequest as error:
            if NOT_MODIFIED in str(error).lower():
                return True
            if file_id is not None:
                self._file_ids.pop(picture.digest, None)
                return await self._send(call, picture)
            log.warning("a picture was refused", method=call.method, error=str(error))
            return False
        except TelegramError as error:
            log.warning("a picture could not be sent", method=call.method, error=str(error))
            return False
        if isinstance(message, Message) and message.photo:
            largest = message.photo[-1]  # Telegram gives the sizes of a photo in ascending order
            if len(self._file_ids) >= MAX_FILE_IDS:
                self._file_ids.clear()
            self._file_ids[picture.digest] = largest.file_id
        return True

    async def _attempt(self, call: Call, photo: str | InputFile) -> Message | bool:
        parameters: dict[str, Any] = dict(call.all_parameters)
        if call.method == "sendPhoto":
            return await self._client.bot.send_photo(photo=photo, **parameters)
        media = InputMediaPhoto(photo, caption=parameters.pop("caption"), parse_mode=parameters.pop("parse_mode"))
        return await self._client.bot.edit_message_media(media, **parameters)
