"""An update from its arrival to its answers, with nothing it can do to those behind it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import TypeVar

import structlog
from pydantic import ValidationError

from bot.lanes import Lanes
from bot.platforms.telegram.answering import Answering
from bot.platforms.telegram.calls import Call
from bot.platforms.telegram.client import Client
from bot.platforms.telegram.listen import hear
from bot.platforms.telegram.payloads import Update
from bot.platforms.telegram.photos import Photos

log = structlog.get_logger("bot.telegram")

DRAIN_SECONDS = 5.0
"""How long answers under way may take once we are told to stop."""

AT_ONCE = frozenset({"answerCallbackQuery", "answerInlineQuery"})
"""What Telegram takes within seconds only, and in no order (core.telegram.org/bots/api#answercallbackquery)."""

Raw = TypeVar("Raw")


@dataclass(slots=True)
class Handling:
    """Handles updates, whichever way they come.

    What is to be said is found out in the order of a chat, and said in it; but the first does not wait for the second. Telegram
    may hold a chat's messages back for half a minute, and who presses a button there meanwhile is told at once that it was heard.
    """

    client: Client
    answering: Answering
    photos: Photos
    lanes: Lanes = field(default_factory=Lanes)
    sending: Lanes = field(default_factory=Lanes)

    def read(self, raw: Raw, parse: Callable[[Raw], Update]) -> Update | None:
        """The update; None for what is none, which is logged and passed over."""
        try:
            return parse(raw)
        except ValueError as error:
            log.warning("an update was passed over", reason=_reason(error))
            return None

    async def calls(self, update: Update) -> list[Call]:
        """The calls that answer an update; none where it asks nothing, or where answering fails, which is logged."""
        try:
            return await hear(self.answering, update)
        except Exception:
            log.exception("an update was not handled", update_id=update.update_id)
            return []

    async def start(self, update: Update) -> None:
        """Handles the update in the background, after what its chat has asked before."""
        await self.lanes.put(lane_of(update), self._handle(update))

    async def perform(self, update: Update, calls: list[Call]) -> None:
        """Makes calls that answer the update in the background."""
        lane = lane_of(update)
        for call in calls:
            await self.sending.put(object() if call.method in AT_ONCE else lane, self._perform(call))

    async def drain(self) -> None:
        """Lets answers under way end."""
        end = monotonic() + DRAIN_SECONDS
        for lanes in (self.lanes, self.sending):
            await lanes.drain(max(0.0, end - monotonic()))

    async def _handle(self, update: Update) -> None:
        await self.perform(update, await self.calls(update))

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
