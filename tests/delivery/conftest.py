"""Scenes of delivery, on each kind of database in turn."""

import pytest

from bot.db.store import Store
from tests.clocks import MovedClock
from tests.delivery.scene import ANN, DeliveryScene
from tests.editor import bulletin, new_editor


@pytest.fixture
async def scene(store: Store, clock: MovedClock) -> DeliveryScene:
    """One bot, without readers."""
    return DeliveryScene(store, clock, await new_editor(store))


@pytest.fixture
async def sent(scene: DeliveryScene) -> DeliveryScene:
    """The same, where Ann has the bulletin about a ferry."""
    await scene.subscribe(ANN)
    await scene.publish(bulletin("ferry"))
    return scene
