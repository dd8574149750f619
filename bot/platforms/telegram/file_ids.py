"""What Telegram calls the pictures that it has been sent, so that each is uploaded once.

A ``file_id`` is good for one bot and can be used again (core.telegram.org/bots/api#sending-files). It is kept in memory, and
on the shelf beside the picture, so that a restart uploads nothing again.
"""

import asyncio

from bot.pictures.shelf import Shelf
from bot.platforms.telegram.asker import PLATFORM

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
