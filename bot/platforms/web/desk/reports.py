"""The mistakes that readers report, at the desk: an editor answers, and the reader hears it once."""

from aiohttp import web

from bot.newsroom.reports import MAX_ANSWER, ReaderReports
from bot.platforms.web.desk.frame import Frame
from bot.platforms.web.desk.sign_in import HOME, Visit
from bot.platforms.web.forms import number_in, see_other

SHOWN = 100
"""Reports on the page: those that wait first."""

REPORTS = f"{HOME}/reports"


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
        values = {"reports": reports, "max_answer": MAX_ANSWER, "is_late": is_late, "unsent": unsent}
        return await self.frame.page(visit, "desk_reports.html", status, **values)

    async def answer(self, visit: Visit) -> web.Response:
        """Sends an answer, or closes a report without one. What another editor has answered is not answered again."""
        text = visit.field("answer").replace("\r\n", "\n").strip()
        if visit.field("action") == "answer" and not 0 < len(text) <= MAX_ANSWER:
            raise web.HTTPBadRequest(text="Write an answer of at most 1,000 characters.")
        number = number_in(visit.field("id"))
        if not await self._reports.answer(number, text if visit.field("action") == "answer" else "", visit.person):
            return await self.show(visit, text, web.HTTPConflict.status_code)
        self.frame.desk.on_news()
        return see_other(f"{REPORTS}#report-{number}")
