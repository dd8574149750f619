"""Crossposts: bulletins in announcement channels are published to followers, and the message is never sent twice for it."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.cli import main
from bot.db.delivery_reports import DeliveryLog
from bot.db.schema import REVIEW, bulletins, deliveries
from bot.db.store import Store, open_store
from bot.delivery.worker import PAUSE_SECONDS, DeliveryWorker
from bot.dossier.models import Bulletin, Language
from bot.platforms.discord.api import DiscordClient
from bot.platforms.discord.sender import DiscordSender
from bot.platforms.plain_text import render
from bot.reader import Address
from bot.subscriptions.why import delivery_report
from tests.audiences import subscribe_all
from tests.bot_process import started
from tests.cli.test_publish import add_bulletin
from tests.clocks import MovedClock, until
from tests.editor import Editor, bulletin, new_editor, withdrawn
from tests.servers.discord import TOKEN, Discord, discord_api
from tests.servers.discord_limits import write_limited
from tests.servers.discord_world import ANNOUNCEMENT, CROSSPOSTED, Channel
from tests.tables import cases


@dataclass
class Server:
    """A Discord with a subscribed announcement channel, and our sender and worker on it."""

    discord: Discord
    store: Store
    clock: MovedClock
    editor: Editor
    sender: DiscordSender
    channel: Channel

    @asynccontextmanager
    async def sending(self) -> AsyncIterator[DeliveryWorker]:
        """A worker that runs during the block."""
        self.clock.forward(seconds=PAUSE_SECONDS)
        worker = DeliveryWorker(self.store, self.sender, "one")
        task = asyncio.create_task(worker.run())
        try:
            yield worker
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def send_all(self) -> None:
        """Sends until nothing is due."""
        async with self.sending() as worker:
            worker.nudge()
            async with asyncio.timeout(60):
                while await self._is_busy():  # noqa: ASYNC110  the database tells nobody
                    await asyncio.sleep(0.01)

    async def _is_busy(self) -> bool:
        waiting = ("due", "retry")
        return any(
            row.state == "claimed" or (row.state in waiting and row.due <= self.clock()) for row in await self.rows()
        )

    async def rows(self) -> list[Any]:
        async with self.store.database.read() as connection:
            return list((await connection.execute(select(deliveries).order_by(deliveries.c.id))).all())

    async def counts(self) -> dict[str, int]:
        """State → deliveries, as `nota deliveries` counts them."""
        found: dict[str, int] = {}
        for row in await DeliveryLog(self.store.database).bulletins():
            for state in ("delivered", "crosspost", "failed", "retry", "due", "held"):
                if number := getattr(row, f"n_{state}"):
                    found[state] = found.get(state, 0) + number
        return found

    async def delivery_report(self, language: str = "en") -> str:
        address = Address("discord", str(self.channel.id))
        return render(await delivery_report(self.store, self.editor.tiny, address, Language(language)))

    @property
    def sent(self) -> int:
        """Requests that send a message."""
        return len(self.discord.of("POST", "/messages"))

    @property
    def published(self) -> int:
        return len(self.discord.world.published)


@pytest.fixture
async def server(store: Store, clock: MovedClock) -> AsyncIterator[Server]:
    """On each kind of database."""
    async with discord_api() as discord:
        discord.limits.crosspost_clock = clock
        discord.limits.seconds = 0.2
        channel = discord.world.add(ANNOUNCEMENT)
        await subscribe_all(store, [channel.id], platform="discord", kind="channel", language="en")
        client = DiscordClient(TOKEN, discord.url)
        yield Server(discord, store, clock, await new_editor(store), DiscordSender(client, TOKEN), channel)
        await client.close()


def many(number: int) -> list[Bulletin]:
    return [bulletin(f"ferry-{index}") for index in range(number)]


class TestTwoSteps:
    """A message and its crosspost are two requests."""

    @pytest.mark.slow
    async def test_each_message_is_crossposted_once(self, server: Server) -> None:
        """Then it counts as delivered."""
        await server.editor.publish(*many(2))
        await server.send_all()
        assert (server.sent, server.published) == (2, 2)
        assert await server.counts() == {"delivered": 2}

    async def test_a_message_that_is_crossposted_already(self, server: Server) -> None:
        """Error 40033 counts as success."""
        held = server.discord.hold("/crosspost")
        await server.editor.publish(bulletin("ferry"))
        async with server.sending():
            await until(lambda: server.sent == 1 and len(server.discord.of("POST", "/crosspost")) == 1)
            [message] = server.discord.world.in_channel(server.channel.id)
            message["flags"] |= CROSSPOSTED
            held.set()
            await until(lambda: server.discord._answered.count("POST crosspost") == 1)
        assert await server.counts() == {"delivered": 1}
        assert server.sent == 1

    @pytest.mark.slow
    async def test_an_answer_that_is_lost(self, server: Server) -> None:
        """The crosspost is requested again; the message is not."""
        server.discord.lose("/crosspost")
        await server.editor.publish(bulletin("ferry"))
        await server.send_all()
        server.clock.forward(seconds=60)
        await server.send_all()
        assert await server.counts() == {"delivered": 1}
        assert (server.sent, server.published, len(server.discord.of("POST", "/crosspost"))) == (1, 1, 2)

    async def test_candidates_are_not_crossposted(self, server: Server) -> None:
        """If EDITORS_CHAT is an announcement channel, they are not for its followers."""
        await server.editor.publish(bulletin("ferry"))
        async with server.store.database.write() as connection:
            await connection.execute(update(bulletins).values(origin=REVIEW))
        await server.send_all()
        assert (server.sent, server.published) == (1, 0)


@pytest.mark.slow
class TestLimit:
    """Ten crossposts an hour in a channel; here two, so that a test need not send eleven."""

    async def test_the_next_is_crossposted_an_hour_later(self, server: Server) -> None:
        """All messages are sent at once; one waits for its crosspost, in a state of its own."""
        server.discord.limits.crossposts_an_hour = 2
        await server.editor.publish(*many(3))
        await server.send_all()
        assert (server.sent, server.published) == (3, 2)
        assert await server.counts() == {"delivered": 2, "crosspost": 1}
        server.clock.forward(seconds=1800)
        await server.send_all()
        assert len(server.discord.of("POST", "/crosspost")) == 3, "not before the time that Discord named"
        server.clock.forward(seconds=1801)
        await server.send_all()
        assert (server.sent, server.published) == (3, 3)
        assert await server.counts() == {"delivered": 3}

    async def test_the_channel_gets_its_next_message_meanwhile(self, server: Server) -> None:
        """The limit is for crossposts alone."""
        server.discord.faults["/crosspost"] = [lambda: write_limited(3000.0)]
        await server.editor.publish(bulletin("ferry"))
        async with server.sending() as worker:
            await until(lambda: len(server.discord.of("POST", "/crosspost")) == 1)
            await server.editor.publish(bulletin("ferry"), bulletin("harbour"))
            worker.nudge()
            await until(lambda: server.sent == 2, seconds=5)

    async def test_why_says_when_followers_get_it(self, server: Server) -> None:
        """The message itself is delivered."""
        server.discord.faults["/crosspost"] = [lambda: write_limited(3000.0)]
        await server.editor.publish(bulletin("ferry"))
        await server.send_all()
        shown = await server.delivery_report()
        assert "delivered 23 Nov 2026" in shown
        assert "the channel’s followers get it 23 Nov 2026, 12:50" in shown
        assert "подписчики канала получат" in await server.delivery_report("ru")
        assert "pengikut kanal" in await server.delivery_report("id")

    async def test_a_correction_does_not_wait_for_it(self, server: Server) -> None:
        """The corrected message is crossposted."""
        server.discord.faults["/crosspost"] = [lambda: write_limited(3000.0)]
        await server.editor.publish(bulletin("ferry"))
        await server.send_all()
        await server.editor.publish(bulletin("ferry", "Ferry, at last"))
        await server.send_all()
        [message] = server.discord.world.in_channel(server.channel.id)
        assert message["embeds"][0]["title"] == "📰 Ferry, at last."
        assert (server.sent, server.published) == (1, 1)
        assert await server.counts() == {"delivered": 1}

    async def test_a_withdrawn_bulletin_is_not_crossposted(self, server: Server) -> None:
        """Followers never saw it. If it comes back, it is."""
        server.discord.faults["/crosspost"] = [lambda: write_limited(3000.0)]
        await server.editor.publish(bulletin("ferry"))
        await server.send_all()
        await server.editor.publish(withdrawn(bulletin("ferry")))
        server.clock.forward(hours=1)
        await server.send_all()
        assert (server.sent, server.published) == (1, 0)
        assert await server.counts() == {"delivered": 1}
        await server.editor.publish(bulletin("ferry"))
        await server.send_all()
        assert (server.sent, server.published) == (1, 1)

    async def test_a_bulletin_withdrawn_while_it_is_sent_is_not_crossposted(self, server: Server) -> None:
        """Only the channel saw it. If it comes back, it is."""
        held = server.discord.hold("/messages")
        await server.editor.publish(bulletin("ferry"))
        async with server.sending():
            await until(lambda: server.sent == 1)
            await server.editor.publish(withdrawn(bulletin("ferry")))
            held.set()
        await server.send_all()
        assert (server.sent, server.published) == (1, 0)
        assert await server.counts() == {"delivered": 1}
        await server.editor.publish(bulletin("ferry"))
        await server.send_all()
        assert (server.sent, server.published) == (1, 1)

    async def test_a_limited_edit_delays_nothing_else(self, server: Server) -> None:
        """Crossposted messages allow few edits an hour (20028); new bulletins to the channel go on."""
        await server.editor.publish(bulletin("ferry"))
        await server.send_all()
        message = server.discord.world.published[0]
        server.discord.faults[f"/messages/{message}"] = [lambda: write_limited(1163.0)]
        await server.editor.publish(bulletin("ferry", "Ferry, at last"))
        async with server.sending() as worker:
            await until(lambda: len(server.discord.of("PATCH", f"/{message}")) == 1)
            await server.editor.publish(bulletin("ferry", "Ferry, at last"), bulletin("harbour"))
            worker.nudge()
            await until(lambda: server.sent == 2, seconds=5)


class TestErrors:
    """They do not concern the message, which was sent."""

    @pytest.mark.slow
    @cases("status, code, words")
    async def test_a_refusal_is_a_state_of_its_own(
        self, server: Server, status: int, code: int, words: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """With its reason; nothing is repeated.

        403 | 50013 | Missing Permissions
        400 | 50024 | Cannot execute action
        """
        server.discord.fault("/crosspost", status, {"message": words, "code": code})
        await server.editor.publish(bulletin("ferry"))
        await server.send_all()
        server.clock.forward(days=1)
        await server.send_all()
        assert await server.counts() == {"crosspost": 1}
        assert (server.sent, len(server.discord.of("POST", "/crosspost"))) == (1, 1)
        [reason] = await DeliveryLog(server.store.database).failures("2026-11-23-ferry")
        assert (reason.state, reason.reason) == ("crosspost", f"{code} {words}")
        assert "not published to the channel’s followers: a technical problem" in await server.delivery_report()
        assert "not crossposted" in capsys.readouterr().out

    @pytest.mark.slow
    async def test_an_outage_passes(self, server: Server) -> None:
        """The crosspost alone is repeated, after a pause."""
        server.discord.fault("/crosspost", 500)
        await server.editor.publish(bulletin("ferry"))
        await server.send_all()
        assert await server.counts() == {"crosspost": 1}
        server.clock.forward(seconds=60)
        await server.send_all()
        assert (server.sent, server.published) == (1, 1)
        assert await server.counts() == {"delivered": 1}


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.slow
async def test_a_process_that_ends_before_the_crosspost(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: int
) -> None:
    """Killed or stopped between the message and its crosspost: the next process requests the crosspost alone."""
    database = f"sqlite:///{tmp_path}/nota.sqlite3"
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("CONTENT_DIR", str(folder))
    assert await asyncio.to_thread(main, ["publish"]) == 0
    add_bulletin(folder)
    async with discord_api() as discord:
        channel = discord.world.add(ANNOUNCEMENT)
        async with open_store(database) as store:
            await subscribe_all(store, [channel.id], platform="discord", kind="channel", language="en")
        held = discord.hold("/crosspost")
        settings = {"DISCORD_TOKEN": TOKEN, "DISCORD_API_URL": discord.url, "DATABASE_URL": database}
        async with started(folder, tmp_path, **settings) as process:
            await until(lambda: len(discord.of("POST", "/crosspost")) == 1, seconds=40)
            process.send_signal(end)
            await asyncio.wait_for(process.wait(), 15)
        async with started(folder, tmp_path, **settings):
            await until(lambda: len(discord.world.published) == 1, seconds=40)
        held.set()
    assert len(discord.of("POST", "/messages")) == 1
    assert len(discord.of("POST", "/crosspost")) == 2
