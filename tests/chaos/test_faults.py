"""Of a bulletin's sends a fifth goes wrong, in every way that a platform has: each delivery ends as it should."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import pytest
from sqlalchemy import select, update

from bot.db.schema import deliveries, readers
from bot.db.store import Store, open_store
from tests.audiences import subscribe_all
from tests.chaos.scene import Scene, chats_of, scene, table
from tests.servers.crowd_desk import Log
from tests.servers.discord_world import ALL, DM, PUBLIC_THREAD, SEND

pytestmark = pytest.mark.chaos

PER_SECOND = 200
CHATS = {"telegram": 3000, "discord": 1500}
FAULTY = 0.2
THREAD = 77
FURTHER = 1_000_000
"""Added to the id of a chat: where it goes on; subtracted where ids are negative."""


@dataclass(frozen=True)
class Kind:
    """A way in which sends go wrong, and how its deliveries end.

    Attributes:
        faults: what the chat has in store; ``%`` stands for seconds from 1 to 30, ``@`` for where the chat goes on.
        messages: how many stand in the chat at the end.
        elsewhere: whether they stand where the chat goes on.
        suspends: whether nothing is sent there any more.
        channel: what is particular about it on Discord.
    """

    faults: tuple[str, ...] = ()
    messages: int = 1
    elsewhere: bool = False
    suspends: bool = False
    is_group: bool = False
    in_thread: bool = False
    channel: Mapping[str, int | bool] | None = None


GONE = {"messages": 0, "suspends": True}
FOR_THE_MOMENT = {
    "429, 1 to 30 s": Kind(("429 %",)),
    "429 twice": Kind(("429 %", "429 %")),
    "500": Kind(("500",)),
    "504": Kind(("504",)),
    "reset before it was taken": Kind(("reset",)),
}
KINDS = {
    "telegram": FOR_THE_MOMENT
    | {
        "502": Kind(("502",)),  # it may have been executed, so there are two attempts and no more
        "no answer, but taken": Kind(("silent",), messages=2),
        "reset after it was taken": Kind(("reset after",), messages=2),
        "blocked": Kind(("blocked",), **GONE),  # type: ignore[arg-type]
        "person gone": Kind(("deactivated",), **GONE),  # type: ignore[arg-type]
        "kicked": Kind(("kicked",), is_group=True, **GONE),  # type: ignore[arg-type]
        "group deleted": Kind(("deleted",), is_group=True, **GONE),  # type: ignore[arg-type]
        "chat not found": Kind(("chat gone",), is_group=True, **GONE),  # type: ignore[arg-type]
        "not enough rights": Kind(("no rights",), is_group=True, **GONE),  # type: ignore[arg-type]
        "became a supergroup": Kind(("migrated @",), is_group=True, elsewhere=True),
        "topic closed": Kind(("topic closed",), is_group=True, in_thread=True, **GONE),  # type: ignore[arg-type]
        "topic deleted": Kind(("topic deleted",), is_group=True, in_thread=True),
    },
    "discord": FOR_THE_MOMENT
    | {
        "502 five times": Kind(("502",) * 5),
        "no answer, but taken": Kind(("silent",)),
        "reset after it was taken": Kind(("reset after",)),
        "direct messages closed": Kind(("blocked",), channel={"type": DM}, **GONE),  # type: ignore[arg-type]
        "kicked": Kind(channel={"ours": 0}, **GONE),  # type: ignore[arg-type]
        "channel deleted": Kind(("deleted",), **GONE),  # type: ignore[arg-type]
        "not enough rights": Kind(channel={"ours": ALL & ~SEND}, **GONE),  # type: ignore[arg-type]
        "thread locked": Kind(channel={"type": PUBLIC_THREAD, "is_locked": True}, **GONE),  # type: ignore[arg-type]
        "thread archived": Kind(channel={"type": PUBLIC_THREAD, "is_archived": True}),
    },
}


def further(chat: int) -> int:
    """Where a chat goes on."""
    return chat - FURTHER if chat < 0 else chat + FURTHER


def dealt(platform: str, chance: random.Random) -> dict[int, str]:
    """Chats with their kind, faulty ones among sound ones; "" for these."""
    kinds, number = KINDS[platform], CHATS[platform]
    each = int(number * FAULTY / len(kinds))
    names = [name for name in kinds for _ in range(each)] + [""] * (number - each * len(kinds))
    chance.shuffle(names)
    chats = zip(chats_of(platform, number), names, strict=True)
    return {-chat if name and kinds[name].is_group else chat: name for chat, name in chats}


def in_store(platform: str, kinds: Mapping[int, str], chance: random.Random) -> dict[int, list[str]]:
    return {
        chat: [
            fault.replace("%", str(chance.randint(1, 30))).replace("@", str(further(chat)))
            for fault in KINDS[platform][name].faults
        ]
        for chat, name in kinds.items()
        if name
    }


def channels(kinds: Mapping[int, str]) -> Iterator[dict[str, int | bool]]:
    """What there is on Discord: each channel, and around each thread one."""
    for chat, name in kinds.items():
        about = dict(KINDS["discord"][name].channel or {}) if name else {}
        if about.get("type") == PUBLIC_THREAD:
            about["parent_id"] = further(chat)
            yield {"id": further(chat)}
        yield {"id": chat, **about}


async def subscribe(store: Store, platform: str, kinds: Mapping[int, str]) -> None:
    threads = {chat: THREAD for chat, name in kinds.items() if name and KINDS[platform][name].in_thread}
    await subscribe_all(store, kinds, platform=platform, language="en", threads=threads)
    async with store.database.write() as connection:
        await connection.execute(update(readers).where(readers.c.chat.startswith("-")).values(kind="group"))


async def ended(store: Store) -> tuple[dict[int, str], set[int]]:
    """The state of each chat's delivery, and the chats that are suspended."""
    rows = select(readers.c.chat, readers.c.suspended_since, deliveries.c.state).join(deliveries)
    async with store.database.read() as connection:
        found = (await connection.execute(rows)).all()
    return {int(row.chat): row.state for row in found}, {
        int(row.chat) for row in found if row.suspended_since is not None
    }


