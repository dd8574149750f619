"""The few fields we read of a server, and where in it we may write (resources/guild#guild-object). PURE."""

from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from bot.platforms.discord.payloads import ADMINISTRATOR, EMBED_LINKS, SEND_MESSAGES, VIEW_CHANNEL, Payload, User

TEXT = 0
"""The type of a channel for anything (resources/channel#channel-object-channel-types)."""

TO_GREET = VIEW_CHANNEL | SEND_MESSAGES | EMBED_LINKS


class Tags(Payload):
    """topics/permissions#role-object-role-tags-structure; ``bot_id`` is the bot that the role was made for."""

    bot_id: int | None = None


class Role(Payload):
    """topics/permissions#role-object."""

    id: int
    permissions: int = 0
    tags: Tags = Tags()


class NewRole(Payload):
    """events/gateway-events#guild-role-create."""

    guild_id: int
    role: Role


class Overwrite(Payload):
    """What a channel gives and takes, a role or a member by its id (resources/channel#overwrite-object)."""

    id: int
    allow: int = 0
    deny: int = 0


class Room(Payload):
    """A channel or thread of a server (resources/channel#channel-object)."""

    id: int
    type: int = TEXT
    name: str | None = None
    position: int = 0
    guild_id: int | None = None
    permission_overwrites: tuple[Overwrite, ...] = ()


class Member(Payload):
    """resources/guild#guild-member-object."""

    user: User
    roles: tuple[int, ...] = ()


class Guild(Payload):
    """A server.

    ``unavailable`` says True in an outage, and False where one that was listed when we connected is there; None where it is
    neither (events/gateway-events#guild-create). Among ``members`` are we.
    """

    id: int
    name: str = ""
    unavailable: bool | None = None
    joined_at: datetime | None = None
    preferred_locale: str | None = None
    system_channel_id: int | None = None
    roles: tuple[Role, ...] = ()
    channels: tuple[Room, ...] = ()
    threads: tuple[Room, ...] = ()
    members: tuple[Member, ...] = ()

    def role_of(self, bot_id: int) -> int | None:
        """The role that was made for the bot; None where there is none."""
        return next((role.id for role in self.roles if role.tags.bot_id == bot_id), None)


class Ready(Payload):
    """Who we are, and the servers we are in as we connect (events/gateway-events#ready)."""

    user: User
    guilds: tuple[Guild, ...] = ()


def greeting_channel(guild: Guild, my_id: int) -> Room | None:
    """Where newcomers are announced, else the first text channel, of those in which we may write; None where we may in none."""
    first = sorted(guild.channels, key=lambda room: (room.id != guild.system_channel_id, room.position, room.id))
    return next((room for room in first if room.type == TEXT and _may_greet(guild, room, my_id)), None)


def _may_greet(guild: Guild, room: Room, my_id: int) -> bool:
    """By the rules of topics/permissions#permission-overwrites; where no roles are told, we may."""
    if not guild.roles:
        return True
    mine = {role for member in guild.members if member.user.id == my_id for role in member.roles}
    mine |= {guild.role_of(my_id) or guild.id}
    have = _all(role.permissions for role in guild.roles if role.id in {guild.id, *mine})
    if have & ADMINISTRATOR:
        return True
    for whose in ({guild.id}, mine - {guild.id}, {my_id}):
        theirs = [overwrite for overwrite in room.permission_overwrites if overwrite.id in whose]
        have = have & ~_all(each.deny for each in theirs) | _all(each.allow for each in theirs)
    return not TO_GREET & ~have


def _all(permissions: Any) -> int:
    return reduce(or_, permissions, 0)


def guild_of(value: Any) -> Guild:
    """The server in a gateway event.

    Raises:
        ValueError: it is none.
    """
    return Guild.model_validate(value)
