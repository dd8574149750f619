"""Nota's whole way to as many browsers: claimed, built, encrypted, signed, sent, recorded. ``python -m benchmarks.webpush_nota ADDRESS NUMBER``."""

import asyncio
import json
import sys
import tempfile
import time
from dataclasses import replace

from bot.db.store import open_store
from bot.delivery.outcomes import Delivered, Outcome
from bot.delivery.worker import DeliveryWorker
from bot.feeds.ssrf import policy
from bot.platforms.webpush.api import PushClient, new_private_key, open_session
from bot.platforms.webpush.sender import PushSender
from tests.editor import bulletin, new_editor
from tests.platforms.webpush.crowd import subscribe_all
from tests.servers.push_service import PushService

PER_SECOND = 100_000.0
"""Faster than any machine: the platform's own limit is 300 a second."""


async def deliver(address: str, number: int) -> list[float]:
    """The seconds of the clock and of the processor."""
    allowed = policy(["127.0.0.1"])
    with tempfile.TemporaryDirectory() as folder:
        async with open_store(f"sqlite:///{folder}/bench.sqlite3") as store, open_session(allowed) as session:
            client = PushClient(new_private_key(), "https://nota.example", session, allowed)
            sender = PushSender(client.public_key, "https://nota.example", lambda: None, client)
            sender.limits = replace(sender.limits, per_second=PER_SECOND, chat_seconds=0.0)
            await subscribe_all(store, PushService(address), client.public_key, number)
            editor = await new_editor(store)
            await editor.publish(bulletin("storm", "Storm"))
            sent, count = asyncio.Event(), 0

            def note(outcome: Outcome) -> None:
                nonlocal count
                count += isinstance(outcome, Delivered)
                if count == number:
                    sent.set()

            worker = DeliveryWorker(store, sender, "bench", on_outcome=note)
            began, cpu_began = time.perf_counter(), time.process_time()
            task = asyncio.create_task(worker.run())
            await sent.wait()
            task.cancel()  # it records what was sent before it ends
            await asyncio.gather(task, return_exceptions=True)
            return [time.perf_counter() - began, time.process_time() - cpu_began]


def main() -> None:
    print(json.dumps(asyncio.run(deliver(sys.argv[1], int(sys.argv[2])))))


if __name__ == "__main__":
    main()
