"""Discord's record for the rest of Nota."""

import re

from pydantic import Field, SecretStr

from bot.platforms.discord.content_check import check_commands, check_reply
from bot.platforms.discord.limits import SENDING
from bot.platforms.discord.render import render, words
from bot.platforms.discord.types import PATH, PLATFORM, THEME
from bot.platforms.platform import Platform, SettingsGroup, SiteAddress


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
        return self.required("discord_token")


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
    kind_of=lambda _: "group",
    token_shape=re.compile(r"[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{5,8}\.[A-Za-z0-9_-]{25,}"),
    theme=THEME,
    payload=render,
    words=words,
    check_reply=check_reply,
    check_dossier=check_commands,
    limits=lambda _: SENDING,
    webhook=PATH,
)
