"""From an update's being available to the receipt of ``sendMessage``, by polling, on loopback."""

import asyncio
import time
from contextlib import ExitStack
from statistics import median, quantiles

from benchmarks.nota import nota
from tests.servers.telegram import bot_api

UPDATES, WARM_UP = 1000, 50
GAP_SECONDS = 0.005
"""Between an answer and the next update, so that the two are not one stream."""


def measure() -> tuple[float, float]:
    """Median and 99th percentile, in milliseconds."""
    times = asyncio.run(_times())[WARM_UP:]
    return median(times), quantiles(times, n=100)[-1]


async def _times() -> list[float]:
    times: list[float] = []
    async with bot_api() as api:
        with ExitStack() as stack:
            await asyncio.to_thread(stack.enter_context, nota(api.url, webhook=False))
            for number in range(1, UPDATES + 1):
                who = {"id": 100000 + number, "is_bot": False, "first_name": "Reader", "language_code": "en"}
                chat = {"id": 100000 + number, "type": "private", "first_name": "Reader"}
                message = {"message_id": 1, "from": who, "chat": chat, "date": 1780000000, "text": "/programs"}
                await asyncio.sleep(GAP_SECONDS)
                began = time.perf_counter()
                await api.feed({"message": message})
                await api.until_answered(number)
                times.append((time.perf_counter() - began) * 1000)
    return times
