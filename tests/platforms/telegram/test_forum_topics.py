"""Topics of a forum that are closed and opened again. Over real HTTP."""

import pytest

from bot.reader import CLOSED, Address
from bot.schedule import Subscription
from tests.platforms.telegram.conftest import IN_EACH_MODE, Talk
from tests.platforms.telegram.updates import GROUP, message, topic


async def closed(talk: Talk, number: int | None) -> Address:
    """A topic that subscribed and is closed; None: the general one."""
    address = Address("telegram", str(GROUP), str(number) if number else None)
    await talk.store.readers.meet(address, "group")
    await talk.store.subscriptions.put(address, Subscription())
    await talk.store.readers.suspend("telegram", str(GROUP), CLOSED, address.thread_id)
    return address


async def is_closed(talk: Talk, address: Address) -> bool:
    reader = await talk.store.readers.get(address)
    assert reader is not None
    return reader.reason == CLOSED


@IN_EACH_MODE
@pytest.mark.parametrize("number", [5, None], ids=["topic", "general topic"])
async def test_an_opened_topic_gets_bulletins_again(talk: Talk, number: int | None) -> None:
    """Telegram reports it in the topic (core.telegram.org/bots/api#forumtopicreopened). What is written in another topic opens none."""
    address, other = await closed(talk, number), await closed(talk, 6)
    here = topic(number) if number else {}
    await talk.tell(message("/about@NotaTestBot", GROUP, **topic(9)))
    assert await is_closed(talk, address)
    reopened = message("", GROUP, forum_topic_reopened={}, **here)
    del reopened["message"]["text"]
    await talk.give(reopened)
    await talk.tell(message("/about@NotaTestBot", GROUP, **here))
    assert not await is_closed(talk, address)
    assert await is_closed(talk, other)
