"""The Discord bot as the app runs it, and the release step for all processes."""

import asyncio
import time
from collections.abc import Coroutine
from functools import partial
from secrets import token_hex
from typing import Any

import structlog
from aiohttp import web

from bot.delivery.leader_election import RunAsLeader
from bot.delivery.outcomes import Outcome, Unreachable
from bot.delivery.sender import OutgoingMessage
from bot.dossier.models import Dossier
from bot.platforms.base import PlatformFailure, PlatformUnreachable, Report, route_paths
from bot.platforms.discord.answer_visibility import public_answer_limiter
from bot.platforms.discord.api import DiscordClient, DiscordError, OutageReporter, Sleep, TokenRefused
from bot.platforms.discord.commands import CommandSync, sync_global
from bot.platforms.discord.gateway import SILENT_SECONDS, Gateway
from bot.platforms.discord.guilds import GuildCache, GuildHandler, invitations, is_admin
from bot.platforms.discord.handlers import InteractionHandler, MessageHandler
from bot.platforms.discord.outcomes import FAILURES
from bot.platforms.discord.platform import DiscordSettings
from bot.platforms.discord.render import Mentions
from bot.platforms.discord.sender import DiscordSender
from bot.platforms.discord.types import PATH, PLATFORM, address_at
from bot.platforms.discord.webhook import DiscordWebhook, Endpoint
from bot.platforms.platform import Deployment, Surroundings
from bot.reader import Address
from bot.replies.reply import Reply

log = structlog.get_logger("bot.discord")

GATEWAY_RETRY_SECONDS = 600.0
"""The pause before the gateway is tried again after a failure, if interactions come by HTTP."""


class Discord:
    """A bot on Discord. Interactions come by HTTP if there is a public key, otherwise by the gateway; messages always by the gateway.

    Our own address is registered with Discord; where there is none, an operator sets it in the developer portal.

    Args:
        settings: those of Discord.
        surroundings: what it needs to run.
        sleep: waits for a number of seconds.
        silent_seconds: as for :class:`Gateway`.
    """

    def __init__(
        self,
        settings: DiscordSettings,
        surroundings: Surroundings,
        sleep: Sleep = asyncio.sleep,
        silent_seconds: float = SILENT_SECONDS,
    ) -> None:
        token, key, public_url = settings.token, settings.discord_public_key, surroundings.public_url
        self._conversation = conversation = surroundings.conversation
        self._shards, self._sleep = settings.discord_shards, sleep
        on_rate_limit = partial(surroundings.on_rate_limit, PLATFORM)
        self._client = client = DiscordClient(token, settings.discord_api_url, on_rate_limit)
        self.sender = DiscordSender(client, token, public_url)
        public_answers, guilds, mentions = public_answer_limiter(time.monotonic), GuildCache(time.time), Mentions()
        self._interactions = InteractionHandler(conversation, public_answers, client, mentions, surroundings.pictures)
        self._messages = MessageHandler(client, conversation, public_answers, guilds, mentions, sleep)
        self._commands = CommandSync(client, conversation, mentions, sleep)
        guild_handler = GuildHandler(client, conversation, guilds, self._commands, sleep)
        self._gateway = Gateway(token, client, self._interactions, self._messages, guild_handler, silent_seconds)
        self._webhook = DiscordWebhook(key, self._interactions, time.time) if key else None
        self._paths = route_paths(PATH, public_url or "")
        self._endpoint = None
        if key is None or public_url is not None:
            self._endpoint = Endpoint(client, f"{public_url.rstrip('/')}{PATH}" if key and public_url else None)

    def add_routes(self, app: web.Application) -> None:
        """Adds the route for interactions, if they come by HTTP."""
        if self._webhook is not None:
            for path in self._paths:
                app.router.add_post(path, self._webhook.receive)

    async def _is_editor(self, chat: Address, user: str) -> bool:
        return await is_admin(self._client, int(chat.chat_id), int(user))

    async def run(self, report: Report, run_as_leader: RunAsLeader) -> None:
        """Runs until cancelled, then finishes the answers under way. Reports outages to ``report``.

        Raises:
            PlatformFailure: Discord refuses the token, or how the bot connects.
        """
        outage = OutageReporter(report)
        try:
            application_id = await outage.retry(self._client.application_id, self._sleep)
            self._conversation.on_connected(PLATFORM, partial(invitations, application_id))
            if self._conversation.staff.editors_chat is not None:
                self._conversation.staff.editors_chat.on_connected(PLATFORM, self._is_editor)
            parts = [self._receive(outage, run_as_leader), _run_part(self._commands.run(application_id))]
            if self._endpoint is not None:
                parts.append(_run_part(self._endpoint.watch(report)))
            try:
                async with asyncio.TaskGroup() as group:
                    for part in parts:
                        group.create_task(part)
            except ExceptionGroup as failures:
                raise failures.exceptions[0] from None
            finally:
                await asyncio.gather(self._messages.drain(), self._interactions.drain())
        finally:
            await self._client.close()

    async def write_to(self, user_id: str, reply: Reply) -> Outcome:
        """Writes to a person unasked, by direct message (resources/user#create-dm)."""
        try:
            channel_id = await self._client.direct_channel(int(user_id))
        except FAILURES as error:
            return Unreachable(str(error))
        return await self.sender.send(address_at(channel_id), OutgoingMessage(reply, token_hex(8)))

    async def _receive(self, outage: OutageReporter, run_as_leader: RunAsLeader) -> None:
        """Receives events from the gateway. If interactions come by HTTP, a failure of the gateway does not affect them."""
        if self._webhook is None:
            if not self._conversation.store.database.is_sqlite:
                outage.succeeded()  # another process may be connected; this one is ready to take over
            await self._listen(outage, run_as_leader)
            return
        log.info("interactions come by HTTP", path=PATH)
        outage.succeeded()
        while True:
            try:
                await self._listen(OutageReporter(_log_outage), run_as_leader)
            except TokenRefused:
                raise
            except PlatformFailure as failure:
                log.warning("messages are not received, only interactions", error=str(failure))
            except Exception:
                log.exception("messages are not received, only interactions")
            await self._sleep(GATEWAY_RETRY_SECONDS)

    async def _listen(self, outage: OutageReporter, run_as_leader: RunAsLeader) -> None:
        """Stays connected to the gateway while this process is the leader."""
        await run_as_leader(f"{self.sender.lease_name}:gateway", partial(self._stay_connected, outage))

    async def _stay_connected(self, outage: OutageReporter) -> None:
        try:
            await outage.retry(partial(self._gateway.run, self._shards, outage.succeeded), self._sleep)
        except DiscordError as error:
            raise PlatformFailure(f"Discord's gateway refuses us: {error}") from None


