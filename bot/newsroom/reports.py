"""Mistakes that readers report: the way to the editors, and of the answer back, once.

A report is stored when the reader confirms what is passed on. It stands in the editors' chat, if there is one, and at the desk, where an
editor answers it. The answer is a message to that reader alone; whoever reports on the page gets none.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_hex

from bot.commands import MISTAKE, TELL_ME
from bot.db.changes import Person
from bot.db.connection import AsyncConnection
from bot.db.reports import Report
from bot.db.retention import REPORT_DAYS
from bot.db.schema import AWAITED, REVIEW
from bot.db.store import Store
from bot.dossier.markdown import Paragraph, Span
from bot.dossier.models import Language
from bot.live_dossier import LiveDossier
from bot.message import Chat
from bot.newsroom.change_content import clean
from bot.newsroom.editors_chat import EditorsChat
from bot.newsroom.messages import post
from bot.replies.bulletins import BulletinText
from bot.replies.i18n import phrases_in
from bot.replies.question import Command
from bot.replies.reply import Button, Note, Reply, said_reply

REPORT = "report "
"""The beginning of the button's argument, before the words."""

MAX_WORDS = 500
"""Characters of a report."""

MAX_ANSWER = 1000
"""Characters of an answer."""

A_DAY, LIMIT = 86400.0, 3
"""So many reports of one reader are passed on in so many seconds."""

AN_HOUR, MANY = 3600.0, 20
"""From so many reports of all readers in so many seconds on, further ones stand at the desk alone, so that a flood does not fill the chat."""

MAX_WAITING = 1000
"""Reports that wait. Further ones are refused."""


def quoted(words: str, language: Language) -> str:
    """The line with the words in the reply that asks for the confirmation. The button holds their beginning alone."""
    return phrases_in(language).say("Passed on would be: “{words}”", words=words)


def one_line(text: str, limit: int = MAX_WORDS) -> str:
    """The words as they are passed on."""
    return " ".join(clean(text).split())[:limit].strip()


