"""Where Discord brings interactions: told only where it knows otherwise, and watched from then on.

See docs.discord.com/developers/resources/application#edit-current-application. Setting an endpoint makes Discord ask it at
once whether it checks signatures, so it is set once we serve. Read without the library, which does not keep it.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import hikari
import structlog

from bot.platforms import Handover, Report
from bot.platforms.discord.callbacks import USER_AGENT
from bot.platforms.discord.client import Client
from bot.platforms.discord.reading import read_id
from bot.platforms.discord.trouble import Sleep, TokenRefused, said

log = structlog.get_logger("bot.discord")

TIMEOUT = aiohttp.ClientTimeout(total=10)
WATCH_SECONDS = 60.0
"""Between two looks at what Discord has for our endpoint, and before it is set again after a refusal."""


@dataclass(frozen=True, slots=True)
class Application:
    """The application as Discord has it: the status of the answer, what is in it, and the other side's clock."""

    status: int
    fields: Mapping[str, Any]
    date: datetime | None

    @property
    def endpoint(self) -> str | None:
        """Where interactions go; None: to the gateway."""
        return self.fields.get("interactions_endpoint_url") or None


async def look(token: str, api_url: str) -> Application:
    """Asks Discord.

    Raises:
        aiohttp.ClientError, TimeoutError, ValueError: no answer of Discord's.
    """
    headers = {"Authorization": f"Bot {token}", "User-Agent": USER_AGENT}
    async with (
        aiohttp.ClientSession(timeout=TIMEOUT, headers=headers) as session,
        session.get(f"{api_url.rstrip('/')}/applications/@me") as answer,
    ):
        body = await answer.json()
        date = answer.headers.get("Date")
        fields = body if isinstance(body, dict) else {}
        return Application(answer.status, fields, parsedate_to_datetime(date) if date else None)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Ours. ``wanted`` is None where interactions are to come by the gateway."""

    client: Client
    token: str
    api_url: str
    wanted: str | None

    async def keep(self, report: Report, sleep: Sleep = asyncio.sleep, clock: Callable[[], float] = monotonic) -> None:
        """Sets it where it differs, then says when a second deployment changes it; never fights for it. Runs until cancelled.

        Raises:
            TokenRefused: a look shows that the token is not, or no longer, good.
        """
        handover: Handover | None = None
        told = ""
        while True:
            fault = await self._seen_to(handover, clock)
            if fault == "" and handover is None:
                handover = Handover()
            if fault is not None and fault != told:
                report(fault)
                told = fault
            await sleep(WATCH_SECONDS)

    async def _seen_to(self, handover: Handover | None, clock: Callable[[], float]) -> str | None:
        """What is wrong, in words for an operator; an empty text where nothing is, None where nothing can be found out.

        ``handover`` is None until it was as we want it.
        """
        try:
            there = await look(self.token, self.api_url)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            log.warning("the interactions endpoint could not be looked at", error=type(error).__name__)
            return None
        if there.status == HTTPStatus.UNAUTHORIZED:
            raise TokenRefused
        if there.status != HTTPStatus.OK:
            return None
        is_ours = there.endpoint == self.wanted
        place = urlsplit(there.endpoint or "").netloc or "the gateway"
        if handover is not None and not handover.is_rival(is_ours=is_ours, now=clock()):
            if not is_ours:
                log.info("interactions are brought elsewhere, as by a new release", to=place)
            return ""
        if is_ours:
            return ""
        if self.wanted is None:
            return (
                f"Discord brings interactions to {there.endpoint}, so none comes by the gateway: "
                "empty the Interactions Endpoint URL in the developer portal, or set PUBLIC_URL and DISCORD_PUBLIC_KEY"
            )
        if handover is not None:
            return f"another deployment has interactions brought to {place}: run one for each DISCORD_TOKEN"
        return await self._set(self.wanted)

    async def _set(self, wanted: str) -> str:
        try:
            await read_id(self.client.rest.edit_application(interactions_endpoint_url=wanted))
        except (hikari.HikariError, OSError, TimeoutError) as error:
            return f"Discord does not take {wanted} for interactions ({said(error)}): is it reachable from outside?"
        log.info("interactions are brought to us", endpoint=wanted)
        return ""
