"""A review whose messages are sent, and the chats that they are sent to."""

import asyncio
from dataclasses import dataclass

from bot.db.feeds import Story
from bot.db.store import Store
from bot.delivery.worker import DeliveryWorker
from bot.dossier.models import Language
from bot.feeds.review import Review, ReviewCommands
from bot.live_dossier import LiveDossier
from bot.newsroom.editors_chat import EditorsChat
from bot.platforms.plain_text import render
from bot.reader import Address
from bot.replies.reply import Reply
from tests.clocks import MovedClock
from tests.delivery.scene import Platform

EDITORS = Address("telegram", "-100", None)
READER = Address("telegram", "7")
"""A reader of English, subscribed to all topics; his Indonesian neighbour is 8."""

NEIGHBOUR = Address("telegram", "8")


def commands_in(store: Store, live: LiveDossier, editors: Address, *people: str) -> ReviewCommands:
    """The editors' command in their chat; ``people`` are editors without being its admins."""
    chat = EditorsChat(store, editors, deciding=frozenset(people))
    return ReviewCommands(Review(store, live, chat, lambda: None))


@dataclass
class ReviewScene:
    """A review whose messages are sent to the editors' chat and to readers."""

    store: Store
    live: LiveDossier
    clock: MovedClock
    platform: Platform
    worker: DeliveryWorker
    review: Review
    commands: ReviewCommands

    async def put(self, *stories: Story, auto: bool = False) -> None:
        """New stories come to review."""
        async with self.store.database.write() as connection:
            await self.review.add(connection, stories, auto=auto, now=self.clock.now)
        await self.review.release()

    async def press(self, argument: str, asker: str = "Anna", where: Address = EDITORS) -> Reply:
        """Somebody presses a button, or types the command."""
        return await self.commands.respond(argument, where, Language("en"), asker)

    async def stands(self, where: Address, *titles: str) -> list[Reply]:
        """What stands in a chat, once these are the headings there."""
        for _ in range(3000):
            replies = self.platform.messages(where)
            if [reply.heading for reply in replies] == list(titles):
                return replies
            await asyncio.sleep(0.01)
        raise AssertionError([reply.heading for reply in self.platform.messages(where)])

    async def says(self, where: Address, words: str) -> Reply:
        """The last message of a chat, once it holds the words."""
        for _ in range(3000):
            replies = self.platform.messages(where)
            if replies and words in render(replies[-1]):
                return replies[-1]
            await asyncio.sleep(0.01)
        raise AssertionError([render(reply) for reply in self.platform.messages(where)])
