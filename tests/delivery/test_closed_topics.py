"""A closed forum topic or a locked thread is muted, and comes back; a deleted one falls back to the chat around it."""

import pytest

from bot.delivery.outcomes import ChatGone, ThreadGone
from bot.reader import CLOSED, MUTED, Address
from tests.delivery.scene import DeliveryScene
from tests.editor import bulletin, withdrawn

GROUP = Address("telegram", "-5")
CLOSED_TOPIC, OPEN_TOPIC = Address("telegram", "-5", "7"), Address("telegram", "-5", "8")
THREAD, CHANNEL = Address("telegram", "700"), Address("telegram", "600")
"""A thread that is a channel of its own, as on Discord."""


async def reason(scene: DeliveryScene, address: Address) -> str | None:
    reader = await scene.store.readers.get(address)
    assert reader is not None
    return reader.reason


class TestClosed:
    """Only the topic misses what comes while it is closed."""

    async def test_the_other_topics_and_the_chat_get_theirs(self, scene: DeliveryScene) -> None:
        """Of the same bulletin and of later ones, and nothing moves to another place."""
        for address in (CLOSED_TOPIC, OPEN_TOPIC, GROUP):
            await scene.subscribe(address)
        scene.platform.order(CLOSED_TOPIC, ChatGone(CLOSED), ChatGone(CLOSED))
        await scene.publish(bulletin("ferry"))
        await scene.publish(bulletin("ferry"), bulletin("harbour"))
        assert scene.texts(OPEN_TOPIC) == scene.texts(GROUP) == ["📰 Ferry.", "📰 Harbour."]
        assert scene.texts(CLOSED_TOPIC) == []
        assert await reason(scene, CLOSED_TOPIC) == CLOSED
        assert await reason(scene, OPEN_TOPIC) is None

    async def test_the_next_bulletin_tries_it_again(self, scene: DeliveryScene) -> None:
        """Bulletins that it missed do not come later."""
        await scene.subscribe(CLOSED_TOPIC)
        scene.platform.order(CLOSED_TOPIC, ChatGone(CLOSED))
        await scene.publish(bulletin("ferry"))
        await scene.publish(bulletin("ferry"), bulletin("harbour"))
        assert scene.texts(CLOSED_TOPIC) == ["📰 Harbour."]
        assert await reason(scene, CLOSED_TOPIC) is None

    async def test_it_is_corrected_in_its_place_once_it_is_open(self, scene: DeliveryScene) -> None:
        """A word in another topic does not mean that this one is open."""
        for address in (CLOSED_TOPIC, OPEN_TOPIC):
            await scene.subscribe(address)
        await scene.publish(bulletin("ferry"))
        scene.platform.order(CLOSED_TOPIC, ChatGone(CLOSED))
        await scene.publish(bulletin("ferry", "Second"))
        readers = scene.store.readers
        assert not readers.is_suspended(OPEN_TOPIC)
        assert await readers.restore("telegram", "-5", "8") is False
        assert scene.texts(CLOSED_TOPIC) == ["📰 Ferry."]
        assert readers.is_suspended(CLOSED_TOPIC)
        assert await readers.restore("telegram", "-5", "7") is True
        await scene.send_all()
        assert [text.partition(" |")[0] for text in scene.texts(CLOSED_TOPIC)] == ["📰 Second."]

    async def test_a_muted_group_has_the_same_rule_for_all_topics(self, scene: DeliveryScene) -> None:
        """Nobody may write there, so every topic misses the bulletin; a word anywhere lifts that, but opens no topic."""
        for address in (CLOSED_TOPIC, OPEN_TOPIC):
            await scene.subscribe(address)
        await scene.store.readers.suspend("telegram", "-5", CLOSED, "7")
        await scene.store.readers.suspend("telegram", "-5", MUTED)
        assert await reason(scene, OPEN_TOPIC) == MUTED
        await scene.store.readers.restore("telegram", "-5", "8")
        assert (await reason(scene, OPEN_TOPIC), await reason(scene, CLOSED_TOPIC)) == (None, CLOSED)

    async def test_a_removed_bot_takes_precedence(self, scene: DeliveryScene) -> None:
        await scene.subscribe(CLOSED_TOPIC)
        await scene.store.readers.suspend("telegram", "-5", CLOSED, "7")
        await scene.store.readers.suspend("telegram", "-5", "left")
        assert await reason(scene, CLOSED_TOPIC) == "left"
        await scene.store.readers.restore("telegram", "-5")
        assert await reason(scene, CLOSED_TOPIC) is None


class TestDeleted:
    """The messages of a thread that is a channel of its own have ids of that channel."""

    @pytest.mark.parametrize("withdraws", [False, True], ids=["corrected", "withdrawn"])
    async def test_what_changes_is_said_where_bulletins_come_now(
        self, scene: DeliveryScene, *, withdraws: bool
    ) -> None:
        """Also of a bulletin that came before the fall-back for another one."""
        await scene.subscribe(THREAD)
        await scene.publish(bulletin("ferry"))
        scene.platform.order("700", ThreadGone("unknown channel", "600"))
        scene.platform.number_anew()
        await scene.publish(bulletin("ferry"), bulletin("harbour"))
        changed = withdrawn(bulletin("ferry")) if withdraws else bulletin("ferry", "Second")
        await scene.publish(changed, bulletin("harbour"))
        first, second = scene.texts(CHANNEL)
        assert "Harbour." in first
        assert ("Withdrawn" if withdraws else "Second.") in second
        assert {row.state for row in await scene.rows()} == {"delivered"}
