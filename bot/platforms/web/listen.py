"""The preview's HTTP: forms in, pages out. Every form leads back to the page, so it works without a script too."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl

from aiohttp import web

from bot.platforms.web.forwarded import scheme_of
from bot.platforms.web.guard import Handler, from_afar, guarded, near_only
from bot.platforms.web.guesses import Guesses
from bot.platforms.web.headers import refuse_other_sites
from bot.platforms.web.languages import preferred
from bot.platforms.web.preview import Preview
from bot.platforms.web.rooms import Room

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
        self._preview.conversation.edition.on_change(self._preview.streams.tell_all)
        app.on_shutdown.append(self._preview.streams.close)

    async def show(self, request: web.Request) -> web.Response:
        """The page; a new chat begins with ``/start``, as on Telegram."""
        from bot.platforms.web.preview_page import preview_page  # noqa: PLC0415  templates cost memory until looked at

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
        known = self._preview.conversation.edition.dossier.languages
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
