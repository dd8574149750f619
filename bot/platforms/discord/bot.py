"""The Discord bot: builds its parts, runs them, and tells Discord of the commands at a release."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from functools import partial
from secrets import token_hex
from typing import Any

import structlog
from aiohttp import web

from bot.conversation import Conversation
from bot.db.engine import DATABASE_AWAY
from bot.db.menus import ScopedMenus
from bot.delivery.lease import RunAsLeader, run_directly
from bot.delivery.outcomes import Outcome, Unreachable
from bot.delivery.sender import OutgoingMessage
from bot.dossier.models import Dossier
from bot.pictures.service import Gallery
from bot.platforms.base import PlatformFailure, PlatformUnreachable, Report, ways_to
from bot.platforms.discord.api import Client, DiscordError, Patience, Sleep, TokenRefused, is_wrong_token
from bot.platforms.discord.commands import Command, DeskCommands, commands, sync
from bot.platforms.discord.gateway import SILENT_SECONDS, Gateway
from bot.platforms.discord.guilds import Guilds, Membership, invitations
from bot.platforms.discord.handlers import Answering, Bustle, Listener, Words
from bot.platforms.discord.sender import DiscordSender
from bot.platforms.discord.types import PLATFORM
from bot.platforms.discord.webhook import PATH, Endpoint, Signatures, Webhook
from bot.reader import Address
from bot.replies.reply import Reply
from bot.user_rate_limit import Throttle

log = structlog.get_logger("bot.discord")


AGAIN_SECONDS = 600.0
"""Before the gateway is tried again, where it is refused to a bot whose interactions come by HTTP."""


class Discord:
    """One bot: interactions come by HTTP if a public key is given, else by the gateway.

    Messages come by the gateway in either case (docs/decisions/0032).

    ``shards``: over how many connections; None: as many as Discord advises. ``public_url``: our own address, of which
    Discord is told; None where an operator does that by hand. ``limited`` is told of each 429.
    """

    def __init__(
        self,
        token: str,
        api_url: str,
        public_key: str | None,
        shards: int | None,
        conversation: Conversation,
        public_url: str | None = None,
        gallery: Gallery | None = None,
        limited: Callable[[], None] = lambda: None,
        sleep: Sleep = asyncio.sleep,
        silent_seconds: float = SILENT_SECONDS,
    ) -> None:
        self._conversation = conversation
        self._client = Client(token, api_url, limited)
        self.sender = DiscordSender(self._client, token, public_url)
        throttle, bustle = Throttle(time.monotonic), Bustle(time.monotonic)
        listener = Listener(conversation, throttle, bustle, gallery)
        self._webhook = Webhook(Signatures(public_key, time.time), listener) if public_key else None
        self._ways = ways_to(PATH, public_url or "")
        self._sleep = sleep
        guilds = Guilds(time.time)
        self._words = Words(self._client, Answering(conversation, throttle, bustle), guilds, sleep)
        membership = Membership(self._client, conversation, guilds, sleep)
        self._gateway = Gateway(token, self._client, listener, self._words, membership, silent_seconds)
        wanted = f"{public_url.rstrip('/')}{PATH}" if public_key and public_url else None
        self._endpoint = Endpoint(self._client, wanted)
        self._is_told_by_hand = public_key is not None and public_url is None
        self._shards = shards
        self._edited = asyncio.Event()

    def add_routes(self, app: web.Application) -> None:
        """The route for interactions, if they come by HTTP."""
        if self._webhook is not None:
            for way in self._ways:
                app.router.add_post(way, self._webhook.receive)

    async def run(self, report: Report, run_as_leader: RunAsLeader = run_directly) -> None:
        """Runs until cancelled, through outages, of which ``report`` is told.

        Raises:
            PlatformFailure: Discord refuses the token, or how we connect.
        """
        self._conversation.live.on_change(self._edited.set)
        patience = Patience(report, self._sleep)
        try:
            application_id = await patience.over(self._client.application_id)
            self._conversation.invite(partial(invitations, application_id))
            beside = [self._keep_synced(application_id)]
            if not self._is_told_by_hand:
                beside.append(self._endpoint.keep(report))
            parts = [
                asyncio.create_task(self._hear(patience, run_as_leader)),
                *map(asyncio.create_task, map(_to_its_end, beside)),
            ]
            try:
                done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_EXCEPTION)
                for part in done:
                    part.result()
            finally:
                for part in parts:
                    part.cancel()
                await asyncio.wait(parts)
                await self._words.drain()
        finally:
            await self._client.close()

    async def write_to(self, user_id: int, reply: Reply) -> Outcome:
        """Writes to a person of our own accord, in the direct messages with us (resources/user#create-dm)."""
        try:
            channel_id = await self._client.direct_channel(user_id)
        except DiscordError as error:
            return Unreachable(str(error))
        return await self.sender.send(Address(PLATFORM, channel_id), OutgoingMessage(reply, token_hex(8)))

    async def _hear(self, patience: Patience, run_as_leader: RunAsLeader) -> None:
        """By the gateway; where interactions come by HTTP they go on whatever becomes of it."""
        if self._webhook is None:
            if run_as_leader is not run_directly:
                patience.serving()  # or standing by for it
            await self._listen(patience, run_as_leader)
            return
        log.info("interactions come by HTTP", path=PATH)
        patience.serving()
        while True:
            await self._hear_words(Patience(_tell_of_words, self._sleep), run_as_leader)
            await self._sleep(AGAIN_SECONDS)

    async def _hear_words(self, patience: Patience, run_as_leader: RunAsLeader) -> None:
        try:
            await self._listen(patience, run_as_leader)
        except TokenRefused:
            raise
        except PlatformFailure as failure:
            log.warning("only interactions are heard", why=str(failure))
        except Exception:
            log.exception("only interactions are heard")

    async def _listen(self, patience: Patience, run_as_leader: RunAsLeader) -> None:
        """While no other process does."""
        await run_as_leader(f"{self.sender.lease_name}:gateway", partial(self._keep_listening, patience))

    async def _keep_listening(self, patience: Patience) -> None:
        while True:
            try:
                await patience.over(partial(self._gateway.run, self._shards, patience.serving))
            except DiscordError as error:
                raise PlatformFailure(f"Discord's gateway refuses us: {error}") from None

    async def _keep_synced(self, application_id: int) -> None:
        """Tells Discord of the commands at the start, and when an edition changes them.

        A failure is a line in the log, and no more: those that Discord holds are answered all the same.
        """
        told, patience = None, Patience(_tell_of_commands, self._sleep)
        while True:
            self._edited.clear()
            wanted = commands(self._conversation.live.dossier)
            if wanted != told:
                await self._sync(application_id, wanted, patience)
                told = wanted
            await self._edited.wait()

    async def _sync(self, application_id: int, wanted: list[Command], patience: Patience) -> None:
        try:
            written = await patience.over(partial(sync, self._client, application_id, wanted))
        except TokenRefused:
            raise
        except DiscordError as error:
            log.error("the commands were not synced", why=str(error))
        else:
            log.info("the commands are synced", commands=len(wanted), written=written)
        dossier = self._conversation.live.dossier
        try:
            await patience.over(partial(self._desk_commands().sync, application_id, dossier))
        except TokenRefused:
            raise
        except DiscordError as error:
            log.error("the editors' commands were not synced", why=str(error))
        except DATABASE_AWAY as failure:
            log.error("the editors' commands were not synced", why=type(failure).__name__)

    def _desk_commands(self) -> DeskCommands:
        conversation = self._conversation
        desk, named = conversation.desk_on(PLATFORM), conversation.editors_on(PLATFORM)
        menus = ScopedMenus(conversation.store.database, PLATFORM)
        return DeskCommands(self._client, desk.chat_id if desk else None, bool(named), menus)


async def _to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Does what goes on beside hearing; a fault of its own ends nothing else, a token that is refused does."""
    try:
        await work
    except TokenRefused:
        raise
    except Exception:
        log.exception("something beside the hearing ended")


def _tell_of_commands(trouble: str) -> None:
    if trouble:
        log.error("the commands are not synced for now", why=trouble)


def _tell_of_words(trouble: str) -> None:
    if trouble:
        log.warning("words are not heard for now", why=trouble)


async def release(token: str, api_url: str, dossier: Dossier) -> list[str]:
    """Tells Discord of the commands, where it holds others; of the editors' the processes do. Returns what there is to say.

    Raises:
        TokenRefused: Discord refuses the token.
        PlatformUnreachable: it refuses something else, or cannot be reached.
    """
    client = Client(token, api_url)
    try:
        written = await sync(client, await client.application_id(), commands(dossier))
    except DiscordError as error:
        if is_wrong_token(error):
            raise TokenRefused from None
        raise PlatformUnreachable(str(error)) from None
    finally:
        await client.close()
    return [f"the commands {'are now' if written else 'were already'} those of the dossier"]
