"""Work of one chat is done in order; chats do not wait for each other."""

import asyncio

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