@dataclass(frozen=True, slots=True)
class ReaderReports:
    """Passes reports on, and answers back.

    Attributes:
        editors_chat: gets each report; None: they stand at the desk alone.
        desk: the desk's address, for a button; None: it has none that others can open.
    """

    store: Store
    live: LiveDossier
    editors_chat: EditorsChat | None = None
    desk: str | None = None

    # ---- In a chat

    def offered(self, words: str, language: Language) -> Reply:
        """The reply to ``/mistake``: what would be passed on, and the button that does it."""
        say, words = phrases_in(language).say, one_line(words)
        if not words:
            text = "Write behind /{command} what is wrong. It goes to the editors once you confirm it."
            return said_reply(language, "✍️", "Report a mistake", text, private=True, command=MISTAKE)
        text = say(
            "The editors get these words, and not who wrote them; their answer comes to you alone. They are kept for at most {days} days, "
            "and /privacy deletes them.",
            days=REPORT_DAYS,
        )
        button = Button(f"✍️ {say('Pass it on to the editors')}", Command(TELL_ME, f"{REPORT}{words}"))
        blocks = (Paragraph((Span(text),)), Note((Span(quoted(words, language)),)))
        return Reply(None, language, say("Report a mistake"), "✍️", blocks, buttons=(button,), private=True)

    async def respond(self, argument: str, chat: Chat, *, is_here: bool = True) -> Reply:
        """Passes on the words after :data:`REPORT`. ``is_here``: whether the chat, to which the answer comes, is that with the button."""
        language = chat.language
        reader = await self.store.readers.meet(chat.address, chat.kind, chat.title, language)
        if await self.send(argument.removeprefix(REPORT), language, reader.id):
            text = "The editors have it. If they answer, it comes here."
            if not is_here:
                text = "The editors have it. If they answer, it comes to you as a direct message."
            return said_reply(language, "✍️", "Passed on", text)
        text = "You have reported several mistakes today, or too many wait for the editors. Write again tomorrow."
        return said_reply(language, "✍️", "Not passed on", text)

    # ---- To the editors, and back

    async def send(self, words: str, language: Language, reader_id: int | None = None, page: str = "") -> bool:
        """Stores a report and passes it on; False if the reader, or all readers together, have reported too much.

        The same words of a reader that still wait are passed on once, as by a second press.
        """
        words, reports = one_line(words), self.store.reports
        async with self.store.database.write() as connection:
            await self.store.bulletins.lock_newsroom(connection)
            if reader_id is not None and await reports.is_known(connection, reader_id, words):
                return True
            if reader_id is not None and await reports.lately(connection, A_DAY, reader_id) >= LIMIT:
                return False
            if await reports.waiting(connection) >= MAX_WAITING:
                return False
            many = await reports.lately(connection, AN_HOUR) >= MANY
            report = await reports.read(connection, await reports.add(connection, reader_id, language, words, page))
            if report is not None and not many:
                await self._show(connection, report)
        return True

    async def answer(self, number: int, text: str, person: Person) -> bool:
        """Closes a report, with an answer to the reader; ``text`` "": without one.

        False, and nothing is changed: it was answered or deleted before, or there is a text and nobody to answer, for it came from the page.
        """
        async with self.store.database.write() as connection:
            await self.store.bulletins.lock_newsroom(connection)
            reported = await self.store.reports.read(connection, number)
            if reported is None or (text and reported.reader_id is None):
                return False
            report = await self.store.reports.close(connection, number, person.name, text)
            if report is None:
                return False
            if await self.store.bulletins.get(connection, _name(report)) is not None:
                await self._show(connection, report)
            if text and report.reader_id is not None:
                language = self.live.complete.language(report.language)
                await post(
                    self.store,
                    connection,
                    f"{AWAITED}-{token_hex(8)}",
                    {each: _answer(report, text, each) for each in self.live.complete.languages},
                    origin=AWAITED,
                    language=language,
                    reader_id=report.reader_id,
                )
        return True

    async def _show(self, connection: AsyncConnection, report: Report) -> None:
        """Writes the message in the editors' chat, or edits it once the report is answered."""
        chat = await self.editors_chat.reader(connection) if self.editors_chat is not None else None
        if chat is None:
            return
        dossier = self.live.complete
        texts = {language: self._message(report, language) for language in dossier.languages}
        default = dossier.header.default_language
        await post(self.store, connection, _name(report), texts, origin=REVIEW, language=default, reader_id=chat.id)

    def _message(self, report: Report, language: Language) -> BulletinText:
        say = phrases_in(language).say
        where = say("From a chat") if report.reader_id is not None else say("From the page {page}", page=report.page)
        words, where = f"“{report.words}”", f"{where} · {report.language}"
        blocks = [Paragraph((Span(words, italic=True),)), Paragraph((Span(where),))]
        if report.answered is None:
            answers = say("Answer it at the desk (/desk): a reply to this message reaches nobody.")
            blocks.append(Paragraph((Span(answers),)))
        else:
            blocks.append(Paragraph((Span(say("Answered by {name}", name=report.answered_by or "?"), bold=True),)))
        page = f"{self.desk}/reports#report-{report.id}"
        buttons = (Button(f"🗝 {say('Answer at the desk')}", url=page),) if self.desk else ()
        day = datetime.fromtimestamp(report.written, UTC).date()
        title = say("A reader reports a mistake")
        return BulletinText(title, day, tuple(blocks), emoji="✍️", buttons=buttons if report.answered is None else ())


def _name(report: Report) -> str:
    return f"{REVIEW}-report-{report.id}"


def _answer(report: Report, text: str, language: Language) -> BulletinText:
    say = phrases_in(language).say
    lines = [Paragraph((Span(say("You wrote: “{words}”", words=report.words), italic=True),))]
    lines += [Paragraph((Span(part.strip()),)) for part in clean(text)[:MAX_ANSWER].split("\n\n") if part.strip()]
    day = datetime.fromtimestamp(report.answered or report.written, UTC).date()
    return BulletinText(say("The editors’ answer"), day, tuple(lines), emoji="✍️")
