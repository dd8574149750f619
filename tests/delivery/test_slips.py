"""A slip reaches no reader: another dossier's files, a missing folder, a wrong branch."""

import asyncio

import pytest
from sqlalchemy import delete

from bot.db.schema import PREVIEW, safeguards
from bot.dossier.models import BulletinId
from bot.newsroom.ledger_diff import Gone, Returned
from bot.newsroom.publisher import OtherDossier
from bot.reader import Address
from tests.clocks import MovedClock, until
from tests.delivery.scene import ANN, BUDI, DeliveryScene
from tests.editor import bulletin, compare, of_another, utc, withdrawn


class TestAnotherDossier:
    """Its files meet a database that readers use."""

    async def test_publishes_corrects_and_withdraws_nothing(self, sent: DeliveryScene) -> None:
        """Whatever a process does with it; the right files go on afterwards."""
        newsroom = sent.editor.newsroom
        await sent.editor.publish(bulletin("ferry"), bulletin("later", not_before=utc(2026, 11, 23, 13)))
        wrong = of_another(sent.editor.live(bulletin("open"), withdrawn(bulletin("ferry"))))
        report = await compare(newsroom, wrong)
        assert "belongs to the dossier ferry" in report.refusal
        assert "nota migrate --dossier museum" in report.refusal
        sent.clock.forward(hours=2)
        assert (await newsroom.publish_due(wrong)).refusal == report.refusal == await newsroom.refusal(wrong)
        reader = await sent.store.readers.meet(BUDI, "private")
        with pytest.raises(OtherDossier, match="belongs to the dossier ferry"):
            await newsroom.try_out(wrong, BulletinId("2026-11-23-open"), reader)
        await sent.send_all()
        assert sent.texts(ANN) == ["📰 Ferry."]
        await sent.editor.publish_due()
        await sent.send_all()
        assert sent.texts(ANN) == ["📰 Ferry.", "📰 Later."]

    async def test_is_adopted_on_purpose(self, sent: DeliveryScene) -> None:
        """Then all that its files hold is history, and no message is touched."""
        other = of_another(sent.editor.live(bulletin("ferry", "Another"), bulletin("open")))
        assert await sent.editor.newsroom.adopt(other)
        assert not await sent.editor.newsroom.adopt(other)
        report = await compare(sent.editor.newsroom, other)
        assert (report.refusal, report.published) == ("", {})
        await sent.send_all()
        assert sent.texts(ANN) == ["📰 Ferry."]
        assert "belongs to the dossier museum" in (await sent.editor.publish(bulletin("ferry"))).refusal

    async def test_takes_a_database_that_nobody_uses(self, scene: DeliveryScene) -> None:
        """As a newcomer's, who has looked at the shipped dossier before, and subscribed in the preview."""
        await scene.subscribe(Address(PREVIEW, "1"))
        await scene.editor.publish(bulletin("ferry"))
        other = of_another(scene.editor.live(bulletin("open")))
        assert not (await compare(scene.editor.newsroom, other)).refusal
        await scene.subscribe(ANN)
        assert "museum" in await scene.editor.newsroom.refusal(scene.editor.live())


class TestAnEarlierReleasesDatabase:
    """It says nothing of a dossier."""

    async def test_is_bound_to_files_that_share_bulletins_with_it(self, sent: DeliveryScene) -> None:
        await self.forget(sent)
        assert not (await sent.editor.publish(bulletin("ferry", "Ferries"))).refusal
        await sent.send_all()
        assert "Ferries" in sent.texts(ANN)[0]
        assert (await sent.store.safeguards.get()).dossier == "ferry"

    async def test_waits_with_others(self, sent: DeliveryScene) -> None:
        """Until somebody says that it is theirs."""
        await self.forget(sent)
        report = await sent.editor.publish(bulletin("open"))
        assert "has no bulletin of the dossier ferry" in report.refusal
        assert (await sent.store.safeguards.get()).dossier is None
        assert await sent.editor.newsroom.adopt(sent.editor.live())
        assert not (await sent.editor.publish(bulletin("open"))).refusal

    async def forget(self, scene: DeliveryScene) -> None:
        async with scene.store.database.write() as connection:
            await connection.execute(delete(safeguards))


