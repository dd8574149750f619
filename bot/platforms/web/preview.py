"""The preview: a chat in the browser that shows each reply as Telegram and Discord show it.

The order of this file: the chats, the preview, delivery to it, the page, the routes. Every form redirects to the page, so that the preview also works
without a script.
"""

import asyncio
import hashlib
import re
import secrets
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.conversation import Conversation
from bot.db.schema import PREVIEW
from bot.delivery.outcomes import ChatGone, Delivered, MessageGone, Outcome
from bot.delivery.rate_limiter import Limits
from bot.delivery.sender import OutgoingMessage, Sender
from bot.dossier.examples import is_writable
from bot.dossier.models import Dossier, Language, TopicId
from bot.message import Asker, Chat, Message, Rights
from bot.newsroom.new_example import add_question, example_text
from bot.pictures.service import PictureService
from bot.pictures.theme import Theme
from bot.platforms.platform import Platform
from bot.platforms.web.addresses import href, is_local
from bot.platforms.web.app_markup import look_of, page, shown_message
from bot.platforms.web.forms import Form, form_text, number_in, read_form, see_other, set_cookie
from bot.platforms.web.languages import request_language
from bot.platforms.web.request_guards import FailedLogins, local_only, require_password
from bot.platforms.web.streams import EventStreams
from bot.reader import Address
from bot.replies.dossier_texts import DossierTexts
from bot.replies.explanation import Explanation, explain, title_of
from bot.replies.i18n import phrases_in
from bot.replies.language_panel import language_name
from bot.replies.listings import bot_entries, topic_entries
from bot.replies.notices import outdated_button
from bot.replies.question import (
    AboutBulletin,
    AboutTopic,
    Command,
    FreeText,
    Question,
    free_text,
    from_token,
    parse_question,
    token,
)
from bot.replies.readiness import coverage
from bot.replies.reply import Reply

# ---- Chats

MAX_CHATS = 200
MAX_EXCHANGES = 24
"""The most exchanges in a chat; older ones are dropped."""

_CHAT_KEY = re.compile(r"[A-Za-z0-9_-]{22}")


@dataclass(slots=True)
class Exchange:
    """A question and its reply, or a reply that came unasked.

    Attributes:
        text: the typed text; "" if the reply came unasked.
        question: the question that the reply answers; None if it came unasked.
        reply: the reply. A pressed button or a correction replaces it.
        at: the time of the question, or of an unasked reply.
        version: :meth:`Preview.version` when the reply was made.
        explanation: the reasons for the reply; None if it came unasked.
        number: unique in its chat, which gives it.
    """

    text: str
    question: Question | None
    reply: Reply
    at: datetime
    version: Hashable
    explanation: Explanation | None = None
    number: int = 0

    @property
    def example(self) -> str:
        """The typed text as an example question; "" if it cannot be one."""
        return example_text(free_text(parse_question(self.text)))

    @property
    def is_repeatable(self) -> bool:
        """Whether the question can be asked again without effect: it is about a topic or in free text, and not a command about settings."""
        return self.question is not None and (self.reply.topic is not None or isinstance(self.question, FreeText))


@dataclass(slots=True)
class PreviewChat:
    """The chat of one browser.

    Attributes:
        key: the secret value of its cookie.
        user_language: the browser's language.
        notice: a text that is shown once.
        exchanges: the latest exchanges.
    """

    key: str
    user_language: str | None = None
    notice: str = ""
    exchanges: deque[Exchange] = field(default_factory=lambda: deque(maxlen=MAX_EXCHANGES))
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def address(self) -> Address:
        """The chat's address. Its id is a hash, so that the ledger and the log do not contain the cookie."""
        return Address(PREVIEW, str(chat_id_of(self.key)))

    def add(self, exchange: Exchange) -> None:
        exchange.number = next(self._numbers)
        self.exchanges.append(exchange)

    def exchange(self, number: int) -> Exchange | None:
        return next((exchange for exchange in self.exchanges if exchange.number == number), None)

    def take_notice(self) -> str:
        notice, self.notice = self.notice, ""
        return notice


