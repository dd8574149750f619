"""Our sender on a Discord of our own."""

from typing import Any

from bot.delivery.outcomes import Delivered, Outcome
from bot.delivery.sender import OutgoingMessage
from bot.platforms.discord.sender import DiscordSender
from bot.reader import Address
from bot.replies.reply import Reply
from tests.servers.discord import Discord
from tests.servers.discord_world import (
    Channel,
)


class Post:
    """A Discord, and our sender on it."""

    def __init__(self, discord: Discord, sender: DiscordSender, reply: Reply) -> None:
        self.discord = discord
        self.sender = sender
        self.reply = reply

    async def send(self, channel: Channel | int, key: str = "delivery-1", **about: Any) -> Outcome:
        """Sends the bulletin."""
        return await self.sender.send(address(channel), OutgoingMessage(self.reply, key, **about))

    async def edit(self, channel: Channel | int, message_id: int) -> Outcome:
        """Puts the bulletin into a message."""
        return await self.sender.edit(address(channel), message_id, OutgoingMessage(self.reply, "edit-1"))

    async def sent(self, channel: Channel) -> int:
        """Sends the bulletin, which must arrive; returns the message's id."""
        outcome = await self.send(channel)
        assert isinstance(outcome, Delivered)
        return outcome.message_id


def address(channel: Channel | int) -> Address:
    """A channel's address; a thread is a channel of its own."""
    return Address("discord", channel.id if isinstance(channel, Channel) else channel)
