"""The preview's HTTP: forms in, pages out. Every form leads back to the page, so it works without a script too."""

import asyncio
import hashlib
import re
import secrets
from collections import OrderedDict, defaultdict, deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web
from markupsafe import Markup

from bot.conversation import Conversation, Message, language_name
from bot.delivery.outcomes import CrosspostOutcome, Delivered, Gone, MessageGone, Outcome, Refused
from bot.delivery.rate_limiter import Limits
from bot.delivery.sender import OutgoingMessage
from bot.dossier.diagnostics import Diagnostic
from bot.dossier.models import Dossier, Language
from bot.pictures.service import Shown
from bot.platforms.web.app_markup import NAMES, page
from bot.platforms.web.auth import Guesses, Handler, from_afar, guarded, near_only, refuse_other_sites, scheme_of
from bot.platforms.web.public import preferred
from bot.reader import Address
from bot.replies.composer import Composer
from bot.replies.i18n import phrases_in
from bot.replies.listings import bot_entries, topic_entries
from bot.replies.question import (
    AboutBulletin,
    AboutTopic,
    Command,
    FreeText,
    Question,
    from_token,
    parse_question,
    token,
)
from bot.replies.reply import Reply

PLATFORM = "preview"


MAX_ROOMS = 200


MAX_TURNS = 24


_NAME = re.compile(r"[A-Za-z0-9_-]{22}")


@dataclass(slots=True)
class Turn:
    """One exchange.

    Attributes:
        number: names it in its room.
        asked: what was typed; empty where the reply came by itself.
        question: what the reply answers; None where it came by itself.
        reply: what is shown now; a pressed button replaces it.
        at: when it was asked or came.
        answered_from: the edition, day and language that ``reply`` was made from.
    """

    number: int
    asked: str
    question: Question | None
    reply: Reply
    at: datetime
    answered_from: str

    @property
    def may_be_asked_again(self) -> bool:
        """Asking it again changes nothing: it is about a topic, or in words, and not one of the bot's own panels."""
        return self.question is not None and (self.reply.topic is not None or isinstance(self.question, FreeText))


@dataclass(slots=True)
class Room:
    """One browser's chat. ``name`` is the cookie's secret value; ``notice`` is shown once."""

    name: str
    user_language: str | None = None
    notice: str = ""
    turns: deque[Turn] = field(default_factory=lambda: deque(maxlen=MAX_TURNS))
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def address(self) -> Address:
        """Where this chat is, with a chat id that gives no cookie away."""
        return Address(PLATFORM, chat_id_of(self.name))

    def add(self, asked: str, question: Question | None, reply: Reply, at: datetime, answered_from: str) -> Turn:
        turn = Turn(next(self._numbers), asked, question, reply, at, answered_from)
        self.turns.append(turn)
        return turn

    def turn(self, number: int) -> Turn | None:
        return next((turn for turn in self.turns if turn.number == number), None)


