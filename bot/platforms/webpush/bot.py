"""Runs Web Push: notifications go out, and the service worker is served."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

from aiohttp import hdrs, web

from bot.db.page_readers import Crowded
from bot.delivery.leader_election import RunAsLeader
from bot.delivery.outcomes import Outcome, Refused
from bot.delivery.records import until_database_answers
from bot.feeds.ssrf import Forbidden, Policy
from bot.platforms.base import Report
from bot.platforms.platform import Surroundings
from bot.platforms.webpush.api import PushClient, is_reachable, open_session, public_key
from bot.platforms.webpush.limits import MAX_OF_AN_ENDPOINT
from bot.platforms.webpush.platform import WebPushSettings
from bot.platforms.webpush.sender import PushSender
from bot.platforms.webpush.types import ICON, PLATFORM, RENEW, WORKER, Destination, destination_in
from bot.replies.reply import Reply
from bot.user_rate_limit import UserRateLimiter

RENEWALS, RENEWALS_PER_SECOND = 10, 0.1
"""Requests of one client, as many as forms on the page."""

STATIC = Path(__file__).parent / "static"


def start(settings: WebPushSettings, surroundings: Surroundings) -> "WebPush":
    return WebPush(settings.key, settings.policy, surroundings)


async def identify(settings: WebPushSettings, _report: Report) -> str:
    return public_key(settings.key)


class WebPush:
    """Web Push as the app runs it."""

    def __init__(self, private_key: str, policy: Policy, surroundings: Surroundings) -> None:
        self._private_key, self._policy, self._public_url = private_key, policy, surroundings.public_url
        self._store = surroundings.conversation.store
        self._client_of = surroundings.client_of
        self._limiter = UserRateLimiter(monotonic, RENEWALS, RENEWALS_PER_SECOND)
        limited = partial(surroundings.on_rate_limit, PLATFORM)
        self.sender = PushSender(public_key(private_key), surroundings.public_url or "", limited)

    def add_routes(self, app: web.Application) -> None:
        """Adds the service worker, in a folder of its own, which is all that it controls, and the icon."""
        app.router.add_get(WORKER, _file("worker.js", "text/javascript"))
        app.router.add_get(ICON, _file("icon.png", "image/png"))
        app.router.add_post(RENEW, self._renew)

    async def _renew(self, request: web.Request) -> web.Response:
        """A browser has replaced its subscription by itself (w3.org/TR/push-api/#the-pushsubscriptionchange-event).

        The keys of the former one show that it is the same browser. A page of another site cannot send JSON here. Only who names a stored
        subscription makes us resolve a name, and no answer says whether a name leads anywhere.
        """
        if not self._limiter.try_take(self._client_of(request)):
            raise web.HTTPTooManyRequests(text="Too many requests at once.\n", headers={hdrs.RETRY_AFTER: "10"})
        if self._store.safeguards.foreign.get(PLATFORM):
            raise web.HTTPServiceUnavailable(text="The readers belong to another VAPID_KEY.\n")
        if request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType(text="Expected JSON.\n")
        try:
            said = json.loads(await request.read())  # in UTF-8, whatever charset is named (RFC 8259, 8.1)
            old, new = (_flat(said[name], self.sender.public_key) for name in ("old", "new"))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise web.HTTPBadRequest(text="Expected a former subscription and a new one.\n") from None
        if not await self._replace(old, new):
            raise web.HTTPNotFound(text="The former subscription is not known, or the new one cannot be used.\n")
        return web.Response(status=204)

    async def _replace(self, old: Destination, new: Destination) -> bool:
        readers = self._store.page_readers
        if await readers.find(PLATFORM, old.identity) is None:
            return False
        try:
            is_reached = await is_reachable(new.endpoint, self._policy)
            to = PLATFORM, old.identity, new.identity, new.as_json(), MAX_OF_AN_ENDPOINT
            return is_reached and await readers.replace(*to)
        except (Forbidden, Crowded):
            return False

    async def write_to(self, user_id: str, reply: Reply) -> Outcome:
        """Nobody has an account there."""
        return Refused("notifications are for bulletins alone")

    async def run(self, report: Report, run_as_leader: RunAsLeader) -> None:
        async with open_session(self._policy) as session:
            self.sender.client = PushClient(self._private_key, self._public_url, session, self._policy)
            readers = self._store.page_readers
            self.sender.remember(await until_database_answers(lambda: readers.who_took(PLATFORM), asyncio.sleep))
            report("")
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                self.sender.client = None


def _flat(subscription: Mapping[str, Any], server_key: str) -> Destination:
    """The subscription as the Push API writes it as JSON."""
    return destination_in({"endpoint": subscription["endpoint"], **subscription["keys"]}, server_key)


def _file(name: str, content_type: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Answers with a file of ours. Browsers ask for a service worker again at least once a day (w3.org/TR/service-workers/#update)."""
    body = (STATIC / name).read_bytes()

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=body, content_type=content_type, headers={"Cache-Control": "public, max-age=3600"})

    return answer
