"""Tell me when you know: questions without an answer, whose askers get one message once the dossier holds one.

A question is held in memory until its asker presses the button, and only then stored. It is asked again whenever the content
changes. Its answer goes out through the ledger, in the transaction that deletes the question, so it is sent once.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date
from secrets import token_hex
from time import monotonic

import structlog

from bot.db.bulletins import Text
from bot.db.engine import DATABASE_AWAY, Sleep
from bot.db.questions import AWAITED_DAYS, AwaitedQuestion
from bot.db.schema import AWAITED
from bot.db.store import Store
from bot.dossier.markdown import Items, Paragraph, Span
from bot.dossier.models import Dossier, Language
from bot.live_dossier import LiveDossier
from bot.replies.bulletins import BulletinText, fingerprint, to_json
from bot.replies.dossier_texts import DossierTexts
from bot.replies.i18n import phrases_in
from bot.replies.question import Command
from bot.replies.reply import Block, Button, Note, Reply
from bot.subscriptions.service import Chat

log = structlog.get_logger("bot.awaited")

TELL_ME = "tell-me"
"""The command of the buttons. No topic can take it, because commands have no hyphens."""

HELD_SECONDS = 600.0
"""How long a question stays in memory for its asker to press the button."""

MAX_HELD = 10_000
"""Questions in memory; a further one takes the place of the oldest."""

MAX_QUESTION = 500
"""Characters of a question that is stored."""

RETRY_SECONDS = 5.0

Ask = Callable[[str, Language], Awaitable[Reply]]
"""Answers a question in free text that somebody asks who reads that language."""


@dataclass(frozen=True, slots=True)
class _Held:
    question: str
    language: Language
    until: float


@dataclass(slots=True)
class AwaitedAnswers:
    """Offers to tell an asker later, and does so.

    Attributes:
        ask: answers a question from the dossier in force.
        today: gives the day of an answer.
        clock: monotonic, in seconds.
    """

    live: LiveDossier
    store: Store
    ask: Ask
    today: Callable[[], date]
    clock: Callable[[], float] = monotonic
    _held: dict[str, _Held] = field(default_factory=dict)

    def offer(self, question: str, language: Language, label_language: Language) -> Button:
        """The button that makes the question awaited. ``language``: of the asker; ``label_language``: of the reply."""
        now = self.clock()
        for key, held in list(self._held.items()):
            if held.until > now and len(self._held) < MAX_HELD:
                break
            del self._held[key]
        key = token_hex(6)
        self._held[key] = _Held(question[:MAX_QUESTION], language, now + HELD_SECONDS)
        return Button(f"🔔 {phrases_in(label_language).say('Tell me when you know')}", Command(TELL_ME, key))

    async def respond(self, argument: str, chat: Chat) -> Reply:
        """Stores the question of a button (its name is the argument), or with ``forget`` and an id deletes one."""
        match argument.split():
            case ["forget", number] if number.isascii() and number.isdigit() and len(number) <= 18:
                await self.store.awaited.forget(chat.address, int(number))
                return _forgotten(chat.language)
            case [key] if (held := self._held.get(key)) and held.until > self.clock():
                reader = await self.store.readers.meet(chat.address, chat.kind, chat.title, chat.language)
                return _noted(await self.store.awaited.add(reader.id, held.question, held.language), chat.language)
            case _:
                return _too_late(chat.language)

    async def follow(self, on_news: Callable[[], None], sleep: Sleep = asyncio.sleep) -> None:
        """Asks the stored questions again at the start and whenever the content changes, until cancelled.

        ``on_news`` is called when there is something to send.
        """
        changed = asyncio.Event()
        changed.set()
        self.live.on_change(changed.set)
        while await changed.wait():
            changed.clear()
            try:
                if count := await self.answer():
                    log.info("awaited questions have an answer now", questions=count)
                    on_news()
            except DATABASE_AWAY:
                await sleep(RETRY_SECONDS)
                changed.set()

    async def answer(self) -> int:
        """Writes the deliveries of the answers that exist now; returns how many."""
        count = 0
        for awaited in await self.store.awaited.all():
            reply = await self.ask(awaited.question, Language(awaited.language))
            if reply.topic is not None and not reply.unanswered and reply.verdict is None:
                count += await self._send(awaited, reply)
        return count

    async def _send(self, awaited: AwaitedQuestion, reply: Reply) -> bool:
        """Returns False if another process was first, or the asker does not want it any more."""
        article = answer_text(awaited.question, reply, self.live.dossier, self.today())
        async with self.store.database.write() as connection:
            reader = await self.store.awaited.take(connection, awaited.id)
            if reader is None:
                return False
            now = await self.store.database.moment(connection)
            name = f"{AWAITED}-{token_hex(8)}"
            columns = {
                "origin": AWAITED,
                "language": reply.language,
                "day": article.day.isoformat(),
                "topics": [],
                "urgent": False,
                "state": "published",
                "published": now,
                "revision": 1,
            }
            text = Text(reply.language, fingerprint(article), to_json(article))
            await self.store.bulletins.put(connection, name, columns, [text], now)
            await self.store.fan_out.try_out(connection, name, 1, reader, awaited.address.platform, now)
        return True


def answer_text(question: str, reply: Reply, dossier: Dossier, today: date) -> BulletinText:
    """The message with an answer that was awaited: the question, what the topic says, and a button to the topic."""
    say, texts = phrases_in(reply.language).say, DossierTexts(dossier, reply.language)
    asked = Paragraph((Span(say("You asked: “{question}”. Now there is an answer.", question=question), italic=True),))
    topic = dossier.topics.get(reply.topic) if reply.topic else None
    buttons = (texts.topic_button(topic),) if topic else ()
    blocks = tuple(part for block in reply.blocks for part in _printable(block))
    return BulletinText(reply.title, today, (asked, *blocks), reply.sources, emoji=reply.emoji, buttons=buttons)


def _printable(block: Block) -> tuple[Paragraph | Items, ...]:
    """A note becomes a paragraph; a bar, which shows a day that passes, is left out."""
    if isinstance(block, Paragraph | Items):
        return (block,)
    return (Paragraph(block.spans),) if isinstance(block, Note) else ()


def _noted(number: int, language: Language) -> Reply:
    say = phrases_in(language).say
    text = say(
        "I keep your question for at most {days} days. Once I have an answer, you get one message, and I forget the question.",
        days=AWAITED_DAYS,
    )
    return _reply(language, "🔔", say("I will tell you"), text, _forget_button(number, language))


def _forget_button(number: int, language: Language) -> Button:
    return Button(f"🔕 {phrases_in(language).say('Never mind')}", Command(TELL_ME, f"forget {number}"))


def _forgotten(language: Language) -> Reply:
    say = phrases_in(language).say
    return _reply(language, "🔕", say("Forgotten"), say("Your question is not kept any more."))


def _too_late(language: Language) -> Reply:
    say = phrases_in(language).say
    text = say("I had not stored your question and have forgotten it. Please ask once more, then press the bell.")
    return _reply(language, "⌛", say("Ask again"), text)


def _reply(language: Language, emoji: str, title: str, text: str, *buttons: Button) -> Reply:
    return Reply(None, language, title, emoji, (Paragraph((Span(text),)),), buttons=buttons)
