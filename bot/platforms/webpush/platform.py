"""Web Push's record for the rest of Nota."""

import re
from ipaddress import ip_network
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import NoDecode

from bot.delivery.rate_limiter import Limits
from bot.feeds.ssrf import Policy, policy
from bot.platforms.platform import Platform, SettingsGroup
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
        return self.required("vapid_key")

    @property
    def policy(self) -> Policy:
        return policy(self.webpush_allow)


def _new_key() -> str:
    from bot.platforms.webpush.api import new_private_key  # noqa: PLC0415  the same

    return f"VAPID_KEY={new_private_key()}"


def _limits(_settings: WebPushSettings) -> Limits:
    return SENDING


WEB_PUSH = Platform(
    name=PLATFORM,
    label="Web Push",
    settings=WebPushSettings,
    enabled_by="VAPID_KEY",
    how_to_enable="run `nota new vapid-key`",
    chats=re.compile(r"(?P<chat>[0-9a-f]{24})"),
    answers=False,
    makes={"vapid-key": _new_key},
    payload=payload,
    words=words,
    limits=_limits,
)
