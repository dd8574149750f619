"""Our side of the Bot API: calls made, faults told apart, and repeated where repeating is harmless."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from random import uniform
from typing import Any, TypeVar

import aiohttp
import structlog
from telegram import Bot
from telegram.error import BadRequest, ChatMigrated, InvalidToken, NetworkError, RetryAfter, TelegramError

from bot.platforms import PlatformFailure
from bot.platforms.telegram.calls import Call
from bot.platforms.telegram.outcomes import seconds
from bot.platforms.telegram.payloads import ALLOWED_UPDATES
from bot.platforms.telegram.transport import Transport, Unsent, UpdatesTransport

log = structlog.get_logger("bot.telegram")

PAUSES_SECONDS = (0.5, 1.0, 2.0, 4.0)
"""Before each repetition after a fault; a random half is taken off, so that clients do not come back together."""

PATIENCE_SECONDS = 60.0
"""An answer that Telegram puts off for longer (``retry_after``) is given up: its reader has gone on."""

POLL_SECONDS = 50
"""How long ``getUpdates`` may wait for an update; Telegram allows 50 (core.telegram.org/bots/api#getupdates)."""

REPEATABLE = frozenset({"editMessageText", "answerCallbackQuery", "answerInlineQuery", "deleteMessage"})
"""Methods that do the same when they are carried out twice; ``sendMessage`` would send twice."""

_NO_MATTER = ("message is not modified", "query is too old", "message to delete not found", "message can't be deleted")
_GONE = ("message to edit not found", "message can't be edited", "there is no text in the message to edit")

Sleep = Callable[[float], Awaitable[None]]
Result = TypeVar("Result")

_METHODS: dict[str, Callable[[Bot, dict[str, Any]], Awaitable[object]]] = {
    "sendMessage": lambda bot, given: bot.send_message(given.pop("chat_id"), given.pop("text"), api_kwargs=given),
    "editMessageText": lambda bot, given: bot.edit_message_text(given.pop("text"), api_kwargs=given),
    "deleteMessage": lambda bot, given: bot.delete_message(given["chat_id"], given["message_id"]),
    "answerCallbackQuery": lambda bot, given: bot.answer_callback_query(
        given.pop("callback_query_id"), api_kwargs=given
    ),
    "answerInlineQuery": lambda bot, given: bot.answer_inline_query(
        given.pop("inline_query_id"), given.pop("results"), api_kwargs=given
    ),
}


class Client:
    """Calls the Bot API at ``api_url`` (without a token) as the bot of the token."""

    def __init__(self, token: str, api_url: str, session: aiohttp.ClientSession, sleep: Sleep = asyncio.sleep) -> None:
        self._updates = UpdatesTransport(session)
        base = api_url.rstrip("/")
        self.bot = Bot(
            token,
            base_url=f"{base}/bot",
            base_file_url=f"{base}/file/bot",
            request=Transport(session),
            get_updates_request=self._updates,
        )
        self._sleep = sleep
        self._username: str | None = None

    @property
    def username(self) -> str | None:
        """The bot's name without the @; None before :meth:`start` has asked for it."""
        return self._username

    async def start(self) -> None:
        """Asks who we are, for as long as the Bot API cannot be reached.

        Raises:
            PlatformFailure: it refuses the token.
        """
        while True:
            try:
                await self.bot.initialize()
                self._username = self.bot.username
                return
            except InvalidToken:
                raise PlatformFailure(
                    "Telegram does not know the token in TELEGRAM_TOKEN: copy it again from @BotFather"
                ) from None
            except RetryAfter as wait:
                await self._sleep(seconds(wait))
            except TelegramError as error:
                log.warning("the Bot API cannot be reached yet", error=str(error))
                await self._sleep(PAUSES_SECONDS[-1])

    async def updates(self, offset: int) -> list[Any]:
        """The updates from ``offset`` on, as they came; waits for the first.

        Raises:
            TelegramError: as it comes; nothing is repeated here.
        """
        wait = timedelta(seconds=POLL_SECONDS)
        await self.bot.get_updates(offset=offset, timeout=wait, allowed_updates=ALLOWED_UPDATES)
        return list(self._updates.take())

    async def perform(self, call: Call) -> None:
        """Makes the call. Whatever becomes of it, the caller's business goes on: a fault is logged."""
        try:
            await self.repeated(lambda: self._make(call), harmless=call.method in REPEATABLE)
            if call.then:
                await self.perform(call.then)
        except BadRequest as refusal:
            await self._refused(call, refusal)
        except ChatMigrated as moved:
            await self.perform(Call(call.method, call.parameters | {"chat_id": moved.new_chat_id}, call.shown))
        except TelegramError as error:
            log.warning("an answer did not get through", method=call.method, error=str(error))

    async def _make(self, call: Call) -> None:
        await _METHODS[call.method](self.bot, dict(call.all_parameters))

    async def _refused(self, call: Call, refusal: BadRequest) -> None:
        reason = str(refusal).lower()
        if call.otherwise and any(words in reason for words in _GONE):
            await self.perform(call.otherwise)
        elif not any(words in reason for words in _NO_MATTER):
            log.warning("an answer was refused", method=call.method, error=str(refusal))

    async def repeated(self, attempt: Callable[[], Awaitable[Result]], *, harmless: bool) -> Result:
        """The result of an attempt, made again after faults that leave nothing behind.

        ``harmless``: a second time does nothing that the first has not, so any fault of the network counts as such.

        Raises:
            TelegramError: the last fault, or one that repeating would not mend or might double.
        """
        for pause in PAUSES_SECONDS:
            try:
                return await attempt()
            except RetryAfter as wait:
                if seconds(wait) > PATIENCE_SECONDS:
                    raise
                await self._sleep(seconds(wait))
            except BadRequest:
                raise
            except NetworkError as fault:
                if not harmless and not isinstance(fault, Unsent):
                    raise
                await self._sleep(uniform(pause / 2, pause))  # noqa: S311  no secret
        return await attempt()