def too_early(log: Log) -> list[int]:
    """Chats that were written to before the time for which they had asked us to wait."""
    wanted: dict[int, float] = {}
    early = []
    for entry in log.entries:
        if entry.at < wanted.get(entry.chat_id, 0.0):
            early.append(entry.chat_id)
        if entry.fault.startswith("429 "):
            wanted[entry.chat_id] = entry.answered + float(entry.fault.partition(" ")[2])
    return early


async def delivered(at: Scene, began: float) -> tuple[Log, float]:
    counts = await at.settled(lambda counts: set(counts) <= {"delivered", "failed"}, 400)
    assert counts
    return await at.log(), monotonic() - began


@pytest.mark.parametrize("platform", ["telegram", "discord"])
class TestFaults:
    """One bulletin, a fifth of whose sends goes wrong."""

    async def test_each_ends_as_it_should(self, platform: str, tmp_path: Path) -> None:
        """What may pass later comes later; what moved goes on; what is over is over, and is asked for once."""
        chance = random.Random(8)
        kinds = dealt(platform, chance)
        settings = {"TELEGRAM_MESSAGES_PER_SECOND": str(PER_SECOND)}
        async with (
            scene(platform, "sqlite", tmp_path, chats=(), **settings) as at,
            open_store(at.database_url) as store,
        ):
            await subscribe(store, platform, kinds)
            await at.crowd.order(
                faults=in_store(platform, kinds, chance), channels=channels(kinds) if platform == "discord" else ()
            )
            await at.publish()
            await at.start()
            log, took = await delivered(at, monotonic())
            states, suspended = await ended(store)
        messages = log.messages()
        rows, wrong = [], []
        by_kind: dict[str, list[int]] = defaultdict(list)
        for chat, name in kinds.items():
            by_kind[name].append(chat)
        for name, chats in sorted(
            by_kind.items(), key=lambda each: list(KINDS[platform]).index(each[0]) if each[0] else -1
        ):
            kind = KINDS[platform][name] if name else Kind()
            places = {chat: further(chat) if kind.elsewhere else chat for chat in chats}
            stand = Counter(len(messages.get(place, [])) for place in places.values())
            ends = Counter(states[place] for place in places.values())
            gone = sum(1 for place in places.values() if place in suspended)
            tries = sum(1 for each in log.entries if each.chat_id in places)
            rows.append(
                (
                    name or "(sound)",
                    len(chats),
                    tries,
                    *(ends[state] for state in ("delivered", "failed")),
                    gone,
                    *(stand[n] for n in (0, 1, 2)),
                    sum(stand[n] for n in stand if n > 2),
                )
            )
            expected = (
                {"failed"} if kind.suspends else {"delivered"},
                {kind.messages},
                len(chats) if kind.suspends else 0,
            )
            if (set(ends), set(stand), gone) != expected:
                wrong.append((name, dict(ends), dict(stand), gone))
            if kind.suspends and tries != len(chats):
                wrong.append((name, "tried", tries))
        head = (
            "what went wrong",
            "chats",
            "tries",
            "delivered",
            "failed",
            "suspended",
            "got 0",
            "got 1",
            "got 2",
            "more",
        )
        faulty = sum(log.faults().values())
        table(
            f"{platform}: {len(kinds)} deliveries, {len(log.entries)} sends, {faulty} of them answered with a fault, {took:.0f} s",
            [head, *rows, ("written to before a 429's time", len(too_early(log)))],
        )
        assert wrong == []
        assert too_early(log) == []
