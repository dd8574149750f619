"""A review whose messages are sent, and the chats that they are sent to."""

import asyncio
from dataclasses import dataclass
from functools import partial

from bot.app.content_check import check_change
from bot.db.changes import Person
from bot.db.feeds import Story
from bot.db.store import Store
from bot.delivery.worker import DeliveryWorker
from bot.dossier.models import Language
from bot.feeds.review import Review, ReviewCommands
from bot.live_dossier import LiveDossier
from bot.newsroom.change_rules import TAKE_BACK_SECONDS, Rules
from bot.newsroom.desk import Desk
from bot.newsroom.editors_chat import EditorsChat
from bot.newsroom.worker import NewsroomWorker
from bot.platforms.plain_text import render
from bot.reader import Address
from bot.replies.reply import Reply
from tests.clocks import MovedClock
from tests.databases import writing
from tests.delivery.scene import Platform

EDITORS = Address("telegram", "-100", None)
READER = Address("telegram", "7")
"""A reader of English, subscribed to all topics; his Indonesian neighbour is 8."""

NEIGHBOUR = Address("telegram", "8")


def commands_in(store: Store, live: LiveDossier, editors: Address, *people: str) -> ReviewCommands:
    """The editors' command in their chat; ``people`` are editors without being its admins."""
    chat = EditorsChat(store, editors, deciding=frozenset(people))
    desk = Desk(store, live, Rules(needs_two=False), partial(check_change, live.loading), chat)
    return ReviewCommands(Review(store, live, chat, desk, lambda: None))


def person(name: str) -> Person:
    """An editor of that name."""
    return Person(f"telegram:{name}", name, Language("en"))


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
    newsroom: NewsroomWorker

    async def put(self, *stories: Story) -> None:
        """New stories come to review."""
        await writing(self.store, self.review.add, stories, now=self.clock.now)
        self.worker.nudge()

    async def comes_into_force(self) -> None:
        """A minute passes, and what was approved comes into force."""
        self.clock.forward(TAKE_BACK_SECONDS + 1)
        await self.newsroom.look()
        await self.newsroom.look()

    async def press(self, argument: str, asker: str = "Anna", where: Address = EDITORS) -> Reply:
        """Somebody presses a button, or types the command."""
        return await self.commands.respond(argument, where, Language("en"), person(asker))

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
