"""``nota doctor`` on Telegram: the token, the webhook, the clock, the bot's own switches.

Asked without the library, since it hides the headers, and every question here is asked once.
"""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from bot.platforms.base import Finding, fault, note, skew, well
from bot.platforms.telegram.updates import destination_of

TIMEOUT = aiohttp.ClientTimeout(total=10)


class _Unreachable(Exception):
    """No answer of the Bot API's."""


async def diagnose(
    token: str, api_url: str, public_url: str | None, owners: tuple[int, ...], desk: int | None = None
) -> AsyncIterator[Finding]:
    """What there is to say, in the order in which one would mend it. ``desk``: the editors' chat, where it is there."""
    async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
        asked = _Asked(session, token, api_url)
        try:
            me, date = await asked.result("getMe")
            if me is None:
                yield fault("TELEGRAM_TOKEN", "Telegram does not know it", "copy it again from @BotFather")
                return
            yield well("TELEGRAM_TOKEN", f"@{me.get('username')} answers")
            if date:
                yield skew("Bot API", (datetime.now(UTC) - date).total_seconds())
            for finding in _switches(me):
                yield finding
            there, _ = await asked.result("getWebhookInfo")
            yield _webhook(there or {}, destination_of(token, public_url).url if public_url else None)
            for owner in owners:
                yield await asked.owner(owner)
            if desk is not None:
                yield await asked.desk(desk)
        except _Unreachable as why:
            yield fault("TELEGRAM_API_URL", f"{urlsplit(api_url).netloc} does not answer ({why})", "see to the network")


class _Asked:
    def __init__(self, session: aiohttp.ClientSession, token: str, api_url: str) -> None:
        self._session = session
        self._base = f"{api_url.rstrip('/')}/bot{token}"

    async def result(self, method: str, **given: Any) -> tuple[dict[str, Any] | None, datetime | None]:
        """The result, None where the call is refused; and what the other side's clock shows.

        Raises:
            _Unreachable: without the address in it, which holds the token; also where the Bot API says that it failed, or
                has been asked too often, which is no word on what was asked.
        """
        try:
            async with self._session.post(f"{self._base}/{method}", json=given) as answer:
                body = await answer.json()
                date = answer.headers.get("Date")
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise _Unreachable(type(error).__name__) from None
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise _Unreachable(f"HTTP {answer.status}")
        result = body.get("result") if isinstance(body, dict) and body.get("ok") else None
        return result if isinstance(result, dict) else None, parsedate_to_datetime(date) if date else None

    async def owner(self, owner: int) -> Finding:
        chat, _ = await self.result("getChat", chat_id=owner)
        if chat is None:
            remedy = (
                "open a chat with the bot as that owner and press Start; the id is a number that @userinfobot tells"
            )
            return fault("OWNERS", f"telegram:{owner} cannot be written to", remedy)
        return well("OWNERS", f"telegram:{owner} can be written to")

    async def desk(self, chat_id: int) -> Finding:
        chat, _ = await self.result("getChat", chat_id=chat_id)
        if chat is None:
            remedy = "add the bot to that chat; the id is one that the chat has now (a supergroup's begins with -100)"
            return fault("EDITORS_CHAT", f"telegram:{chat_id} cannot be written to", remedy)
        return well("EDITORS_CHAT", f"telegram:{chat_id} can be written to")


def _switches(me: dict[str, Any]) -> Iterator[Finding]:
    if not me.get("can_join_groups", True):
        yield note("@BotFather", "groups cannot add the bot", "/setjoingroups → Enable")
    if not me.get("supports_inline_queries", True):
        yield note("@BotFather", "inline mode is off", "/setinline, if people are to ask behind the bot's name")


def _webhook(there: dict[str, Any], wanted: str | None) -> Finding:
    url, waiting = str(there.get("url") or ""), there.get("pending_update_count", 0)
    if wanted is None:
        if url:
            remedy = "nothing, if this is the only deployment: it is removed when `nota run` starts polling"
            return note("PUBLIC_URL", f"is not set, but a webhook is, at {urlsplit(url).netloc}", remedy)
        return well("PUBLIC_URL", f"is not set, and neither is a webhook: updates are polled ({waiting} wait)")
    if url != wanted:
        where = urlsplit(url).netloc if url else "nowhere"
        return fault("PUBLIC_URL", f"Telegram brings updates {where}, not here", "run `nota migrate`")
    if there.get("last_error_message"):
        said = f"Telegram could not bring updates lately ({waiting} wait): {there['last_error_message']}"
        return note("PUBLIC_URL", said, "open PUBLIC_URL/healthz from elsewhere; see to certificate and router")
    return well("PUBLIC_URL", f"Telegram brings updates there ({waiting} wait)")
