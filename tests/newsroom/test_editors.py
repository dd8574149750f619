"""Who is an editor: those whom the settings name, and the admins of the editors' chat, asked again each minute."""

import pytest

from bot.db.engine import open_database
from bot.db.store import store_on
from bot.newsroom.editors_chat import ASK_SECONDS, OUTAGE_SECONDS, EditorsChat
from bot.reader import Address
from tests.databases import sqlite_url

ADMIN = "telegram:7"


class Chat:
    """The editors' chat on its platform, and a clock."""

    def __init__(self) -> None:
        self.now, self.admins, self.is_away = 0.0, {7}, False
        store = store_on(open_database(sqlite_url()))
        named, where = frozenset({"discord:1"}), Address("telegram", -5)
        self.editors = EditorsChat(store, where, named, clock=lambda: self.now)
        self.editors.on_connected("telegram", self.is_admin)

    async def is_admin(self, _: Address, user: int) -> bool:
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
