"""Updates that we fetch (core.telegram.org/bots/api#getupdates), one by one, always moving on.

Telegram forgets an update once a later offset was asked for, so none is asked for beyond an update that is not done: whoever
polls next gets it again. Those behind it are handled meanwhile.
"""

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from time import monotonic, time
from typing import Any, TypeVar
from urllib.parse import urlsplit

import structlog
from aiohttp import web
from pydantic import ValidationError
from telegram.error import BadRequest, Conflict, InvalidToken, RetryAfter, TelegramError

from bot.chat_queue import Lanes
from bot.conversation import DATABASE_SECONDS
from bot.db.engine import LOST
from bot.platforms.base import Handover, PlatformFailure, Report
from bot.platforms.telegram.api import POLL_SECONDS, REVOKED, Client, seconds
from bot.platforms.telegram.handlers import Answering, hear, needs_database
from bot.platforms.telegram.photos import Photos
from bot.platforms.telegram.render import Call
from bot.platforms.telegram.types import (
    ALLOWED_UPDATES,
    Update,
    WebhookInfo,
    update_of,
    update_of_json,
    webhook_info_of,
)

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


PATH = "/telegram/webhook"


CONNECTIONS = 40
"""How many updates Telegram may bring at once; its own default (core.telegram.org/bots/api#setwebhook)."""


WATCH_SECONDS = 60.0
"""Between two looks at what Telegram has for our webhook."""


OUTAGE_MISSES = 2
"""Looks in a row that failed are an outage, of which ``/readyz`` tells too; one may be chance."""


LATELY_SECONDS = 600.0
"""Telegram goes on showing its last error long after it is over, as that of a deploy; an older one than this says nothing."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Our webhook.

    Attributes:
        url: with a fingerprint of the secret, which Telegram never shows again, so that another secret shows as another URL.
        secret: tells Telegram's requests from others': 64 of the characters it allows, derived from the token.
    """

    url: str
    secret: str


def secret_of(token: str) -> str:
    """What tells Telegram's requests from others', the same for the same token wherever we run."""
    return hmac.new(token.encode(), b"nota: telegram webhook", "sha256").hexdigest()


def destination_of(token: str, public_url: str) -> Destination:
    """The webhook of the bot of the token, at our own address."""
    secret = secret_of(token)
    fingerprint = hmac.new(secret.encode(), b"fingerprint", "sha256").hexdigest()[:8]
    return Destination(f"{public_url.rstrip('/')}{PATH}?key={fingerprint}", secret)


async def register(client: Client, wanted: Destination) -> bool:
    """Tells Telegram where to bring updates; those that wait are kept. Returns whether it did not know.

    Raises:
        PlatformFailure: it refuses the address, or no longer takes the token.
        TelegramError: it cannot be reached.
    """
    try:
        if _same(webhook_info_of(await client.ask("getWebhookInfo")), wanted):
            return False
        await client.ask("setWebhook", _settings(wanted))
    except InvalidToken:
        raise PlatformFailure(REVOKED) from None
    except BadRequest as refusal:
        raise PlatformFailure(f"Telegram refuses PUBLIC_URL as the address of a webhook: {refusal}") from None
    return True


def _same(there: WebhookInfo, wanted: Destination) -> bool:
    allowed = set(there.allowed_updates or ())
    return there.url == wanted.url and allowed == set(ALLOWED_UPDATES) and there.max_connections == CONNECTIONS


def _settings(wanted: Destination) -> dict[str, Any]:
    return {
        "url": wanted.url,
        "secret_token": wanted.secret,
        "allowed_updates": ALLOWED_UPDATES,
        "max_connections": CONNECTIONS,
    }


