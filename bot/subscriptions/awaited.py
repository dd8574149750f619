"""Unanswered questions, and claims without a verdict, whose askers get a message once the dossier decides ("Tell me when you know").

The question is in the message with the button, and is stored only when the asker presses it. It is asked again whenever the
content changes, and a claim is checked again. The transaction that writes the answer to the ledger deletes the question, so the answer is sent once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from secrets import token_hex

import structlog

from bot.commands import TELL_ME
from bot.db.engine import Sleep
from bot.db.questions import AwaitedQuestion, QuestionKind
from bot.db.retention import AWAITED_DAYS
from bot.db.schema import AWAITED
from bot.db.store import Store
from bot.dossier.markdown import Items, Paragraph, Span
from bot.dossier.models import Dossier, Language
from bot.live_dossier import LiveDossier
from bot.message import Chat
from bot.newsroom.messages import post
from bot.newsroom.publisher import Newsroom
from bot.newsroom.reports import REPORT
from bot.newsroom.reports import quoted as quoted_report
from bot.replies.bulletins import BulletinText
from bot.replies.dossier_texts import DossierTexts
from bot.replies.i18n import phrases_in
from bot.replies.notices import outdated_button
from bot.replies.question import CheckText, Command, FreeText, is_number
from bot.replies.reply import Block, Button, Note, Reply, said_reply

log = structlog.get_logger("bot.awaited")

KINDS: dict[str, QuestionKind] = {"ask ": "question", "check ": "claim"}
"""The beginnings of the button's argument, before the question or the claim."""

MAX_QUESTION = 500
"""The number of characters stored of a question."""

Ask = Callable[[FreeText | CheckText, Language], Awaitable[Reply]]
"""Answers a question in free text, or checks a claim, for a reader of the language."""


def _quoted(question: str, language: Language) -> str:
    """The line with the question in a reply without an answer; :meth:`AwaitedAnswers.quoted` reads it."""
    return phrases_in(language).say("You asked: “{question}”", question=question)


