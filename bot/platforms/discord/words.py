"""What people write to us, from its arrival to its answer.

Sent as a message by our own, since a message has no callback. Whatever is not for us is neither kept nor logged.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import partial

from bot.answers.reply import Reply
from bot.lanes import Lanes
from bot.platforms.discord.addressed import is_for_us, question_of
from bot.platforms.discord.answering import Answering
from bot.platforms.discord.buttons import marked
from bot.platforms.discord.client import Client
from bot.platforms.discord.messages import Message
from bot.platforms.discord.posting import posted
from bot.platforms.discord.render import render
from bot.platforms.discord.standing import Guilds
from bot.platforms.discord.trouble import Sleep

REMEMBERED = 1000
"""Messages that we know again when Discord brings them twice, as it may after a resumed connection."""

DRAIN_SECONDS = 5.0
"""How long answers under way may take once we are told to stop."""


@dataclass(slots=True)
class Words:
    """Answers messages, in order within a channel, each once."""

    client: Client
    answering: Answering
    guilds: Guilds
    sleep: Sleep = asyncio.sleep
    _lanes: Lanes = field(default_factory=Lanes)
    _seen: OrderedDict[int, None] = field(default_factory=OrderedDict)

    async def hear(self, message: Message, my_id: int) -> None:
        """Answers in the background what is for us, and passes over the rest."""
        if not is_for_us(message, self.guilds.me(message.guild_id, my_id)) or message.id in self._seen:
            return
        self._seen[message.id] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        await self._lanes.put(message.channel_id, self._answer(message, my_id))

    async def drain(self) -> None:
        """Lets answers under way end."""
        await self._lanes.drain(DRAIN_SECONDS)

    async def _answer(self, message: Message, my_id: int) -> None:
        question = question_of(message, self.guilds.me(message.guild_id, my_id))
        if question is None:
            return
        reply = await self.answering.reply(message, question, self.guilds.locale(message.guild_id))
        if reply is not None:
            await posted(partial(self._create, message, reply), self.sleep)

    async def _create(self, message: Message, reply: Reply) -> None:
        """In servers as a reply to the question, so that it is clear who asked; nobody is pinged by it."""
        payload = render(reply)
        payload["components"] = marked(payload["components"])
        answers = {} if message.guild_id is None else {"reply": message.id, "reply_must_exist": False}
        await self.client.create(message.channel_id, payload, f"a{message.id}", **answers)
