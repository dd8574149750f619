"""Tells Discord of the commands, where it holds others.

Discord counts the writing of commands (200 new ones a day, interactions/application-commands#registering-a-command), so
it is asked first what it holds.
"""

from collections.abc import Iterable, MutableMapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import hikari
import structlog
from hikari.impl import SlashCommandBuilder

from bot.dossier.model import Dossier
from bot.platforms.discord.client import Client
from bot.platforms.discord.menu import Command, editors_commands
from bot.platforms.discord.reading import Unreadable, read
from bot.platforms.discord.trouble import said
from bot.store.menus import ScopedMenus

log = structlog.get_logger("bot.discord")

Built = MutableMapping[str, Any]


async def sync(client: Client, application_id: int, commands: Sequence[Command], guild_id: int | None = None) -> bool:
    """Makes the commands Discord's, those of a server alone where one is given; returns whether it held others.

    Raises:
        hikari.HikariError: Discord fails or refuses.
    """
    rest, guild = client.rest, hikari.UNDEFINED if guild_id is None else guild_id
    wanted = [_builder(command) for command in commands]
    with suppress(Unreadable):  # so that it is none of ours
        held = await read(rest.fetch_application_commands(application_id, guild))
        if _built(client, wanted) == _built(client, (_builder_of(each, guild_id) for each in held)):
            return False
    with suppress(Unreadable):  # it has been taken
        await read(rest.set_application_commands(application_id, wanted, guild))
    return True


def _built(client: Client, builders: Iterable[SlashCommandBuilder | None]) -> list[Built | None]:
    """What would be sent, in the order of names."""
    built = [builder.build(client.rest.entity_factory) if builder else None for builder in builders]
    return sorted(built, key=lambda command: command["name"] if command else "")


@dataclass(frozen=True, slots=True)
class DeskCommands:
    """The commands of the editors' server, and of no other.

    Attributes:
        channel_id: the editors' channel; None where there is none on Discord.
        for_everybody: whether editors are among those who manage nothing there.
        set_before: the servers that were given such commands, because the editors' channel is, or was, there.
    """

    client: Client
    channel_id: int | None
    for_everybody: bool
    set_before: ScopedMenus

    async def sync(self, application_id: int, dossier: Dossier) -> None:
        """Makes them Discord's where they belong, and takes them away elsewhere.

        Raises:
            hikari.HikariError: Discord fails or refuses.
            DatabaseUnavailable: the database cannot be reached.
        """
        before, guild_id = await self.set_before.all(), await self._guild()
        if guild_id is not None:
            if str(guild_id) not in before:
                await self.set_before.add(str(guild_id))
            wanted = editors_commands(dossier, for_everybody=self.for_everybody)
            await sync(self.client, application_id, wanted, guild_id)
        for left in before - {str(guild_id)}:
            with suppress(hikari.ForbiddenError, hikari.NotFoundError):  # we are not there, and so are no commands
                await sync(self.client, application_id, [], int(left))
            await self.set_before.remove(left)

    async def _guild(self) -> int | None:
        """The server of the editors' channel; None in direct messages, where ``/wire`` is typed."""
        if self.channel_id is None:
            return None
        try:
            channel = await read(self.client.rest.fetch_channel(self.channel_id))
        except (hikari.ForbiddenError, hikari.NotFoundError) as refusal:
            log.warning("EDITORS_CHAT cannot be reached: invite the bot to that channel", why=said(refusal))
            return None
        return int(channel.guild_id) if isinstance(channel, hikari.GuildChannel) else None


def _builder(command: Command) -> SlashCommandBuilder:
    types, contexts = command.get("integration_types"), command.get("contexts")
    permissions = command["default_member_permissions"]
    return SlashCommandBuilder(
        command["name"],
        command["description"],
        options=[_option(option) for option in command["options"]],
        name_localizations=command["name_localizations"],
        description_localizations=command["description_localizations"],
        integration_types=[hikari.ApplicationIntegrationType(each) for each in types] if types else hikari.UNDEFINED,
        context_types=[hikari.ApplicationContextType(each) for each in contexts] if contexts else hikari.UNDEFINED,
        default_member_permissions=hikari.Permissions(int(permissions)) if permissions else hikari.UNDEFINED,
    )


def _option(option: Command) -> hikari.CommandOption:
    choices = [hikari.CommandChoice(name=each["name"], value=each["value"]) for each in option.get("choices", [])]
    return hikari.CommandOption(
        type=hikari.OptionType(option["type"]),
        name=option["name"],
        description=option["description"],
        is_required=option.get("required", False),
        choices=choices or None,
        autocomplete=option.get("autocomplete", False),
        max_length=option.get("max_length"),
        name_localizations=option["name_localizations"],
        description_localizations=option["description_localizations"],
    )


def _builder_of(held: hikari.PartialCommand, guild_id: int | None) -> SlashCommandBuilder | None:
    """A command that Discord holds; None where it is no slash command, and so none of ours.

    Where a command is usable is told of global ones alone (#application-command-object-application-command-structure).
    """
    if not isinstance(held, hikari.SlashCommand):
        return None
    return SlashCommandBuilder(
        held.name,
        held.description,
        options=list(held.options or ()),
        name_localizations=held.name_localizations,
        description_localizations=held.description_localizations,
        integration_types=held.integration_types if guild_id is None else hikari.UNDEFINED,
        context_types=held.context_types if guild_id is None else hikari.UNDEFINED,
        is_nsfw=held.is_nsfw or hikari.UNDEFINED,
        default_member_permissions=held.default_member_permissions or hikari.UNDEFINED,
    )
