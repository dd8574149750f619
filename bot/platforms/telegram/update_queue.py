"""The queue that handles updates, in order for each chat, both from polling and from the webhook."""

import asyncio
import json
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import TypeVar
from urllib.parse import urlsplit

import structlog
from pydantic import ValidationError

from bot.chat_queue import ChatQueue
from bot.db.answered_updates import AnsweredUpdates
from bot.platforms.telegram.api import TelegramClient
from bot.platforms.telegram.handlers import Handlers
from bot.platforms.telegram.photos import Photos
from bot.platforms.telegram.render import Call
from bot.platforms.telegram.types import Origin, Update, origin_of

log = structlog.get_logger("bot.telegram")

DRAIN_SECONDS = 5.0
"""How long replies under way may take at shutdown."""

UNORDERED = frozenset({"answerCallbackQuery", "answerInlineQuery", "setMessageReaction"})
"""Calls in any order, of which no answer waits: those that Telegram accepts for a few seconds only (core.telegram.org/bots/api#answercallbackquery)."""

MAX_BROUGHT = 10_000
"""The most updates of a webhook that are remembered."""

UNREACHABLE = "Telegram cannot be reached; trying again"

Raw = TypeVar("Raw")


@dataclass(slots=True)
class UpdateQueue:
    """Handles updates, both from polling and from the webhook.

    Updates of one chat are answered in order. A webhook alone does not ensure that: Telegram delivers a chat's messages in order, but each
    person's presses concurrently (github.com/tdlib/telegram-bot-api, Client.cpp, ``webhook_queue_id``). Sending has a queue of its own, so that a
    rate-limited chat does not delay the next answer.

    An update is answered once. While the database does not answer, a change of settings is refused with an apology.
    """

    client: TelegramClient
    handlers: Handlers
    photos: Photos
    _answering: ChatQueue = field(default_factory=ChatQueue)
    _sending: ChatQueue = field(default_factory=ChatQueue)
    answered: AnsweredUpdates = field(init=False)
    """The updates whose answers Telegram has received, from this process and from others."""
    _brought: OrderedDict[int, None] = field(default_factory=OrderedDict)
    """The latest updates that a webhook brought here. Telegram may deliver one twice, for example after a time-out (#setwebhook)."""

    def __post_init__(self) -> None:
        self.answered = self.handlers.conversation.store.answered

    def parse(self, raw: Raw, parse: Callable[[Raw], Update]) -> Update | None:
        """The update; None and a log line if it cannot be read."""
        try:
            return parse(raw)
        except ValueError as error:
            log.warning("an update was skipped", reason=_reason(error))
            return None

    def note_sent(self, update: Update) -> None:
        """Records that the response was sent, for other processes, too."""
        self.answered.add(self.handlers.cause(update.update_id))

    async def send_lost(self, update: Update, body: bytes) -> None:
        """Makes the call of a response that did not reach Telegram, because Telegram delivers the update again.

        Does nothing if another process has answered the update meanwhile.
        """
        if self.answered.includes(self.handlers.cause(update.update_id)):
            return
        self.note_sent(update)
        origin = origin_of(update)
        if body and origin:
            parameters = json.loads(body)
            await self._send(origin, [Call(parameters.pop("method"), parameters)])

    async def first_call(self, update: Update) -> bytes:
        """The webhook's response: the first call for the update; b"" if there is none. Further calls are made in the background."""
        origin = origin_of(update)
        if origin is None:
            return b""
        return await self._answering.run(origin.chat.id, self._first_call(update, origin))

    async def put(self, update: Update, origin: Origin) -> "asyncio.Task[None]":
        """Handles a polled update in the background."""
        return await self._answering.put(origin.chat.id, self._handle(update, origin))

    async def drain(self) -> None:
        """Finishes the work in progress, within :data:`DRAIN_SECONDS`."""
        end = monotonic() + DRAIN_SECONDS
        for queue in (self._answering, self._sending):
            await queue.drain(max(0.0, end - monotonic()))

    async def _first_call(self, update: Update, origin: Origin) -> bytes:
        cause = self.handlers.cause(update.update_id)
        if update.update_id in self._brought or self.answered.includes(cause):
            return b""
        calls = await self.handlers.calls(update, origin)
        if self.answered.includes(cause):  # another process got the update meanwhile
            return b""
        if len(self._brought) >= MAX_BROUGHT:
            self._brought.popitem(last=False)
        self._brought[update.update_id] = None
        if not calls:
            return b""
        first = calls[0]
        needs_result = first.is_optional or first.fallback is not None or first.then is not None
        if needs_result or (first.method not in UNORDERED and self._sending.is_busy(origin.chat.id)):
            await self._send(origin, calls)
            return b""
        if len(calls) > 1:
            await self._send(origin, calls[1:])
        return first.body()

    async def _handle(self, update: Update, origin: Origin) -> None:
        await self._send(origin, await self.handlers.calls(update, origin))

    async def _send(self, origin: Origin, calls: list[Call]) -> None:
        """Makes the calls in the background."""
        for call in calls:
            is_copy = "callback_query_id" in call.parameters.get("ephemeral_message_parameters", ())
            is_unordered = call.method in UNORDERED or is_copy
            key = object() if is_unordered else origin.chat.id
            await self._sending.put(key, self._perform(call))

    async def _perform(self, call: Call) -> None:
        try:
            await (self.photos.perform(call) if call.picture_of else self.client.perform(call))
        except Exception:
            log.exception("a call was not made", method=call.method)


def _reason(error: ValueError) -> str:
    """The reason of the error, without the input."""
    if isinstance(error, ValidationError):
        first = error.errors(include_input=False, include_url=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return type(error).__name__


def other_deployment(url: str) -> str:
    """The error if updates go to ``url``, for the operator."""
    return (
        f"another deployment has this bot's updates brought to {urlsplit(url).netloc}: "
        "run one for each TELEGRAM_TOKEN. Stop that one, then restart this"
    )
