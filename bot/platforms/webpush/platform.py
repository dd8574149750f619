"""Web Push's record for the rest of Nota."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from bot.feeds.ssrf import Policy, policy
from bot.platforms.platform import Networks, Platform, SettingsGroup
from bot.platforms.webpush.limits import SENDING
from bot.platforms.webpush.render import payload, words
from bot.platforms.webpush.types import PLATFORM, check_private_key


def _checked(key: SecretStr) -> SecretStr:
    check_private_key(key.get_secret_value())
    return key


class WebPushSettings(SettingsGroup):
    """The settings of Web Push."""

    vapid_key: Annotated[SecretStr, AfterValidator(_checked)] | None = Field(
        default=None, description="The key that signs notifications, made by `nota new vapid-key`; unset: no Web Push."
    )
    webpush_allow: Networks = Field(
        default=(),
        description="Addresses and networks, separated by commas, of push services that may be reached although they are not public.",
    )

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
    limits=lambda _: SENDING,
)
