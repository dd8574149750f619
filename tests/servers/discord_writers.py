"""People who type messages on our own Discord, and the bot's answers."""

import asyncio
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from tests.servers.discord import Discord
from tests.servers.discord_people import Deliver, Person, Shown
from tests.servers.discord_world import BOT, GUILD_ID, Channel

MENTION = f"<@{BOT['id']}>"
DEFAULT, REPLY = 0, 19
TIME = "2026-11-24T10:00:00.000000+00:00"


def guild(name: str = "Harbour", **about: Any) -> dict[str, Any]:
    """A server as in GUILD_CREATE, with the role that Discord made for the bot (resources/guild#guild-object)."""
    everyone = {"id": str(GUILD_ID), "name": "@everyone", "permissions": str((1 << 10) | (1 << 11) | (1 << 14))}
    ours = {"id": "1100000000000000009", "name": "Nota", "permissions": "0", "managed": True}
    roles = [everyone | {"tags": {}}, ours | {"tags": {"bot_id": BOT["id"]}}]
    rest = {"channels": [], "threads": [], "system_channel_id": None, "joined_at": "2026-01-01T00:00:00.000000+00:00"}
    rest |= {"members": [{"user": BOT, "roles": [ours["id"]]}], "owner_id": "1", "large": False, "member_count": 2}
    return {"id": str(GUILD_ID), "name": name, "preferred_locale": "en-US", "roles": roles, **rest, **about}


@dataclass
class Writer:
    """A person who types in a channel."""

    discord: Discord
    deliver: Deliver
    channel: Channel
    id: int

    async def write(
        self, text: str, *, replies_to: dict[str, Any] | None = None, pings: bool = True, **about: Any
    ) -> dict[str, Any]:
        """Writes, or replies to a message, with a ping unless that is switched off."""
        message = self.message(text) | about
        if replies_to is not None:
            message |= {"type": REPLY, "referenced_message": replies_to}
            message |= {"message_reference": {"message_id": replies_to["id"], "channel_id": str(self.channel.id)}}
            message["mentions"] = [*message["mentions"], *([replies_to["author"]] if pings else [])]
        self.discord.world.messages[int(message["id"])] = message
        await self.discord.gateway.dispatch("MESSAGE_CREATE", message)
        return message

    async def ask(self, text: str, **about: Any) -> Shown:
        """Writes and waits for the answer."""
        before = len(self.answers())
        await self.write(text, **about)
        return await self.answered(before + 1)

    async def answered(self, times: int) -> Shown:
        """Waits for so many answers in all and returns the last."""
        async with asyncio.timeout(60):
            while len(self.answers()) < times:  # noqa: ASYNC110  nothing announces it
                await asyncio.sleep(0.005)
        return Shown(deepcopy(self.answers()[-1]), is_private=False)

    def answers(self) -> list[dict[str, Any]]:
        """The bot's messages there, oldest first."""
        messages = self.discord.world.in_channel(self.channel.id)
        return [message for message in messages if message["author"]["id"] == BOT["id"] and message["embeds"]]

    def person(self, **about: Any) -> Person:
        """The same person, who can use components."""
        return Person(self.discord, self.deliver, self.channel, self.id, **about)

    def message(self, text: str) -> dict[str, Any]:
        """A message of theirs."""
        author = {"id": str(self.id), "username": "reader", "discriminator": "0", "avatar": None, "global_name": "Rea"}
        message = {"id": str(self.discord.world.next_id()), "channel_id": str(self.channel.id), "type": DEFAULT}
        message |= {"content": text, "author": author, "timestamp": TIME, "edited_timestamp": None, "tts": False}
        message |= {"mentions": [BOT] if MENTION in text else [], "mention_roles": [], "mention_everyone": False}
        message |= {"attachments": [], "embeds": [], "components": [], "pinned": False, "flags": 0}
        if self.channel.guild_id is None:
            return message
        return message | {"guild_id": str(GUILD_ID), "member": {"nick": None, "roles": [], "deaf": False}}