async def _run_part(part: Coroutine[Any, Any, None]) -> None:
    """Runs an optional part of the bot. Its errors are logged; only a refused token ends the bot."""
    try:
        await part
    except TokenRefused:
        raise
    except Exception:
        log.exception("a part of the Discord bot has ended")


def _log_outage(text: str) -> None:
    if text:
        log.warning("messages are not received for now", reason=text)


def start(settings: DiscordSettings, surroundings: Surroundings) -> Discord:
    if surroundings.public_url and not settings.discord_public_key:
        log.warning("DISCORD_PUBLIC_KEY is not set: interactions come through the gateway, although PUBLIC_URL is set")
    key = settings.discord_public_key if surroundings.public_url else None
    return Discord(settings.model_copy(update={"discord_public_key": key}), surroundings)


async def identify(settings: DiscordSettings, report: Report) -> str:
    client = DiscordClient(settings.token, settings.discord_api_url)
    try:
        return str(await OutageReporter(report).retry(client.application_id, asyncio.sleep))
    finally:
        await client.close()


async def release(settings: DiscordSettings, _deployment: Deployment, dossier: Dossier) -> list[str]:
    """Registers the global commands if they differ. Returns lines for the operator.

    The running processes register the commands of the editors' server.

    Raises:
        TokenRefused: Discord does not accept the token.
        PlatformUnreachable: Discord refuses another request, or cannot be reached.
    """
    client = DiscordClient(settings.token, settings.discord_api_url)
    try:
        _, is_new = await sync_global(client, await client.application_id(), dossier)
    except DiscordError as error:
        raise PlatformUnreachable(str(error)) from None
    finally:
        await client.close()
    return [f"the commands {'are now' if is_new else 'were already'} those of the dossier"]
