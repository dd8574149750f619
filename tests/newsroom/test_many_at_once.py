"""More at once than there are connections: a transaction that asked for a second one would wait for itself."""

import asyncio
from dataclasses import replace

import pytest

from bot.db.engine import READ_CONNECTIONS
from bot.db.feeds import CandidateId
from bot.db.store import Store
from bot.dossier.loader import load
from bot.feeds.review import Review
from bot.live_dossier import LiveDossier
from bot.newsroom.desk_decisions import Desk
from bot.newsroom.editors_chat import EditorsChat
from bot.newsroom.publisher import Newsroom
from bot.reader import Address
from bot.schedule import Subscription
from tests.audiences import subscribe_all
from tests.conftest import TINY, TODAY
from tests.feeds.test_review import STORY
from tests.newsroom.test_desk import ANNA, BUDI, TWO, content

MANY = 2 * (READ_CONNECTIONS + 5)
"""PostgreSQL's pool has READ_CONNECTIONS + 1 connections, and four more under load."""


@pytest.mark.slow
async def test_decisions_settings_and_comparisons(store: Store) -> None:
    """All of them end, each in its turn; a pool that is used up would take half a minute to say so."""
    dossier = load(TINY, TODAY).dossier
    assert dossier is not None
    newsroom, live = Newsroom(store), LiveDossier(dossier)
    await newsroom.publish_changes(dossier)
    await subscribe_all(store, range(1, MANY + 1))
    chat = EditorsChat(store, Address("telegram", "-100"))
    desk, review = Desk(store, live, TWO, lambda *_: [], chat), Review(store, live, chat, lambda: None)
    drafts = [await desk.create(ANNA, content()) for _ in range(MANY)]
    async with store.database.write() as connection:
        stories = [replace(STORY, page=str(number), link=f"https://harbour.example/{number}") for number in range(MANY)]
        await review.add(connection, stories, auto=False, now=0.0)
    async with asyncio.timeout(25):
        await asyncio.gather(
            *(desk.decide(each.id, 1, "submit", ANNA) for each in drafts),
            *(review.publish(CandidateId(number), "Anna") for number in range(1, MANY + 1)),
            *(
                store.subscriptions.put(Address("telegram", str(n)), Subscription(silent=True))
                for n in range(1, MANY + 1)
            ),
            *(newsroom.publish_changes(replace(dossier, version=f"v{number}")) for number in range(MANY)),
            *(desk.show_progress() for _ in range(MANY)),
            *(chat.refresh() for _ in range(MANY)),
        )
        await asyncio.gather(*(desk.decide(each.id, 1, "approve", BUDI) for each in drafts))
        await asyncio.gather(*(desk.decide(each.id, 1, "send", ANNA) for each in drafts))
    assert {each.state for each in await store.drafts.all()} == {"sent"}