class TestAMissingFile:
    """It withdraws nothing: only a file that says so does."""

    async def test_what_was_sent_stays_as_it_was_sent(self, sent: DeliveryScene) -> None:
        """It is named, and nothing is said when it is back."""
        report = await sent.editor.publish()
        assert report.changes == (Gone(BulletinId("2026-11-23-ferry"), is_scheduled=False),)
        await sent.send_all()
        assert await sent.editor.newsroom.sent_without_files(sent.editor.live()) == ["2026-11-23-ferry"]
        assert not (await sent.editor.publish()).changes
        assert (await sent.editor.publish(bulletin("ferry"))).changes == (Returned(BulletinId("2026-11-23-ferry")),)
        await sent.send_all()
        assert sent.texts(ANN) == ["📰 Ferry."]
        assert await sent.editor.newsroom.sent_without_files(sent.editor.live(bulletin("ferry"))) == []
        assert [method for method, _, _ in sent.platform.calls] == ["send"]

    async def test_what_is_scheduled_is_not_sent_until_it_is_back(
        self, scene: DeliveryScene, clock: MovedClock
    ) -> None:
        """Nobody hears of it, not even by a process that has not compared its files yet."""
        await scene.subscribe(ANN)
        later = bulletin("ferry", not_before=utc(2026, 11, 23, 13))
        await scene.editor.publish(later)
        clock.forward(hours=2)
        without = scene.editor.live()
        assert not (await scene.editor.newsroom.publish_due(without)).published
        assert (await scene.editor.publish()).changes == (Gone(later.id, is_scheduled=True),)
        assert await scene.editor.newsroom.store.bulletins.seconds_until_next() is None
        await scene.send_all()
        assert scene.platform.calls == []
        await scene.publish(later)
        assert scene.texts(ANN) == ["📰 Ferry."]

    async def test_a_head_start_that_was_written_is_not_sent_either(self, scene: DeliveryScene) -> None:
        """A process died between the first deliveries of a large audience and the rest."""
        await scene.subscribe(ANN)
        await scene.editor.publish(bulletin("ferry", not_before=utc(2026, 11, 23, 13)))
        scene.clock.forward(hours=2)
        async with scene.store.database.write() as connection:
            await scene.store.fan_out.begin(connection, "2026-11-23-ferry", 1, [], False, scene.clock())
        await scene.publish()
        assert scene.platform.calls == []
        await scene.publish(bulletin("ferry"))
        assert scene.texts(ANN) == ["📰 Ferry."]


class TestStopping:
    """All sending, in every process, until it is started again."""

    async def test_nothing_goes_out_and_nothing_is_lost(self, sent: DeliveryScene) -> None:
        """Neither messages nor corrections, whichever process holds the lease; another start obeys as well."""
        await sent.store.safeguards.stop("telegram:1")
        await sent.editor.publish(bulletin("ferry", "Ferries"), bulletin("new"))
        for holder in ("one", "two"):
            async with sent.sending(holder) as worker:
                await until(lambda worker=worker: worker.is_leader)
                assert not await sent.store.queue.has_due("telegram")
                assert not await sent.store.queue.claim("telegram", sent.platform.lease_name, holder, 10)
        assert sent.texts(ANN) == ["📰 Ferry."]
        assert (await sent.store.safeguards.get()).stopped_by == "telegram:1"
        await sent.store.safeguards.start()
        await sent.send_all()
        assert sent.texts(ANN) == ["📰 Ferries. | Corrected on 23 November 2026.", "📰 New."]

    @pytest.mark.slow
    async def test_what_is_claimed_already_stays(self, scene: DeliveryScene) -> None:
        """The check right before each send sees it. What is in flight arrives."""
        for number in range(1, 60):
            await scene.subscribe(Address("telegram", str(number)))
        scene.platform.delay = 0.05
        await scene.editor.publish(bulletin("ferry"))
        async with scene.sending() as worker:
            await until(lambda: len(scene.platform.calls) >= 20)
            await scene.store.safeguards.stop("telegram:1")
            async with asyncio.timeout(10):
                while any(row.state == "claimed" for row in await scene.rows()):  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            arrived = sum(bool(messages) for messages in scene.platform.chats.values())
            assert arrived < 59
            await scene.store.safeguards.start()
            await scene.quiet(worker)
        assert [len(scene.texts(Address("telegram", str(number)))) for number in range(1, 60)] == [1] * 59
