"""The servers we are in: of each the little that an answer needs. PURE.

Discord tells of all of them whenever we connect, and of each that changes (events/gateway-events#guilds).
"""

from dataclasses import dataclass, field
from typing import Any

from bot.platforms.discord.addressed import Me
from bot.platforms.discord.payloads import Payload


class Tags(Payload):
    """topics/permissions#role-object-role-tags-structure; ``bot_id`` is the bot that the role was made for."""

    bot_id: int | None = None


class Role(Payload):
    """topics/permissions#role-object."""

    id: int
    permissions: int = 0
    tags: Tags = Tags()


class Guild(Payload):
    """resources/guild#guild-object."""

    id: int
    preferred_locale: str | None = None
    roles: tuple[Role, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What we keep of a server."""

    locale: str | None = None
    role_id: int | None = None


_UNKNOWN = Known()


@dataclass(slots=True)
class Guilds:
    """What we know of servers by what the gateway says."""

    _known: dict[int, Known] = field(default_factory=dict)

    def note(self, guild: Guild, my_id: int) -> None:
        """A server as it is now."""
        mine = next((role.id for role in guild.roles if role.tags.bot_id == my_id), None)
        self._known[guild.id] = Known(guild.preferred_locale, mine)

    def forget(self, guild_id: int) -> None:
        """We are there no more."""
        self._known.pop(guild_id, None)

    def locale(self, guild_id: int | None) -> str | None:
        """The server's language; None where we know none."""
        return self._known.get(guild_id or 0, _UNKNOWN).locale

    def me(self, guild_id: int | None, my_id: int) -> Me:
        """Who we are there."""
        return Me(my_id, self._known.get(guild_id or 0, _UNKNOWN).role_id)


def guild_of(value: Any) -> Guild:
    """The server in a gateway event.

    Raises:
        ValueError: it is none.
    """
    return Guild.model_validate(value)