def chat_id_of(key: str) -> int:
    """A hash of 48 bits, which is the same for a cookie after every restart."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=6).digest())


class PreviewChats:
    """The chats in memory. Beyond MAX_CHATS the least recently used chat is dropped."""

    def __init__(self) -> None:
        self._chats: OrderedDict[str, PreviewChat] = OrderedDict()

    def open(self, cookie: str | None, user_language: str | None = None) -> PreviewChat:
        """The chat of a cookie; a new chat if there is no valid cookie."""
        key = cookie if cookie is not None and _CHAT_KEY.fullmatch(cookie) else secrets.token_urlsafe(16)
        chat = self._chats.setdefault(key, PreviewChat(key))
        chat.user_language = user_language
        self._chats.move_to_end(key)
        while len(self._chats) > MAX_CHATS:
            self._chats.popitem(last=False)
        return chat

    def find(self, address: Address) -> PreviewChat | None:
        return next((chat for chat in self._chats.values() if chat.address == address), None)


# ---- The preview


@dataclass(slots=True)
class Preview:
    """A platform on which every reader is the admin of their own chat. ``platforms``: the platforms as which replies are shown, a column each."""

    conversation: Conversation
    platforms: Sequence[Platform[Any]]
    pictures: PictureService
    now: Callable[[], datetime]
    chats: PreviewChats = field(default_factory=PreviewChats)
    streams: EventStreams = field(default_factory=EventStreams)

    def language(self, chat: PreviewChat) -> Language:
        """The chat's chosen language, or else the browser's."""
        return self.conversation.language(chat.address, chat.user_language)

    def version(self, chat: PreviewChat) -> Hashable:
        """A value that changes whenever replies in the chat may change."""
        return self.conversation.version, self.language(chat)

    async def ask(self, chat: PreviewChat, text: str) -> None:
        """Answers a typed text."""
        question, version = parse_question(text), self.conversation.version
        reply, explanation = await self._explained_reply(chat, question)
        chat.add(Exchange(text.strip(), question, reply, self.now(), (version, self.language(chat)), explanation))

    async def press(self, chat: PreviewChat, number: int, data: str) -> None:
        """Answers a button under a reply. The answer replaces that reply, as on the platforms."""
        exchange = chat.exchange(number)
        # A token may contain only the beginning of a question; the button has the whole question.
        questions = (button.question for button in exchange.reply.buttons if button.question) if exchange else ()
        pressed = next((question for question in questions if token(question) == data), None)
        question = pressed or from_token(data, self.conversation.live.dossier)
        if exchange is None or question is None:
            say = phrases_in(self.language(chat)).say
            chat.notice = say("That button is out of date. Ask again, and you get one that works.")
            return
        exchange.question, version = question, self.conversation.version
        exchange.reply, exchange.explanation = await self._explained_reply(chat, question)
        exchange.version = version, self.language(chat)

    async def add_example(self, chat: PreviewChat, number: int, topic: str, content: Path) -> None:
        """Adds a typed question to the examples of a topic, in a file of the folder ``content``. A notice reports the result."""
        dossier, language = self.conversation.live.dossier, self.language(chat)
        exchange, wanted = chat.exchange(number), TopicId(topic)
        if exchange is not None and wanted in dossier.topics and exchange.example:
            text = exchange.example
            example = await asyncio.to_thread(add_question, dossier, content, wanted, text, likely=language)
            chat.notice = example.notice(dossier, language)

    async def choose_language(self, chat: PreviewChat, language: str) -> None:
        """Sets the chat's language like ``/language``, without an answer."""
        await self._reply(chat, Command("language", language))

    async def refresh(self, chat: PreviewChat) -> None:
        """Repeats the answers that were made before the content, the day or the language changed."""
        version = self.version(chat)
        for exchange in chat.exchanges:
            question = exchange.question
            if question and exchange.version != version and exchange.is_repeatable and self._exists(question):
                exchange.reply, exchange.explanation = await self._explained_reply(chat, question)
            exchange.version = version

    def deliver(self, address: Address, reply: Reply) -> int | None:
        """Shows an unasked reply (a bulletin). Returns its number in the chat; None if the chat does not exist any more."""
        chat = self.chats.find(address)
        if chat is None:
            return None
        exchange = Exchange("", None, reply, self.now(), self.version(chat))
        chat.add(exchange)
        self.streams.notify(chat.key)
        return exchange.number

    def edit(self, address: Address, number: int, reply: Reply) -> bool:
        """Replaces a delivered reply. Returns False if it does not exist any more."""
        chat = self.chats.find(address)
        exchange = chat.exchange(number) if chat else None
        if chat is None or exchange is None:
            return False
        exchange.reply = reply
        self.streams.notify(chat.key)
        return True

    async def _reply(self, chat: PreviewChat, question: Question) -> Reply:
        address, language = chat.address, self.language(chat)
        reply = await self.conversation.reply(Message(Chat(address, "private", language), Asker(_rights), question))
        return reply or outdated_button(language)

    async def _explained_reply(self, chat: PreviewChat, question: Question) -> tuple[Reply, Explanation]:
        reply = await self._reply(chat, question)
        language = self.language(chat)
        decision = await self.conversation.decision(question, language)
        is_claim = reply.verdict is not None
        return reply, explain(self.conversation.live.dossier, decision, language, is_claim=is_claim)

    def _exists(self, question: Question) -> bool:
        """Whether the dossier still has the topic or bulletin that the question is about."""
        if not isinstance(question, (AboutTopic, AboutBulletin)):
            return True
        return from_token(token(question), self.conversation.live.dossier) is not None


