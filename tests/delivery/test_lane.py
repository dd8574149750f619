"""A lane goes from one process to the next: after a rest, whatever the wall clock does."""

from dataclasses import dataclass

from bot.db.leases import LEASE_SECONDS
from bot.db.store import Store
from bot.delivery.lease import Lane
from bot.delivery.worker import REST_SECONDS
from tests.clocks import MovedClock


@dataclass
class Ticks:
    """Seconds that only go forward; a pause moves them, and the database's clock with them."""

    database: MovedClock
    now: float = 0.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.database.forward(seconds)


def lanes(store: Store, ticks: Ticks) -> tuple[Lane, Lane]:
    """The same lane, as two processes see it."""
    one, two = (Lane(store.leases, "telegram:1", name, ticks, ticks.sleep, REST_SECONDS) for name in ("one", "two"))
    return one, two


class TestHandingOver:
    """The first one gives it up."""

    async def test_it_rests_for_a_second_and_is_taken_then(self, store: Store, clock: MovedClock) -> None:
        """The limits hold in any second, and the second process does not know what the first has sent."""
        ticks = Ticks(clock)
        one, two = lanes(store, ticks)
        await one.hold()
        await one.release()
        freed = ticks.now
        await two.hold()
        assert REST_SECONDS <= ticks.now - freed <= REST_SECONDS + 1

    async def test_one_that_nobody_had_is_taken_at_once(self, store: Store, clock: MovedClock) -> None:
        """There is nothing to rest from."""
        ticks = Ticks(clock)
        one, _ = lanes(store, ticks)
        await one.hold()
        assert ticks.now == 0.0

    async def test_a_clock_set_back_holds_nobody_up(self, store: Store, clock: MovedClock) -> None:
        """An hour's rest is none: as long as a lease lasts it is watched, and then taken."""
        ticks = Ticks(clock)
        one, two = lanes(store, ticks)
        await one.hold()
        await one.release()
        clock.forward(hours=-1)
        freed = ticks.now
        await two.hold()
        assert ticks.now - freed <= LEASE_SECONDS + 2


class TestDying:
    """The first one is silent."""

    async def test_it_is_taken_when_the_lease_has_ended(self, store: Store, clock: MovedClock) -> None:
        """Within 15 seconds, and not before."""
        ticks = Ticks(clock)
        one, two = lanes(store, ticks)
        await one.hold()
        await two.hold()
        assert LEASE_SECONDS <= ticks.now <= 15
        assert one.seconds_left() <= 0
