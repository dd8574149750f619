"""More at once than there are connections: a transaction that asked for a second one would wait for itself."""

import asyncio
from dataclasses import replace

import pytest

from bot.db.changes import Change
from bot.db.engine import READ_CONNECTIONS
from bot.db.feeds import CandidateId
from bot.db.store import Store
from bot.dossier.entries import Key
from bot.dossier.loader import load
from bot.feeds.review import Review
from bot.live_dossier import LiveDossier
from bot.newsroom.desk import DeskError
from bot.newsroom.editors_chat import EditorsChat
from bot.newsroom.publisher import Newsroom
from bot.reader import Address
from bot.schedule import Subscription
from tests.audiences import subscribe_all
from tests.conftest import TINY, TODAY, not_none
from tests.databases import reading
from tests.desk_scene import ANNA, BUDI, desk_on
from tests.editor import compare
from tests.feeds.review_scene import person
from tests.feeds.test_review import STORY

MANY = 2 * (READ_CONNECTIONS + 5)
"""PostgreSQL's pool has READ_CONNECTIONS + 1 connections, and four more under load."""


@pytest.mark.slow
async def test_decisions_settings_and_comparisons(store: Store) -> None:
    """All of them end, each in its turn; a pool that is used up would take half a minute to say so.

    Who asks while other files are the ones in force is told so, and asks again.
    """
    dossier = not_none(load(TINY, TODAY).dossier)
    newsroom, live = Newsroom(store), LiveDossier(dossier)
    await compare(newsroom, dossier)
    await subscribe_all(store, range(1, MANY + 1))
    chat = EditorsChat(store, Address("telegram", "-100"))
    desk = desk_on(store, live, chat)
    review = Review(store, live, chat, desk, lambda: None)
    words = {"en": "Fares fall", "id": "Tarif turun"}
    bulletin = {Key("bulletins/new-1"): {"title": words, "body": words}}
    changes = [await desk.create(ANNA, "Fares", bulletin) for _ in range(MANY)]
    async with store.database.write() as connection:
        stories = [replace(STORY, page=str(number), link=f"https://harbour.example/{number}") for number in range(MANY)]
        await review.add(connection, stories, now=0.0)
    refused: list[Change] = []

    async def ask(change: Change) -> None:
        try:
            await desk.decide(change.id, 1, "ask", ANNA)
        except DeskError as why:
            if "A deploy is under way" not in str(why):
                raise
            refused.append(change)

    async with asyncio.timeout(25):
        await asyncio.gather(
            *(ask(change) for change in changes),
            *(review.take(CandidateId(number), person("Anna")) for number in range(1, MANY + 1)),
            *(
                store.subscriptions.put(Address("telegram", str(n)), Subscription(silent=True))
                for n in range(1, MANY + 1)
            ),
            *(compare(newsroom, replace(dossier, tree=f"v{number}")) for number in range(MANY)),
            *(desk.show_progress() for _ in range(MANY)),
            *(chat.refresh() for _ in range(MANY)),
        )
        await compare(newsroom, dossier)
        await asyncio.gather(*(desk.decide(change.id, 1, "ask", ANNA) for change in refused))
        await asyncio.gather(*(desk.decide(change.id, 1, "approve", BUDI) for change in changes))
    approved = await reading(store, store.changes.due)
    assert {change.id for change in approved} == {change.id for change in changes}
