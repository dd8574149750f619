"""A bulletin that thousands of chats have is corrected, and the process is killed while it edits them."""

import random
from collections import defaultdict
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from time import monotonic

import pytest
from sqlalchemy import bindparam, select, update

from bot.db.schema import deliveries, readers
from bot.db.store import open_store
from bot.platforms.discord.limits import SENDING
from tests.chaos.scene import IN_FLIGHT, READERS, Scene, all_delivered, scene, table
from tests.chaos.test_kills import LATENCY, LONGEST_SECONDS, ON_ITS_WAY_SECONDS, reach
from tests.databases import PostgreSQL

pytestmark = pytest.mark.chaos

TIMES = 5
PER_SECOND = {"telegram": 500, "discord": SENDING.per_second}
OLD, NEW = "Ferry", "Ferry, at last"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> str | PostgreSQL:
    return request.getfixturevalue("postgresql") if request.param == "postgresql" else request.param


async def deliver(at: Scene) -> None:
    """Every chat has it: on Telegram sent by the bot, on Discord, where that takes minutes, put there and into the ledger."""
    await at.publish(OLD)
    if at.platform == "telegram":
        replica = await at.start()
        await at.settled(all_delivered, 300)
        await at.stop(replica)
        return
    messages = await at.crowd.post()
    async with open_store(at.database_url) as store, store.database.write() as connection:
        rows = (await connection.execute(select(deliveries.c.id, readers.c.chat).join(readers))).all()
        given = [{"row": row.id, "text_id": str(messages[int(row.chat)])} for row in rows]
        values = {"state": "delivered", "shown": 1, "language": "en", "sent": store.database.now}
        statement = update(deliveries).where(deliveries.c.id == bindparam("row"))
        await connection.execute(statement.values(**values, message=bindparam("text_id")), given)


@pytest.fixture(params=["telegram", "discord"])
async def at(request: pytest.FixtureRequest, database: str | PostgreSQL, tmp_path: Path) -> AsyncIterator[Scene]:
    platform = request.param
    rate = {"TELEGRAM_MESSAGES_PER_SECOND": str(PER_SECOND["telegram"])}
    async with scene(platform, database, tmp_path, latency=LATENCY[platform], **rate) as found:
        await deliver(found)
        yield found


class TestCorrections:
    """Its title changes."""

    async def test_everyone_is_edited_though_it_is_killed(self, at: Scene) -> None:
        """In place, at the permitted rate; nobody gets a second message."""
        chance, kills, readers = random.Random(9), [], READERS[at.platform]
        before = len((await at.log()).entries)
        at.write(NEW)
        replica, began = await at.start(), monotonic()
        for chats in sorted(chance.sample(range(readers // 100, readers * 99 // 100), TIMES)):
            await reach(at, chats, chance, edited=True)
            kills.append(await at.kill(replica))
            replica = await at.start()
        await at.crowd.until(readers, LONGEST_SECONDS, edited=True)
        counts = await at.settled(all_delivered)
        await at.stop(replica)
        log, took = await at.log(), monotonic() - began
        log.entries = log.entries[before:]
        edits = [entry for entry in log.entries if entry.is_edit]
        shown = {entry.chat_id: entry.text for entry in log.edits}
        corrected = sum(1 for text in shown.values() if NEW in text)
        by_chat = defaultdict(list)
        for entry in edits:
            by_chat[entry.chat_id].append(entry)
        again = [before for each in by_chat.values() for before, _ in pairwise(each)]
        ends = [0.0, *(kill + ON_ITS_WAY_SECONDS for kill in kills)]
        repeated = [sum(1 for each in again if start < each.at <= end) for start, end in pairwise(ends)]
        table(
            f"{at.platform}, {_kind(at)}: kill -9 while {readers:,} messages are corrected, {took:.0f} s",
            [
                ("kill", *range(1, TIMES + 1), "all"),
                ("edits so far", *(sum(1 for each in edits if each.at <= kill) for kill in kills), len(edits)),
                ("edits under way", *map(log.under_way, kills), ""),
                ("edits made again", *repeated, len(again)),
                ("chats that see the new words", *[""] * TIMES, corrected),
                ("new messages", *[""] * TIMES, len(log.taken)),
                ("most in any second", *[""] * TIMES, log.most_in_a_second()),
            ],
        )
        assert corrected == readers
        assert counts == {"delivered": readers}
        assert log.taken == []
        assert max(repeated) <= IN_FLIGHT
        assert log.most_in_a_second() <= PER_SECOND[at.platform]
        assert log.broken_limits == []


def _kind(at: Scene) -> str:
    return "SQLite" if at.database_url.startswith("sqlite") else "PostgreSQL"
