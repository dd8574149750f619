"""After a backup was imported: what is in the content by then counts as sent, unless it is wanted otherwise."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from bot.db.backup import export, import_backup
from bot.db.delivery_reports import delivery_history
from bot.delivery.outcomes import Unreachable
from bot.dossier.models import Language
from bot.reader import Address
from bot.schedule import Subscription, Timing
from bot.subscriptions.why import Here, history_in_words
from tests.delivery.scene import ANN, BUDI, DeliveryScene
from tests.editor import FARE, bulletin, utc

FERRY, PIER, QUAY = bulletin("ferry"), bulletin("pier"), bulletin("quay")
WEEKLY = Subscription(timing=Timing("weekly", 8, 2, None, "UTC"))
"""Wednesdays; the tests' clock starts on a Monday."""


@dataclass
class Deployment:
    """A bot whose database is saved, and put back as it was then. What chats show stays."""

    scene: DeliveryScene
    lines: list[str] = field(default_factory=list)

    async def save(self) -> None:
        self.lines = [line async for line in export(self.scene.store.database)]

    async def restore(self, *, send_newer: bool = False) -> None:
        await import_backup(self.scene.store.database, self.lines, replace=True, send_newer=send_newer)
        self.scene.platform.calls.clear()

    async def publish(self, *bulletins: object) -> None:
        await self.scene.editor.publish(*bulletins)  # type: ignore[arg-type]
        await self.scene.send_all()

    @property
    def went_out(self) -> list[tuple[str, str]]:
        """Since the backup was put back: send or edit, and the heading."""
        return [(how, message.reply.heading) for how, _, message in self.scene.platform.calls]


@pytest.fixture
async def deployment(scene: DeliveryScene) -> Deployment:
    """Two readers who have read one bulletin when the backup is made; a day later it is needed."""
    await scene.subscribe(ANN)
    await scene.subscribe(BUDI)
    deployment = Deployment(scene)
    await deployment.publish(FERRY)
    await deployment.save()
    scene.clock.forward(days=1)
    return deployment


class TestCountsAsSent:
    """Nobody gets anything twice."""

    async def test_what_was_published_after_the_backup(self, deployment: Deployment) -> None:
        await deployment.publish(FERRY, PIER)
        await deployment.restore()
        await deployment.publish(FERRY, PIER)
        assert deployment.went_out == []
        assert deployment.scene.texts(ANN) == ["📰 Ferry.", "📰 Pier."]

    async def test_what_comes_later_is_sent(self, deployment: Deployment) -> None:
        """From the second publish on everything is as before."""
        await deployment.restore()
        await deployment.publish(FERRY, PIER)
        await deployment.publish(FERRY, PIER, QUAY)
        assert deployment.went_out == [("send", "📰 Quay.")] * 2

    async def test_what_was_corrected_after_the_backup(self, deployment: Deployment) -> None:
        """A later correction still reaches the messages that the backup knows."""
        corrected = bulletin("ferry", "Ferries")
        await deployment.publish(corrected)
        await deployment.restore()
        await deployment.publish(corrected)
        assert deployment.went_out == []
        await deployment.publish(bulletin("ferry", "Boats"))
        assert [how for how, _ in deployment.went_out] == ["edit", "edit"]
        assert deployment.scene.texts(ANN)[0].startswith("📰 Boats.")

    async def test_other_topics_since_the_backup(self, deployment: Deployment) -> None:
        """Whom it concerns only now got it from the database that was lost."""
        await deployment.scene.subscribe(Address("telegram", "3"), wanted=Subscription(frozenset({FARE})))
        await deployment.publish(FERRY, bulletin("pier", topics=["harbour"]))
        await deployment.save()
        await deployment.restore()
        await deployment.publish(FERRY, bulletin("pier", topics=["fare"]))
        assert deployment.went_out == []

    async def test_what_waited_when_the_backup_was_made(self, deployment: Deployment) -> None:
        """First messages and corrections, tried before or not."""
        scene = deployment.scene
        scene.platform.order(ANN, Unreachable("no answer"))
        await deployment.publish(FERRY, PIER)
        await scene.editor.publish(bulletin("ferry", "Ferries"), PIER, QUAY)
        await deployment.save()
        scene.clock.forward(days=1)
        await deployment.restore()
        await deployment.publish(bulletin("ferry", "Ferries"), PIER, QUAY)
        assert deployment.went_out == []
        assert {row.state for row in await scene.rows()} == {"delivered", "dropped", "failed"}
        pier, quay, read = (
            history_in_words(each, Here(Language("en"))) for each in await delivery_history(scene.store.database, ANN)
        )
        assert pier == quay == "on its way when the bot was restored from a backup"
        assert read.startswith("delivered 23 Nov 2026")

    async def test_what_was_scheduled_and_whose_time_has_passed(self, deployment: Deployment) -> None:
        """Before the backup is imported, or brought forward since it was made."""
        tuesday = bulletin("pier", not_before=utc(2026, 11, 24, 18))
        friday = bulletin("quay", not_before=utc(2026, 11, 27, 18))
        await deployment.scene.editor.publish(FERRY, tuesday, friday)
        await deployment.save()
        deployment.scene.clock.forward(days=1)
        await deployment.restore()
        await deployment.scene.editor.publish_due()
        await deployment.publish(FERRY, tuesday, QUAY)
        assert deployment.went_out == []