def chat_id_of(name: str) -> int:
    """A number of 48 bits, the same for the same room whenever we run."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=6).digest())


class Rooms:
    """The rooms used last; the oldest make way."""

    def __init__(self) -> None:
        self._rooms: OrderedDict[str, Room] = OrderedDict()

    def enter(self, name: str | None) -> Room:
        """The room of a cookie; a new one where there is no cookie, or it is none of ours."""
        if name is None or not _NAME.fullmatch(name):
            name = secrets.token_urlsafe(16)
        room = self._rooms.setdefault(name, Room(name))
        self._rooms.move_to_end(name)
        while len(self._rooms) > MAX_ROOMS:
            self._rooms.popitem(last=False)
        return room

    def at(self, address: Address) -> Room | None:
        """The room at an address; None where it has made way."""
        return next((room for room in self._rooms.values() if room.address == address), None)


KEEP_ALIVE_SECONDS = 15.0


MAX_STREAMS = 200


_RETRY = b"retry: 1000\n\n"


_CHANGED = b"event: changed\ndata: -\n\n"


_STILL_HERE = b": still here\n\n"


@dataclass(slots=True)
class Streams:
    """The open streams, by room. A page that hears ``changed`` fetches itself anew.

    Each stream begins with it, so what happened before it was open, or while it was broken, is not missed.
    """

    _open: defaultdict[str, set[asyncio.Event]] = field(default_factory=lambda: defaultdict(set))
    _closing: bool = False

    def tell_all(self) -> None:
        """Every page is told."""
        for room in self._open.copy():
            self.tell(room)

    def tell(self, room: str) -> None:
        """The pages of one room are told."""
        for wake in self._open.get(room, ()):
            wake.set()

    async def close(self, _app: web.Application) -> None:
        """Ends every stream, so that shutting down waits for none."""
        self._closing = True
        self.tell_all()

    async def serve(self, request: web.Request, room: str) -> web.StreamResponse:
        """Streams until the page goes away or we do.

        Raises:
            web.HTTPServiceUnavailable: too many pages are open.
        """
        if sum(map(len, self._open.values())) >= MAX_STREAMS:
            raise web.HTTPServiceUnavailable(text="Too many previews are open.\n")
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        wake = asyncio.Event()
        self._open[room].add(wake)
        try:
            await response.write(_RETRY + _CHANGED)
            await self._pump(response, wake)
        except ConnectionError:
            pass
        finally:
            self._open[room].discard(wake)
            if not self._open[room]:
                del self._open[room]
        return response

    async def _pump(self, response: web.StreamResponse, wake: asyncio.Event) -> None:
        while not self._closing:
            try:
                async with asyncio.timeout(KEEP_ALIVE_SECONDS):
                    await wake.wait()
            except TimeoutError:
                await response.write(_STILL_HERE)
                continue
            wake.clear()
            if not self._closing:
                await response.write(_CHANGED)


Payload = Callable[[Reply], Mapping[str, Any]]
"""What a platform would be sent for a reply."""


Pictures = Callable[[Reply], Awaitable[Shown | None]]
"""The picture that goes with a reply; None where it goes without."""


@dataclass(slots=True)
class Preview:
    """A platform of its own, whose every reader may change everything in their own chat.

    ``payloads`` is read anew for each reply; a platform without one has no column.
    """

    conversation: Conversation
    payloads: Mapping[str, Payload]
    pictures: Pictures
    now: Callable[[], datetime]
    rooms: Rooms = field(default_factory=Rooms)
    streams: Streams = field(default_factory=Streams)

    def language(self, room: Room) -> Language:
        """The language chosen in the room, else its browser's."""
        return self.conversation.language(room.address, room.user_language)

    async def hear(self, room: Room, text: str) -> None:
        """Somebody typed something, or pressed what stands for it."""
        question = parse_question(text)
        reply = await self._reply(room, question)
        room.add(text.strip(), question, reply, self.now(), self._state(room))

    async def press(self, room: Room, number: int, data: str) -> None:
        """Somebody pressed a button under a reply, which the answer then replaces, as on the platforms."""
        turn = room.turn(number)
        question = from_token(data, self.conversation.live.dossier)
        if turn is None or question is None:
            phrases = phrases_in(self.language(room))
            room.notice = phrases.say("That button is out of date. Ask again, and you get one that works.")
            return
        turn.question, turn.reply = question, await self._reply(room, question)
        turn.answered_from = self._state(room)

    async def choose_language(self, room: Room, language: str) -> None:
        """The same as saying ``/language``, without an answer."""
        await self._reply(room, Command("language", language))

    async def refresh(self, room: Room) -> None:
        """Answers anew whatever the edition, the day or the language has changed since."""
        state = self._state(room)
        for turn in room.turns:
            question = turn.question if turn.answered_from != state and turn.may_be_asked_again else None
            if question is not None and self._still_known(question):
                turn.reply = await self._reply(room, question)
            turn.answered_from = state

    def deliver(self, address: Address, reply: Reply) -> int | None:
        """Shows a reply that nobody asked for (a bulletin) in the pages open at the address.

        Returns what names it there; None where that chat is gone.
        """
        room = self.rooms.at(address)
        if room is None:
            return None
        turn = room.add("", None, reply, self.now(), self._state(room))
        self.streams.tell(room.name)
        return turn.number

    def redeliver(self, address: Address, number: int, reply: Reply) -> bool:
        """Puts another reply in place of a delivered one. False where that is gone."""
        room = self.rooms.at(address)
        turn = room.turn(number) if room else None
        if room is None or turn is None:
            return False
        turn.reply = reply
        self.streams.tell(room.name)
        return True

    async def _reply(self, room: Room, question: Question) -> Reply:
        return await self.conversation.respond(Message(room.address, "private", question, room.user_language, _always))

    def _state(self, room: Room) -> str:
        dossier = self.conversation.live.dossier
        return f"{dossier.version} {len(dossier.bulletins)} {self.conversation.today()} {self.language(room)}"

    def _still_known(self, question: Question) -> bool:
        if not isinstance(question, (AboutTopic, AboutBulletin)):
            return True
        return from_token(token(question), self.conversation.live.dossier) is not None


