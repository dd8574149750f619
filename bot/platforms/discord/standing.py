"""The servers we are in: of each the little that we need, and whether it is new to us. PURE: the clock is an argument.

Discord tells of all of them whenever we connect, and of each that changes (events/gateway-events#guilds).
"""

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from bot.platforms.discord.addressed import Me
from bot.platforms.discord.guilds import Guild

LATELY_SECONDS = 24 * 3600.0
"""Who took us in so lately may have done so while nobody was listening."""


@dataclass(frozen=True, slots=True)
class Known:
    """What we keep of a server; channels as numbers of eight bytes, since there are many."""

    locale: str | None = None
    role_id: int | None = None
    channels: "array[int]" = field(default_factory=lambda: array("q"))


_UNKNOWN = Known()


@dataclass(slots=True)
class Guilds:
    """What we know of servers by what the gateway says; ``clock`` gives seconds since 1970."""

    clock: Callable[[], float]
    _known: dict[int, Known] = field(default_factory=dict)
    _listed: set[int] = field(default_factory=set)

    def listed(self, guild_ids: Iterable[int]) -> None:
        """The servers we were in already when we connected."""
        self._listed.update(guild_ids)

    def entered(self, guild: Guild, my_id: int) -> bool:
        """A server is there. Returns whether we were let in just now, or may have been while nobody listened."""
        was_known = guild.id in self._known or guild.id in self._listed
        rooms = array("q", (room.id for room in (*guild.channels, *guild.threads)))
        self._known[guild.id] = Known(guild.preferred_locale, guild.role_of(my_id), rooms)
        lately = guild.joined_at is not None and self.clock() - guild.joined_at.timestamp() < LATELY_SECONDS
        return lately or not (was_known or guild.unavailable is False)

    def changed(self, guild: Guild, my_id: int) -> None:
        """A server has another language, or other roles."""
        known = self._known.get(guild.id) or Known()
        self._known[guild.id] = Known(guild.preferred_locale, guild.role_of(my_id), known.channels)

    def given_role(self, guild_id: int, role_id: int) -> None:
        """The role that Discord makes for us."""
        self._known[guild_id] = replace(self._known.get(guild_id) or Known(), role_id=role_id)

    def opened(self, guild_id: int, channel_id: int) -> None:
        """A channel more."""
        if guild_id in self._known:
            self._known[guild_id].channels.append(channel_id)

    def gone(self, guild_id: int) -> Sequence[int]:
        """We are there no more. Returns the channels that there were."""
        self._listed.discard(guild_id)
        return self._known.pop(guild_id, _UNKNOWN).channels

    def locale(self, guild_id: int | None) -> str | None:
        """The server's language; None where we know none."""
        return self._known.get(guild_id or 0, _UNKNOWN).locale

    def me(self, guild_id: int | None, my_id: int) -> Me:
        """Who we are there."""
        return Me(my_id, self._known.get(guild_id or 0, _UNKNOWN).role_id)
