"""Update → calls made: the queue that handles updates in the order of a chat, however they come."""

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
from bot.conversation import DATABASE_SECONDS
from bot.db.answered_updates import AnsweredUpdates
from bot.db.engine import DATABASE_AWAY
from bot.platforms.telegram.api import Client
from bot.platforms.telegram.handlers import Handlers
from bot.platforms.telegram.photos import Photos
from bot.platforms.telegram.render import Call
from bot.platforms.telegram.types import Update, chat_id_of

log = structlog.get_logger("bot.telegram")

DRAIN_SECONDS = 5.0
"""How long replies under way may take at shutdown."""

DATABASE_RETRY_SECONDS = 0.5
"""After the database did not answer, no update tries it for this long."""

UNORDERED = frozenset({"answerCallbackQuery", "answerInlineQuery"})
"""Calls that Telegram accepts for a few seconds only, and in any order (core.telegram.org/bots/api#answercallbackquery)."""

MAX_ANSWERED = 10_000
"""Updates of a webhook that are remembered."""

UNREACHABLE = "Telegram cannot be reached; trying again"

Raw = TypeVar("Raw")


@dataclass(slots=True)
class UpdateQueue:
    """Handles updates, whichever way they come.

    Updates of one chat are answered in order. A webhook alone does not ensure that: Telegram delivers a chat's messages in order,
    but each person's presses beside them (github.com/tdlib/telegram-bot-api, Client.cpp, ``webhook_queue_id``). Sending has its
    own queue, so a rate-limited chat does not delay the next answer.

    An update that needs the database while it is away is not done and must come again. Later updates of its chat that need
    the database wait until it is done, and only one update at a time tries a database that does not answer.
    ``clock`` is monotonic, in seconds.
    """

    client: Client
    handlers: Handlers
    photos: Photos
    clock: Callable[[], float] = monotonic
    _answering: ChatQueue = field(default_factory=ChatQueue)
    _sending: ChatQueue = field(default_factory=ChatQueue)
    _try_database_at: float | None = None
    """When the next update may try the database, while it is away; None if it is not."""
    _answered: OrderedDict[int, None] = field(default_factory=OrderedDict)
    """The latest updates that a webhook brought and that were answered. Telegram may deliver one twice, for example after a
    time-out (#setwebhook)."""
    _unfinished: dict[int | None, dict[int, None]] = field(default_factory=dict)
    """Polled updates that are not done, by chat, oldest first."""

    def parse(self, raw: Raw, parse: Callable[[Raw], Update]) -> Update | None:
        """The update; None and a log line if it cannot be read."""
        try:
            return parse(raw)
        except ValueError as error:
            log.warning("an update was skipped", reason=_reason(error))
            return None

    def cached_response(self, update: Update) -> bytes | None:
        """The webhook's response if it is cached and the chat has nothing else under way."""
        message = update.message
        if self._is_answered(update) or message is None or not message.text or self._answering.is_busy(message.chat.id):
            return None
        response = None if self._sending.is_busy(message.chat.id) else self.handlers.cached_response(message)
        if response is not None:
            self._note_answered(update)
        return response

    def note_sent(self, update: Update) -> None:
        """The response was sent. From now on other processes know that the update was answered, too."""
        self._others.add(self.handlers.cause(update.update_id))

    async def send_lost(self, update: Update, body: bytes) -> None:
        """The response did not reach Telegram, which delivers the update again: its call is made by a request instead.

        Not if another process has answered the update meanwhile.
        """
        if self._others.includes(self.handlers.cause(update.update_id)):
            return
        self.note_sent(update)
        if body:
            given = json.loads(body)
            await self._send(update, [Call(given.pop("method"), given)])

    @property
    def _others(self) -> AnsweredUpdates:
        return self.handlers.conversation.store.answered

    def _is_answered(self, update: Update) -> bool:
        return update.update_id in self._answered or self._others.includes(self.handlers.cause(update.update_id))

    def _note_answered(self, update: Update) -> None:
        if len(self._answered) >= MAX_ANSWERED:
            self._answered.popitem(last=False)
        self._answered[update.update_id] = None

    async def response(self, update: Update) -> bytes | None:
        """The webhook's response: the first call that answers the update, or b"". The other calls are made in the background.

        None if the update is not done and must come again.
        """
        return await (await self._answering.put(chat_id_of(update), self._respond(update)))

    async def put(self, update: Update) -> "asyncio.Task[bool]":
        """Handles a polled update in the background; the task's result says whether it is done."""
        return await self._answering.put(chat_id_of(update), self._handle(update))

    async def drain(self) -> None:
        """Finishes what is under way, for :data:`DRAIN_SECONDS` at most."""
        end = monotonic() + DRAIN_SECONDS
        for queue in (self._answering, self._sending):
            await queue.drain(max(0.0, end - monotonic()))

    async def _respond(self, update: Update) -> bytes | None:
        if self._is_answered(update):
            return b""
        calls = await self._calls(update)
        if calls is None:
            return None
        if self._is_answered(update):  # by another process, to which Telegram turned meanwhile
            return b""
        self._note_answered(update)
        if not calls:
            return b""
        first, *others = calls
        needs_result = first.is_optional or first.fallback is not None or first.then is not None
        if needs_result or (first.method not in UNORDERED and self._sending.is_busy(chat_id_of(update))):
            await self._send(update, calls)
            return b""
        await self._send(update, others)
        return first.body()

    async def _handle(self, update: Update) -> bool:
        chat = chat_id_of(update)
        unfinished = self._unfinished.setdefault(chat, {})
        is_next = not unfinished or next(iter(unfinished)) == update.update_id
        calls = await self._calls(update) if is_next or not self.handlers.needs_database(update) else None
        if calls is None:
            unfinished[update.update_id] = None
            return False
        unfinished.pop(update.update_id, None)
        if not unfinished:
            del self._unfinished[chat]
        await self._send(update, calls)
        return True

    async def _calls(self, update: Update) -> list[Call] | None:
        """The calls that answer an update; None if the database is away."""
        if not self._start_database_attempt(update):
            return None
        try:
            calls = await self.handlers.calls(update)
        except DATABASE_AWAY as error:
            if self._try_database_at is None:
                log.warning("the database does not answer; updates that need it wait", error=f"{error}"[:200])
            self._try_database_at = self.clock() + DATABASE_RETRY_SECONDS
            return None
        except Exception:
            log.exception("an update was not handled", update_id=update.update_id)
            return []
        if self._try_database_at is not None and self.handlers.needs_database(update):
            self._try_database_at = None
        return calls

    def _start_database_attempt(self, update: Update) -> bool:
        """Whether the update may be handled now: the database is there, or not needed, or this update is the next to try it.

        The others then do not try it until this attempt has ended, or for the longest time that it can take.
        """
        if self._try_database_at is None or not self.handlers.needs_database(update):
            return True
        now = self.clock()
        if now < self._try_database_at:
            return False
        self._try_database_at = now + DATABASE_SECONDS
        return True

    async def _send(self, update: Update, calls: list[Call]) -> None:
        """Makes the calls in the background."""
        for call in calls:
            key = object() if call.method in UNORDERED else chat_id_of(update)
            await self._sending.put(key, self._perform(call))

    async def _perform(self, call: Call) -> None:
        try:
            await (self.photos.perform(call) if call.picture_of else self.client.perform(call))
        except Exception:
            log.exception("a call was not made", method=call.method)


def _reason(error: ValueError) -> str:
    """What is wrong, without the input."""
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
