"""One reader's stored row stops nothing: not the bulletin for the others, and not its own.

The rows are written as another program, a restored backup or a machine with another tz database would leave them.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

import pytest
import structlog
from sqlalchemy import insert, select, update
from sqlalchemy.exc import DBAPIError

from bot.db.schema import bulletin_texts, readers, subscription_topics, subscriptions
from bot.delivery.messages import NOT_BUILT
from bot.delivery.outcomes import ChatGone, Delivered, Refused, Unreachable
from bot.dossier.models import TopicId
from bot.reader import MAY_HAVE_ARRIVED, Address
from bot.schedule import QuietHours, Subscription, Timing
from bot.subscriptions.why import delivery_report
from tests.audiences import subscribe_all
from tests.delivery.scene import DeliveryScene
from tests.editor import FARE, bulletin

ANN, BOB, ODD = (Address("telegram", str(number)) for number in (1, 2, 3))
DAILY = Subscription(timing=Timing("daily", hour=20))
ODD_ZONES = ["localtime", "posix/Asia/Jakarta", "Nowhere/Land", "asia/jakarta", "Asia", "../../etc/passwd", ""]

IMPOSSIBLE: list[dict[str, Any]] = [
    {"hour": 99},
    {"hour": -1},
    {"hour": "noon"},  # SQLite would keep it (sqlite.org/flextypegood.html)
    {"weekday": 9},
    {"quiet_start": 30, "quiet_end": 7},
    {"quiet_start": 1, "quiet_end": -7},
    {"pace": "hourly"},
]


ODD_READERS: list[dict[str, Any]] = [
    {"language": "xx"},
    {"language": "?"},
    {"language": ""},
    {"language": None, "detected_language": "tlh"},
    {"kind": "supergroup"},
    {"notice": "flood"},
    {"title": "\u202e"},
    {"parent": ""},
    {"first_seen": -1.0},
]


async def change(scene: DeliveryScene, table: Any, values: Mapping[str, Any], odd: Address = ODD) -> None:
    """Writes into the row of the odd reader."""
    theirs = readers.c.chat == odd.chat_id
    async with scene.store.database.write() as connection:
        if table is readers:
            await connection.execute(update(readers).where(theirs).values(values))
        else:
            await connection.execute(
                update(subscriptions).where(subscriptions.c.reader_id == readers.c.id, theirs).values(values)
            )


async def subscribe_odd_ones(
    scene: DeliveryScene, table: Any, rows: Sequence[Mapping[str, Any]], wanted: Subscription
) -> dict[Address, Mapping[str, Any]]:
    """A reader for each of the rows, with what was written into it, and two ordinary ones, the first and the last."""
    odd = {Address("telegram", str(100 + number)): values for number, values in enumerate(rows)}
    await scene.subscribe(ANN)
    for reader, values in odd.items():
        await scene.subscribe(reader, wanted=wanted)
        await change(scene, table, values, reader)
    await scene.subscribe(BOB)
    return odd


class TestTimings:
    """When somebody wants bulletins."""

    @pytest.mark.parametrize("wanted", [Subscription(), DAILY], ids=["at once", "daily"])
    async def test_a_zone_that_is_not_known_here_counts_as_utc(
        self, scene: DeliveryScene, wanted: Subscription
    ) -> None:
        """Everybody gets the bulletin."""
        odd = await subscribe_odd_ones(scene, subscriptions, [{"zone": zone} for zone in ODD_ZONES], wanted)
        await scene.publish(bulletin("ferry"))
        assert [scene.texts(each) for each in (ANN, BOB)] == [["📰 Ferry."], ["📰 Ferry."]]
        scene.clock.forward(days=7)
        await scene.send_all()
        assert [values for reader, values in odd.items() if len(scene.texts(reader)) != 1] == []

    async def test_an_impossible_value_is_refused(self, scene: DeliveryScene) -> None:
        """By the database, whoever writes it."""
        await scene.subscribe(ODD)
        for values in IMPOSSIBLE:
            with pytest.raises(DBAPIError):
                await change(scene, subscriptions, values)
        assert await scene.store.subscriptions.get(ODD) == Subscription()

    async def test_quiet_hours_go_by_utc_where_the_zone_is_unknown(self, scene: DeliveryScene) -> None:
        """At noon in UTC, which is 19:00 in Jakarta."""
        await scene.subscribe(ODD, wanted=Subscription(timing=Timing(quiet=QuietHours(11, 13))))
        await change(scene, subscriptions, {"zone": "localtime"})
        await scene.publish(bulletin("ferry"))
        assert scene.texts(ODD) == []
        scene.clock.forward(hours=1)
        await scene.send_all()
        assert scene.texts(ODD) == ["📰 Ferry."]

    async def test_is_logged_once(self, scene: DeliveryScene) -> None:
        """However many bulletins and readers it concerns."""
        zone = f"Atlantis/{uuid4()}"  # one that this process has not met
        await scene.subscribe(ODD)
        await change(scene, subscriptions, {"zone": zone})
        with structlog.testing.capture_logs() as logged:
            for slug in ("ferry", "rail", "bridge"):
                await scene.publish(bulletin("ferry"), bulletin(slug))
        [warning] = [each for each in logged if each.get("zone") == zone]
        assert (warning["log_level"], warning["counts_as"]) == ("warning", "UTC")

    async def test_can_be_looked_at_and_changed(self, scene: DeliveryScene) -> None:
        """What is chosen anew replaces it, also for a bulletin that waits."""
        await scene.subscribe(ODD, wanted=DAILY)
        await change(scene, subscriptions, {"zone": "localtime"})
        await scene.editor.publish(bulletin("ferry"))
        assert await scene.store.subscriptions.get(ODD) == DAILY
        shown = await delivery_report(scene.store, scene.editor.tiny, ODD, "en")  # type: ignore[arg-type]
        assert "20:00" in str(shown.blocks)
        await scene.store.subscriptions.put(ODD, Subscription())
        await scene.send_all()
        assert scene.texts(ODD) == ["📰 Ferry."]


class TestReaders:
    """Who somebody is."""

    @pytest.mark.parametrize("wanted", [Subscription(), DAILY], ids=["at once", "daily"])
    async def test_gets_the_bulletin(self, scene: DeliveryScene, wanted: Subscription) -> None:
        """In the dossier's default language, where the row names one that it has not."""
        odd = await subscribe_odd_ones(scene, readers, ODD_READERS, wanted)
        await scene.publish(bulletin("ferry"))
        scene.clock.forward(days=1)
        await scene.send_all()
        assert [scene.texts(each) for each in (ANN, BOB)] == [["📰 Ferry."], ["📰 Ferry."]]
        assert [values for reader, values in odd.items() if len(scene.texts(reader)) != 1] == []
        assert [row.reason for row in await scene.rows() if row.reason] == []

    async def test_who_chose_topics_that_are_gone_gets_what_is_about_none(self, scene: DeliveryScene) -> None:
        await scene.subscribe(ANN)
        await scene.subscribe(ODD, wanted=Subscription(frozenset({TopicId("gone")})))
        async with scene.store.database.write() as connection:
            rows = [{"reader_id": 2, "topic": topic} for topic in ("", "program:", "\U0001f6a2")]
            await connection.execute(insert(subscription_topics), rows)
        await scene.publish(bulletin("rail", topics=[FARE]), bulletin("ferry"))
        assert [len(scene.texts(each)) for each in (ANN, ODD)] == [2, 1]


