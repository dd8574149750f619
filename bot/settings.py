"""The settings, read once from the environment (and a ``.env`` file) and passed down frozen."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.hosting import public_url_of

NOWHERE = "none"
"""As PUBLIC_URL: no webhooks, whatever address the PaaS gives us."""


class InvalidSettings(Exception):
    """The environment holds a setting that cannot be used. The message names it and what is expected."""


class Settings(BaseSettings):
    """Everything an operator can set; the names are the environment's, in lower case."""

    model_config = SettingsConfigDict(frozen=True, env_file=".env", extra="ignore", env_ignore_empty=True)

    telegram_token: SecretStr | None = Field(default=None, description="The bot's token from @BotFather.")
    telegram_api_url: str = Field(default="https://api.telegram.org", description="Where the Bot API is.")
    telegram_messages_per_second: float = Field(
        default=30, gt=0, le=1000, description="Ceiling for bulletins (30; up to 1000 with paid broadcasts)."
    )
    discord_token: SecretStr | None = Field(default=None, description="The bot's token from the developer portal.")
    discord_public_key: str | None = Field(
        default=None, pattern=r"^[0-9a-fA-F]{64}$", description="The application's public key (64 hex digits)."
    )
    discord_api_url: str = Field(default="https://discord.com/api/v10", description="Where Discord's API is.")
    discord_shards: int | None = Field(default=None, ge=1, description="Gateway shards; unset: as Discord advises.")
    database_url: str | None = Field(default=None, description="PostgreSQL or SQLite; unset: a file under data/.")
    public_url: str | None = Field(
        default=None,
        pattern=rf"^(https?://\S+|{NOWHERE})$",
        description=f"Our own address (https://…); set: webhooks; unset: as the PaaS tells, else polling; {NOWHERE}: polling.",
    )
    host: str | None = Field(
        default=None, description="Interface to listen on; 127.0.0.1, or 0.0.0.0 where PORT is set."
    )
    port: int = Field(default=8080, ge=0, le=65535, description="Port to listen on.")
    content_dir: Path = Field(default=Path("content"), description="The folder of the dossier.")
    log_format: Literal["text", "json"] = Field(default="text", description="text for people, json for machines.")
    owners: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Ids of the owners, parted by commas (telegram:123, discord:456; bare: Telegram)."
    )
    feeds: bool = Field(default=False, description="1: watch the feeds of content/feeds.yaml.")
    editors_chat: str | None = Field(default=None, description="Where the wire's candidates go (telegram:-100…).")

    @field_validator("owners", mode="before")
    @classmethod
    def _split(cls, given: object) -> object:
        return tuple(part.strip() for part in given.split(",") if part.strip()) if isinstance(given, str) else given

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown."""
        given = (self.telegram_token, self.discord_token)
        return tuple(secret.get_secret_value() for secret in given if secret)

    @property
    def listen_host(self) -> str:
        """A PaaS that sets PORT routes from outside; a person's own machine stays private."""
        return self.host or ("0.0.0.0" if "port" in self.model_fields_set else "127.0.0.1")  # noqa: S104


def read_settings(environment: Mapping[str, object] | None = None) -> Settings:
    """The settings of the process's environment, or of the mapping given (names in lower case) instead.

    Raises:
        InvalidSettings: one line for each setting that is wrong.
    """
    try:
        given = Settings() if environment is None else Settings.model_validate(environment)
        return given.model_copy(update={"public_url": _public_url(given, environment)})
    except ValidationError as error:
        raise InvalidSettings("\n".join(_line(detail) for detail in error.errors())) from None


def _public_url(given: Settings, environment: Mapping[str, object] | None) -> str | None:
    """What was said, else what the PaaS says; a mapping given instead of the environment holds nothing of a PaaS."""
    if given.public_url is None and environment is None:
        return public_url_of(os.environ)
    return None if given.public_url == NOWHERE else given.public_url


def _line(detail: object) -> str:
    name = str(detail["loc"][0]).upper()  # type: ignore[index]
    hint = Settings.model_fields[name.lower()].description if name.lower() in Settings.model_fields else ""
    return f"{name}: {detail['msg']}. Expected: {hint}"  # type: ignore[index]
