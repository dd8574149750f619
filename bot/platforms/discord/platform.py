"""Discord's record for the rest of Nota."""

import asyncio
import re
from collections.abc import AsyncIterator
from functools import partial

import structlog
from pydantic import Field, SecretStr

from bot.delivery.rate_limiter import Limits
from bot.dossier.models import Dossier
from bot.platforms.base import Finding, Report
from bot.platforms.discord.content_check import check_commands, check_reply
from bot.platforms.discord.limits import SENDING
from bot.platforms.discord.render import render, words
from bot.platforms.discord.types import PATH, PLATFORM, THEME
from bot.platforms.platform import Bot, Deployment, Look, Platform, SettingsGroup, SiteAddress, Surroundings
from bot.reader import Address, ChatKind

log = structlog.get_logger("bot.discord")


class DiscordSettings(SettingsGroup):
    """The settings of Discord."""

    discord_token: SecretStr | None = Field(default=None, description="The bot's token from the developer portal.")
    discord_public_key: str | None = Field(
        default=None, pattern=r"^[0-9a-fA-F]{64}$", description="The application's public key (64 hex digits)."
    )
    discord_api_url: SiteAddress = Field(default="https://discord.com/api/v10", description="Address of Discord's API.")
    discord_shards: int | None = Field(
        default=None, ge=1, description="Number of gateway shards; unset: as Discord recommends."
    )

    @property
    def token(self) -> str:
        """The token; only for a platform that is on."""
        if self.discord_token is None:
            raise ValueError("DISCORD_TOKEN is not set")
        return self.discord_token.get_secret_value()


def _limits(_settings: DiscordSettings) -> Limits:
    return SENDING


def _start(settings: DiscordSettings, surroundings: Surroundings) -> Bot:
    from bot.platforms.discord.bot import Discord  # noqa: PLC0415  hikari's 16 MB, which only this needs

    if surroundings.public_url and not settings.discord_public_key:
        log.warning("DISCORD_PUBLIC_KEY is not set: interactions come through the gateway, although PUBLIC_URL is set")
    return Discord(
        settings.token,
        settings.discord_api_url,
        settings.discord_public_key if surroundings.public_url else None,
        settings.discord_shards,
        surroundings.conversation,
        surroundings.public_url,
        surroundings.pictures,
        partial(surroundings.on_rate_limit, PLATFORM),
    )


async def _doctor(settings: DiscordSettings, deployment: Deployment) -> AsyncIterator[Finding]:
    from bot.platforms.discord.doctor import diagnose  # noqa: PLC0415  the same

    channel = int(deployment.editors_chat.chat_id) if deployment.editors_chat else None
    owners = tuple(map(int, deployment.owners))
    url, key = settings.discord_api_url, settings.discord_public_key
    async for finding in diagnose(settings.token, url, key, deployment.public_url, owners, channel):
        yield finding


async def _release(settings: DiscordSettings, _deployment: Deployment, dossier: Dossier) -> list[str]:
    from bot.platforms.discord.bot import release  # noqa: PLC0415  the same

    return await release(settings.token, settings.discord_api_url, dossier)


async def _identify(settings: DiscordSettings, report: Report) -> str:
    from bot.platforms.discord.api import DiscordClient, OutageReporter  # noqa: PLC0415  the same

    client = DiscordClient(settings.token, settings.discord_api_url)
    try:
        return str(await OutageReporter(report).retry(client.application_id, asyncio.sleep))
    finally:
        await client.close()


def _kind_of(_address: Address) -> ChatKind:
    return "group"


def _look() -> Look:
    from bot.platforms.discord.look import LOOK  # noqa: PLC0415  only the preview and the desk show it

    return LOOK


DISCORD = Platform(
    name=PLATFORM,
    label="Discord",
    settings=DiscordSettings,
    enabled_by="DISCORD_TOKEN",
    how_to_enable="discord.com/developers/applications → New Application → Bot → Reset Token",
    chats=re.compile(r"(?P<chat>[0-9]{1,20})"),
    accounts=re.compile(r"[0-9]{1,20}"),
    chat_example="discord:123…",
    account_example="discord:456",
    own_account="Developer Mode, then Copy User ID",
    kind_of=_kind_of,
    token_shape=re.compile(r"[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{5,8}\.[A-Za-z0-9_-]{25,}"),
    theme=THEME,
    payload=render,
    words=words,
    check_reply=check_reply,
    check_dossier=check_commands,
    limits=_limits,
    start=_start,
    doctor=_doctor,
    release=_release,
    look=_look,
    identify=_identify,
    webhook=PATH,
)
