"""A slip reaches no reader: another dossier's files, a missing folder, a wrong branch."""

import asyncio

import pytest
from sqlalchemy import delete

from bot.db.safeguards import MOST_AT_ONCE
from bot.db.schema import safeguards
from bot.dossier.models import BulletinId
from bot.newsroom.ledger_diff import Added, Gone, Returned, Revised, Withdrawn, id_of
from bot.newsroom.publisher import NotHeld, OtherDossier
from bot.reader import Address
from bot.schedule import Subscription, Timing
from tests.clocks import MovedClock, until
from tests.delivery.scene import ANN, BUDI, DeliveryScene
from tests.editor import NEWS_DAY, bulletin, of_another, utc, withdrawn

DAILY = Subscription(timing=Timing("daily", hour=13))
SLUGS = [f"ferry-{number}" for number in range(MOST_AT_ONCE + 2)]


class TestAnotherDossier:
    """Its files meet a database that readers use."""

    async def test_publishes_corrects_and_withdraws_nothing(self, sent: DeliveryScene) -> None:
        """Whatever a process does with it; the right files go on afterwards."""
        newsroom = sent.editor.newsroom
        await sent.editor.publish(bulletin("ferry"), bulletin("later", not_before=utc(2026, 11, 23, 13)))
        wrong = of_another(sent.editor.live(bulletin("open"), withdrawn(bulletin("ferry"))))
        report = await newsroom.publish_changes(wrong)
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
        report = await sent.editor.newsroom.publish_changes(other)
        assert (report.refusal, report.published) == ("", {})
        await sent.send_all()
        assert sent.texts(ANN) == ["📰 Ferry."]
        assert "belongs to the dossier museum" in (await sent.editor.publish(bulletin("ferry"))).refusal

    async def test_takes_a_database_that_nobody_uses(self, scene: DeliveryScene) -> None:
        """As a newcomer's, who has looked at the shipped dossier before."""
        other = of_another(scene.editor.live(bulletin("open")))
        assert not (await scene.editor.newsroom.publish_changes(other)).refusal
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

    async def test_that_comes_back_with_other_words_is_a_correction(self, sent: DeliveryScene) -> None:
        await sent.editor.publish()
        await sent.publish(bulletin("ferry", "Ferries"))
        assert sent.texts(ANN) == ["📰 Ferries. | Corrected on 23 November 2026."]

    async def test_what_waits_for_a_digest_waits_for_the_file_as_well(self, scene: DeliveryScene) -> None:
        await scene.subscribe(ANN, wanted=DAILY)
        await scene.subscribe(BUDI, wanted=DAILY)
        await scene.publish(bulletin("ferry"))
        await scene.publish()
        scene.clock.forward(hours=2)
        await scene.send_all()
        assert scene.texts(ANN) == scene.texts(BUDI) == []
        await scene.publish(bulletin("ferry"))
        assert scene.texts(ANN) == scene.texts(BUDI) == ["📰 Ferry."]

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


