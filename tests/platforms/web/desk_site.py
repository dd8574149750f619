"""A whole newsroom with its desk over HTTP, for the desk's tests with and without a browser."""

import re
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

from bot.db.changes import Person
from bot.db.store import Store
from bot.dossier.entries import Content, Key
from bot.dossier.models import Language
from bot.feeds.review import Review
from bot.newsroom.change_rules import Rules
from bot.newsroom.editors_chat import EditorsChat
from bot.platforms import PLATFORMS
from bot.platforms.web.desk.change import Senders
from bot.platforms.web.desk.pages import DeskPages
from bot.platforms.web.desk.sign_in import HOME, SignIn
from bot.platforms.web.security_headers import add_security_headers
from bot.platforms.web.static_files import add_static_files
from bot.reader import Address
from bot.schedule import Subscription
from tests.clocks import MovedClock
from tests.conftest import not_none
from tests.newsroom.office import Office
from tests.platforms.web.site import coming_from, text_of

ANNA = Person("telegram:1", "Anna", Language("en"))
OWNER = Person("telegram:9", "Olga", Language("en"))
BUDI = Person("telegram:2", "Budi", Language("id"))
RULES = Rules(needs_two=True, owners=frozenset({OWNER.account}))
READER = Address("telegram", "7")
OTHER = Address("telegram", "8")

NEW = "bulletins/new-1"
FIRST = "bulletins/2026-01-05-first-crossing"
TEXTS = {
    f"{NEW}|title|en": "Fares fall",
    f"{NEW}|title|id": "Tarif turun",
    f"{NEW}|body|en": "From Monday.",
    f"{NEW}|body|id": "Mulai Senin.",
}

_CONTROL = re.compile(
    r"<(input|textarea|select)\b([^>]*)>(?:([^<]*)</textarea>)?(?:((?:\s*<option[^>]*>[^<]*</option>)*)\s*</select>)?"
)


