"""Desks."""

import pytest

from bot.db.store import Store
from tests.clocks import MovedClock
from tests.delivery.scene import DeliveryScene
from tests.editor import new_editor


@pytest.fixture
async def scene(store: Store, clock: MovedClock) -> DeliveryScene:
    """A desk on each kind of database in turn."""
    return DeliveryScene(store, clock, await new_editor(store))
