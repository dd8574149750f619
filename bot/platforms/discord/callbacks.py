"""Answers to interactions that came by the gateway, posted to their callback URLs.

See docs.discord.com/developers, interactions/receiving-and-responding#create-interaction-response. By ourselves: the body is
that of an HTTP interaction's answer, a callback needs no token, is bound to no limit by which hikari would hold it back
(topics/rate-limits#global-rate-limit), and hikari gives a file no description.
"""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus

import aiohttp
import structlog

from bot import __version__
from bot.platforms.discord.calls import Call
from bot.platforms.discord.payloads import Interaction
from bot.platforms.discord.pictures import form_of

log = structlog.get_logger("bot.discord")

USER_AGENT = f"DiscordBot (https://discord.com, {__version__})"
"""What whoever asks without a library of Discord's says (reference#user-agent); others may be kept out."""

TIMEOUT = aiohttp.ClientTimeout(total=6)

PAUSES_SECONDS = (0.2, 0.5)
"""How soon a callback is posted again where Discord failed: it counts only within three seconds."""

_JSON = {"Content-Type": "application/json"}

Sleep = Callable[[float], Awaitable[None]]


ACKNOWLEDGED = 40060
"""The code of a refusal to an interaction that has its answer (topics/opcodes-and-status-codes#json)."""


class NotTaken(Exception):
    """A callback was not taken, and why; ``passes`` where the same may be taken a moment later; Discord's code, or 0."""

    def __init__(self, why: str, *, passes: bool, code: object = 0) -> None:
        super().__init__(why)
        self.passes = passes
        self.code = code


class Callbacks:
    """Posts callbacks to the API at ``api_url``; ``limited`` is told of each 429."""

    def __init__(self, api_url: str, limited: Callable[[], None], sleep: Sleep = asyncio.sleep) -> None:
        self._url = f"{api_url}/interactions"
        self._limited = limited
        self._sleep = sleep
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def answer(self, interaction: Interaction, call: Call) -> None:
        """Posts a callback; one with a file that does not get through, as the words that stand in for it.

        What becomes of it in the end is a line in the log where it was not taken.
        """
        if call.file is not None:
            try:
                return await self._post(interaction, form_of(call.body, call.file))
            except NotTaken as fault:
                log.warning("a picture was not taken", interaction=interaction.id, why=str(fault))
        try:
            await self._insist(interaction, (call.otherwise or call).body, was_tried=call.file is not None)
        except NotTaken as fault:
            log.warning("an answer was not taken", interaction=interaction.id, why=str(fault))

    async def _insist(self, interaction: Interaction, body: bytes, *, was_tried: bool) -> None:
        """Some times. An interaction that was tried, and has its answer, has ours: only Discord's word to it was lost."""
        for pause in (*PAUSES_SECONDS, None):
            try:
                await self._post(interaction, body)
            except NotTaken as fault:
                if was_tried and fault.code == ACKNOWLEDGED:
                    return
                if pause is None or not fault.passes:
                    raise
            else:
                return
            was_tried = True
            await self._sleep(pause)

    async def _post(self, interaction: Interaction, body: bytes | aiohttp.FormData) -> None:
        """Once.

        Raises:
            NotTaken: Discord refuses or fails, or is silent.
        """
        url = f"{self._url}/{interaction.id}/{interaction.token}/callback"
        headers = _JSON if isinstance(body, bytes) else None
        try:
            async with self._connected().post(url, data=body, headers=headers) as answer:
                if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
                    self._limited()
                if not answer.ok:
                    raise await _refusal(answer)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise NotTaken(type(error).__name__, passes=True) from None

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=TIMEOUT, headers={"User-Agent": USER_AGENT})
        return self._session


async def _refusal(answer: aiohttp.ClientResponse) -> NotTaken:
    """What Discord says, in a few words (topics/opcodes-and-status-codes#json)."""
    try:
        said = await answer.json(content_type=None)
    except ValueError:
        said = None
    fields = said if isinstance(said, dict) else {}
    told = f" ({fields.get('code')} {str(fields.get('message'))[:100]})" if fields else ""
    passes = answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status == HTTPStatus.TOO_MANY_REQUESTS
    return NotTaken(f"HTTP {answer.status}{told}", passes=passes, code=fields.get("code"))
