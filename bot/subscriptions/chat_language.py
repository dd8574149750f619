"""``/language``: shows the language of a chat, and changes it."""

from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from bot.db.engine import DATABASE_AWAY
from bot.db.store import Store
from bot.dossier.models import Language
from bot.live_dossier import LiveDossier
from bot.message import Message
from bot.replies.language_panel import language_named, language_panel
from bot.replies.reply import Reply


@dataclass(frozen=True, slots=True)
class ChatLanguage:
    """The languages of chats."""

    live: LiveDossier
    store: Store

    def respond(self, wanted: str, message: Message) -> Reply | Coroutine[Any, Any, Reply]:
        """The panel, after the change if ``wanted`` names a language. It is there at once where nothing is asked of the database."""
        named = language_named(wanted, self.live.dossier)
        if named is not None:
            return self._change(named, message)
        if message.chat.kind != "private" and self.store.readers.language(message.chat.address) is None:
            return self.panel(message, wanted)
        return self._panel(message, None, wanted)

    async def _change(self, language: Language, message: Message) -> Reply:
        chat = message.chat
        await self.store.readers.set_language(chat.address, language, chat.kind, chat.cause, chat.parent_id)
        return self._panel(message, None, "")

    async def panel(self, message: Message, unknown: str = "") -> Reply:
        """The panel. ``unknown``: what was typed, if it is not a language of the dossier."""
        detected = None
        with suppress(*DATABASE_AWAY):
            reader = await self.store.readers.get(message.chat.address)
            detected = reader.detected_language if reader else None
        return self._panel(message, detected, unknown)

    def _panel(self, message: Message, detected: str | None, unknown: str) -> Reply:
        """``detected``: the chat's language at first contact, used for bulletins until one is chosen."""
        dossier, chat = self.live.dossier, message.chat
        chosen = self.store.readers.language(chat.address)
        language = dossier.language(chosen) if chosen and not message.is_in_askers_language else chat.language
        for_bulletins = None
        if message.is_in_askers_language or chat.kind == "channel" or (chat.kind == "group" and chosen is None):
            kept = chosen or detected
            for_bulletins = dossier.language(kept) if kept else chat.language
        is_channel = chat.kind == "channel" and not message.is_in_askers_language
        return language_panel(dossier, language, for_bulletins, unknown, is_channel=is_channel)