class TestManyAtOnce:
    """More than a handful that readers have."""

    async def test_wait_for_a_confirmation(self, scene: DeliveryScene) -> None:
        """What else has changed proceeds."""
        await self.send(scene)
        changed = [bulletin(slug, "Wrong") for slug in SLUGS[:-1]]
        mixed = scene.editor.live(*changed, withdrawn(bulletin(SLUGS[-1])), bulletin("new"))
        report = await scene.editor.newsroom.publish_changes(mixed)
        assert [type(each) for each in report.changes] == [Added]
        assert {id_of(each) for each in report.held} == {f"2026-11-23-{slug}" for slug in SLUGS}
        await scene.send_all()
        assert scene.texts(ANN) == [*(f"📰 {slug.capitalize()}." for slug in SLUGS), "📰 New."]
        state = await scene.store.safeguards.get()
        assert (state.held, len(state.held_changes or {})) == (report.changes_hash, len(SLUGS))
        assert await scene.store.safeguards.confirm(report.changes_hash)
        assert await scene.editor.newsroom.must_compare(mixed.tree)
        confirmed = await scene.editor.newsroom.publish_changes(mixed)
        assert {type(each) for each in confirmed.changes} == {Revised, Withdrawn}
        await scene.send_all()
        assert [text[:8] for text in scene.texts(ANN)] == ["📰 Wrong."] * 4 + ["🚫 Withdr", "📰 New."]
        after = await scene.store.safeguards.get()
        assert (after.held, after.confirmed) == (None, None)

    async def test_the_word_is_for_that_very_comparison(self, scene: DeliveryScene) -> None:
        """Other files have another changes_hash. With the right files again, nothing waits."""
        await self.send(scene)
        first = await scene.editor.publish(*(bulletin(slug, "Wrong") for slug in SLUGS))
        assert await scene.store.safeguards.confirm(first.changes_hash)
        second = await scene.editor.publish(*(bulletin(slug, "Worse") for slug in SLUGS))
        assert second.held
        assert second.changes_hash != first.changes_hash
        assert not await scene.store.safeguards.confirm(first.changes_hash)
        worse = scene.editor.latest
        assert worse is not None
        with pytest.raises(NotHeld, match=second.changes_hash):
            await scene.editor.newsroom.publish_changes(worse, confirmed=first.changes_hash)
        assert not (await scene.editor.publish(*map(bulletin, SLUGS))).held
        assert (await scene.store.safeguards.get()).held is None
        await scene.send_all()
        assert {method for method, _, _ in scene.platform.calls} == {"send"}

    @pytest.mark.parametrize("what", ["reason", "topics", "not_before", "urgent"])
    async def test_the_word_is_for_all_that_readers_would_get(self, scene: DeliveryScene, what: str) -> None:
        await self.send(scene)
        reasons = ({"en": f"It was {word}.", "id": "Itu keliru."} for word in ("wrong", "false"))
        one, other = {
            "reason": [{"withdrawn": {"date": NEWS_DAY, "because": each}} for each in reasons],
            "topics": [{"topics": ["other", each]} for each in ("third", "fare")],
            "not_before": [{"not_before": utc(2026, 11, 23, hour)} for hour in (13, 14)],
            "urgent": [{"urgent": each} for each in (False, True)],
        }[what]
        first = await scene.editor.publish(*(bulletin(slug, "Wrong", **one) for slug in SLUGS))
        second = await scene.editor.publish(*(bulletin(slug, "Wrong", **other) for slug in SLUGS))
        assert first.changes_hash
        assert second.changes_hash not in ("", first.changes_hash)

    async def test_a_handful_does_not_wait(self, scene: DeliveryScene) -> None:
        await self.send(scene)
        some, others = SLUGS[:MOST_AT_ONCE], SLUGS[MOST_AT_ONCE:]
        report = await scene.editor.publish(
            *(withdrawn(bulletin(slug)) for slug in some), *(bulletin(slug) for slug in others)
        )
        assert (len(report.changes), report.held) == (MOST_AT_ONCE, ())

    async def test_bulletins_that_stand_in_no_message_do_not_count(self, scene: DeliveryScene) -> None:
        await scene.publish(*map(bulletin, SLUGS))
        assert len((await scene.editor.publish(*(bulletin(slug, "Other") for slug in SLUGS))).changes) == len(SLUGS)

    @pytest.mark.slow
    async def test_all_that_are_put_back_wait_as_well(self, scene: DeliveryScene) -> None:
        """Readers were told not to pass them on."""
        await self.send(scene)
        gone = [withdrawn(bulletin(slug)) for slug in SLUGS]
        report = await scene.editor.publish(*gone)
        assert scene.editor.latest is not None
        await scene.editor.newsroom.publish_changes(scene.editor.latest, confirmed=report.changes_hash)
        assert len((await scene.editor.publish(*map(bulletin, SLUGS))).held) == len(SLUGS)

    async def send(self, scene: DeliveryScene) -> None:
        await scene.subscribe(ANN)
        await scene.publish(*map(bulletin, SLUGS))


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
