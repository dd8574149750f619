"""How fast bulletins go out at Telegram's limits, at others that nobody documents, and beside a peer."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from benchmarks.audience import database, subscribe
from benchmarks.delivery_bot import chats, running_bot
from benchmarks.delivery_log import Row, met_within, summary, traffic
from benchmarks.nota import TOKEN
from benchmarks.processes import SERVER_CORE, peers_python, running
from tests.servers.rate_limits import PerSecond, RateLimits


def people() -> Iterator[Row]:
    """900 chats at the documented limits."""
    with database("sqlite") as url:
        subscribe(url, 900)
        with running_bot(RateLimits(), url) as bot:
            bot.publish(1)
            bot.api.until_taken(900, 60)
            yield met_within("900 chats at 30/s", traffic(bot.api.log()), 900, 30.5)


def peer() -> Iterator[Row]:
    """The same by python-telegram-bot's AIORateLimiter."""
    python = peers_python()
    if python is None:
        yield Row("the same, AIORateLimiter", "not measured: it could not be installed")
        return
    with chats(RateLimits()) as api:
        arguments = ["benchmarks/peers/ptb_limiter.py", api.url, TOKEN, "900"]
        with running(arguments, SERVER_CORE, python=python) as process:
            process.wait(120)
        found = traffic(api.log())
    yield Row("the same, AIORateLimiter", f"{summary(found)}, {len(found.taken)} of 900")


def groups() -> Iterator[Row]:
    """40 groups, six bulletins each."""
    with database("sqlite") as url:
        subscribe(url, 40, groups=True)
        with running_bot(RateLimits(), url) as bot:
            bot.publish(*range(1, 7))
            bot.api.until_taken(240, 60)
            yield met_within("40 groups x 6 messages", traffic(bot.api.log()), 240, 8.0)


def lower() -> Iterator[Row]:
    """22 a second where 30 are documented."""
    yield from _near_and_far("hidden limit of 22/s", ((0.0, 22),), 20, 90)


def falling() -> Iterator[Row]:
    """30 a second that falls to 18."""
    yield from _near_and_far("30/s that falls to 18/s", ((40.0, 18), (0.0, 30)), 60, 110)


def _near_and_far(name: str, per_second: PerSecond, start: float, end: float) -> Iterator[Row]:
    """At once, since it is little to do."""
    with ProcessPoolExecutor() as pool:
        yield from pool.map(partial(_hidden, name, per_second, start, end), (0.0, 0.05))


def _hidden(name: str, per_second: PerSecond, start: float, end: float, travel: float) -> Row:
    limit = per_second[0][1]
    with database("sqlite") as url:
        subscribe(url, 4000)
        with running_bot(RateLimits(per_second, penalty_seconds=1.0), url, travel_seconds=travel) as bot:
            bot.publish(1)
            bot.api.until_taken(4000, end + 2)
            found = traffic(bot.api.log())
    share = found.per_second(start, end) / limit
    words = f"{share:.1%} of it from {start:.0f} to {end:.0f} s, {found.refused_share:.2%} of 429s"
    return Row(
        f"{name}, {travel * 1000:.0f} ms away",
        words,
        "95 % within 20 s, under 1 % of 429s",
        share >= 0.95 and found.refused_share < 0.01,
    )
