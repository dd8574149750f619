"""What people write to us, from its arrival to its answer.

Sent as a message by our own, since a message has no callback. Whatever is not for us is neither kept nor logged.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field

import hikari
import structlog

from bot.answers.reply import Reply
from bot.delivery import Gone, RetryAfter, ThreadGone, Unreachable
from bot.lanes import Lanes
from bot.platforms.discord.addressed import is_for_us, question_of
from bot.platforms.discord.answering import Answering
from bot.platforms.discord.buttons import marked
from bot.platforms.discord.client import Client
from bot.platforms.discord.guilds import Guilds
from bot.platforms.discord.messages import Message
from bot.platforms.discord.outcomes import outcome_of
from bot.platforms.discord.render import render
from bot.platforms.discord.trouble import Sleep, said

log = structlog.get_logger("bot.discord")

REMEMBERED = 1000
"""Messages that we know again when Discord brings them twice, as it may after a resumed connection."""

PAUSES_SECONDS = (0.5, 2.0, 5.0)
"""Before an answer is sent again: the nonce keeps it from standing there twice."""

PATIENCE_SECONDS = 30.0
"""Who has to wait longer than that for a limit of Discord's is not answered any more."""

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
            await self._send(message, reply)

    async def _send(self, message: Message, reply: Reply) -> None:
        for pause in (*PAUSES_SECONDS, None):
            try:
                await self._create(message, reply)
            except (hikari.HikariError, TimeoutError, OSError) as error:
                wait = _wait(error, pause)
            else:
                return
            if wait is None:
                return
            await self.sleep(wait)

    async def _create(self, message: Message, reply: Reply) -> None:
        """In servers as a reply to the question, so that it is clear who asked; nobody is pinged by it."""
        payload = render(reply)
        payload["components"] = marked(payload["components"])
        answers = {} if message.guild_id is None else {"reply": message.id, "reply_must_exist": False}
        await self.client.create(message.channel_id, payload, f"a{message.id}", **answers)


def _wait(error: Exception, pause: float | None) -> float | None:
    """Seconds until it is worth another try; None where it is not, which is logged."""
    outcome = outcome_of(error, editing=False)
    match outcome:
        case Unreachable() if pause is not None:
            return pause
        case RetryAfter(seconds) if pause is not None and seconds <= PATIENCE_SECONDS:
            return max(seconds, pause)
        case Gone() | ThreadGone():
            log.info("no answer where we may not write", why=said(error))
        case _:
            log.warning("an answer was not sent", why=said(error))
    return None
