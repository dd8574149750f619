"""The editors' chat is a thread: while it is locked, requests wait; if it is deleted, its channel takes its place."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest

from bot.db.feeds import Story
from bot.delivery.worker import DeliveryWorker
from bot.dossier.loader import load
from bot.dossier.models import Dossier
from bot.newsroom.editors_chat import EditorsChat
from bot.reader import CLOSED
from tests.clocks import until
from tests.conftest import TINY, TODAY
from tests.feeds.test_review import FOURTH, OTHER, THIRD
from tests.platforms.discord.conftest import Talk, address, talking
from tests.servers.discord import discord_api
from tests.servers.discord_people import MANAGER, MEMBER, Person, Shown
from tests.servers.discord_world import PUBLIC_THREAD, Channel

ONLY_EDITORS = "Only the editors and the admins of this chat decide on news."


@dataclass
class Desk:
    """The editors' thread, its channel, and another channel of the server, with a bot that sends requests."""

    talk: Talk
    channel: Channel
    thread: Channel
    other: Channel
    worker: DeliveryWorker

    async def asks(self, story: Story, where: Channel, title: str) -> None:
        """A new story comes to review, and its request is the last message there."""
        await self.adds(story)
        await until(lambda: self.requests(where)[-1:] == [title])
        review = self.talk.conversation.staff.review
        assert review is not None
        await review.review.desk.show_progress()  # as each process does every few seconds

    async def adds(self, story: Story) -> None:
        """A new story comes to review."""
        store, review = self.talk.conversation.store, self.talk.conversation.staff.review
        assert review is not None
        async with store.database.write() as connection:
            now = await store.database.moment(connection)
            await review.review.add(connection, [replace(story, published=now - 60)], now=now)
        self.worker.nudge()

    def requests(self, where: Channel) -> list[str]:
        return [message["embeds"][0]["title"] for message in self.talk.discord.world.in_channel(where.id)]

    async def presses(self, what: str, where: Channel, permissions: int = MANAGER) -> Shown:
        """What somebody who presses a button under the last request there is told."""
        message = self.talk.discord.world.in_channel(where.id)[-1]
        return await self.somebody(where, permissions).press(Shown(message, is_private=False), f"c/wire/{what}")

    def somebody(self, where: Channel, permissions: int) -> Person:
        return self.talk.somebody(where, permissions=permissions)


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Desk]:
    dossier = load(TINY, TODAY).dossier
    assert isinstance(dossier, Dossier)
    async with discord_api() as discord:
        channel, other = discord.world.add(), discord.world.add()
        thread = discord.world.add(PUBLIC_THREAD, parent_id=channel.id)
        async with talking("gateway", dossier, discord, database_url=database_url, editors=address(thread)) as talk:
            worker = DeliveryWorker(talk.conversation.store, talk.platform.sender, "one")
            sending = asyncio.create_task(worker.run())
            yield Desk(talk, channel, thread, other, worker)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)


@pytest.mark.slow
async def test_a_locked_thread_gets_its_requests_once_it_is_unlocked(desk: Desk) -> None:
    """In their place; none comes to the channel."""
    await desk.asks(OTHER, desk.thread, "🛰 Second ferry")
    desk.thread.is_locked = True
    store, editors = desk.talk.conversation.store, address(desk.thread)
    await desk.adds(THIRD)

    async def is_closed() -> bool:
        reader = await store.readers.get(editors)
        return reader is not None and reader.reason == CLOSED

    async with asyncio.timeout(30):
        while not await is_closed():  # noqa: ASYNC110  the database tells nobody
            await asyncio.sleep(0.01)
    await desk.talk.discord.gateway.dispatch("THREAD_UPDATE", desk.thread.payload())  # renamed, still locked
    desk.thread.is_locked = False
    await desk.talk.discord.gateway.dispatch("THREAD_UPDATE", desk.thread.payload())
    await until(lambda: desk.requests(desk.thread)[-1:] == ["🛰 Third ferry"])
    assert desk.requests(desk.channel) == []


@pytest.mark.slow
async def test_its_channel_takes_the_place_of_a_deleted_thread(desk: Desk) -> None:
    """Requests come there and are decided there, by its admins alone; in a process that starts later, too."""
    await desk.asks(OTHER, desk.thread, "🛰 Second ferry")
    desk.talk.discord.world.delete(desk.thread)
    await desk.asks(THIRD, desk.channel, "🛰 Third ferry")
    assert ONLY_EDITORS in (await desk.presses("take 2", desk.channel, MEMBER)).text
    assert "Taken by" in (await desk.presses("take 2", desk.channel)).title
    await desk.asks(FOURTH, desk.channel, "🛰 Fourth ferry")
    assert "Taken by" in (await desk.presses("take 3", desk.channel)).title
    later = EditorsChat(desk.talk.conversation.store, address(desk.thread))
    await later.refresh()
    assert later.address == address(desk.channel)
    assert desk.requests(desk.other) == []
