"""Desks."""

import pytest

from bot.db.store import Store
from tests.clocks import MovedClock
from tests.delivery.desk import Desk
from tests.press import opened_press


@pytest.fixture
async def desk(store: Store, clock: MovedClock) -> Desk:
    """A desk on each kind of database in turn."""
    return Desk(store, clock, await opened_press(store))
