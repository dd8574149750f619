"""Telegram's record for the rest of Nota."""

import re
from collections.abc import AsyncIterator
from functools import partial

from pydantic import Field, SecretStr

from bot.delivery.rate_limiter import Limits
from bot.dossier.models import Dossier
from bot.platforms.base import Finding, Report
from bot.platforms.platform import Bot, Deployment, Look, Platform, SettingsGroup, SiteAddress, Surroundings
from bot.platforms.telegram.content_check import check_commands, check_reply
from bot.platforms.telegram.limits import sending
from bot.platforms.telegram.render import payload, words
from bot.platforms.telegram.types import PATH, PLATFORM, is_private
from bot.reader import Address, ChatKind


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
        if self.telegram_token is None:
            raise ValueError("TELEGRAM_TOKEN is not set")
        return self.telegram_token.get_secret_value()


def _limits(settings: TelegramSettings) -> Limits:
    return sending(settings.telegram_messages_per_second)


def _start(settings: TelegramSettings, surroundings: Surroundings) -> Bot:
    from bot.platforms.telegram.bot import Telegram  # noqa: PLC0415  python-telegram-bot, which only this needs

    return Telegram(
        settings.token,
        settings.telegram_api_url,
        surroundings.public_url,
        settings.telegram_messages_per_second,
        surroundings.session,
        surroundings.conversation,
        surroundings.pictures,
        partial(surroundings.on_rate_limit, PLATFORM),
    )


async def _doctor(settings: TelegramSettings, deployment: Deployment) -> AsyncIterator[Finding]:
    from bot.platforms.telegram.doctor import diagnose  # noqa: PLC0415  the same

    chat = int(deployment.editors_chat.chat_id) if deployment.editors_chat else None
    owners = tuple(map(int, deployment.owners))
    async for finding in diagnose(settings.token, settings.telegram_api_url, deployment.public_url, owners, chat):
        yield finding


async def _release(settings: TelegramSettings, deployment: Deployment, dossier: Dossier) -> list[str]:
    from bot.platforms.telegram.bot import release  # noqa: PLC0415  the same

    return await release(settings.token, settings.telegram_api_url, deployment.public_url, dossier)


async def _identify(settings: TelegramSettings, _report: Report) -> str:
    return settings.token.partition(":")[0]  # core.telegram.org/bots/api#authorizing-your-bot; /revoke changes the rest


def _kind_of(address: Address) -> ChatKind:
    return "private" if is_private(int(address.chat_id)) else "group"


def _look() -> Look:
    from bot.platforms.telegram.look import LOOK  # noqa: PLC0415  only the preview and the desk show it

    return LOOK


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
    kind_of=_kind_of,
    token_shape=re.compile(r"\d{5,}(?::|%3A)[A-Za-z0-9_-]{20,}"),
    payload=payload,
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
    share="https://t.me/share/url?url={url}&text={title}",
)