async def _rights() -> Rights:
    return Rights(is_admin=True)


# ---- Delivery


class PreviewSender(Sender):
    """Implements :class:`~bot.delivery.sender.Sender`. Nothing leaves the process, so it needs no rate limits and no retries.

    Message ids begin at a random number, so that an id from before a restart is not that of another message.
    """

    platform = PREVIEW
    lease_name = PREVIEW
    limits = Limits(per_second=1000, chat_seconds=0)

    def __init__(self, preview: Preview) -> None:
        self._preview = preview
        self._offset = secrets.randbelow(2**32) * 1_000_000

    async def send(self, address: Address, message: OutgoingMessage) -> Outcome:
        """Shows the message; :class:`ChatGone` if the chat's browser has not opened the page since the start."""
        number = self._preview.deliver(address, message.reply)
        return ChatGone("the preview is closed") if number is None else Delivered(str(self._offset + number))

    async def edit(self, address: Address, message_id: str, message: OutgoingMessage) -> Outcome:
        was_edited = self._preview.edit(address, int(message_id) - self._offset, message.reply)
        return Delivered(message_id) if was_edited else MessageGone()


# ---- The page


@dataclass(frozen=True, slots=True)
class PictureLink:
    src: str
    alt: str
    height: int


_rendered = lru_cache(maxsize=256)(shown_message)
"""Kept (a few kilobytes), because most of a page does not change."""


async def preview_page(
    preview: Preview, chat: PreviewChat, theme: str, *, for_editor: bool, can_add_examples: bool
) -> str:
    """The page. It shows the chat's notice, which is then removed.

    ``for_editor``: whether to show the coverage, and diagnostics of bulletins' files, which may name a bulletin under embargo.
    ``can_add_examples``: whether questions can be added to the content.
    """
    dossier = preview.conversation.live.dossier
    language = preview.language(chat)
    every = preview.conversation.live.diagnostics
    diagnostics = [each for each in every if for_editor or not each.path.startswith("bulletins/")]
    shown = [each for each in chat.exchanges if each.reply.picture_topic]
    pairs = [(exchange, platform) for exchange in shown for platform in preview.platforms]
    pictures = {(one.number, on): await _picture_link(preview, one, on.theme) for one, on in pairs}
    topics = tuple((topic, title_of(dossier, topic, language)) for topic in dossier.topics) if can_add_examples else ()
    columns = []
    say = phrases_in(language).say
    for platform in preview.platforms:
        rendered = [
            _rendered(
                platform,
                exchange.reply,
                language,
                exchange.at,
                number=exchange.number,
                text=exchange.text,
                picture=pictures.get((exchange.number, platform)),
                explanation=exchange.explanation,
                topics=topics if exchange.example else (),
                likeliest=next(iter((exchange.reply.topic, *exchange.reply.suggestions))),
                home=href(HOME),
            )
            for exchange in chat.exchanges
        ]
        head = look_of(platform).head(platform.name, platform.label, say)
        columns.append((platform.name, platform.label, head, rendered))
    return page(
        "preview.html",
        say=say,
        count=phrases_in(language).count,
        title=DossierTexts(dossier, language).line(dossier.header.title[language]),
        language=language,
        languages=[(code, language_name(code)) for code in dossier.languages],
        theme=theme,
        errors=[diagnostic for diagnostic in diagnostics if diagnostic.blocks],
        warnings=[diagnostic for diagnostic in diagnostics if not diagnostic.blocks],
        notice=chat.take_notice(),
        coverage=coverage(dossier) if for_editor else [],
        suggestions=list(_suggestions(dossier, language)),
        columns=columns,
    )


