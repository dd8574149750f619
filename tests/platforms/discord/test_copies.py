"""A message whose answer was lost, or whose process died: Discord remembers its nonce for some minutes, and returns the one that it has."""

from time import time

import pytest
from sqlalchemy import update

from bot.db.schema import deliveries
from bot.delivery.outcomes import AGAIN_SECONDS
from bot.dossier.models import Bulletin
from tests.editor import bulletin, withdrawn
from tests.platforms.discord.test_crossposts import Server, server
from tests.servers.discord_world import GUILD_TEXT

__all__ = ["server"]

FERRY, SECOND = bulletin("ferry"), bulletin("ferry", "Second")


@pytest.fixture
def news(server: Server) -> Server:
    """A channel without followers."""
    server.channel.kind = GUILD_TEXT
    return server


def titles(server: Server) -> list[str]:
    return [each["embeds"][0]["title"] for each in server.discord.world.in_channel(server.channel.id)]


async def lose(server: Server, *, crash: bool = False) -> None:
    """The first bulletin is sent and the answer lost, or its process dies before it comes."""
    server.discord.lose("/messages")
    server.discord.world._last, server.discord.world.clock = 0, lambda: time() - 20
    await server.editor.publish(FERRY)
    await server.send_all()
    server.discord.world.clock = time
    if crash:
        async with server.store.database.write() as connection:
            await connection.execute(update(deliveries).values(state="claimed", holder="a dead process"))
    server.clock.forward(seconds=20 if crash else AGAIN_SECONDS + 1)


async def publish(server: Server, item: Bulletin) -> None:
    await server.editor.publish(item)
    await server.send_all()


@pytest.mark.parametrize("crash", [False, True])
class TestWhileItIsRemembered:
    """The nonce leads to the message that is there."""

    @pytest.mark.slow
    async def test_a_repetition_leaves_no_copy_and_no_word_about_one(self, news: Server, crash: bool) -> None:
        await lose(news, crash=crash)
        await news.send_all()
        await publish(news, SECOND)
        assert titles(news) == ["📰 Second."]

    @pytest.mark.slow
    async def test_a_start_with_a_corrected_file_corrects_it_in_place(self, news: Server, crash: bool) -> None:
        """The message that may be there has other words: it is found by its own nonce, and edited."""
        await lose(news, crash=crash)
        await publish(news, SECOND)
        assert titles(news) == ["✏️ Correction: Second."]
        await publish(news, bulletin("ferry", "Third"))
        assert titles(news) == ["📰 Third."]

    @pytest.mark.slow
    async def test_a_start_with_a_withdrawn_file_withdraws_it_in_place(self, news: Server, crash: bool) -> None:
        await lose(news, crash=crash)
        await publish(news, withdrawn(FERRY))
        assert titles(news) == ["🚫 Withdrawn: Ferry."]


class TestOnceItIsForgotten:
    """The copy stays, and gets a word."""

    @pytest.mark.slow
    async def test_a_repetition_leaves_a_copy(self, news: Server) -> None:
        await lose(news)
        news.discord.world._nonces.clear()
        await news.send_all()
        assert titles(news) == ["📰 Ferry.", "📰 Ferry."]
        await publish(news, SECOND)
        assert titles(news) == ["📰 Ferry.", "📰 Second.", "✏️ Ferry."]

    async def test_a_correction_says_that_it_is_one(self, news: Server) -> None:
        await lose(news, crash=True)
        news.discord.world._nonces.clear()
        await publish(news, SECOND)
        assert titles(news) == ["📰 Ferry.", "✏️ Correction: Second."]
