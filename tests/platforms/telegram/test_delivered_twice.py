"""An update that the webhook brings twice is answered once: in one process, across replicas, and if the response was lost."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any

import aiohttp
import pytest
from yarl import URL

from bot.db.answered_updates import AnsweredUpdates
from bot.db.notifications import follow_changes
from bot.db.store import Store
from bot.dossier.models import Dossier
from bot.platforms.telegram.webhook import SECRET_HEADER
from tests.clocks import until
from tests.databases import PostgreSQL
from tests.platforms.telegram.conftest import Talk, talking, talking_to
from tests.platforms.telegram.updates import ADA, GROUP, message, press
from tests.servers.telegram import bot_api

LANGUAGE = "/language@NotaTestBot ru"


@pytest.fixture
async def bot(dossier: Dossier) -> AsyncIterator[Talk]:
    async with talking("webhook", dossier) as running:
        yield running


async def disconnect_before_the_answer(bot: Talk, update: dict[str, Any]) -> None:
    """Delivers an update whose answer waits for Telegram, and hangs up before it is there, as after a time-out."""
    url, secret = URL(bot.api.state.webhook["url"]), bot.api.state.webhook["secret_token"]
    body = json.dumps(update).encode()
    head = (
        f"POST {url.path_qs} HTTP/1.1\r\nHost: nota\r\n{SECRET_HEADER}: {secret}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    asked = len(bot.api.calls)
    async with bot.api.holding("getChatAdministrators"):
        _, writer = await asyncio.open_connection(url.host, url.port)
        writer.write(head.encode() + body)
        await writer.drain()
        await asyncio.sleep(0.2)  # until the update waits for the held call, of which nothing tells
        writer.close()
        await writer.wait_closed()
        await asyncio.sleep(0.1)  # until the server has seen that
    assert len(bot.api.calls) >= asked


class TestOneProcess:
    """Without any shared state."""

    @pytest.mark.parametrize("text", ["/duration", "how long does it last"])
    async def test_the_second_gets_nothing(self, bot: Talk, text: str) -> None:
        update = {"update_id": 900_000, **message(text)}
        await bot.give(update)
        await bot.give(update)
        assert len(bot.api.answers) == 1

    async def test_a_lost_response_is_sent_by_a_request(self, bot: Talk) -> None:
        """Once, although the update comes again."""
        bot.api.state.members[GROUP, ADA] = "administrator"
        update = {"update_id": 900_001, **message(LANGUAGE, GROUP)}
        await disconnect_before_the_answer(bot, update)
        await bot.api.until("sendMessage")
        await bot.give(update)
        await bot.give(message("/about@NotaTestBot", GROUP))
        texts = [call.given["text"].partition("\n")[0] for call in bot.api.answers]
        assert texts == ["<b>🌐 Язык</b>", "<b>🤖 О «Ноте»</b>"]
        assert not bot.api.answers[0].in_webhook

    async def test_a_lost_acknowledgement_of_a_press_repeats_no_edit(self, bot: Talk) -> None:
        bot.api.state.members[GROUP, ADA] = "administrator"
        [panel] = await bot.tell(message("/language@NotaTestBot", GROUP))
        update = {"update_id": 900_002, **press("c/language/id", panel.result)}
        await disconnect_before_the_answer(bot, update)
        await bot.api.until("answerCallbackQuery")
        await bot.api.until("editMessageText")
        await bot.give(update)
        await bot.give(message("/about@NotaTestBot", GROUP))
        assert [call.method for call in bot.api.answers[1:]].count("editMessageText") == 1
        assert [call.method for call in bot.api.answers[1:]].count("answerCallbackQuery") == 1


@asynccontextmanager
async def told_of_others(*stores: Store) -> AsyncIterator[None]:
    """What a process does in the background."""
    works = [
        work
        for store in stores
        for work in (follow_changes(store.database, store.readers, store.answered), store.answered.tell_others())
    ]
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def bring_to(url: str, secret: str, session: aiohttp.ClientSession, update: dict[str, Any]) -> bytes:
    """The body of a replica's answer."""
    async with session.post(url, json=update, headers={SECRET_HEADER: secret}) as answer:
        assert answer.status == 200
        return await answer.read()


@pytest.mark.postgres
class TestReplicas:
    """Two processes on one PostgreSQL."""

    async def test_the_other_replica_knows(self, postgresql: PostgreSQL, dossier: Dossier) -> None:
        async with (
            postgresql.database() as database,
            bot_api() as api,
            talking_to(api, "webhook", dossier, database_url=database) as one,
        ):
            first = dict(api.state.webhook)
            async with (
                talking_to(api, "webhook", dossier, database_url=database) as two,
                told_of_others(one.store, two.store),
            ):
                second, secret = api.state.webhook["url"], first["secret_token"]
                numbers = iter(range(900_100, 901_000))

                async def is_known() -> bool:
                    """Until both listen, updates are not told of; nobody keeps them."""
                    update = {"update_id": next(numbers), **message("/duration")}
                    assert await bring_to(first["url"], secret, one.session, update)
                    await asyncio.sleep(0.2)
                    return await bring_to(second, secret, two.session, update) == b""

                async with asyncio.timeout(60):
                    while not await is_known():
                        pass
                update = {"update_id": 901_001, **message("how long does it last")}
                assert await bring_to(second, secret, two.session, update)
                await until(lambda: one.store.answered.includes("telegram:123456789:901001"))
                assert await bring_to(first["url"], secret, one.session, update) == b""

    async def test_while_the_database_is_away_each_knows_its_own(
        self, postgresql: PostgreSQL, dossier: Dossier
    ) -> None:
        """Nothing fails, and nothing waits."""
        async with (
            postgresql.database() as database,
            bot_api() as api,
            talking_to(api, "webhook", dossier, database_url=database) as bot,
            told_of_others(bot.store),
        ):
            await bot.store.database.close()
            update = {"update_id": 900_003, **message("/duration")}
            await bot.give(update)
            await bot.give(update)
            assert len(api.answers) == 1


def test_costs_next_to_nothing(store: Store) -> None:
    """Far less than a millisecond a question: no question waits for the database."""
    answered = AnsweredUpdates(store.database)
    began = perf_counter()
    for number in range(10_000):
        if not answered.includes(f"telegram:1:{number}"):
            answered.add(f"telegram:1:{number}")
    assert perf_counter() - began < 1.0