async def _picture_link(preview: Preview, exchange: Exchange, theme: Theme) -> PictureLink | None:
    picture = await preview.pictures.of_reply(exchange.reply, theme)
    if picture is None:
        return None
    address = f"/preview/pictures/{exchange.number}?theme={theme}&{picture.digest}"
    return PictureLink(address, picture.alt, picture.height)


def _suggestions(dossier: Dossier, language: Language) -> Iterator[dict[str, str | None]]:
    """The commands that the page offers. ``label``: of a button; None: it is only offered during typing."""
    texts = DossierTexts(dossier, language)
    for entry in (*topic_entries(dossier, language), *bot_entries(dossier, language)):
        topic = dossier.topics[entry.topic] if entry.topic else None
        label = f"{topic.emoji} {texts.line(topic.title[language])}" if topic and not topic.is_program else None
        yield {"command": entry.command, "summary": entry.summary, "label": label}


# ---- Routes

HOME = "/preview"
PAGE_THEMES = ("auto", "light", "dark")

MAX_TEXT_CHARACTERS = 4096
"""Telegram's limit of a message (core.telegram.org/bots/api#message)."""

MAX_DATA_CHARACTERS = 100
"""Discord's limit of a button's data; Telegram's is lower."""

MAX_FORM_BYTES = 64 * 1024
"""Room for MAX_TEXT_CHARACTERS of four bytes each, with each byte as ``%xx``, and for the other fields."""

MAX_FIELDS = 8

_CHAT_COOKIE, _THEME_COOKIE = "preview", "theme"


