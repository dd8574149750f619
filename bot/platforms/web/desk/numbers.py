"""What people ask and do not get, at the desk: tables from counts by day, and the same as CSV."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from aiohttp import web

from bot.dossier.models import BulletinId, Language, TopicId
from bot.newsroom.numbers import LEAST, Cell, Table, by_bulletin, by_day, by_place, by_topic, by_verdict, together
from bot.platforms.web.app_markup import labels
from bot.platforms.web.desk.frame import Frame
from bot.platforms.web.desk.sign_in import HOME, Visit
from bot.replies.dossier_texts import DossierTexts
from bot.replies.formatting import day as written_day
from bot.replies.i18n import phrases_in
from bot.replies.language_panel import language_name
from bot.replies.spreadsheet import table

NUMBERS = f"{HOME}/numbers"

PERIODS = (7, 30, 90, 400)
"""Days that can be chosen."""

BULLETINS = 30
"""Bulletins on the page, the latest ones."""

COLUMNS: Mapping[str, str] = {
    "answer": "Answers",
    "missed": "Without an answer",
    "claim": "Claims brought",
    "failed": "👎",
    "helped": "👍",
    "readers": "Subscribers",
}
"""Name of a column → its phrase."""

VERDICTS: Mapping[str, str] = {
    "agrees": "Confirmed",
    "contradicts": "Contradicted",
    "disputed": "Reports differ",
    "unknown": "Not settled",
    "open": "Nothing decides on it",
}
"""Name of a verdict → its phrase."""


HIDDEN = f"fewer than {LEAST}, or hidden so that no sum tells such a number"
ROUNDED = f"rounded down to a multiple of {LEAST}"
"""What the file says beside a number."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A table as it is shown. ``heads``: of the columns that say what a row is about."""

    name: str
    title: str
    heads: tuple[str, ...]
    table: Table
    abouts: list[tuple[str, ...]]


class NumberPages:
    """What people ask and do not get. ``frame``: what all pages share."""

    def __init__(self, frame: Frame) -> None:
        self.frame, self._labels = frame, {**labels(frame.platforms), "web": "Web"}

    async def show(self, visit: Visit) -> web.Response:
        """The tables."""
        days = _period(visit)
        return await self.frame.page(
            visit,
            "desk_numbers.html",
            tables=await self._tables(days, visit.person.language),
            days=days,
            periods=PERIODS,
            column_names=COLUMNS,
            cell=_cell,
            least=LEAST,
        )

    async def download(self, visit: Visit) -> web.Response:
        """The tables in one file: table, what the row is about, column, number, and what that leaves out."""
        days = _period(visit)
        rows = (
            (shown.name, " ".join(about), column, _cell(cell), HIDDEN if cell is None else ROUNDED if cell else "")
            for shown in await self._tables(days, None)
            for about, row in zip(shown.abouts, shown.table.rows, strict=True)
            for column, cell in zip(shown.table.columns, row.cells, strict=True)
        )
        headers = {"Content-Disposition": f'attachment; filename="numbers-{days}-days.csv"'}
        return web.Response(
            text=table(("table", "row", "column", "number", "note"), rows),
            content_type="text/csv",
            charset="utf-8",
            headers=headers,
        )

    async def _tables(self, days: int, language: Language | None) -> list[Shown]:
        """``language``: of the words; None: names as they are stored, for programs."""
        store, dossier = self.frame.desk.store, self.frame.dossier
        await store.numbers.note_subscribers()
        counts, reach = await store.numbers.since(days), await store.numbers.reach(BULLETINS)
        today = int(await self.frame.desk.now() // 86400)
        say = phrases_in(language).say if language else str
        of_day, of_place, of_topic, of_verdict = together(
            [by_day(counts, range(today, today - days, -1)), by_place(counts), by_topic(counts), by_verdict(counts)]
        )
        bulletins: dict[tuple[str, ...], dict[str, int]] = {}
        for each in reach:
            chats = bulletins.setdefault((each.day, each.bulletin, str(each.corrections)), {})
            if each.platform:
                chats[each.platform] = each.chats
        reached = sorted({platform for chats in bulletins.values() for platform in chats})
        of_bulletin = by_bulletin(bulletins.items(), reached)

        texts = DossierTexts(dossier, language or dossier.header.default_language)

        def shown(
            name: str, title: str, heads: tuple[str, ...], table: Table, called: Callable[..., tuple[str, ...]]
        ) -> Shown:
            abouts = [called(*row.about) if language else row.about for row in table.rows]
            return Shown(name, title, heads, table, abouts)

        def on(day: str) -> str:
            return written_day(date.fromisoformat(day), texts.language)

        def place(platform: str, spoken: str) -> tuple[str, ...]:
            return self._labels.get(platform, platform), language_name(Language(spoken)) if spoken else "–"

        def topic(name: str) -> tuple[str, ...]:
            found = dossier.topics.get(TopicId(name))
            return (texts.line(found.title[texts.language]) if found else name,)

        def bulletin(day: str, name: str, corrections: str) -> tuple[str, ...]:
            found = dossier.bulletins.get(BulletinId(name)) or dossier.withdrawn.get(BulletinId(name))
            return on(day), texts.title(found) if found else name, corrections

        heads = say("Day"), say("Bulletin"), say("Corrections")
        return [
            shown("days", say("By day"), heads[:1], of_day, lambda day: (on(day),)),
            shown("places", say("By platform and language"), (say("Platform"), say("Language")), of_place, place),
            shown("topics", say("Topics"), (say("Topic"),), of_topic, topic),
            shown(
                "claims",
                say("Claims by verdict"),
                (say("Verdict"),),
                of_verdict,
                lambda name: (say(VERDICTS.get(name, name)),),
            ),
            shown("bulletins", say("Bulletins: in how many chats they stand"), heads, of_bulletin, bulletin),
        ]


def _period(visit: Visit) -> int:
    wanted = visit.request.query.get("days", "")
    return next((days for days in PERIODS if str(days) == wanted), 30)


def _cell(cell: Cell) -> str:
    return f"<{LEAST}" if cell is None else str(cell)
