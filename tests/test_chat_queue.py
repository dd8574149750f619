"""Work side by side, but in order within a chat."""

import asyncio

from structlog.testing import capture_logs

from bot.chat_queue import ChatQueue


async def test_a_lane_keeps_its_order_and_waits_for_no_other() -> None:
    """The first of lane 1 is slow; lane 2 passes it, the second of lane 1 does not."""
    lanes, gate, beside, done = ChatQueue(), asyncio.Event(), asyncio.Event(), list[str]()

    async def work(name: str, waits: bool = False) -> None:
        if waits:
            await gate.wait()
        done.append(name)
        beside.set()

    await lanes.put(1, work("slow", waits=True))
    await lanes.put(1, work("behind"))
    await lanes.put(2, work("beside"))
    await beside.wait()
    assert done == ["beside"]
    gate.set()
    await lanes.drain(1)
    assert done == ["beside", "slow", "behind"]


async def test_a_failure_does_not_stop_the_lane() -> None:
    """What comes behind it is done."""
    lanes, done = ChatQueue(), list[int]()

    async def work(number: int) -> None:
        done.append(number)
        if number == 1:
            raise RuntimeError

    with capture_logs() as logs:
        for number in (1, 2):
            await lanes.put(1, work(number))
        await lanes.drain(1)
    assert done == [1, 2]
    assert [entry["log_level"] for entry in logs] == ["error"]


async def test_no_more_is_done_at_once_than_fits() -> None:
    """What waits for its turn in a lane takes no place: others are served beside a lane that stands."""
    lanes, gate, done = ChatQueue(width=2), asyncio.Event(), list[str]()

    async def work(name: str, waits: bool = False) -> None:
        if waits:
            await gate.wait()
        done.append(name)

    for number in range(5):
        await lanes.put("held back", work(f"held back {number}", waits=True))
    await lanes.put("other", work("other"))
    await asyncio.sleep(0.01)
    assert done == ["other"]
    await lanes.put("third", work("third", waits=True))
    await lanes.put("fourth", work("fourth"))
    await asyncio.sleep(0.01)
    assert done == ["other"]
    gate.set()
    await lanes.drain(1)
    assert len(done) == 8


async def test_no_more_is_under_way_than_is_kept() -> None:
    """Whoever puts more waits; given up meanwhile, it leaves nothing behind."""
    lanes, gate = ChatQueue(backlog=2), asyncio.Event()

    async def work() -> None:
        await gate.wait()

    await lanes.put(1, work())
    await lanes.put(1, work())
    third, fourth = (asyncio.create_task(lanes.put(2, work())) for _ in range(2))
    await asyncio.sleep(0)
    assert not third.done()
    fourth.cancel()
    gate.set()
    await third
    await lanes.drain(1)


async def test_draining_ends() -> None:
    """What does not end in time is stopped."""
    lanes, stopped = ChatQueue(), list[bool]()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.append(True)

    await lanes.put(1, work())
    await lanes.drain(0.01)
    await asyncio.sleep(0)
    assert stopped == [True]


async def test_what_never_had_its_turn_leaves_no_warning() -> None:
    """It is ended with what it waited for."""
    lanes = ChatQueue()

    async def work() -> None:
        await asyncio.Event().wait()

    for _ in range(3):
        await lanes.put(1, work())
    await lanes.drain(0.01)
    await asyncio.sleep(0.01)