async def watch(
    client: Client,
    wanted: Destination,
    report: Report,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    now: Callable[[], float] = time,
) -> None:
    """Says when the webhook is a second deployment's, or when Telegram cannot reach it; never fights for it. Runs until cancelled.

    Raises:
        PlatformFailure: the token is no longer good.
    """
    said, strayed, misses, handover = "", False, 0, Handover()
    while True:
        await sleep(WATCH_SECONDS)
        try:
            there = webhook_info_of(await client.call("getWebhookInfo"))
            has_strayed, strayed = strayed, _is_strayed(there, wanted)
            if has_strayed and strayed:
                log.info("the webhook was set otherwise at our own address, and is set again")
                await client.call("setWebhook", _settings(wanted))
        except InvalidToken:
            raise PlatformFailure(REVOKED) from None
        except TelegramError as error:
            log.warning("the webhook could not be looked at", error=str(error))
            misses += 1
            if misses < OUTAGE_MISSES:
                continue
            fault = "Telegram cannot be reached; trying on"
        else:
            is_ours = _place(there.url) == _place(wanted.url)
            is_rival = handover.is_rival(is_ours=is_ours, now=now())
            misses, fault = 0, fault_of(there, wanted, now()) if is_ours or is_rival else ""
            if not is_ours and not is_rival:
                log.info("updates are brought elsewhere, as by a new release", to=_host(there.url))
        if fault != said:
            report(fault)
            said = fault


def _is_strayed(there: WebhookInfo, wanted: Destination) -> bool:
    """Ours, but set otherwise: by a process of the last release that started once more while this one rolled out.

    Seen twice in a row, nobody who may still need it so is left.
    """
    return _place(there.url) == _place(wanted.url) and not _same(there, wanted)


def fault_of(there: WebhookInfo, wanted: Destination, now: float) -> str:
    """What is wrong with the webhook, in words for an operator; an empty text where nothing is. ``now``: since 1970.

    The same words for as long as the same is wrong, whatever waits meanwhile.
    """
    if not there.url:
        return (
            "the webhook was removed: another process polls with this TELEGRAM_TOKEN. Stop that one, then restart this"
        )
    if _place(there.url) != _place(wanted.url):
        return (
            f"another deployment has this bot's updates brought to {_host(there.url)}: "
            "run one for each TELEGRAM_TOKEN. Stop that one, then restart this"
        )
    is_lately = there.last_error_date is None or now - there.last_error_date < LATELY_SECONDS
    if there.last_error_message and there.pending_update_count and is_lately:
        return f"Telegram cannot bring updates: {there.last_error_message}"
    return ""


def _place(url: str) -> str:
    return url.partition("?")[0]


def _host(url: str) -> str:
    return urlsplit(url).netloc or "a process that polls"


SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  the header's name


REPEAT_SECONDS = 4.0


COME_AGAIN_SECONDS = "2"
"""When Telegram is to bring again what is not done: without that it waits twice as long each time, for up to two minutes
(the same, ``on_update_error``)."""


class Webhook:
    """The route; until :meth:`serve` has begun it asks Telegram to come again."""

    def __init__(self, destination: Destination) -> None:
        self._destination = destination
        self._expected = destination.secret.encode()
        self._handling: Handling | None = None

    async def receive(self, request: web.Request) -> web.Response:
        """Answers an update with the first call it leads to; makes the others by itself.

        503 for one that is not done since the database is away: Telegram brings it again, and what is behind it in its chat
        not before (#setwebhook; github.com/tdlib/telegram-bot-api, WebhookActor.cpp). A body over the app's ``client_max_size`` is refused as it is read.
        """
        given = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode(errors="surrogateescape"), self._expected):
            return web.Response(status=HTTPStatus.FORBIDDEN)
        handling = self._handling
        if handling is None:
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
        try:
            raw = await request.read()
        except ConnectionError:  # it broke off; Telegram comes again
            return web.Response(status=HTTPStatus.REQUEST_TIMEOUT)
        update = handling.read(raw, update_of_json)
        if update is None:
            return web.Response()
        body = handling.at_once(update)
        if body is None:
            body = await handling.answer(update)
        if body is None:
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE, headers={"Retry-After": COME_AGAIN_SECONDS})
        return web.Response(body=body, content_type="application/json") if body else web.Response()

    async def serve(self, handling: Handling, report: Report) -> None:
        """Tells Telegram where to bring updates, and takes them until cancelled.

        Raises:
            PlatformFailure: Telegram refuses the address.
        """
        self._handling = handling
        await self._register(handling.client)
        await watch(handling.client, self._destination, report)

    async def _register(self, client: Client) -> None:
        """For as long as Telegram cannot be reached: it may know the address from before."""
        while True:
            try:
                was_unknown = await register(client, self._destination)
            except TelegramError as error:
                log.warning("whether the webhook is set could not be found out yet", error=str(error))
                await asyncio.sleep(REPEAT_SECONDS)
                continue
            log.info("updates come by webhook", path=PATH, newly_set=was_unknown)
            return