class TestStillToCome:
    """What cannot have been sent yet goes out at its time."""

    @pytest.mark.parametrize("made", ["before the backup", "after it"])
    async def test_what_is_scheduled_for_later(self, deployment: Deployment, made: str) -> None:
        friday = bulletin("quay", not_before=utc(2026, 11, 27, 18))
        if made == "before the backup":
            await deployment.scene.editor.publish(FERRY, friday)
            await deployment.save()
        await deployment.restore()
        await deployment.publish(FERRY, friday)
        assert deployment.went_out == []
        deployment.scene.clock.forward(days=4)
        await deployment.scene.editor.publish_due()
        await deployment.scene.send_all()
        assert deployment.went_out == [("send", "📰 Quay.")] * 2

    @pytest.mark.parametrize("made", ["before the backup", "after it"])
    async def test_a_correction_under_embargo(self, deployment: Deployment, made: str) -> None:
        friday = bulletin("ferry", "Ferries", not_before=utc(2026, 11, 27, 18))
        if made == "before the backup":
            await deployment.scene.editor.publish(friday)
            await deployment.save()
        await deployment.restore()
        await deployment.publish(friday)
        assert deployment.went_out == []
        deployment.scene.clock.forward(days=4)
        await deployment.scene.send_all()
        assert deployment.went_out == [("edit", "📰 Ferries.")] * 2

    async def test_what_waits_for_a_digest(self, deployment: Deployment) -> None:
        """It is due on Wednesday, and the backup is put back on Tuesday."""
        scene = deployment.scene
        await scene.subscribe(Address("telegram", "3"), wanted=WEEKLY)
        await deployment.publish(FERRY, PIER)
        await deployment.save()
        await deployment.restore()
        await deployment.publish(FERRY, PIER)
        assert deployment.went_out == []
        scene.clock.now = datetime(2026, 11, 25, 9, tzinfo=UTC).timestamp()
        await scene.send_all()
        assert deployment.went_out == [("send", "📰 Pier.")]

    async def test_one_that_is_asked_for_by_name(self, deployment: Deployment) -> None:
        """``nota publish NAME``, also as the first after the import."""
        await deployment.restore()
        await deployment.scene.editor.publish(FERRY, PIER, forced=(PIER.id,))
        await deployment.scene.send_all()
        assert deployment.went_out == [("send", "📰 Pier.")] * 2


class TestSendNewer:
    """``--send-newer``: nothing happened between backup and import, as when one database is moved into another."""

    async def test_everything_goes_on_where_the_backup_ends(self, deployment: Deployment) -> None:
        """What waited, what is new and what is corrected since."""
        scene = deployment.scene
        await scene.editor.publish(FERRY, PIER)
        await deployment.save()
        scene.clock.forward(days=1)
        await deployment.restore(send_newer=True)
        await deployment.publish(bulletin("ferry", "Ferries"), PIER, QUAY)
        assert sorted(deployment.went_out) == sorted(
            [("edit", "📰 Ferries."), ("send", "📰 Pier."), ("send", "📰 Quay.")] * 2
        )
