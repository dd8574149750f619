"""Where test_scenarios.py runs: our own Discord in both modes, and simcord."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import discord
from simcord.backend import serializers
from simcord.http import router

from bot.dossier.models import Dossier
from tests.clocks import until
from tests.platforms.discord.conftest import Talk, bot_on, talking
from tests.servers.discord_people import MEMBER, PUBLIC_KEY, Deliver, Form, Shown, by_http
from tests.servers.discord_simcord import Env, SimPerson, simulated
from tests.servers.discord_world import APPLICATION_ID, DM

_BUTTONS = [("More", "t/duration"), ("Time zone", "c/settings/zone")]

BULLETIN = {
    "embeds": [{"title": "News"}],
    "components": [
        {
            "type": 1,
            "components": [{"type": 2, "style": 2, "label": name, "custom_id": token} for name, token in _BUTTONS],
        }
    ],
}


class Actor(Protocol):
    """Somebody who uses the bot."""

    use: Callable[..., Awaitable[Shown]]
    types: Callable[[str, str, str], Awaitable[dict[str, str]]]
    press: Callable[[Shown, str], Awaitable[Shown]]
    choose: Callable[[Shown, str], Awaitable[Shown]]
    open: Callable[[Shown, str], Awaitable[Form]]
    submit: Callable[..., Awaitable[Shown]]
    check: Callable[[dict[str, Any]], Awaitable[Shown]]

    @property
    def channel(self) -> Any:
        """Where they are."""


async def choose_whole_answers(admin: Actor) -> None:
    """An admin of the server chooses whole answers for the channel."""
    panel = await admin.use("settings")
    length = await admin.press(panel, panel.buttons["✂️ Length of answers"])
    await admin.press(length, length.buttons["Whole"])


class Stage(Protocol):
    """A Discord with channels, people and the bot."""

    def somebody(
        self, channel: Any = None, *, locale: str = "en-US", guild_locale: str = "en-US", permissions: int = MEMBER
    ) -> Actor:
        """A new person, in a new channel of the server unless one is given."""

    def in_direct_message(self, locale: str = "en-US") -> Actor:
        """A person who writes to the bot directly."""

    def bulletin(self, channel: Any) -> Shown:
        """A bulletin in the channel."""

    def claim(self, channel: Any, text: str) -> dict[str, Any]:
        """A message that somebody else wrote in the channel."""

    def titles(self, channel: Any) -> list[str]:
        """Of the bot's public messages there."""

    @property
    def application_id(self) -> int:
        """The bot's."""


@dataclass
class OwnStage:
    """Our own Discord."""

    talk: Talk

    def somebody(self, channel: Any = None, **about: Any) -> Actor:
        return self.talk.somebody(channel, **about)

    def in_direct_message(self, locale: str = "en-US") -> Actor:
        return self.talk.somebody(self.talk.discord.world.add(DM), locale=locale)

    def bulletin(self, channel: Any) -> Shown:
        return Shown(self.talk.discord.world.put(channel.id, BULLETIN), is_private=False)

    def claim(self, channel: Any, text: str) -> dict[str, Any]:
        return self.talk.writer(channel).message(text)

    def titles(self, channel: Any) -> list[str]:
        messages = self.talk.discord.world.in_channel(channel.id)
        return [message["embeds"][0]["title"] for message in messages if not message["flags"] & (1 << 6)]

    @property
    def application_id(self) -> int:
        return APPLICATION_ID


@dataclass
class SimStage:
    """simcord."""

    env: Env
    deliver: Deliver
    guild: Any
    met: int = 0

    def somebody(self, channel: Any = None, *, permissions: int = MEMBER, **about: Any) -> Actor:
        self.met += 1
        self._show_all_commands()
        role = self.guild.create_role(f"role-{self.met}", permissions=discord.Permissions(permissions))
        actor = self.guild.add_member(self.env.create_user(f"user-{self.met}"), roles=[role])
        where = channel or self.guild.create_text_channel(f"channel-{self.met}")
        return SimPerson(self.env, self.deliver, actor, where, **about)

    def _show_all_commands(self) -> None:
        """As an administrator can in the server's settings, so that the bot's own check of permissions is tested."""
        path = f"/applications/{self.application_id}/commands"
        for command in router.dispatch(self.env.backend, "GET", path, json=None, params={}):
            self.guild.set_command_permissions(int(command["id"]), {self.guild.default_role: True})

    def in_direct_message(self, locale: str = "en-US") -> Actor:
        self.met += 1
        user = self.env.create_user(f"user-{self.met}")
        return SimPerson(self.env, self.deliver, user, user.dm_channel, locale=locale)

    def bulletin(self, channel: Any) -> Shown:
        backend = self.env.backend
        sent = backend.create_message(channel.id, backend.bot_user.id, **BULLETIN)
        return Shown(dict(serializers.message_payload(backend, sent)), is_private=False)

    def claim(self, channel: Any, text: str) -> dict[str, Any]:
        backend = self.env.backend
        author = self.guild.add_member(self.env.create_user("gossip"))
        return dict(serializers.message_payload(backend, backend.create_message(channel.id, author.id, content=text)))

    def titles(self, channel: Any) -> list[str]:
        messages = self.env.backend.messages[channel.id].values()
        return [message.embeds[0]["title"] for message in messages if not message.is_ephemeral and message.embeds]

    @property
    def application_id(self) -> int:
        return int(self.env.backend.application_id)


@asynccontextmanager
async def staged(kind: str, dossier: Dossier) -> AsyncIterator[Stage]:
    """The bot on ``gateway``, ``http`` or ``simcord``."""
    if kind != "simcord":
        async with talking(kind, dossier) as talk:
            yield OwnStage(talk)
        return
    async with (
        simulated() as (env, url),
        bot_on(url, dossier, PUBLIC_KEY) as bot,
    ):
        await until(lambda: None in env.backend.commands)
        yield SimStage(env, by_http(bot.session, bot.endpoint), env.create_guild())