FIRST_PAUSE_SECONDS = 0.5


LONGEST_PAUSE_SECONDS = 30.0
"""Between two attempts that failed; it doubles from the first to the longest."""


CONFLICT_PAUSE_SECONDS = 5.0


RECOVERY_SECONDS = 10
"""How long a poll waits after a fault, so that its end is known soon; longer than a rival takes to come again."""


OUTAGE_PAUSE_SECONDS = 8.0
"""Faults that have come to so long a pause are an outage, of which ``/readyz`` tells too."""


SLOW_SECONDS = 0.5
"""How long the next poll waits until what came is done, so that Telegram is told so by it."""


UNFINISHED_SECONDS = 1
"""How long a poll waits while something is not done, and is to be tried again."""


MOST_AT_ONCE = 100
"""Updates that Telegram shows at a time (#getupdates, ``limit``)."""


MOST_HELD = 10_000
"""Updates not done that memory may hold; some 20 MB."""


Sleep = Callable[[float], Awaitable[None]]


@dataclass(slots=True)
class _Standing:
    """Reports what is wrong once, and that it is over once."""

    report: Report
    _said: str = ""

    @property
    def is_faulty(self) -> bool:
        return bool(self._said)

    def is_now(self, fault: str) -> None:
        if fault != self._said:
            self.report(fault)
            self._said = fault


@dataclass(slots=True)
class _Progress:
    """Which updates are not done yet, and from which on Telegram is asked for them (``offset``)."""

    offset: int = 0
    _unfinished: dict[int, Update] = field(default_factory=dict)
    _tasks: "dict[int, asyncio.Task[bool]]" = field(default_factory=dict)
    _seen: set[int] = field(default_factory=set)

    @property
    def is_done(self) -> bool:
        return not self._unfinished

    async def take(self, batch: list[Any], handling: Handling) -> bool:
        """Handles what is not done, then what is new in the batch; waits for a moment. Returns whether anything was new."""
        ids = [each for each in map(_id, batch) if each is not None]
        new = [raw for raw in batch if _id(raw) not in self._seen]
        for number, update in self._unfinished.items():
            if number not in self._tasks:
                self._tasks[number] = await handling.start(update)
        for raw in new:
            if (found := handling.read(raw, update_of)) is not None:
                self._unfinished[found.update_id] = found
                self._tasks[found.update_id] = await handling.start(found)
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=SLOW_SECONDS)
        self._settle()
        is_new = any(_id(raw) is not None for raw in new)
        if ids:
            self._move_on(ids, stands_still=not is_new)
        self._seen = {number for number in ids if number >= self.offset}
        return is_new

    def _settle(self) -> None:
        for number, task in list(self._tasks.items()):
            if task.done():
                del self._tasks[number]
                if task.cancelled() or task.exception() or task.result():
                    del self._unfinished[number]

    def _move_on(self, ids: list[int], *, stands_still: bool) -> None:
        """To the first that is not done. Where Telegram shows no others behind them, beyond those: memory alone has them then."""
        first = next((number for number in ids if number in self._unfinished), None)
        if first is not None and not (stands_still and len(ids) >= MOST_AT_ONCE and len(self._unfinished) < MOST_HELD):
            self.offset = first
            return
        if first is not None:
            log.warning(
                "updates that are not done are kept in memory alone, to see those behind them",
                held=len(self._unfinished),
            )
        self.offset = max(ids) + 1


