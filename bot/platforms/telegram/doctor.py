"""``nota doctor`` for Telegram: the token, the clock, the bot's switches, the webhook, and the chats of the settings."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import SimpleNamespace
from urllib.parse import urlsplit

import aiohttp
from telegram import Bot, User, WebhookInfo
from telegram.error import BadRequest, Forbidden, InvalidToken, TelegramError

from bot.platforms.base import Finding, clock_finding, note, ok, problem
from bot.platforms.platform import Deployment
from bot.platforms.telegram.api import InvalidResponse, TelegramClient, readable
from bot.platforms.telegram.modes import MODES, REMEDY, modes_off
from bot.platforms.telegram.platform import TelegramSettings
from bot.platforms.telegram.webhook import webhook_target

READ_SECONDS = 10.0

_REMEDIES = {
    "OWNERS": "open a chat with the bot as that owner and press Start; the id is a number that @userinfobot tells",
    "EDITORS_CHAT": "add the bot to that chat; the id is one that the chat has now (a supergroup's begins with -100)",
}
"""Setting → what to do if the bot cannot write to the chat in it."""


async def diagnose(settings: TelegramSettings, deployment: Deployment) -> AsyncIterator[Finding]:
    token, api_url, public_url = settings.token, settings.telegram_api_url, deployment.public_url
    clock_offsets: list[float] = []

    async def on_response(_session: object, _context: SimpleNamespace, end: aiohttp.TraceRequestEndParams) -> None:
        if date := end.response.headers.get("Date"):
            clock_offsets.append((datetime.now(UTC) - parsedate_to_datetime(date)).total_seconds())

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(on_response)
    async with aiohttp.ClientSession(trace_configs=[trace]) as session:
        bot = TelegramClient(token, api_url, session).bot
        try:
            me = await bot.get_me(read_timeout=READ_SECONDS)
            yield ok("TELEGRAM_TOKEN", f"@{me.username} answers")
            for ahead in clock_offsets:
                yield clock_finding("Bot API", ahead)
            for finding in _switches(me):
                yield finding
            info = await bot.get_webhook_info(read_timeout=READ_SECONDS)
            yield _webhook(info, webhook_target(token, public_url).url if public_url else None)
            for owner in map(int, deployment.owners):
                yield await _chat(bot, "OWNERS", owner)
            if deployment.editors_chat is not None:
                yield await _chat(bot, "EDITORS_CHAT", int(deployment.editors_chat.chat_id))
        except InvalidToken:
            yield problem("TELEGRAM_TOKEN", "Telegram does not know it", "copy it again from @BotFather")
        except TelegramError as error:
            message = f"{urlsplit(api_url).netloc} does not answer ({error})"
            yield problem("TELEGRAM_API_URL", message, "check the network")


async def _chat(bot: Bot, setting: str, chat_id: int) -> Finding:
    """Whether the bot can write to a chat.

    Raises:
        TelegramError: Telegram cannot be reached.
    """
    try:
        await readable(bot.get_chat(chat_id, read_timeout=READ_SECONDS))
    except (BadRequest, Forbidden):
        return problem(setting, f"telegram:{chat_id} cannot be written to", _REMEDIES[setting])
    except InvalidResponse:
        message = f"the Bot API's answer about telegram:{chat_id} lacks fields"
        return note(setting, message, "update the server at TELEGRAM_API_URL")
    return ok(setting, f"telegram:{chat_id} can be written to")


def _switches(me: User) -> Iterator[Finding]:
    if me.can_join_groups is False:
        yield note("@BotFather", "groups cannot add the bot", "/setjoingroups → Enable")
    for field in modes_off(me):
        yield note("@BotFather", f"{MODES[field]} is off", f"run `nota migrate`, or {REMEDY}")


def _webhook(info: WebhookInfo, wanted_url: str | None) -> Finding:
    waiting = info.pending_update_count
    if wanted_url is None:
        if info.url:
            remedy = "nothing, if this is the only deployment: it is removed when `nota run` starts polling"
            return note("PUBLIC_URL", f"is not set, but a webhook is, at {urlsplit(info.url).netloc}", remedy)
        return ok("PUBLIC_URL", f"is not set, and neither is a webhook: updates are polled ({waiting} wait)")
    if info.url != wanted_url:
        where = urlsplit(info.url).netloc if info.url else "nowhere"
        return problem("PUBLIC_URL", f"Telegram brings updates {where}, not here", "run `nota migrate`")
    if info.last_error_message:
        message = f"Telegram could not bring updates lately ({waiting} wait): {info.last_error_message}"
        remedy = "open PUBLIC_URL/healthz from elsewhere; check the certificate and the router"
        return note("PUBLIC_URL", message, remedy)
    return ok("PUBLIC_URL", f"Telegram brings updates there ({waiting} wait)")
