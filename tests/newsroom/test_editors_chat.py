"""The editors' chat: where it is, the reader that it is in the ledger, and who may decide there, asked again each minute."""

import pytest

from bot.db.engine import open_database
from bot.db.store import Store
from bot.newsroom.editors_chat import ASK_SECONDS, OUTAGE_SECONDS, EditorsChat
from bot.reader import MUTED, Address
from tests.clocks import MovedClock
from tests.conftest import not_none
from tests.databases import sqlite_url, writing

ADMIN = "telegram:7"


class Chat:
    """The editors' chat on its platform, and a clock."""

    def __init__(self) -> None:
        self.now, self.admins, self.is_away = 0.0, {"7"}, False
        self.asked_at: Address | None = None
        store = Store(open_database(sqlite_url()))
        self.where = Address("telegram", "-5")
        self.editors = EditorsChat(store, self.where, frozenset({"discord:1"}), clock=lambda: self.now)
        self.editors.on_connected("telegram", self.is_admin)

    async def is_admin(self, chat: Address, user: str) -> bool:
        self.asked_at = chat
        if self.is_away:
            raise ConnectionError
        return user in self.admins


@pytest.fixture
def chat() -> Chat:
    return Chat()


async def test_the_named_and_the_admins_of_the_chat(chat: Chat) -> None:
    accounts = ("discord:1", ADMIN, "telegram:8", "discord:7", "telegram:x")
    assert [await chat.editors.includes(each) for each in accounts] == [True, True, False, False, False]


async def test_who_is_no_admin_any_more_is_none_after_a_minute(chat: Chat) -> None:
    assert await chat.editors.includes(ADMIN)
    chat.admins.clear()
    chat.now += ASK_SECONDS
    assert not await chat.editors.includes(ADMIN)


async def test_an_outage_of_the_platform_ends_no_work_at_once_but_lends_no_right_for_long(chat: Chat) -> None:
    assert await chat.editors.includes(ADMIN)
    chat.is_away = True
    chat.now = OUTAGE_SECONDS - 1
    assert await chat.editors.includes(ADMIN)
    assert not await chat.editors.includes("telegram:8")
    chat.now = OUTAGE_SECONDS
    assert not await chat.editors.includes(ADMIN)
    assert await chat.editors.includes("discord:1")


class TestWhereItIs:
    """Nobody keeps its address or its reader, so nothing that happens to the group loses it."""

    async def test_a_group_that_becomes_a_supergroup(self, store: Store, chat: Chat) -> None:
        """This process is told; the other one finds it in the database, and so does one that starts with the old setting."""
        here, there = EditorsChat(store, chat.where), EditorsChat(store, chat.where)
        first = await reader_of(here)
        moves: list[object] = []
        here.on_move(lambda: moves.append(here.address))
        await store.readers.move("telegram", "-5", "-1005")
        here.follow("telegram", "-5", "-1005")
        here.follow("telegram", "-6", "-1006")
        await there.refresh()
        later = EditorsChat(store, chat.where)
        for each in (here, there, later):
            assert await reader_of(each) == first
            assert each.address == each.on("telegram") == Address("telegram", "-1005")
            assert await each.is_at(Address("telegram", "-1005", "7"))
            assert not await each.is_at(chat.where)
        assert moves == [Address("telegram", "-1005")]

    async def test_its_admins_are_asked_for_there(self, chat: Chat) -> None:
        chat.editors.follow("telegram", "-5", "-1005")
        assert await chat.editors.includes(ADMIN)
        assert chat.asked_at == Address("telegram", "-1005")

    @pytest.mark.parametrize("moved", [False, True])
    async def test_what_is_stored_about_it_is_deleted(self, store: Store, chat: Chat, *, moved: bool) -> None:
        """By its admins. It becomes a reader again, and no other reader is taken for it."""
        editors = EditorsChat(store, chat.where)
        before = await reader_of(editors)
        if moved:
            await store.readers.move("telegram", "-5", "-1005")
            await editors.refresh()
        where = not_none(editors.address)
        await store.readers.delete("telegram", where.chat_id)
        stranger = await store.readers.meet(Address("telegram", "4711"), "private")
        after = await reader_of(editors)
        assert before != after != stranger.id
        assert (await store.readers.get(where)) is not None

    async def test_a_month_in_which_it_was_muted(self, store: Store, chat: Chat, clock: MovedClock) -> None:
        editors = EditorsChat(store, chat.where)
        await reader_of(editors)
        await store.readers.suspend("telegram", "-5", MUTED)
        clock.forward(days=31)
        assert await store.readers.delete_lapsed() == 1
        assert await reader_of(editors)

    async def test_a_private_chat_is_one_too(self, store: Store) -> None:
        """And where there is none, nobody is asked."""
        async with store.database.write() as connection:
            found = not_none(await EditorsChat(store, Address("telegram", "5"), kind="private").reader(connection))
            assert found.kind == "private"
            assert await EditorsChat(store).reader(connection) is None
            assert await EditorsChat(store).zone(connection) == "UTC"


async def reader_of(editors: EditorsChat) -> int:
    return not_none(await writing(editors.store, editors.reader)).id