class PreviewRoutes:
    """The preview over HTTP. Without a password it answers only this machine, or everybody if ``is_public``.

    Editors (users of this machine, or with the password) can add examples to the files in ``content``; None: they cannot.
    """

    def __init__(
        self, preview: Preview, password: str | None = None, *, is_public: bool = False, content: Path | None = None
    ) -> None:
        self._preview = preview
        self._content = content
        self._password = password
        self._is_public = is_public
        self._failed = FailedLogins()

    def add_routes(self, app: web.Application) -> None:
        """Adds the routes. After that, open pages update themselves after every reload of the content."""
        app.router.add_get(HOME, self._protected(self.show))
        app.router.add_get(f"{HOME}/events", self._protected(self.events))
        app.router.add_get(f"{HOME}/pictures/{{number}}", self._protected(self.picture))
        app.router.add_post(f"{HOME}/messages", self._press(self.send_message))
        app.router.add_post(f"{HOME}/presses", self._press(self.press))
        app.router.add_post(f"{HOME}/examples", self._press(self.add_example))
        app.router.add_post(f"{HOME}/language", self._press(self.choose_language))
        app.router.add_post(f"{HOME}/theme", self._protected(self.choose_theme))
        self._preview.conversation.live.on_change(self._preview.streams.notify_all)
        app.on_shutdown.append(self._preview.streams.close)

    async def show(self, request: web.Request) -> web.Response:
        """The page. A new chat begins with ``/start``, as on Telegram."""
        chat = self._chat(request)
        if not chat.exchanges:
            await self._preview.ask(chat, "/start")
        await self._preview.refresh(chat)
        theme = request.cookies.get(_THEME_COOKIE, "")
        text = await preview_page(
            self._preview,
            chat,
            theme if theme in PAGE_THEMES else PAGE_THEMES[0],
            for_editor=self._password is not None or is_local(request),
            can_add_examples=self._writable_content(request) is not None,
        )
        response = web.Response(text=text, content_type="text/html", headers={"Cache-Control": "no-store"})
        return _with_cookie(request, response, chat)

    async def events(self, request: web.Request) -> web.StreamResponse:
        """The stream of events by which the page updates itself."""
        chat = self._chat(request)

        async def version() -> Hashable:
            return self._preview.version(chat)

        return await self._preview.streams.serve(request, chat.key, version)

    async def picture(self, request: web.Request) -> web.Response:
        """The picture of a reply. Its address contains the digest, so browsers may cache it."""
        exchange = self._chat(request).exchange(number_in(request.match_info["number"]))
        theme: Theme = "dark" if request.query.get("theme") == "dark" else "light"
        picture = await self._preview.pictures.of_reply(exchange.reply, theme) if exchange else None
        if picture is None:
            raise web.HTTPNotFound(text="There is no such picture.\n")
        headers = {"Cache-Control": "private, max-age=86400, immutable"}
        return web.Response(body=picture.png, content_type="image/png", headers=headers)

    def _press(self, act: Callable[[web.Request, PreviewChat, Form], Awaitable[str | None]]) -> Handler:
        """The handler of a form of the chat. ``act`` returns the address to go to then; None: the page's."""

        async def press(request: web.Request) -> web.Response:
            form, chat = await read_form(request, MAX_FORM_BYTES, MAX_FIELDS), self._chat(request)
            where = await act(request, chat, form)
            return _with_cookie(request, see_other(where or HOME), chat)

        return self._protected(press)

    async def send_message(self, _request: web.Request, chat: PreviewChat, form: Form) -> None:
        """Answers a typed text or a pressed suggestion."""
        text = form_text(form, "text", MAX_TEXT_CHARACTERS)
        if text.strip():
            await self._preview.ask(chat, text)

    async def press(self, _request: web.Request, chat: PreviewChat, form: Form) -> None:
        """Answers a button under a reply."""
        number, data = form_text(form, "exchange", 9), form_text(form, "data", MAX_DATA_CHARACTERS)
        await self._preview.press(chat, number_in(number), data)

    async def add_example(self, request: web.Request, chat: PreviewChat, form: Form) -> None:
        """Adds a typed question to the examples of a topic."""
        number, topic = form_text(form, "exchange", 9), form_text(form, "topic", 100)
        content = self._writable_content(request)
        if content is None:
            raise web.HTTPForbidden(text="The content cannot be changed here.")
        await self._preview.add_example(chat, number_in(number), topic, content)

    async def choose_language(self, _request: web.Request, chat: PreviewChat, form: Form) -> str | None:
        """Sets the chat's language, if it is one of the dossier's."""
        language = form_text(form, "language", 20)
        await self._preview.choose_language(chat, language)
        return f"{HOME}#language-{language}" if language.isalpha() else None

    async def choose_theme(self, request: web.Request) -> web.Response:
        """Stores the theme in a cookie: light, dark, or the system's."""
        theme = form_text(await read_form(request, MAX_FORM_BYTES, MAX_FIELDS), "theme", 20)
        response = see_other(HOME)
        if theme in PAGE_THEMES:
            set_cookie(request, response, _THEME_COOKIE, theme, HOME)
        return response

    def _writable_content(self, request: web.Request) -> Path | None:
        """The folder to which this browser may add examples; None if it may not, or the folder cannot be written.

        Files are written on this machine alone: whoever has the password of the preview is no editor.
        """
        return self._content if self._content and is_local(request) and is_writable(self._content) else None

    def _protected(self, handler: Handler) -> Handler:
        if self._password is not None:
            return require_password(handler, self._password, self._failed)
        return handler if self._is_public else local_only(handler)

    def _chat(self, request: web.Request) -> PreviewChat:
        language = request_language(request, self._preview.conversation.live.dossier)
        return self._preview.chats.open(request.cookies.get(_CHAT_COOKIE), language)


def _with_cookie(request: web.Request, response: web.Response, chat: PreviewChat) -> web.Response:
    if request.cookies.get(_CHAT_COOKIE) != chat.key:
        set_cookie(request, response, _CHAT_COOKIE, chat.key, HOME)
    return response
