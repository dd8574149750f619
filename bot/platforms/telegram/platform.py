"""Telegram's record for the rest of Nota."""

import re

from pydantic import Field, SecretStr

from bot.platforms.platform import Platform, SettingsGroup, SiteAddress
from bot.platforms.telegram.content_check import check_commands, check_reply
from bot.platforms.telegram.limits import sending
from bot.platforms.telegram.render import payload, words
from bot.platforms.telegram.types import PATH, PLATFORM, is_private


class TelegramSettings(SettingsGroup):
    """The settings of Telegram."""

    telegram_token: SecretStr | None = Field(default=None, description="The bot's token from @BotFather.")
    telegram_api_url: SiteAddress = Field(default="https://api.telegram.org", description="Address of the Bot API.")
    telegram_messages_per_second: float = Field(
        default=30, gt=0, le=1000, description="Maximum rate of bulletins (30; up to 1000 with paid broadcasts)."
    )

    @property
    def token(self) -> str:
        """The token; only for a platform that is on."""
        return self.required("telegram_token")


TELEGRAM = Platform(
    name=PLATFORM,
    label="Telegram",
    settings=TelegramSettings,
    enabled_by="TELEGRAM_TOKEN",
    how_to_enable="send /newbot to @BotFather, who gives the token",
    chats=re.compile(r"(?P<chat>-?[0-9]{1,20})(?:/(?P<thread>[0-9]{1,20}))?"),
    accounts=re.compile(r"[0-9]{1,20}"),
    chat_example="telegram:-100…, a forum topic as telegram:-100…/7",
    account_example="telegram:123",
    own_account="@userinfobot tells yours",
    kind_of=lambda address: "private" if is_private(int(address.chat_id)) else "group",
    token_shape=re.compile(r"\d{5,}(?::|%3A)[A-Za-z0-9_-]{20,}"),
    payload=payload,
    words=words,
    check_reply=check_reply,
    check_dossier=check_commands,
    limits=lambda settings: sending(settings.telegram_messages_per_second),
    webhook=PATH,
    unused=("cryptography",),  # 10 MB, for Telegram Passport
    share="https://t.me/share/url?url={url}&text={title}",
)
