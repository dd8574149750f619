"""A chat blocks the bot for a moment, and lets it write again."""

import pytest

from bot.schedule import QuietHours, Subscription, Timing
from tests.delivery.scene import ANN, DeliveryScene
from tests.editor import bulletin, withdrawn

WEEKLY = Subscription(timing=Timing("weekly", hour=9, weekday=1))
NIGHT = Subscription(timing=Timing(quiet=QuietHours(11, 13)))


@pytest.mark.parametrize("wanted", [WEEKLY, NIGHT])
async def test_what_waits_for_a_later_hour_comes_then(scene: DeliveryScene, wanted: Subscription) -> None:
    """It would not have come in that moment either."""
    await scene.subscribe(ANN, wanted=wanted)
    await scene.publish(bulletin("ferry"))
    await scene.store.readers.suspend("telegram", "1", "blocked")
    await scene.store.readers.join(ANN, "private", "", "en", None)
    await scene.send_all()
    assert scene.texts(ANN) == []
    scene.clock.forward(days=8, hours=3)
    await scene.send_all()
    assert scene.texts(ANN) == ["📰 Ferry."]


async def test_what_was_withdrawn_or_lost_its_file_meanwhile_does_not(scene: DeliveryScene) -> None:
    """Nor what was due while it was blocked, which readers are told of."""
    await scene.subscribe(ANN, wanted=WEEKLY)
    await scene.publish(bulletin("ferry"), bulletin("rail"), bulletin("urgent"))
    await scene.set_row(3, due=scene.clock())
    await scene.store.readers.suspend("telegram", "1", "blocked")
    await scene.editor.publish(withdrawn(bulletin("ferry")), bulletin("urgent"))
    scene.clock.forward(seconds=5)
    await scene.store.readers.restore("telegram", "1")
    scene.clock.forward(days=8)
    await scene.send_all()
    assert scene.texts(ANN) == []
    assert [row.reason for row in await scene.rows()] == ["withdrawn", "no file", "blocked"]
    await scene.publish(withdrawn(bulletin("ferry")), bulletin("rail"), bulletin("urgent"))
    assert scene.texts(ANN) == ["📰 Rail."]