class Newsdesk(Office):
    """A desk that is served, and the browsers at it. Nothing happens by itself: a test says when the worker looks."""

    address: str

    def __init__(self, *args: Any, **how: Any) -> None:
        super().__init__(*args, **how)
        self.open = list[aiohttp.ClientSession]()

    async def visitor(self) -> aiohttp.ClientSession:
        """A browser without cookies."""
        session = aiohttp.ClientSession(self.address, cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.open.append(session)
        return session

    async def signed_in(self, person: Person) -> "Visitor":
        browser = await self.visitor()
        await self.store.sign_ins.invite(f"link-of-{person.name}", person)
        return Visitor(browser, _token(await text_of(browser.post(f"{HOME}/enter/link-of-{person.name}"))))

    async def bulletin(self, number: int = 1, key: str = NEW) -> Content:
        return not_none((await self.contents(number))[Key(key)])

    async def unused_source(self) -> None:
        """A deploy brings a source that nothing refers to."""
        file = self.folder / "sources.yaml"
        spare = "spare:\n  publisher: Spare\n  url: https://spare.example/a\n"
        file.write_text(file.read_text("utf-8") + spare, "utf-8")
        await self.deploy()

    async def agree(self, number: int, approver: "Visitor") -> None:
        """A change that waits is approved, and comes into force."""
        status, page = await approver.press(number, "approve")
        assert status == 200, page
        await self.wait()

    async def through(
        self, number: int, writer: "Visitor", approver: "Visitor", texts: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """A change with these texts is asked for, approved, and comes into force."""
        status, page = await writer.ask(number, texts)
        assert status == 200, page
        await self.agree(number, approver)

    async def in_force(self, anna: "Visitor", budi: "Visitor", **texts: str) -> str:
        """Change 1, a bulletin, came into force; its key."""
        await self.store.readers.meet(READER, "private")
        await self.store.subscriptions.put(READER, Subscription())
        await anna.send("new")
        await self.through(1, anna, budi, TEXTS | texts)
        [key] = await self.contents(1)
        return key


@dataclass
class Visitor:
    """A browser in which somebody is signed in."""

    browser: aiohttp.ClientSession
    token: str

    async def send(self, path: str, *more: tuple[str, str], **fields: str) -> tuple[int, str]:
        """Sends a form, follows where it leads. ``more``: fields of a name that the form has several times."""
        return await self._post(path, [*{"token": self.token, **fields}.items(), *more])

    async def _post(self, path: str, fields: list[tuple[str, str]]) -> tuple[int, str]:
        data = BytesIO(urlencode(fields, errors="replace").encode())
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        async with self.browser.post(f"{HOME}/{path}", data=data, headers=headers) as answer:
            return answer.status, await answer.text()

    async def see(self, path: str = "") -> str:
        return await text_of(self.browser.get(f"{HOME}{path}"), None)

    async def form(self, number: int) -> "Form":
        """The form of a change, as a browser without a script has it."""
        return Form.of(await self.see(f"/{number}"))

    async def submit(self, number: int, form: "Form", to: str = "save", **also: str) -> tuple[int, str]:
        fields = [each for each in form.fields if each[0] not in also]
        return await self._post(f"{number}/{to}", [*fields, *also.items()])

    async def fill(self, number: int, texts: Mapping[str, str], to: str = "save", **also: str) -> tuple[int, str]:
        """Loads the page, types, and sends the whole form."""
        form = await self.form(number)
        for name, text in texts.items():
            form.type(name, text)
        return await self.submit(number, form, to, **also)

    async def ask(self, number: int, texts: Mapping[str, str] = MappingProxyType({})) -> tuple[int, str]:
        """Types, and asks for approval."""
        return await self.fill(number, texts, "decide", action="ask")

    async def form_at(self, path: str) -> "Form":
        """The form of another page on which a change is written."""
        return Form.of(await self.see(path))

    async def submit_at(self, path: str, form: "Form", to: str = "", **also: str) -> tuple[int, str]:
        where = path.removeprefix("/") if not to else f"{path.split('/')[1]}/{to}"
        return await self._post(where, [*form.fields, *also.items()])

    async def fill_at(self, path: str, texts: Mapping[str, str], to: str = "", **also: str) -> tuple[int, str]:
        """Loads the page, types, and sends its form."""
        form = await self.form_at(path)
        for name, text in texts.items():
            form.type(name, text)
        return await self.submit_at(path, form, to, **also)

    async def press(self, number: int, action: str, **fields: str) -> tuple[int, str]:
        """A button under a change that only waits for a decision."""
        page = await self.see(f"/{number}")
        found = re.search(r'name="version" value="(\d+)"', page)
        assert found, page
        return await self.send(f"{number}/decide", version=found[1], action=action, **fields)


@dataclass
class Form:
    """The fields of a page's form with their values, in order."""

    fields: list[tuple[str, str]]

    @classmethod
    def of(cls, page: str) -> "Form":
        found = re.search(r'<form id="change".*?</form>', page, re.DOTALL)
        assert found, page
        fields: list[tuple[str, str]] = []
        for tag, attributes, text, options in _CONTROL.findall(found[0]):
            given = dict(re.findall(r'([\w-]+)="([^"]*)"', attributes))
            if "name" not in given:
                continue
            if given.get("type") in ("checkbox", "radio") and not re.search(r"\bchecked\b", attributes):
                continue
            value = given.get("value", "on" if given.get("type") == "checkbox" else "")
            if tag == "textarea":
                value = text.removeprefix("\n")
            if tag == "select":
                chosen = re.findall(r'value="([^"]*)" selected', options)
                value = chosen[0] if chosen else ""
            fields.append((given["name"], unescape(value)))
        return cls(fields)

    def type(self, name: str, text: str) -> None:
        assert any(each == name for each, _ in self.fields), name
        self.fields = [(each, text if each == name else value) for each, value in self.fields]

    def tick(self, name: str, *values: str) -> None:
        """Ticks these boxes and no others."""
        self.fields = [each for each in self.fields if each[0] != name] + [(name, value) for value in values]

    def __getitem__(self, name: str) -> str:
        return dict(self.fields)[name]


def _token(page: str) -> str:
    found = re.search(r'name="token" value="([0-9a-f]{64})"', page)
    assert found, page[:2000]
    return found[1]


@asynccontextmanager
async def served_desk(
    store: Store,
    folder: Path,
    clock: MovedClock | None,
    people: Iterable[str] = (ANNA.account, BUDI.account, OWNER.account),
    rules: Rules = RULES,
    *,
    comes_from: str = "127.0.0.1",
    static: bool = False,
    senders: Senders = MappingProxyType({}),
) -> AsyncIterator[Newsdesk]:
    """The newsroom of a folder. Without people it is the demo editor's, as without tokens.

    Args:
        store: its database.
        folder: its files, which are in force at once.
        clock: the database's. None: its own one.
        people: the editors' accounts.
        rules: who decides.
        comes_from: the address from which requests seem to come.
        static: whether style sheets and scripts are served, too, as a browser needs them.
        senders: what writes to an editor.
    """
    named = frozenset(people)
    newsdesk = Newsdesk(store, folder, clock or MovedClock(), rules=rules, chat=EditorsChat(store, named=named))
    sign_in = SignIn(store.sign_ins, newsdesk.editors, newsdesk.live, is_demo=not named)
    review = Review(store, newsdesk.live, newsdesk.editors, newsdesk.desk, lambda: None)
    app = web.Application(middlewares=[coming_from(comes_from)])
    add_security_headers(app)
    if static:
        add_static_files(app, PLATFORMS)
    DeskPages(newsdesk.desk, sign_in, PLATFORMS, {}, review, senders=senders).add_routes(app)
    runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    newsdesk.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        await newsdesk.look(1)
        yield newsdesk
    finally:
        for session in newsdesk.open:
            await session.close()
        await runner.cleanup()