async def poll(
    handling: Handling, report: Report, sleep: Sleep = asyncio.sleep, clock: Callable[[], float] = monotonic
) -> None:
    """Fetches and handles updates until cancelled; ``report`` hears who else takes them, and of outages.

    A release that has them brought to a webhook is nobody else (:class:`~bot.platforms.base.Handover`).

    Raises:
        PlatformFailure: the token is not, or no longer, good.
    """
    standing, progress, handover = _Standing(report), _Progress(), Handover()
    pause, is_free = FIRST_PAUSE_SECONDS, False
    while True:
        began = clock()
        try:
            is_free = is_free or await _without_webhook(handling.client)
            batch = await handling.client.updates(progress.offset, _wait_seconds(standing, progress))
        except TelegramError as error:
            if isinstance(error, Conflict) and (url := await _webhook_of(handling.client)):
                standing.is_now(_brought_to(url) if handover.is_rival(is_ours=False, now=clock()) else "")
                await sleep(max(pause, CONFLICT_PAUSE_SECONDS))
            else:
                await sleep(_after(error, pause, standing))
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            continue
        standing.is_now("")
        handover.is_rival(is_ours=True, now=clock())
        pause = FIRST_PAUSE_SECONDS
        is_new = await progress.take(batch, handling)
        if not is_new and clock() - began < FIRST_PAUSE_SECONDS:  # not after the wait that we asked for
            await sleep(FIRST_PAUSE_SECONDS)


def _wait_seconds(standing: _Standing, progress: _Progress) -> int:
    """How long Telegram may wait for the next update."""
    if not progress.is_done:
        return UNFINISHED_SECONDS
    return RECOVERY_SECONDS if standing.is_faulty else POLL_SECONDS


def _id(raw: Any) -> int | None:
    value = raw.get("update_id") if isinstance(raw, dict) else None
    return value if isinstance(value, int) else None


def _after(error: TelegramError, pause: float, standing: _Standing) -> float:
    """Says what is wrong; returns how long to wait, in seconds."""
    match error:
        case InvalidToken():
            raise PlatformFailure(REVOKED) from None
        case RetryAfter():
            return seconds(error)
        case Conflict():
            standing.is_now(
                "another process takes this bot's updates with the same TELEGRAM_TOKEN: stop one of the two"
            )
            return max(pause, CONFLICT_PAUSE_SECONDS)
        case _:
            log.warning("no updates from Telegram for now", error=str(error), again_in_seconds=pause)
            if pause >= OUTAGE_PAUSE_SECONDS:
                standing.is_now("Telegram cannot be reached; trying on")
            return pause


async def _webhook_of(client: Client) -> str:
    """Where updates are brought; an empty text where nowhere, or where it cannot be found out."""
    try:
        return webhook_info_of(await client.call("getWebhookInfo")).url
    except TelegramError:
        return ""


def _brought_to(url: str) -> str:
    return (
        f"another deployment has this bot's updates brought to {urlsplit(url).netloc}: "
        "run one for each TELEGRAM_TOKEN. Stop that one, then restart this"
    )


async def _without_webhook(client: Client) -> bool:
    """Removes what is set, as long as which ``getUpdates`` is refused.

    Raises:
        TelegramError: whether one is set could not be found out.
    """
    if webhook_info_of(await client.ask("getWebhookInfo")).url:
        log.warning("a webhook is set but PUBLIC_URL is not: removing it")
        await client.ask("deleteWebhook")
    return True
