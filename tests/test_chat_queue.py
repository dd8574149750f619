"""Work of one chat is done in order; chats do not wait for each other."""

import asyncio

import pytest
from structlog.testing import capture_logs

from bot.chat_queue import ChatQueue


class TestOrder:
    async def test_a_chat_keeps_its_order_and_waits_for_no_other(self) -> None:
        """The first work of chat 1 is slow: chat 2 passes it, the second of chat 1 does not."""
        queue, gate, other_done, done = ChatQueue(), asyncio.Event(), asyncio.Event(), list[str]()

        async def work(name: str, waits: bool = False) -> None:
            if waits:
                await gate.wait()
            done.append(name)
            other_done.set()

        await queue.put(1, work("slow", waits=True))
        await queue.put(1, work("second"))
        await queue.put(2, work("other"))
        await other_done.wait()
        assert done == ["other"]
        gate.set()
        await queue.drain(1)
        assert done == ["other", "slow", "second"]

    async def test_a_failure_does_not_stop_the_chat(self) -> None:
        queue, done = ChatQueue(), list[int]()

        async def work(number: int) -> None:
            done.append(number)
            if number == 1:
                raise RuntimeError

        with capture_logs() as logs:
            for number in (1, 2):
                await queue.put(1, work(number))
            await queue.drain(1)
        assert done == [1, 2]
        assert [entry["log_level"] for entry in logs] == ["error"]


class TestInTheCallersTask:
    """Work whose result somebody waits for has its caller's task, and its chat's order."""

    async def test_the_order_stays(self) -> None:
        """The first of chat 1 is slow: chat 2 passes it, what comes after it in chat 1 does not, however it comes."""
        queue, gate, done = ChatQueue(), asyncio.Event(), list[str]()

        async def work(name: str, waits: bool = False) -> str:
            if waits:
                await gate.wait()
            done.append(name)
            return name

        first = asyncio.create_task(queue.run(1, work("slow", waits=True)))
        await asyncio.sleep(0)
        assert queue.is_busy(1)
        second = asyncio.create_task(queue.run(1, work("second")))
        await asyncio.sleep(0)
        third = await queue.put(1, work("third"))
        assert await queue.run(2, work("other")) == "other"
        gate.set()
        assert [await first, await second, await third] == ["slow", "second", "third"]
        assert done == ["other", "slow", "second", "third"]
        assert not queue.is_busy(1)

    async def test_one_that_is_cancelled_or_fails_stops_nobody(self) -> None:
        queue = ChatQueue()

        async def work(waits: asyncio.Event | None = None, fails: bool = False) -> str:
            if waits is not None:
                await waits.wait()
            if fails:
                raise RuntimeError
            return "done"

        for rounds in (0, 2):  # before it began, and while it waits
            caller = asyncio.create_task(queue.run(1, work(asyncio.Event())))
            await asyncio.sleep(0)
            next_one = await queue.put(1, work())
            for _ in range(rounds):
                await asyncio.sleep(0)
            caller.cancel()
            assert await next_one == "done"
        with pytest.raises(RuntimeError):
            await queue.run(1, work(fails=True))
        assert await queue.run(1, work()) == "done"

    async def test_a_stop_waits_for_it(self) -> None:
        queue, gate = ChatQueue(), asyncio.Event()

        async def work() -> str:
            await gate.wait()
            return "done"

        caller = asyncio.create_task(queue.run(1, work()))
        await asyncio.sleep(0)
        draining = asyncio.create_task(queue.drain(5))
        await asyncio.sleep(0)
        assert not draining.done()
        gate.set()
        await draining
        assert await caller == "done"


class TestLimits:
    async def test_no_more_runs_at_once_than_allowed(self) -> None:
        """Work that waits for its turn does not count: other chats are served beside one that is held back."""
        queue, gate, done = ChatQueue(max_running=2), asyncio.Event(), list[str]()

        async def work(name: str, waits: bool = False) -> None:
            if waits:
                await gate.wait()
            done.append(name)

        for number in range(5):
            await queue.put("held back", work(f"held back {number}", waits=True))
        await queue.put("other", work("other"))
        await asyncio.sleep(0.01)
        assert done == ["other"]
        await queue.put("third", work("third", waits=True))
        await queue.put("fourth", work("fourth"))
        await asyncio.sleep(0.01)
        assert done == ["other"]
        gate.set()
        await queue.drain(1)
        assert len(done) == 8

    async def test_no_more_is_pending_than_allowed(self) -> None:
        """Whoever puts more waits; if they are cancelled meanwhile, their work leaves no trace."""
        queue, gate = ChatQueue(max_pending=2), asyncio.Event()

        async def work() -> None:
            await gate.wait()

        await queue.put(1, work())
        await queue.put(1, work())
        third, fourth = (asyncio.create_task(queue.put(2, work())) for _ in range(2))
        await asyncio.sleep(0)
        assert not third.done()
        fourth.cancel()
        gate.set()
        await third
        await queue.drain(1)


class TestDraining:
    async def test_work_that_does_not_end_is_cancelled(self) -> None:
        """So is what waits behind it, without a warning that it was never awaited."""
        queue, stopped = ChatQueue(), list[int]()

        async def work(number: int) -> None:
            try:
                await asyncio.Event().wait()
            finally:
                stopped.append(number)

        for number in range(3):
            await queue.put(1, work(number))
        await queue.drain(0.01)
        await asyncio.sleep(0.01)
        assert stopped == [0]
