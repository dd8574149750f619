"""What people ask and do not get, in tables: nothing under five, and no sum that tells it. PURE."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.db.numbers import Count

LEAST = 5
"""The least number that is shown. A smaller one is "<5", and a larger one is rounded down to its multiple: spans of days lie in one another,
and the difference of two would tell what was counted between them."""


Cell = int | None
"""A multiple of five. None: fewer than five, or hidden so that nobody computes another cell that is."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row: what it is about, and a cell for each column."""

    about: tuple[str, ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Attributes:
        columns: the names of the columns.
        totals: the sum of each column's cells that are shown, and whether others are hidden.
        told: columns whose sum would tell what is hidden.
        is_most_first: whether the rows follow what is shown of their first cell, so that their order tells nothing of what is hidden.
    """

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    totals: tuple[tuple[int, bool], ...]
    told: frozenset[str] = frozenset()
    is_most_first: bool = False


ASKED = ("answer", "missed", "claim", "failed")
"""The columns of the tables by day, and by platform and language; beside them stand the subscribers."""


About = tuple[str, ...]
"""What a row is about."""


def by_day(counts: Iterable["Count"], days: Sequence[int]) -> Table:
    """A row for each of the ``days`` since 1970 from the first count on (ISO 8601). Of days before that nothing is known."""
    every, cells = list(counts), Counter[tuple[About, str]]()
    for each in every:
        cells[(_written(each.day),), each.kind] += each.times
    first = min((each.day for each in every), default=None)
    counted = [(_written(day),) for day in days if first is not None and day >= first]
    return _table(counted, (*ASKED, "readers"), cells)


def _written(day: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()


def by_place(counts: Iterable["Count"]) -> Table:
    """A row for each platform and language. Subscribers are those of the last day."""
    every = list(counts)
    last = max((each.day for each in every if each.kind == "readers"), default=0)
    cells = Counter[tuple[About, str]]()
    for each in every:
        if each.kind != "readers" or each.day == last:
            cells[(each.platform, each.language), each.kind] += each.times
    return _table(sorted({place for place, _ in cells}), (*ASKED, "readers"), cells)


def by_topic(counts: Iterable["Count"]) -> Table:
    """A row for each topic, the most asked first: its answers, and how many helped and did not."""
    return _ordered(replace(_by_subject(counts, ("answer", "helped", "failed")), is_most_first=True))


def by_verdict(counts: Iterable["Count"]) -> Table:
    """A row for each verdict on claims, and for claims without one."""
    return _by_subject(counts, ("claim",))


def _by_subject(counts: Iterable["Count"], kinds: Sequence[str]) -> Table:
    cells = Counter[tuple[About, str]]()
    for each in counts:
        if each.kind in kinds:
            cells[(each.subject,), each.kind] += each.times
    return _table(sorted({about for about, _ in cells}), kinds, cells)


def by_bulletin(reached: Iterable[tuple[About, Mapping[str, int]]], platforms: Sequence[str]) -> Table:
    """A row for each bulletin in the order given: in how many chats of each platform it stands."""
    every = list(reached)
    cells = Counter({(about, platform): chats[platform] for about, chats in every for platform in chats})
    return _table([about for about, _ in every], platforms, cells)


def _ordered(table: Table) -> Table:
    if not table.is_most_first:
        return table
    return replace(table, rows=tuple(sorted(table.rows, key=lambda row: (-(row.cells[0] or 0), row.about))))


def together(tables: Sequence[Table]) -> list[Table]:
    """Tables that show the same counts, of which one may have the sum of what another hides.

    Where that sum would tell the numbers, the largest ones of its column are hidden in each table.
    """
    told = frozenset[str]().union(*(table.told for table in tables))
    return [_without_largest(table, told & {*table.columns}) for table in tables]


def _without_largest(table: Table, columns: Collection[str]) -> Table:
    rows = list(table.rows)
    for column in columns:
        place = table.columns.index(column)
        largest = max((row.cells[place] or 0 for row in rows), default=0)
        # of several that look the same, which one is hidden would tell where the small one stands
        for number, row in enumerate(rows):
            if largest and row.cells[place] == largest:
                rows[number] = replace(row, cells=(*row.cells[:place], None, *row.cells[place + 1 :]))
    return _ordered(replace(table, rows=tuple(rows), totals=_totals(rows, len(table.columns))))


def _table(abouts: Sequence[About], columns: Sequence[str], cells: Counter[tuple[About, str]]) -> Table:
    shown = [hidden([cells[about, column] for about in abouts]) for column in columns]
    rows = tuple(Row(about, tuple(column[place] for column in shown)) for place, about in enumerate(abouts))
    told = {column for column in columns if _is_told([cells[about, column] for about in abouts])}
    return Table(tuple(columns), rows, _totals(rows, len(columns)), frozenset(told))


def _is_told(numbers: Sequence[int]) -> bool:
    """Whether the sum of the numbers, with those that are shown, leaves no choice: each is the least, or the largest, that it can be.

    Of others, two that are hidden may have changed places.
    """
    small, large = {number for number in numbers if 0 < number < LEAST}, [each for each in numbers if each >= LEAST]
    if small == {1}:
        return all(number % LEAST == 0 for number in large)
    return small == {LEAST - 1} and all(number % LEAST == LEAST - 1 for number in large) and sum(numbers) % LEAST == 0


def _totals(rows: Sequence[Row], columns: int) -> tuple[tuple[int, bool], ...]:
    every = [[row.cells[place] for row in rows] for place in range(columns)]
    return tuple((sum(cell or 0 for cell in column), None in column) for column in every)


def hidden(numbers: Sequence[int]) -> list[Cell]:
    """The cells of a column. Where small ones are hidden, so many are that no sum of all of them tells a single one.

    Another table may have the same numbers in other rows, whose sum is the sum of these.
    """
    small = [number for number in numbers if 0 < number < LEAST]
    shown = [number - number % LEAST for number in numbers]
    # of several that look the same, which one is hidden would tell where the small ones stand
    also = min(filter(None, shown), default=0) if small and (len(small) == 1 or sum(small) < LEAST) else 0
    shown_or_hidden = zip(numbers, shown, strict=True)
    return [None if 0 < each < LEAST or (also and cell == also) else cell for each, cell in shown_or_hidden]
