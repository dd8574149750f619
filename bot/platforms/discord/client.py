"""Discord's API, called through hikari: paced by its buckets, each call tried once.

What is to be repeated, and when, whoever calls decides.
"""

import logging
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import Any

import hikari
from hikari.api import ComponentBuilder
from hikari.files import AsyncReader, Resource
from hikari.impl import HTTPSettings, HTTPTimeoutSettings, RESTApp

from bot.platforms.discord.callbacks import Callbacks
from bot.platforms.discord.calls import Call
from bot.platforms.discord.limited import GloballyLimited, Hearing, loads
from bot.platforms.discord.payloads import Interaction
from bot.platforms.discord.reading import heard, read_id
from bot.platforms.discord.render import Payload

MAX_WAIT_SECONDS = 1.0
"""A bucket that is full for longer than this raises ``hikari.RateLimitTooLongError``; a shorter wait is the cheaper one."""

TIMEOUT_SECONDS = 6.0


NO_REPLY = 160002
"""The code of a refusal to reply without the permission for it (topics/opcodes-and-status-codes#json)."""


class Client:
    """One bot's calls, once :meth:`start` has been awaited. ``api_url`` ends in the version."""

    def __init__(self, token: str, api_url: str, limited: Callable[[], None] = lambda: None) -> None:
        """``limited`` is told of each 429."""
        self._limited = limited
        self._hearing = Hearing(limited)
        self.http_settings = HTTPSettings(timeouts=HTTPTimeoutSettings(total=TIMEOUT_SECONDS))
        self._app = RESTApp(
            url=api_url,
            loads=self._noted,
            max_retries=0,
            max_rate_limit=MAX_WAIT_SECONDS,
            http_settings=self.http_settings,
        )
        self._token = token
        self._callbacks = Callbacks(api_url, limited)
        self._rest: hikari.impl.RESTClientImpl | None = None

    @property
    def rest(self) -> hikari.impl.RESTClientImpl:
        """The library's client itself.

        Raises:
            hikari.ComponentStateConflictError: it has not been started.
        """
        if self._rest is None:
            raise hikari.ComponentStateConflictError("not started")
        return self._rest

    async def start(self) -> None:
        logging.getLogger(Hearing.LOGGER).addHandler(self._hearing)
        await self._app.start()
        self._rest = self._app.acquire(self._token, hikari.TokenType.BOT)
        self._rest.start()

    async def close(self) -> None:
        logging.getLogger(Hearing.LOGGER).removeHandler(self._hearing)
        await self._callbacks.close()
        await self.rest.close()
        await self._app.close()

    def loads(self, body: str | bytes) -> Any:
        """The JSON of an answer; raises as :func:`bot.platforms.discord.limited.loads` does, and counts that."""
        try:
            return loads(body)
        except GloballyLimited:
            self._limited()
            raise

    def _noted(self, body: str | bytes) -> Any:
        return heard(self.loads(body))

    async def create(self, channel_id: int, payload: Payload, nonce: str, **more: Any) -> int:
        """Sends a message and returns its id; the same nonce within minutes is the same message (``enforce_nonce``).

        A reply stands by itself where the permission to read what was said before is missing.
        """
        parts = self._parts(payload)
        try:
            return await read_id(self.rest.create_message(channel_id, nonce=nonce, **parts, **more))
        except hikari.ClientHTTPResponseError as error:
            if "reply" not in more or error.code != NO_REPLY:
                raise
        alone = {name: value for name, value in more.items() if name not in ("reply", "reply_must_exist")}
        return await read_id(self.rest.create_message(channel_id, nonce=nonce, **parts, **alone))

    async def edit(self, channel_id: int, message_id: int, payload: Payload) -> None:
        await read_id(self.rest.edit_message(channel_id, message_id, **self._parts(payload)))

    async def application_id(self) -> int:
        """Ours, as an application."""
        return await read_id(self.rest.fetch_application())

    async def answer(self, interaction: Interaction, call: Call) -> None:
        """Posts a callback."""
        await self._callbacks.answer(interaction, call)

    def _parts(self, payload: Payload) -> dict[str, Any]:
        embeds = [self.rest.entity_factory.deserialize_embed(embed) for embed in payload["embeds"]]
        return {"embeds": embeds, "components": [_Row(row) for row in payload["components"]]}


class _Row(ComponentBuilder):
    """An action row as it was rendered."""

    def __init__(self, payload: Mapping[str, Any]) -> None:
        self._payload = dict(payload)

    @property
    def type(self) -> hikari.ComponentType:
        return hikari.ComponentType.ACTION_ROW

    @property
    def id(self) -> hikari.UndefinedType:
        return hikari.UNDEFINED

    def build(self) -> tuple[MutableMapping[str, Any], Sequence[Resource[AsyncReader]]]:
        return self._payload, ()
