"""The mistakes that readers report, at the desk: an editor answers, and the reader hears it once."""

import re

from aiohttp import web

from bot.db.reports import Report
from bot.dossier.entries import Key
from bot.dossier.entry_fields import topic_key
from bot.dossier.written_numbers import read
from bot.newsroom.reports import MAX_ANSWER, ReaderReports
from bot.platforms.web.desk.frame import Frame
from bot.platforms.web.desk.sign_in import HOME, Visit
from bot.platforms.web.forms import number_in, see_other
from bot.replies.i18n import phrases_in

SHOWN = 100
"""Reports on the page: those that wait first."""

REPORTS = f"{HOME}/reports"

THANKS = "Corrected. Thank you."
"""The answer that one press sends."""

_PAGE = re.compile(r"/(topics|bulletins|claims)/([\w:.-]+)")
"""In the address of a page: the entry that it shows."""


class ReportPages:
    """What readers report. ``frame``: what all pages share."""

    def __init__(self, frame: Frame) -> None:
        self.frame, self._store = frame, frame.desk.store
        desk = frame.desk
        self._reports = ReaderReports(desk.store, desk.live, desk.editors_chat, desk.address)

    async def show(self, visit: Visit, unsent: str = "", status: int = 200) -> web.Response:
        """The reports, those that wait first. ``unsent``: an answer that came too late, for its editor to keep."""
        reports = await self._store.reports.all(SHOWN)
        is_late = status == web.HTTPConflict.status_code
        leads = {each.id: self._lead(each) for each in reports if each.answered is None}
        values = {
            "leads": leads,
            "titles": self.frame.titles(visit),
            "reports": reports,
            "max_answer": MAX_ANSWER,
            "is_late": is_late,
            "unsent": unsent,
        }
        return await self.frame.page(visit, "desk_reports.html", status, **values)

    def _lead(self, report: Report) -> tuple[Key | None, str]:
        """The entry of the page from which a report came, None: of none; and the first figure in its words, "": there is none."""
        found = _PAGE.search(report.page)
        keys = (topic_key(found[2]) if found[1] == "topics" else Key(f"{found[1]}/{found[2]}"),) if found else ()
        figure = next((each.text for each in read(report.words, report.language).numbers if each.is_sure), "")
        return next((key for key in keys if key in self.frame.desk.live.contents), None), figure

    async def answer(self, visit: Visit) -> web.Response:
        """Sends an answer, or closes a report without one. What another editor has answered is not answered again."""
        text, number = visit.field("answer").replace("\r\n", "\n").strip(), number_in(visit.field("id"))
        if visit.field("action") == "thank":
            async with self._store.database.read() as connection:
                report = await self._store.reports.read(connection, number)
            text = phrases_in(self.frame.dossier.language(report.language)).say(THANKS) if report else text
        elif visit.field("action") == "answer" and not 0 < len(text) <= MAX_ANSWER:
            raise web.HTTPBadRequest(text="Write an answer of at most 1,000 characters.")
        is_said = visit.field("action") in ("answer", "thank")
        if not await self._reports.answer(number, text if is_said else "", visit.person):
            return await self.show(visit, text, web.HTTPConflict.status_code)
        self.frame.desk.on_news()
        return see_other(f"{REPORTS}#report-{number}")
