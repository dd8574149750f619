"""The desk in the browser: its pages and their addresses. Works without a script."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from aiohttp import web

from bot.embeddings import Embeddings
from bot.feeds.review import Review
from bot.newsroom.desk import Desk
from bot.platforms.platform import Platform
from bot.platforms.web.desk.board import LISTS, BoardPages
from bot.platforms.web.desk.change import ChangePages, Senders
from bot.platforms.web.desk.entries import EntryPages
from bot.platforms.web.desk.figure import FIGURE, FigurePages
from bot.platforms.web.desk.frame import Frame
from bot.platforms.web.desk.guests import GuestPages
from bot.platforms.web.desk.numbers import NUMBERS, NumberPages
from bot.platforms.web.desk.questions import QuestionPages
from bot.platforms.web.desk.readiness import READINESS, ReadinessPage
from bot.platforms.web.desk.reports import REPORTS, ReportPages
from bot.platforms.web.desk.sign_in import BROUGHT, HOME, SignIn
from bot.platforms.web.desk.translation import TranslationPages
from bot.platforms.web.desk.withdrawal import WithdrawalPages


class DeskPages:
    """The desk over HTTP.

    Args:
        desk: what is decided, and the changes.
        sign_in: lets editors in.
        platforms: as which messages are shown.
        rates: platform → messages a second.
        review: the candidates of the feeds.
        embeddings: group what readers bring by its meaning; None: by its words.
        senders: platform → what writes to a person there, for those that are on.
    """

    def __init__(
        self,
        desk: Desk,
        sign_in: SignIn,
        platforms: Sequence[Platform[Any]],
        rates: Mapping[str, float],
        review: Review,
        embeddings: Embeddings | None = None,
        senders: Senders = MappingProxyType({}),
    ) -> None:
        self._sign_in, frame = sign_in, Frame(desk, platforms)
        self._change = ChangePages(frame, rates, senders)
        self._entries, self._translation = EntryPages(frame), TranslationPages(frame)
        self._questions, self._reports = QuestionPages(frame, embeddings), ReportPages(frame)
        self._numbers = NumberPages(frame)
        self._board = BoardPages(frame, self._questions, review)
        self._figure = FigurePages(frame)
        self._readiness = ReadinessPage(frame)
        self._guests = GuestPages(frame, self._change, sign_in)
        self._withdrawal = WithdrawalPages(frame, self._change.show_with)

    def add_routes(self, app: web.Application) -> None:
        self._sign_in.add_routes(app)
        self._guests.add_routes(app)
        required, router = self._sign_in.required, app.router
        one = f"{HOME}/{{id:\\d+}}"
        router.add_get(HOME, required(self._board.overview))
        router.add_get(f"{HOME}/changes/{{list:{'|'.join(LISTS)}}}", required(self._board.list_changes))
        router.add_get(f"{HOME}/entries", required(self._entries.list_entries))
        router.add_get(f"{HOME}/entries/{{key:header|[a-z]+/[^/]+}}", required(self._entries.show_entry))
        router.add_post(f"{HOME}/new", required(self._entries.create))
        router.add_post(f"{HOME}/entry", required(self._entries.change_entry))
        router.add_get(FIGURE, required(self._figure.show))
        router.add_post(FIGURE, required(self._figure.put_right))
        router.add_get(f"{HOME}/withdraw/{{name}}", required(self._withdrawal.ask_why))
        router.add_post(f"{HOME}/withdraw/{{name}}", required(self._withdrawal.withdraw))
        router.add_post(f"{HOME}/sending", required(self._board.decide_on_sending))
        router.add_post(f"{HOME}/candidates/{{id:\\d+}}", required(self._board.decide_on_candidate))
        router.add_get(BROUGHT, required(self._questions.show))
        router.add_get(READINESS, required(self._readiness.show))
        router.add_get(NUMBERS, required(self._numbers.show))
        router.add_get(f"{NUMBERS}.csv", required(self._numbers.download))
        router.add_post(f"{HOME}/topic", required(self._questions.new_topic))
        router.add_get(REPORTS, required(self._reports.show))
        router.add_post(REPORTS, required(self._reports.answer))
        router.add_post(f"{HOME}/examples", required(self._questions.add_examples))
        router.add_get(f"{HOME}/claim", required(self._questions.show_claim))
        router.add_post(f"{HOME}/claim/sentence", required(self._questions.add_sentence))
        router.add_post(f"{HOME}/claim/chosen", required(self._questions.add_chosen))
        router.add_post(f"{HOME}/claim/review", required(self._questions.review))
        router.add_get(one, required(self._change.show))
        router.add_get(
            f"{one}/{{form:save|entries|figures|decide|comment|try-out|guests}}", required(self._change.go_back)
        )
        router.add_post(f"{one}/save", required(self._change.save))
        router.add_post(f"{one}/check", required(self._change.check))
        router.add_post(f"{one}/entries", required(self._change.change_entries))
        router.add_post(f"{one}/figures", required(self._change.answer))
        router.add_post(f"{one}/decide", required(self._change.decide))
        router.add_post(f"{one}/try-out", required(self._change.send_to_me))
        router.add_post(f"{one}/comment", required(self._change.comment))
        router.add_get(f"{HOME}/decisions.{{form:csv|json}}", required(self._board.decisions))
        router.add_get(f"{one}/insert", required(self._change.list_insertable))
        router.add_get(f"{one}/source", required(self._change.describe_address))
        router.add_get(f"{one}/progress", required(self._change.progress))
        router.add_get(f"{one}/events", required(self._change.events))
        router.add_get(f"{one}/consequences", required(self._change.consequences))
        to = f"{one}/translation/{{language:[a-z]{{2,3}}}}"
        router.add_get(to, required(self._translation.show))
        router.add_post(to, required(self._translation.press))
        router.add_post(f"{to}/check", required(self._translation.check))
        app.on_shutdown.extend((self._change.streams.close, self._change.comparisons.close))