class TestWhatAPlatformSays:
    """Any string can be a reason, and is kept (PostgreSQL has no NUL, and no database half a surrogate pair)."""

    @pytest.mark.parametrize("reason", ["no\0text", "half \ud83d of it", "a" * 100_000])
    async def test_a_refusal_is_recorded_and_the_others_get_theirs(self, scene: DeliveryScene, reason: str) -> None:
        await subscribe_all(scene.store, range(1, 101), language="en")
        scene.platform.order("7", Refused(reason))
        scene.platform.order("8", ChatGone(reason))
        scene.platform.order("9", Unreachable(reason))
        await scene.publish(bulletin("ferry"))
        states = [row.state for row in await scene.rows()]
        assert states[6:9] == ["failed", "failed", "retry"]
        assert states.count("delivered") == 97
        reasons = {row.reason.removeprefix(f"{MAY_HAVE_ARRIVED}: ")[:50] for row in await scene.rows() if row.reason}
        assert len(reasons) == 1


async def send_for_hours(scene: DeliveryScene, hours: int) -> None:
    """Sends what is due each hour; the errors are logged, which is not shown here."""
    with structlog.testing.capture_logs() as logged:
        for _ in range(hours):
            await scene.send_all()
            scene.clock.forward(hours=1)
    assert any(each.get("exc_info") for each in logged)


class TestFaults:
    """An error of our program at one reader's delivery."""

    @pytest.mark.slow
    async def test_a_message_that_cannot_be_made_ends_as_failed_after_some_tries(self, scene: DeliveryScene) -> None:
        await scene.subscribe(ANN)
        await scene.subscribe(ODD)
        await scene.editor.publish(bulletin("ferry"))
        async with scene.store.database.write() as connection:
            text = select(bulletin_texts).where(bulletin_texts.c.language == "en")
            (row,) = (await connection.execute(text)).all()
            broken = {**row._mapping, "language": "ru", "article": "{}"}
            await connection.execute(insert(bulletin_texts).values(broken))
        await change(scene, readers, {"language": "ru"})
        await send_for_hours(scene, 20)
        assert [len(scene.texts(each)) for each in (ANN, ODD)] == [1, 0]
        assert [(row.state, row.reason) for row in await scene.rows()] == [("delivered", None), ("failed", NOT_BUILT)]

    async def test_a_message_whose_id_cannot_be_kept_ends_as_failed(self, scene: DeliveryScene) -> None:
        """It stands in the chat: once, not again and again."""
        await subscribe_all(scene.store, range(1, 101), language="en")
        scene.platform.order("7", Delivered("half a character \ud83d"))
        await scene.editor.publish(bulletin("ferry"))
        await send_for_hours(scene, 2)
        rows = await scene.rows()
        assert [row.state for row in rows].count("delivered") == 99
        assert rows[6].state == "failed"
        assert rows[6].reason.startswith("cannot be recorded")
        assert len(scene.platform.calls) == 100

    @pytest.mark.slow
    async def test_a_sender_that_always_raises_is_not_asked_for_ever(self, scene: DeliveryScene) -> None:
        await scene.subscribe(ANN)
        scene.platform.raises = RuntimeError("a fault of ours")
        await scene.editor.publish(bulletin("ferry"))
        await send_for_hours(scene, 20)
        (row,) = await scene.rows()
        assert (row.state, row.reason) == ("failed", "it may have arrived: RuntimeError, see the log (tried twice)")
        assert len(scene.platform.calls) == 2
