"""Tells Discord of the commands, where it holds others.

Discord counts the writing of commands (200 new ones a day, interactions/application-commands#registering-a-command), so
it is asked first what it holds.
"""

from collections.abc import Iterable, MutableMapping, Sequence
from contextlib import suppress
from typing import Any

import hikari
from hikari.impl import SlashCommandBuilder

from bot.platforms.discord.client import Client
from bot.platforms.discord.menu import Command
from bot.platforms.discord.reading import Unreadable, read

Built = MutableMapping[str, Any]


async def sync(client: Client, application_id: int, commands: Sequence[Command]) -> bool:
    """Makes the commands Discord's; returns whether it held others.

    Raises:
        hikari.HikariError: Discord fails or refuses.
    """
    rest = client.rest
    wanted = [_builder(command) for command in commands]
    with suppress(Unreadable):  # so that it is none of ours
        held = await read(rest.fetch_application_commands(application_id))
        if _built(client, wanted) == _built(client, map(_builder_of, held)):
            return False
    with suppress(Unreadable):  # it has been taken
        await read(rest.set_application_commands(application_id, wanted))
    return True


def _built(client: Client, builders: Iterable[SlashCommandBuilder | None]) -> list[Built | None]:
    """What would be sent, in the order of names."""
    built = [builder.build(client.rest.entity_factory) if builder else None for builder in builders]
    return sorted(built, key=lambda command: command["name"] if command else "")


def _builder(command: Command) -> SlashCommandBuilder:
    return SlashCommandBuilder(
        command["name"],
        command["description"],
        options=[_option(option) for option in command["options"]],
        name_localizations=command["name_localizations"],
        description_localizations=command["description_localizations"],
        integration_types=[hikari.ApplicationIntegrationType(each) for each in command["integration_types"]],
        context_types=[hikari.ApplicationContextType(each) for each in command["contexts"]],
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


def _builder_of(held: hikari.PartialCommand) -> SlashCommandBuilder | None:
    """A command that Discord holds; None where it is no slash command, and so none of ours."""
    if not isinstance(held, hikari.SlashCommand):
        return None
    return SlashCommandBuilder(
        held.name,
        held.description,
        options=list(held.options or ()),
        name_localizations=held.name_localizations,
        description_localizations=held.description_localizations,
        integration_types=held.integration_types,
        context_types=held.context_types,
        is_nsfw=held.is_nsfw or hikari.UNDEFINED,
        default_member_permissions=held.default_member_permissions or hikari.UNDEFINED,
    )
