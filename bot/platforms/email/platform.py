"""E-mail's record for the rest of Nota."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator

from bot.platforms.email.addresses import (
    PLATFORM,
    MailAddress,
    ServerAddress,
    parse_address,
    parse_mailbox,
    parse_url,
)
from bot.platforms.email.limits import LEAST_PER_MINUTE, PER_MINUTE, sending
from bot.platforms.email.render import payload, words
from bot.platforms.platform import Platform, SettingsGroup


def _mailbox(written: str) -> str:
    if parse_mailbox(written) is None:
        raise ValueError("not an e-mail address, with or without a name before it")
    return written


def _server(url: SecretStr) -> SecretStr:
    parse_url(url.get_secret_value())
    return url


class MailSettings(SettingsGroup):
    """The settings of e-mail."""

    smtp_url: Annotated[SecretStr, AfterValidator(_server)] | None = Field(
        default=None, description="The mail server, smtp://user:password@host:587 or smtps://user:password@host:465."
    )
    mail_from: Annotated[str, AfterValidator(_mailbox)] | None = Field(
        default=None,
        validate_default=True,
        description="Sender of mails, such as Nota <bulletins@example.org>; needed with SMTP_URL.",
    )
    mail_per_minute: float = Field(
        default=PER_MINUTE,
        ge=LEAST_PER_MINUTE,
        le=60_000,
        description=f"Maximum rate of mails ({PER_MINUTE}; {LEAST_PER_MINUTE} or more).",
    )

    @field_validator("mail_from")
    @classmethod
    def _is_needed(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and info.data.get("smtp_url") is not None:
            raise ValueError("SMTP_URL is set, and no sender")
        return value

    @property
    def server(self) -> ServerAddress:
        """The mail server; only for a platform that is on."""
        return parse_url(self.required("smtp_url"))

    @property
    def mailbox(self) -> tuple[str, MailAddress]:
        """Name, or "", and address of the sender; only for a platform that is on."""
        mailbox = parse_mailbox(self.required("mail_from"))
        assert mailbox is not None  # noqa: S101  checked when it was read
        return mailbox

    @property
    def secrets(self) -> tuple[str, ...]:
        """The address of the server, and the password in it."""
        if self.smtp_url is None:
            return ()
        password = self.server.password
        return (self.smtp_url.get_secret_value(), *((password,) if password else ()))


def typed_account(typed: str) -> str | None:
    """The account of an address, the same however it is written; None: it is not an address."""
    address = parse_address(typed)
    return address.identity if address else None


_ADDRESS = r"(?:[^\s@,:;<>()\[\]\"]+|\"[^\"\r\n]+\")@[^\s@,:;<>()\[\]\"]+\.[^\s@,:;<>()\[\]\"]+"

MAIL = Platform(
    name=PLATFORM,
    label="E-mail",
    settings=MailSettings,
    enabled_by="SMTP_URL",
    how_to_enable="take host, user and password from your mail provider, and set MAIL_FROM, too",
    chats=re.compile(rf"(?P<chat>{_ADDRESS}|[0-9a-f]{{24}})"),
    accounts=re.compile(_ADDRESS),
    chat_example="mail:ann@example.org",
    account_example="mail:ann@example.org",
    own_account="your address",
    answers=False,
    # addresses stand in the database alone
    token_shape=re.compile(r"(?<![\w.+%/@-])[\w.!#$%&'+=?^`{|}~-]+@(?:[\w-]+\.)+[\w-]{2,}"),
    payload=payload,
    words=words,
    limits=lambda settings: sending(settings.mail_per_minute),
    typed_account=typed_account,
)
