"""Our requests on simcord, an independent model of Discord with its own permissions, limits and error codes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import discord
import pytest
import pytest_asyncio
from simcord.backend import serializers

from bot.delivery.outcomes import ChatGone, Delivered, MessageGone, Outcome
from bot.delivery.sender import OutgoingMessage
from bot.dossier.models import Dossier
from bot.platforms.discord.api import DiscordClient
from bot.platforms.discord.commands import commands, sync
from bot.platforms.discord.render import answer_prefix, render
from bot.platforms.discord.sender import DiscordSender
from bot.reader import MUTED, Address
from bot.replies.answer import answer
from tests.conftest import TODAY
from tests.servers.discord import TOKEN
from tests.servers.discord_simcord import Env, simulated

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Post:
    """simcord with a server, and our sender."""

    env: Env
    guild: Any
    client: DiscordClient
    sender: DiscordSender
    bulletin: OutgoingMessage

    async def send(self, channel_id: int, *, has_followers: bool = False) -> Outcome:
        bulletin = replace(self.bulletin, has_followers=has_followers)
        return await self.sender.send(Address("discord", str(channel_id)), bulletin)

    async def edit(self, channel_id: int, message_id: str) -> Outcome:
        return await self.sender.edit(Address("discord", str(channel_id)), message_id, self.bulletin)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def post(dossier: Dossier) -> AsyncIterator[Post]:
    """One for all cases."""
    async with simulated() as (env, url):
        client = DiscordClient(TOKEN, url)
        bulletin = OutgoingMessage(answer(dossier, "/duration", "ru", TODAY), "key-1")
        yield Post(env, env.create_guild(), client, DiscordSender(client, TOKEN), bulletin)
        await client.close()


class TestCommands:
    """Of the dossier."""

    async def test_are_registered_once(self, post: Post, dossier: Dossier) -> None:
        """The second time they are the same."""
        application_id = await post.client.application_id()
        assert (await sync(post.client, application_id, commands(dossier))).is_new
        assert not (await sync(post.client, application_id, commands(dossier))).is_new


class TestSending:
    """Bulletins and answers."""

    async def test_to_a_text_channel_and_edited_there(self, post: Post) -> None:
        """The message contains what was rendered."""
        channel = post.guild.create_text_channel("general")
        sent = await post.send(channel.id)
        assert isinstance(sent, Delivered)
        stored = post.env.backend.get_message(channel.id, int(sent.message_id))
        assert stored.embeds[0]["title"] == "⏳ Сколько действует меморандум"
        assert await post.edit(channel.id, sent.message_id) == Delivered(sent.message_id)

    async def test_to_an_announcement_channel_and_published(self, post: Post) -> None:
        """The message has the flag CROSSPOSTED."""
        channel = post.guild.create_news_channel("news")
        sent = await post.send(channel.id, has_followers=True)
        assert isinstance(sent, Delivered)
        for _ in range(2):  # the second time it is published already
            outcome = await post.sender.crosspost(Address("discord", str(channel.id)), sent.message_id)
            assert outcome == Delivered(sent.message_id)
        assert post.env.backend.get_message(channel.id, int(sent.message_id)).flags & (1 << 1)

    async def test_without_permission(self, post: Post) -> None:
        """To see the channel, or to write."""
        everyone = post.env.bot.get_guild(post.guild.id).default_role
        blind = post.guild.create_text_channel(
            "blind", overwrites={everyone: discord.PermissionOverwrite(view_channel=False)}
        )
        mute = post.guild.create_text_channel(
            "mute", overwrites={everyone: discord.PermissionOverwrite(send_messages=False)}
        )
        assert await post.send(blind.id) == await post.send(mute.id) == ChatGone(MUTED)

    async def test_an_answer_to_a_typed_message(self, post: Post) -> None:
        """A reply; its custom_ids have the prefix."""
        channel = post.guild.create_text_channel("questions")
        asked = post.env.backend.create_message(channel.id, post.env.backend.bot_user.id, content="how long?")
        payload = render(post.bulletin.reply, answer_prefix(7))
        sent = await post.client.create(channel.id, payload, "a1", reply_to=asked.id)
        stored = serializers.message_payload(post.env.backend, post.env.backend.get_message(channel.id, sent))
        assert stored["message_reference"]["message_id"] == str(asked.id)
        assert all(each["custom_id"].startswith("=7=") for each in stored["components"][0]["components"])

    async def test_to_what_was_deleted(self, post: Post) -> None:
        """A message, a channel."""
        channel = post.guild.create_text_channel("short-lived")
        sent = await post.send(channel.id)
        assert isinstance(sent, Delivered)
        post.env.backend.delete_message(channel.id, int(sent.message_id))
        assert await post.edit(channel.id, sent.message_id) == MessageGone()
        post.env.backend.delete_channel(channel.id)
        assert await post.send(channel.id) == ChatGone("10003 Unknown Channel")
