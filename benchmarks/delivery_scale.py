"""Deliveries by the thousand, the hundred thousand and the million, on SQLite and on PostgreSQL."""

import time
from collections.abc import Iterator

from benchmarks.audience import database, subscribe
from benchmarks.delivery_bot import RunningBot, running_bot
from benchmarks.delivery_log import Row, Traffic, met_within, summary, traffic
from tests.servers.rate_limits import RateLimits


def thousand(kind: str) -> Iterator[Row]:
    """20,000 deliveries at 1,000 a second."""
    with database(kind) as url:
        subscribe(url, 20_000)
        with running_bot(RateLimits(((0.0, 1000),)), url, 1000) as bot:
            found, cpu = _sent(bot, 20_000)
            megabytes = bot.meter.growth
            delivered = bot.states().get("delivered", 0)
    yield met_within(f"20,000 at 1,000/s, {kind}", found, 20_000, 22.0)
    yield Row("  recorded as delivered", f"{delivered}", "20,000", delivered == 20_000)
    yield Row("  CPU-seconds per 1,000", f"{cpu / 20:.2f}", "0.6", cpu / 20 < 0.6)
    yield Row("  growth of memory", f"{megabytes:.1f} MB", "20 MB", megabytes < 20)


def _sent(bot: RunningBot, number: int) -> tuple[Traffic, float]:
    """The bulletin sent to so many at 1,000 a second, and the seconds of a processor that it took the bot."""
    bot.meter.start()
    bot.publish(1)
    bot.api.until_taken(number, number / 1000 + 30)
    time.sleep(1)
    return traffic(bot.api.log()), bot.meter.stop()


def correction(kind: str) -> Iterator[Row]:
    """A bulletin delivered to 10,000 chats, then corrected."""
    with database(kind) as url:
        subscribe(url, 10_000)
        with running_bot(RateLimits(((0.0, 1000),)), url, 1000) as bot:
            _sent(bot, 10_000)
            dropped = bot.publish(1, title="Port")
            bot.api.until_taken(20_000, 40)
            time.sleep(1)
            log, states = bot.api.log(), bot.states()
    edits, sends = traffic(log, "editMessageText"), traffic(log)
    edited = len({each.chat for each in edits.taken})
    words = f"{summary(edits)}, {edited} of 10,000 edited, first after {edits.taken[0].moment - dropped:.2f} s"
    is_met = edited == len(edits.taken) == states.get("delivered") == len(sends.taken) == 10_000 and not edits.refused
    yield Row(f"correction of 10,000 at 1,000/s, {kind}", words, "all edited, no 429", is_met)


def first(kind: str, readers: int) -> Iterator[Row]:
    """From dropping the file to the first message, and to the last delivery in the ledger."""
    with database(kind) as url:
        subscribe(url, readers)
        with running_bot(RateLimits(), url) as bot:
            bot.meter.start()
            dropped = bot.publish(1)
            bot.api.until_taken(1, 60)
            written = bot.until_written(100) - dropped
            bot.meter.stop()
            count = sum(bot.states().values())
            soonest = bot.api.log()[0].moment - dropped
            megabytes = bot.meter.growth
    yield Row(f"first message to {readers:,} readers, {kind}", f"{soonest:.2f} s", "1 s", soonest <= 1.0)
    yield Row("  deliveries of all written", f"{count:,} in {written:.1f} s", "60 s", count == readers and written < 60)
    yield Row("  growth of memory meanwhile", f"{megabytes:.1f} MB", "flat", megabytes < 20)