async def _always() -> bool:
    return True


_CLOSED = "the preview is closed"


class PreviewSender:
    """A :class:`~bot.delivery.sender.Sender`. Nothing leaves the process, so nothing needs to be paced or repeated."""

    platform = PLATFORM
    lease_name = PLATFORM
    limits = Limits(per_second=1000, chat_seconds=0)

    def __init__(self, preview: Preview) -> None:
        self._preview = preview
        self._first = (
            secrets.randbelow(2**32) * 1_000_000
        )  # so that no message of before a restart is taken for another

    async def send(self, address: Address, message: OutgoingMessage) -> Outcome:
        """Shows the message; the chat is gone where its browser has not been seen since we started."""
        number = self._preview.deliver(address, message.reply)
        return Gone(_CLOSED) if number is None else Delivered(self._first + number)

    async def edit(self, address: Address, message_id: int, message: OutgoingMessage) -> Outcome:
        """Puts the reply in place of the one shown."""
        is_shown = self._preview.redeliver(address, message_id - self._first, message.reply)
        return Delivered(message_id) if is_shown else MessageGone()

    async def crosspost(self, address: Address, message_id: int) -> CrosspostOutcome:
        """A preview has no followers."""
        return Refused("not in a preview")


_KEPT = 256
"""How many turns are kept as they were shown, at a few kilobytes each: most of a page is the same as before."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Where a picture is, and its words."""

    src: str
    alt: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A command as the page offers it; ``label`` is what a chip shows, None for what is offered only while typing."""

    command: str
    summary: str
    label: str | None


_BULLETINS = "bulletins/"
"""Where the files of bulletins are."""


async def preview_page(preview: Preview, room: Room, theme: str, *, strangers: bool = False) -> str:
    """The page as it stands now; what is to be told once is told.

    ``strangers`` are not shown what is wrong with a bulletin's file: it may be one under embargo.
    """
    dossier = preview.conversation.live.dossier
    language = preview.language(room)
    found = preview.conversation.live.diagnostics
    diagnostics = tuple(each for each in found if not (strangers and each.path.startswith(_BULLETINS)))
    notice, room.notice = room.notice, ""
    pictures = {turn.number: await _picture(preview, turn) for turn in room.turns if turn.reply.shows}
    return page(
        "preview.html",
        say=phrases_in(language).say,
        count=phrases_in(language).count,
        title=Composer(dossier, language).line(dossier.header.title[language]),
        language=language,
        languages=[(each, language_name(each)) for each in dossier.languages],
        theme=theme,
        errors=_only(diagnostics, warnings=False),
        warnings=_only(diagnostics, warnings=True),
        notice=notice,
        suggestions=list(_suggestions(dossier, language)),
        columns=[
            (name, label, list(_turns(room, name, preview.payloads[name], pictures, language)))
            for name, label in NAMES.items()
            if name in preview.payloads
        ],
    )


async def _picture(preview: Preview, turn: Turn) -> Picture | None:
    shown = await preview.pictures(turn.reply)
    return Picture(f"/preview/pictures/{turn.number}?{shown.digest}", shown.alt) if shown else None


def _only(diagnostics: tuple[Diagnostic, ...], *, warnings: bool) -> list[Diagnostic]:
    return [diagnostic for diagnostic in diagnostics if diagnostic.blocks is not warnings]


def _turns(
    room: Room, platform: str, payload_of: Payload, pictures: Mapping[int, Picture | None], language: Language
) -> Iterator[Markup]:
    for turn in room.turns:
        picture = pictures.get(turn.number)
        yield _turn(platform, payload_of, turn.reply, turn.number, turn.asked, turn.at, picture, language)


@lru_cache(maxsize=_KEPT)
def _turn(
    platform: str,
    payload_of: Payload,
    reply: Reply,
    number: int,
    asked: str,
    at: datetime,
    picture: Picture | None,
    language: Language,
) -> Markup:
    """A turn as a platform shows what it is sent."""
    shown = {"payload": payload_of(reply), "number": number, "asked": asked, "at": at, "picture": picture}
    return Markup(page("turn.html", platform=platform, turn=shown, say=phrases_in(language).say))  # noqa: S704  escaped


def _suggestions(dossier: Dossier, language: Language) -> Iterator[Suggestion]:
    composer = Composer(dossier, language)
    for entry in topic_entries(dossier, language):
        topic = dossier.topics[entry.topic] if entry.topic else None
        label = f"{topic.emoji} {composer.line(topic.title[language])}" if topic and not topic.is_program else None
        yield Suggestion(entry.command, entry.summary, label)
    for entry in bot_entries(language):
        yield Suggestion(entry.command, entry.summary, None)


MAX_TEXT_CHARACTERS = 4096
"""As long as a message may be on Telegram (core.telegram.org/bots/api#message)."""


MAX_DATA_CHARACTERS = 100
"""As long as Discord lets a button's data be; Telegram's is shorter."""


MAX_FORM_BYTES = 64 * 1024
"""4096 characters of four bytes, each byte as ``%xx``, and a little."""


MAX_FIELDS = 8


HOME = "/preview"


STATIC = Path(__file__).parent / "static"


THEMES = ("auto", "light", "dark")


_ROOM, _THEME = "preview", "theme"


class Listener:
    """The preview's routes, for who knows the password; where it is None for this machine alone, or for ``everybody``."""

    def __init__(self, preview: Preview, password: str | None = None, *, everybody: bool = False) -> None:
        self._preview = preview
        self._password = password
        self._everybody = everybody
        self._guesses = Guesses()

    def add_to(self, app: web.Application) -> None:
        """Adds the routes, and tells open pages of every new reading of the content."""
        app.router.add_get(HOME, self._guarded(self.show))
        app.router.add_get(f"{HOME}/events", self._guarded(self.events))
        app.router.add_get(f"{HOME}/pictures/{{turn}}", self._guarded(self.picture))
        app.router.add_post(f"{HOME}/messages", self._guarded(self.say))
        app.router.add_post(f"{HOME}/presses", self._guarded(self.press))
        app.router.add_post(f"{HOME}/language", self._guarded(self.choose_language))
        app.router.add_post(f"{HOME}/theme", self._guarded(self.choose_theme))
        self._preview.conversation.live.on_change(self._preview.streams.tell_all)
        app.on_shutdown.append(self._preview.streams.close)

    async def show(self, request: web.Request) -> web.Response:
        """The page; a new chat begins with ``/start``, as on Telegram."""
        room = self._room(request)
        if not room.turns:
            await self._preview.hear(room, "/start")
        await self._preview.refresh(room)
        theme = request.cookies.get(_THEME, "")
        knows_us = self._password is not None or not from_afar(request)
        text = await preview_page(self._preview, room, theme if theme in THEMES else THEMES[0], strangers=not knows_us)
        response = web.Response(text=text, content_type="text/html", headers={"Cache-Control": "no-store"})
        return _known(request, response, room)

    async def events(self, request: web.Request) -> web.StreamResponse:
        """The stream that tells the page to fetch itself anew."""
        return await self._preview.streams.serve(request, self._room(request).name)

    async def picture(self, request: web.Request) -> web.Response:
        """The picture that goes with a reply. Its address changes with what it shows, so it may be kept."""
        turn = self._room(request).turn(_number(request.match_info["turn"]))
        shown = await self._preview.pictures(turn.reply) if turn else None
        if shown is None:
            raise web.HTTPNotFound(text="There is no such picture.\n")
        headers = {"Cache-Control": "private, max-age=86400, immutable"}
        return web.Response(body=shown.png, content_type="image/png", headers=headers)

    async def say(self, request: web.Request) -> web.Response:
        """Something typed, or a suggestion pressed."""
        text = _field(await _form(request), "text", MAX_TEXT_CHARACTERS)
        room = self._room(request)
        if text.strip():
            await self._preview.hear(room, text)
        return _known(request, _back(), room)

    async def press(self, request: web.Request) -> web.Response:
        """A button under a reply."""
        form = await _form(request)
        turn, data = _field(form, "turn", 9), _field(form, "data", MAX_DATA_CHARACTERS)
        room = self._room(request)
        await self._preview.press(room, _number(turn), data)
        return _known(request, _back(), room)

    async def choose_language(self, request: web.Request) -> web.Response:
        """One of the dossier's languages; any other changes nothing."""
        language = _field(await _form(request), "language", 20)
        room = self._room(request)
        await self._preview.choose_language(room, language)
        return _known(request, _back(f"#language-{language}" if language.isalpha() else ""), room)

    async def choose_theme(self, request: web.Request) -> web.Response:
        """Light, dark, or as the system has it; kept in a cookie."""
        theme = _field(await _form(request), "theme", 20)
        response = _back()
        if theme in THEMES:
            _set_cookie(request, response, _THEME, theme)
        return response

    def _guarded(self, handler: Handler) -> Handler:
        if self._password is None and not self._everybody:
            return near_only(handler)
        return guarded(handler, self._password, self._guesses)

    def _room(self, request: web.Request) -> Room:
        room = self._preview.rooms.enter(request.cookies.get(_ROOM))
        known = self._preview.conversation.live.dossier.languages
        room.user_language = preferred(request.headers.get("Accept-Language", ""), known)
        return room


async def _form(request: web.Request) -> Mapping[str, str]:
    """The form of a request, as browsers send one without files.

    Raises:
        web.HTTPForbidden: another site's page sent it.
        web.HTTPRequestEntityTooLarge: it is larger than any form of ours.
        web.HTTPBadRequest, web.HTTPUnsupportedMediaType: it is no such form.
    """
    refuse_other_sites(request)
    if request.content_type != "application/x-www-form-urlencoded":
        raise web.HTTPUnsupportedMediaType(text="Expected a form (application/x-www-form-urlencoded).\n")
    try:
        body = await request.clone(client_max_size=MAX_FORM_BYTES).read()
        return dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except (ValueError, web.RequestPayloadError):
        raise web.HTTPBadRequest(text="Expected a form with a few fields.\n") from None


def _field(form: Mapping[str, str], name: str, max_characters: int) -> str:
    value = form.get(name)
    if value is None or len(value) > max_characters:
        raise web.HTTPBadRequest(text=f"{name}: expected a text of at most {max_characters} characters.\n")
    return value


def _number(text: str) -> int:
    """The number of a turn; 0, which none has, where it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _back(fragment: str = "") -> web.Response:
    return web.Response(status=303, headers={"Location": HOME + fragment, "Cache-Control": "no-store"})


def _known(request: web.Request, response: web.Response, room: Room) -> web.Response:
    """The response, with the room's cookie where the browser has none or another."""
    if request.cookies.get(_ROOM) != room.name:
        _set_cookie(request, response, _ROOM, room.name)
    return response


def _set_cookie(request: web.Request, response: web.Response, name: str, value: str) -> None:
    secure = scheme_of(request) == "https"
    response.set_cookie(name, value, path=HOME, httponly=True, samesite="Strict", secure=secure)
