"""An update from its arrival to its answers, with nothing it can do to those behind it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import TypeVar

import structlog
from pydantic import ValidationError

from bot.conversation import DATABASE_SECONDS
from bot.lanes import Lanes
from bot.platforms.telegram.answering import Answering
from bot.platforms.telegram.calls import Call
from bot.platforms.telegram.client import Client
from bot.platforms.telegram.listen import hear, needs_database
from bot.platforms.telegram.payloads import Update
from bot.platforms.telegram.photos import Photos
from bot.store.database import LOST

log = structlog.get_logger("bot.telegram")

DRAIN_SECONDS = 5.0
"""How long answers under way may take once we are told to stop."""

AGAIN_SECONDS = 0.5
"""How long nobody tries a database that was away just now."""

AT_ONCE = frozenset({"answerCallbackQuery", "answerInlineQuery"})
"""What Telegram takes within seconds only, and in no order (core.telegram.org/bots/api#answercallbackquery)."""

Raw = TypeVar("Raw")


@dataclass(slots=True)
class Handling:
    """Handles updates, whichever way they come.

    Updates of one chat are answered in their order. Telegram does not see to that by webhook: it brings what is written in a
    chat in order, but each person's presses beside it (github.com/tdlib/telegram-bot-api, Client.cpp, ``webhook_queue_id``).
    Sending has its own queue: Telegram may hold a chat's messages back for half a minute, and who presses a button there
    meanwhile is told at once that it was heard.

    An update that needs the database while that is away is not done, and has to come again. The others that need it wait for
    what becomes of it: so a chat's updates keep their order, and a database that does not answer is asked by one alone.
    ``clock`` gives seconds and never goes back.
    """

    client: Client
    answering: Answering
    photos: Photos
    lanes: Lanes = field(default_factory=Lanes)
    sending: Lanes = field(default_factory=Lanes)
    clock: Callable[[], float] = monotonic
    _again_at: float | None = None
    """While the database is away: from when on another update may try it. None: it is not away."""
    _undone: dict[int | None, dict[int, None]] = field(default_factory=dict)
    """By chat the fetched updates that are not done, oldest first: others of the chat that need the database come after them."""

    def read(self, raw: Raw, parse: Callable[[Raw], Update]) -> Update | None:
        """The update; None for what is none, which is logged and passed over."""
        try:
            return parse(raw)
        except ValueError as error:
            log.warning("an update was passed over", reason=_reason(error))
            return None

    def at_once(self, update: Update) -> bytes | None:
        """The webhook's body that answers an update, where that is known and nothing of its chat is under way."""
        message = update.message
        if message is None or not message.text or self.lanes.is_busy(message.chat.id):
            return None
        return None if self.sending.is_busy(message.chat.id) else self.answering.at_once(message)

    async def answer(self, update: Update) -> bytes | None:
        """The webhook's body that answers an update, in the order of its chat: its first call, or b"".

        The other calls are made in the background, and so is the first where others of the chat wait to be made. None
        where the update is not done and has to come again.
        """
        return await (await self.lanes.put(lane_of(update), self._answer(update)))

    async def start(self, update: Update) -> "asyncio.Task[bool]":
        """Handles the update in the background, in the order of its chat; the task tells whether it is done."""
        return await self.lanes.put(lane_of(update), self._handle(update))

    async def drain(self) -> None:
        """Lets answers under way end."""
        end = monotonic() + DRAIN_SECONDS
        for lanes in (self.lanes, self.sending):
            await lanes.drain(max(0.0, end - monotonic()))

    async def _answer(self, update: Update) -> bytes | None:
        calls = await self._calls(update)
        if not calls:
            return b"" if calls is not None else None
        first = calls[0]
        if first.method not in AT_ONCE and self.sending.is_busy(lane_of(update)):
            await self._perform_all(update, calls)
            return b""
        await self._perform_all(update, calls[1:])
        return first.body()

    async def _handle(self, update: Update) -> bool:
        lane = lane_of(update)
        undone = self._undone.setdefault(lane, {})
        is_next = next(iter(undone), update.update_id) == update.update_id
        calls = await self._calls(update) if is_next or not needs_database(self.answering, update) else None
        if calls is None:
            undone[update.update_id] = None
            return False
        undone.pop(update.update_id, None)
        if not undone:
            del self._undone[lane]
        await self._perform_all(update, calls)
        return True

    async def _calls(self, update: Update) -> list[Call] | None:
        """The calls that answer an update; none where it asks nothing, or where answering fails, which is logged.

        None where the database is away.
        """
        if not self._may_try(update):
            return None
        try:
            calls = await hear(self.answering, update)
        except LOST as fault:
            if self._again_at is None:
                log.warning("the database does not answer: what needs it waits", failure=f"{fault}"[:200])
            self._again_at = self.clock() + AGAIN_SECONDS
            return None
        except Exception:
            log.exception("an update was not handled", update_id=update.update_id)
            return []
        if self._again_at is not None and needs_database(self.answering, update):
            self._again_at = None
        return calls

    def _may_try(self, update: Update) -> bool:
        if self._again_at is None or not needs_database(self.answering, update):
            return True
        now = self.clock()
        if now < self._again_at:
            return False
        self._again_at = now + DATABASE_SECONDS
        return True

    async def _perform_all(self, update: Update, calls: list[Call]) -> None:
        """Makes calls that answer the update in the background."""
        lane = lane_of(update)
        for call in calls:
            await self.sending.put(object() if call.method in AT_ONCE else lane, self._perform(call))

    async def _perform(self, call: Call) -> None:
        try:
            await (self.photos.perform(call) if call.pictured else self.client.perform(call))
        except Exception:
            log.exception("a call was not made", method=call.method)


def lane_of(update: Update) -> int | None:
    """The chat, or whoever writes in none; None for an update that has neither."""
    message = update.message or update.channel_post
    if message is not None:
        return message.chat.id
    press = update.callback_query
    if press is not None:
        return press.message.chat.id if press.message else press.from_.id
    if update.my_chat_member is not None:
        return update.my_chat_member.chat.id
    return update.inline_query.from_.id if update.inline_query else None


def _reason(error: ValueError) -> str:
    """What is wrong, without what it was: the first fault of pydantic's, or the exception's own words."""
    if isinstance(error, ValidationError):
        first = error.errors(include_input=False, include_url=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return type(error).__name__
