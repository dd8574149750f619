"""Our side of the Bot API: calls made, faults told apart, and repeated where repeating is harmless."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from random import uniform
from typing import Any, TypeVar

import aiohttp
import structlog
from telegram import Bot
from telegram.error import BadRequest, ChatMigrated, InvalidToken, NetworkError, RetryAfter, TelegramError

from bot.platforms import PlatformFailure
from bot.platforms.telegram.addressed import Me
from bot.platforms.telegram.calls import Call
from bot.platforms.telegram.outcomes import seconds
from bot.platforms.telegram.payloads import ALLOWED_UPDATES, User
from bot.platforms.telegram.transport import READ_SECONDS, Failed, Transport, Unsent

log = structlog.get_logger("bot.telegram")

PAUSES_SECONDS = (0.5, 1.0, 2.0, 4.0)
"""Before each repetition after a fault; a random half is taken off, so that clients do not come back together."""

PATIENCE_SECONDS = 60.0
"""An answer that Telegram puts off for longer (``retry_after``) is given up: its reader has gone on."""

POLL_SECONDS = 50
"""How long ``getUpdates`` may wait for an update; Telegram allows 50 (core.telegram.org/bots/api#getupdates)."""

REPEATABLE = frozenset({"editMessageText", "answerCallbackQuery", "answerInlineQuery", "deleteMessage"})
"""Methods that do the same when they are carried out twice; ``sendMessage`` would send twice."""

REVOKED = "Telegram no longer takes the token in TELEGRAM_TOKEN: copy it again from @BotFather"

_NO_MATTER = ("message is not modified", "query is too old", "message to delete not found", "message can't be deleted")
_GONE = ("message to edit not found", "message can't be edited", "there is no text in the message to edit")

Sleep = Callable[[float], Awaitable[None]]
Result = TypeVar("Result")


class Client:
    """Calls the Bot API at ``api_url`` (without a token) as the bot of the token."""

    def __init__(
        self,
        token: str,
        api_url: str,
        session: aiohttp.ClientSession,
        sleep: Sleep = asyncio.sleep,
        limited: Callable[[], None] = lambda: None,
    ) -> None:
        """``limited`` is told of each 429."""
        self._transport = Transport(session, limited)
        base = f"{api_url.rstrip('/')}/bot"
        self._url = f"{base}{token}"
        self.bot = Bot(token, base_url=base, request=self._transport, get_updates_request=self._transport)
        self.bot_id = token.partition(":")[0]
        self._sleep = sleep
        self.me: Me | None = None

    async def start(self) -> Me:
        """Asks who we are, for as long as the Bot API cannot be reached.

        Raises:
            PlatformFailure: it refuses the token.
        """
        while True:
            try:
                found = User.model_validate(await self.call("getMe"))
                self.me = Me(found.id, found.username or "")
                return self.me
            except InvalidToken:
                raise PlatformFailure(
                    "Telegram does not know the token in TELEGRAM_TOKEN: copy it again from @BotFather"
                ) from None
            except RetryAfter as wait:
                await self._sleep(seconds(wait))
            except TelegramError as error:
                log.warning("the Bot API cannot be reached yet", error=str(error))
                await self._sleep(PAUSES_SECONDS[-1])

    async def call(
        self, method: str, given: Mapping[str, Any] | None = None, read_seconds: float = READ_SECONDS
    ) -> Any:
        """The result of a method, as it came; asked once.

        Raises:
            TelegramError: it was refused, or not reached.
        """
        return await self._transport.call(f"{self._url}/{method}", given or {}, read_seconds)

    async def ask(self, method: str, given: Mapping[str, Any] | None = None) -> Any:
        """The same for a method that does no harm twice, repeated after faults.

        Raises:
            TelegramError: the last of them.
        """
        return await self.repeated(lambda: self.call(method, given), harmless=True)

    async def updates(self, offset: int, wait_seconds: int = POLL_SECONDS) -> list[Any]:
        """The updates from ``offset`` on, as they came; waits for the first.

        Raises:
            TelegramError: as it comes, or for an answer that brings no list; nothing is repeated here.
        """
        given = {"offset": offset, "timeout": wait_seconds, "allowed_updates": ALLOWED_UPDATES}
        batch = await self.call("getUpdates", given, wait_seconds + READ_SECONDS)
        if not isinstance(batch, list):
            raise NetworkError("an answer without updates")
        return batch

    async def perform(self, call: Call) -> None:
        """Makes the call. Whatever becomes of it, the caller's business goes on: a fault is logged."""
        try:
            await self.repeated(lambda: self.call(call.method, call.all_parameters), harmless=call.method in REPEATABLE)
            if call.then:
                await self.perform(call.then)
        except BadRequest as refusal:
            await self._refused(call, refusal)
        except ChatMigrated as moved:
            await self.perform(Call(call.method, call.parameters | {"chat_id": moved.new_chat_id}, call.shown))
        except TelegramError as error:
            log.warning("an answer did not get through", method=call.method, error=str(error))

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
                if not harmless and not isinstance(fault, Unsent | Failed):
                    raise
                await self._sleep(uniform(pause / 2, pause))  # noqa: S311  no secret
        return await attempt()
