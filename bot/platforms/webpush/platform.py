"""Web Push's record for the rest of Nota."""

import re
from collections.abc import AsyncIterator
from ipaddress import ip_network
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import NoDecode

from bot.delivery.rate_limiter import Limits
from bot.feeds.ssrf import policy
from bot.platforms.base import Finding, Report
from bot.platforms.platform import Bot, Deployment, Look, PageForm, Platform, SettingsGroup, Surroundings
from bot.platforms.webpush.limits import SENDING
from bot.platforms.webpush.render import payload, words
from bot.platforms.webpush.types import PLATFORM, InvalidKey, check_private_key


class WebPushSettings(SettingsGroup):
    """The settings of Web Push."""

    vapid_key: SecretStr | None = Field(
        default=None, description="The key that signs notifications, made by `nota new vapid-key`; unset: no Web Push."
    )
    webpush_allow: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Addresses and networks, separated by commas, of push services that may be reached although they are not public.",
    )

    @field_validator("vapid_key")
    @classmethod
    def _is_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            try:
                check_private_key(value.get_secret_value())
            except InvalidKey as error:
                raise ValueError(str(error)) from None
        return value

    @field_validator("webpush_allow", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("webpush_allow")
    @classmethod
    def _networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for network in networks:
            ip_network(network)
        return networks

    @property
    def key(self) -> str:
        """The key; only for a platform that is on."""
        if self.vapid_key is None:
            raise ValueError("VAPID_KEY is not set")
        return self.vapid_key.get_secret_value()


def _start(settings: WebPushSettings, surroundings: Surroundings) -> Bot:
    from bot.platforms.webpush.bot import WebPush  # noqa: PLC0415  pywebpush, which only this needs

    return WebPush(settings.key, policy(settings.webpush_allow), surroundings)


def _page_form(settings: WebPushSettings, surroundings: Surroundings) -> PageForm:
    from bot.platforms.webpush.page_form import page_form  # noqa: PLC0415  the same

    return page_form(settings.key, policy(settings.webpush_allow), surroundings)


async def _doctor(settings: WebPushSettings, deployment: Deployment) -> AsyncIterator[Finding]:
    from bot.platforms.webpush.doctor import diagnose  # noqa: PLC0415  the same

    async for finding in diagnose(settings.key, deployment.public_url):
        yield finding


async def _identify(settings: WebPushSettings, _report: Report) -> str:
    from bot.platforms.webpush.api import public_key  # noqa: PLC0415  the same

    return public_key(settings.key)


def _new_key() -> str:
    from bot.platforms.webpush.api import new_private_key  # noqa: PLC0415  the same

    return f"VAPID_KEY={new_private_key()}"


def _limits(_settings: WebPushSettings) -> Limits:
    return SENDING


def _look() -> Look:
    from bot.platforms.webpush.look import LOOK  # noqa: PLC0415  only the desk shows it

    return LOOK


WEB_PUSH = Platform(
    name=PLATFORM,
    label="Web Push",
    settings=WebPushSettings,
    enabled_by="VAPID_KEY",
    how_to_enable="run `nota new vapid-key`",
    chats=re.compile(r"(?P<chat>[0-9a-f]{24})"),
    accounts=re.compile(r"(?!)"),
    chat_example="",
    account_example="",
    own_account="",
    answers=False,
    makes={"vapid-key": _new_key},
    payload=payload,
    words=words,
    limits=_limits,
    start=_start,
    doctor=_doctor,
    look=_look,
    identify=_identify,
    page_form=_page_form,
)