@dataclass(slots=True)
class AwaitedAnswers:
    """Offers askers an answer later, and sends it.

    Attributes:
        ask: answers from the dossier in force.
        today: returns the date of an answer.
    """

    live: LiveDossier
    store: Store
    ask: Ask
    today: Callable[[], date]

    def offered(self, reply: Reply, question: str, *, is_claim: bool) -> Reply:
        """The reply with the button that stores the question, and with the question itself, which :meth:`quoted` reads."""
        say = phrases_in(reply.language).say
        asked = " ".join(question.split())[:MAX_QUESTION].strip()
        quoted = Note((Span(_quoted(asked, reply.language)),))
        beginning = "check " if is_claim else "ask "
        button = Button(f"🔔 {say('Tell me when you know')}", Command(TELL_ME, f"{beginning}{asked}"))
        return replace(reply, blocks=(*reply.blocks, quoted), buttons=(*reply.buttons, button))

    def whole(self, command: Command, shown: str) -> Command:
        """The command of a button with the whole question or report, which a platform may have cut.

        ``shown``: the text of the message with the button, which holds the whole question.
        """
        beginning = next((each for each in (*KINDS, REPORT) if command.argument.startswith(each)), None)
        words = self.quoted(shown, quoted_report if beginning == REPORT else _quoted)
        return Command(TELL_ME, f"{beginning}{words}") if beginning and words else command

    def quoted(self, shown: str, quoted: Callable[[str, Language], str] = _quoted) -> str:
        """The whole question that a message without an answer shows; "" if it shows none. ``quoted``: the line around it."""
        for language in self.live.dossier.languages:
            before, after = quoted("\n", language).split("\n")
            for line in shown.split("\n"):
                if line.startswith(before) and line.endswith(after):
                    return line.removeprefix(before).removesuffix(after)
        return ""

    async def respond(self, argument: str, chat: Chat) -> Reply:
        """Stores the question after one of :data:`KINDS`, or deletes the one with the id after ``forget``."""
        for beginning, kind in KINDS.items():
            question = argument.removeprefix(beginning)[:MAX_QUESTION].strip()
            if argument.startswith(beginning) and question:
                reader = await self.store.readers.meet(chat.address, chat.kind, chat.title, chat.language)
                stored = await self.store.awaited.add(reader.id, question, chat.language, kind)
                return _noted(stored, kind, chat.language)
        match argument.split():
            case ["forget", number] if is_number(number, 18):
                await self.store.awaited.forget(chat.address, int(number))
                return said_reply(chat.language, "🔕", "Forgotten", "Your question is not kept any more.")
            case _:  # a button of an earlier release
                return outdated_button(chat.language)

    async def follow(self, on_news: Callable[[], None], sleep: Sleep = asyncio.sleep) -> None:
        """Asks the stored questions again at the start and whenever the content changes, until cancelled.

        ``on_news`` is called when there is something to send.
        """
        changed = asyncio.Event()
        self.live.on_change(changed.set)

        async def answer() -> None:
            if count := await self.answer():
                log.info("awaited questions have an answer now", questions=count)
                on_news()

        await self.store.database.repeat(answer, None, changed, sleep)

    async def answer(self) -> int:
        """Writes the deliveries of the answers that exist now; returns how many: none if the database belongs to another dossier.

        What several people ask in the same words is asked once. :attr:`ask` lets others have the event loop between two questions.
        """
        if await Newsroom(self.store).refusal(self.live.own):
            return 0
        seen, answered = self.live.complete, dict[object, tuple[Reply, list[AwaitedQuestion]]]()
        replies = dict[object, Reply]()
        for awaited in await self.store.awaited.all():
            is_claim = awaited.kind == "claim"
            asked = CheckText(awaited.question) if is_claim else FreeText(awaited.question)
            language = self.live.dossier.language(self.store.readers.language(awaited.address) or awaited.language)
            if (asked, language) not in replies:
                replies[asked, language] = await self.ask(asked, language)
            reply = replies[asked, language]
            is_answer = reply.topic is not None and not reply.unanswered and reply.verdict is None
            is_verdict = reply.verdict is not None and not reply.awaits_verdict
            if is_verdict or (is_answer and not is_claim):
                claims = [each.claim for each in reply.statements]
                same = tuple(claims) if all(claims) and claims else awaited.id
                answered.setdefault((awaited.address, same), (reply, []))[1].append(awaited)
        return sum([await self._send(questions, reply, seen) for reply, questions in answered.values()])

    async def _send(self, questions: Sequence[AwaitedQuestion], reply: Reply, seen: Dossier) -> bool:
        """Writes one answer: to a question, or to all wordings in which a reader has brought a claim that was reviewed.

        Returns False if another process was first, or the asker has deleted the questions, or another dossier than ``seen`` is in
        force by now: then the questions are asked again.
        """
        async with self.store.database.write() as connection:
            if self.live.complete is not seen:
                return False
            taken = [(await self.store.awaited.take(connection, each.id), each) for each in questions]
            left = [(reader, each) for reader, each in taken if reader is not None]
            if not left:
                return False
            reader, awaited = left[0]
            language, name = reply.language, f"{AWAITED}-{token_hex(8)}"
            articles = {language: answer_text(awaited, reply, self.live.dossier, self.today())}
            await post(self.store, connection, name, articles, origin=AWAITED, language=language, reader_id=reader)
        return True


def answer_text(awaited: AwaitedQuestion, reply: Reply, dossier: Dossier, today: date) -> BulletinText:
    """The message with an awaited answer or verdict: the question, the answer, and a button to the topic."""
    say, texts = phrases_in(reply.language).say, DossierTexts(dossier, reply.language)
    if reply.verdict is not None:
        opening = say("You asked: “{question}”. Now it has been checked.", question=awaited.question)
    else:
        opening = say("You asked: “{question}”. Now there is an answer.", question=awaited.question)
    asked = Paragraph((Span(opening, italic=True),))
    topic = dossier.topics.get(reply.topic) if reply.topic else None
    buttons = (texts.topic_button(topic),) if topic else ()
    blocks = tuple(part for block in reply.blocks for part in _printable(block))
    return BulletinText(reply.title, today, (asked, *blocks), reply.sources, emoji=reply.emoji, buttons=buttons)


def _printable(block: Block) -> tuple[Paragraph | Items, ...]:
    """The block as it can be printed: a note becomes a paragraph; a bar, which shows a passing date, is left out."""
    if isinstance(block, Paragraph | Items):
        return (block,)
    return (Paragraph(block.spans),) if isinstance(block, Note) else ()


def _noted(number: int, kind: QuestionKind, language: Language) -> Reply:
    if kind == "claim":
        text = (
            "I keep the words for at most {days} days, and the editors read them without your name. "
            "Once it has been checked, you get one message, and I forget the words."
        )
    else:
        text = (
            "I keep your question for at most {days} days, and the editors read it without your name. "
            "Once I have an answer, you get one message, and I forget the question."
        )
    forget = Button(f"🔕 {phrases_in(language).say('Never mind')}", Command(TELL_ME, f"forget {number}"))
    return said_reply(language, "🔔", "I will tell you", text, forget, days=AWAITED_DAYS)
