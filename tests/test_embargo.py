"""``not_before``: until that moment nothing of a bulletin shows anywhere, and from then on it shows everywhere.

The word ZWARTVOGEL stands in the title, body and id of a bulletin under embargo, and in the source and the fact that only it
names. Every route to readers is asked twice before the moment, so that whatever is kept is kept, and once after it, in the
same running process and on the same day.
"""

import json
import os
import subprocess
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import count, product
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.dossier.diagnostics import Diagnostic
from bot.dossier.loader import load
from bot.dossier.models import Bulletin, BulletinId, Dossier, Language, TopicId
from bot.live_dossier import LiveDossier
from bot.newsroom.correction_history import Corrections
from bot.pictures.picture import draw
from bot.pictures.raster import PNG_END, PNG_START
from bot.pictures.service import PictureService, PictureStore
from bot.platforms.discord.commands import suggestions
from bot.platforms.discord.render import render as discord
from bot.platforms.telegram.render import payload as telegram
from bot.platforms.web import public_pages, published_feeds
from bot.platforms.web.page_context import PageContext
from bot.platforms.web.preview import PreviewRoutes
from bot.platforms.web.public_routes import PublicPages
from bot.replies.answer import answer
from bot.replies.question import AboutBulletin, AboutTopic, Command, FreeText, ShowPicture, from_token, token
from bot.subscriptions.settings_panel import followable
from tests.conftest import TODAY, not_none
from tests.fork_server import nota
from tests.platforms.discord.conftest import talking as on_discord
from tests.platforms.telegram.conftest import talking as on_telegram
from tests.platforms.telegram.updates import inline_query, message, press, user
from tests.platforms.web.site import Site, chatting, serving, text_of
from tests.servers.discord_people import MANAGER
from tests.servers.telegram import Called
from tests.tables import cases

SECRET = "zwartvogel"
NAME = BulletinId("2026-11-23-zwartvogel")
NEWS_ID = TopicId("news")
PRESSED = token(AboutBulletin(NAME))
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
JUST_BEFORE = NOON - timedelta(microseconds=1)

SOURCE = """
zwartvogel:
  publisher: Zwartvogel Press
  title: Zwartvogel says
  url: https://zwartvogel.example/zwartvogel
  published: 2026-11-23
zwartvogel-figures:
  publisher: Zwartvogel Figures
  url: https://zwartvogel.example/figures
"""
FACT = "zwartvogel: {type: number, value: 31337, sources: [zwartvogel-figures], checked: 2026-11-23}\n"
BULLETIN = """
date: 2026-11-23
not_before: {not_before}
title: {{en: Zwartvogel crosses in silence, id: Zwartvogel menyeberang}}
body: {{en: "The Zwartvogel carries {{zwartvogel}} people.", id: "Zwartvogel membawa {{zwartvogel}} orang."}}
topics: [fare]
sources: [zwartvogel, harbour]
picture: card
"""
NEWS = """
picture: news
title: {en: Bulletins, id: Buletin}
summary: {en: What is new, id: Yang baru}
body: {en: The latest., id: Yang terbaru.}
"""


@dataclass
class Clock:
    """The clock that the embargo goes by."""

    moment: datetime = JUST_BEFORE

    def __call__(self) -> datetime:
        return self.moment


def put_under_embargo(folder: Path, not_before: datetime = NOON) -> None:
    """Adds the bulletin to a dossier, and a topic with the picture of all bulletins."""
    for name, more in (("sources.yaml", SOURCE), ("facts.yaml", FACT)):
        (folder / name).write_text((folder / name).read_text("utf-8") + more, "utf-8")
    text = BULLETIN.format(not_before=not_before.isoformat())
    (folder / "bulletins" / f"{NAME}.yaml").write_text(text, "utf-8")
    (folder / "topics" / "news.yaml").write_text(NEWS, "utf-8")


@pytest.fixture
def embargoed(folder: Path) -> Path:
    """A content folder."""
    put_under_embargo(folder)
    return folder


@pytest.fixture
def dossier(embargoed: Path) -> Dossier:
    """All of it, as editors have it."""
    return not_none(load(embargoed, TODAY).dossier)


def mentions_it(text: str) -> bool:
    """Whether something of the bulletin shows."""
    return any(sign in text.lower() for sign in (SECRET, "31337", "31,337", "31.337"))


Route = Callable[[], Coroutine[Any, Any, str]]


async def check(routes: dict[str, Route], clock: Clock) -> None:
    """Nothing before, everything after, whatever was kept."""
    for _ in range(2):
        leaking = [name for name, route in routes.items() if mentions_it(await route())]
        assert leaking == []
    clock.moment = NOON
    silent = [name for name, route in routes.items() if not mentions_it(await route())]
    assert silent == []


class TestPages:
    """What the web server shows."""

    @pytest.fixture
    def clock(self) -> Clock:  # type: ignore[override]
        return Clock()

    @pytest.fixture
    async def site(self, embargoed: Path, clock: Clock) -> AsyncIterator[Site]:
        async with serving(embargoed, now=clock) as site:
            yield site

    async def test_pages_feeds_and_sitemap(self, site: Site, clock: Clock) -> None:
        """In each language; also the lists beside another bulletin, and on the page that says there is none."""
        paths = ["/", "/en", "/id", "/en/bulletins/2026-01-05-first-crossing", "/nowhere", "/bulletins.atom"]
        paths += ["/id/bulletins.atom", "/sitemap.xml"]
        paths += [f"/bulletins/{NAME}", f"/en/bulletins/{NAME}", f"/id/bulletins/{NAME}"]
        async with aiohttp.ClientSession(site.address) as session:

            def page_at(path: str) -> Route:
                async def read() -> str:
                    async with session.get(path) as response:
                        return await response.text() + str(response.headers)

                return read

            await check({path: page_at(path) for path in paths}, clock)

    async def test_its_address_is_like_one_that_leads_nowhere(self, site: Site, clock: Clock) -> None:
        """Nobody can tell a bulletin to come from one that never was."""
        async with aiohttp.ClientSession(site.address) as session:

            async def fetched(path: str) -> tuple[int, bytes]:
                async with session.get(path) as found:
                    return found.status, await found.read()

            for path in ("/bulletins/{}", "/en/bulletins/{}", "/pictures/en/bulletin/{}"):
                assert await fetched(path.format(NAME)) == await fetched(path.format("2026-11-23-never-was"))
            clock.moment = NOON
            for path in ("/bulletins/{}", "/en/bulletins/{}", "/pictures/en/bulletin/{}"):
                assert (await fetched(path.format(NAME)))[0] == 200

    @pytest.mark.slow
    async def test_pictures(self, site: Site, clock: Clock, dossier: Dossier) -> None:
        """That of all bulletins is drawn without it, and with it from the moment on."""
        news = AboutTopic(TopicId("news"))
        async with aiohttp.ClientSession(site.address) as session:

            async def etag() -> str:
                async with session.get("/pictures/en/topic/news") as response:
                    assert response.status == 200
                    assert response.headers["Cache-Control"] == "public, max-age=60"
                    return response.headers["ETag"]

            first = await etag()
            assert await etag() == first
            clock.moment = NOON
            assert await etag() != first
        before, after = (draw(dossier.published(now), news, "en", TODAY) for now in (JUST_BEFORE, NOON))
        assert before is not None
        assert after is not None
        assert (mentions_it(before.svg + before.alt), mentions_it(after.svg), mentions_it(after.alt)) == (
            False,
            True,
            True,
        )

    async def test_preview(self, site: Site, clock: Clock) -> None:
        """Shows what readers are shown: typed, pressed, and what was asked before is answered anew."""
        jar = aiohttp.CookieJar(unsafe=True)  # cookies for an IP address
        async with aiohttp.ClientSession(site.address, cookie_jar=jar) as session:

            async def after(path: str = "", **form: str) -> str:
                async with session.post(f"/preview/{path}", data=form) as response:
                    assert response.status == 200
                    page = await response.text()
                    return page.replace(f">/start {NAME}<", "")  # what was typed is shown as typed

            async def page() -> str:
                return (await text_of(session.get("/preview"))).replace(f">/start {NAME}<", "")

            await page()
            assert not mentions_it(await after("messages", text="/news"))
            assert not mentions_it(await after("messages", text=f"/start {NAME}"))
            assert not mentions_it(await after("messages", text="/sources"))
            assert not mentions_it(await after("presses", exchange="1", data=PRESSED))
            assert not mentions_it(await page())
            clock.moment = NOON
            assert (await page()).lower().count("zwartvogel crosses in silence") >= 2
            assert "31,337" in await after("presses", exchange="1", data=PRESSED)

    async def test_what_is_wrong_with_its_file_is_not_shown_to_strangers(self, embargoed: Path) -> None:
        """Where the preview is open to a network, they are not shown the names of bulletins' files."""

        @web.middleware
        async def is_remote(request: web.Request, handler: Callable[[web.Request], Any]) -> web.StreamResponse:
            given = request.clone(remote=request.headers.get("From", "127.0.0.1"))
            given._match_info = request.match_info  # clone() leaves the route out
            response: web.StreamResponse = await handler(given)
            return response

        async with chatting(embargoed) as preview:
            preview.conversation.live.diagnostics = (
                Diagnostic(
                    f"bulletins/{NAME}.yaml", (), "zwartvogel is misspelt", "expected another", "warning", line=3
                ),
                Diagnostic("topics/fare.yaml", (), "too long", "expected less", "warning", line=3),
            )
            app = web.Application(middlewares=[is_remote])
            PreviewRoutes(preview, is_public=True).add_routes(app)
            async with TestClient(TestServer(app)) as client:
                near = await (await client.get("/preview")).text()
                afar = await (await client.get("/preview", headers={"From": "192.0.2.7"})).text()
        assert (mentions_it(near), mentions_it(afar), "topics/fare.yaml" in afar) == (True, False, True)


class TestAtTheMoment:
    """The embargo ends while something is made: it is kept, if at all, as what it was before the moment."""

    @dataclass
    class Passing:
        """The moment comes between two looks at the clock."""

        before: int

        def __call__(self) -> datetime:
            self.before -= 1
            return JUST_BEFORE if self.before >= 0 else NOON

    async def test_in_the_next_reply_everything_shows(self, embargoed: Path) -> None:
        """However many looks at the clock come before it: a reply in a chat, pages, feeds, a chart's figures, and the preview's refresh."""
        clock = self.Passing(0)
        async with chatting(embargoed, now=clock) as preview:
            conversation, chat = preview.conversation, preview.chats.open(None)
            pages = PublicPages(conversation, preview.pictures, Corrections(conversation.store))

            async def at(path: str) -> str:
                return await text_of(client.get(path))

            async def reply() -> str:
                return str(conversation.dossier_reply(AboutTopic(NEWS_ID), Language("en")))

            async def messages() -> str:
                await preview.refresh(chat)
                return str([exchange.reply for exchange in chat.exchanges])

            app = web.Application()
            pages.add_routes(app)
            async with TestClient(TestServer(app)) as client:
                routes = {path: partial(at, path) for path in ("/en", "/en/bulletins.atom", "/sitemap.xml")}
                routes |= {"/pictures/en/topic/news.csv": partial(at, "/pictures/en/topic/news.csv"), "reply": reply}
                for looks, (name, route) in product(range(1, 9), routes.items()):
                    clock.before = looks
                    await route()
                    clock.before = 0
                    assert mentions_it(await route()), (looks, name)
                for looks in range(1, 9):
                    clock.before = looks
                    await preview.ask(chat, "/news")
                    clock.before = 0
                    assert mentions_it(await messages()), looks


def pictures_in(folder: Path, drawn: list[str]) -> Callable[[LiveDossier], PictureService]:
    """Makes galleries that draw in no time; what they have ``drawn`` is kept as text."""

    def rasterise(svg: str) -> bytes:
        drawn.append(svg)
        return PNG_START + svg.encode() + PNG_END

    return lambda live: PictureService(PictureStore(folder), live, lambda: TODAY, rasterise)


def sent_text(calls: list[Called]) -> str:
    """What calls put on a screen; the id of a press names what was pressed."""
    given_ = [{key: value for key, value in call.given.items() if key != "callback_query_id"} for call in calls]
    return json.dumps(given_, ensure_ascii=False, default=repr)


class TestTelegram:
    """Over real HTTP, by polling and by webhook."""

    @pytest.mark.slow
    @pytest.mark.parametrize("mode", ["polling", "webhook"])
    async def test_every_way(self, mode: str, dossier: Dossier, tmp_path: Path) -> None:
        """Commands, words, links, presses (also of a forged button), the picture, inline mode, a subscription's answer."""
        clock, drawn = Clock(), list[str]()
        async with on_telegram(mode, dossier, pictures_in(tmp_path, drawn), clock) as talk:
            people = count(2001)  # the rate limit silences somebody who asks all of it

            def asking(text: str, language: str = "en") -> Route:
                async def sent() -> str:
                    who = next(people)
                    return sent_text(await talk.tell(message(text, who, user(who, language))))

                return sent

            def pressing(data: str) -> Route:
                async def sent() -> str:
                    who = next(people)
                    await talk.tell(message("/start", who, user(who)))
                    under = list(talk.api.state.messages.values())[-1]
                    return sent_text(await talk.tell(press(data, under, user(who)), 1 if is_refused() else 2))

                def is_refused() -> bool:
                    return data == PRESSED and clock.moment < NOON

                return sent

            async def asking_for_the_picture() -> str:
                await pressing("p/news")()
                return drawn[-1]

            async def inline() -> str:
                return sent_text(await talk.tell(inline_query("bulletins", user(next(people)))))

            routes = {
                "/news": asking("/news"),
                "/news in Indonesian": asking("/news", "id"),
                "/sources": asking("/sources"),
                "its link": asking(f"/start {NAME}"),
                "words": asking("any bulletins?"),
                "/subscribe": asking("/subscribe"),
                "a press": pressing(PRESSED),
                "a press for the news": pressing("t/news"),
                "the picture": asking_for_the_picture,
                "inline": inline,
            }
            await check(routes, clock)

    async def test_in_words(self, dossier: Dossier) -> None:
        """Who asks for it is answered as if there were no such bulletin."""
        bulletins = {name: each for name, each in dossier.bulletins.items() if name != NAME}
        without = Dossier(dossier.header, dossier.sources, dossier.facts, dossier.topics, bulletins)
        for asked in (
            "Zwartvogel",
            "zwartvogel crosses in silence",
            "31337",
            f"/{NAME}",
            f"/start {NAME}",
            f"/ask {NAME}",
        ):
            before = answer(dossier.published(JUST_BEFORE), asked, "en", TODAY)
            assert before == answer(without, asked, "en", TODAY)


class TestDiscord:
    """Over real HTTP and a real websocket."""

    @pytest.mark.parametrize("mode", ["gateway", "http"])
    async def test_every_way(self, mode: str, dossier: Dossier, tmp_path: Path) -> None:
        """Commands, presses (also of a forged button), the picture, a subscription's answer."""
        clock, drawn = Clock(), list[str]()
        async with on_discord(mode, dossier, pictures_of=pictures_in(tmp_path, drawn), now=clock) as talk:

            def using(name: str, **options: Any) -> Route:
                async def response() -> str:
                    person = talk.somebody(permissions=MANAGER)
                    return json.dumps((await person.use(name, **options)).message, ensure_ascii=False)

                return response

            def pressing(command: str, custom_id: str) -> Route:
                async def response() -> str:
                    person = talk.somebody()
                    under = await person.use(command)
                    return json.dumps((await person.press(under, custom_id)).message, ensure_ascii=False)

                return response

            routes = {
                "/news": using("news"),
                "/sources": using("sources"),
                "/subscribe": using("subscribe"),
                "words": using("ask", question="any bulletins?"),
                "a press": pressing("fare", PRESSED),
                "the picture": pressing("fare", "p/news"),
            }
            await check(routes, clock)
            assert [mentions_it(svg) for svg in drawn] == [False, True]


class TestCommandLine:
    """``nota ask``, by the machine's own clock."""

    @pytest.mark.parametrize("platform", ["text", "telegram", "discord"])
    def test_ask(self, folder: Path, platform: str) -> None:
        """In every form."""
        asked = ["/news", "/sources", f"/start {NAME}", "any bulletins?"]
        now = datetime.now(UTC)
        put_under_embargo(folder, now + timedelta(hours=1))
        assert [mentions_it(text) for text in self.answers(folder, platform, asked)] == [False] * len(asked)
        text = BULLETIN.format(not_before=(now - timedelta(seconds=1)).isoformat())
        (folder / "bulletins" / f"{NAME}.yaml").write_text(text, "utf-8")
        assert [mentions_it(text) for text in self.answers(folder, platform, asked)] == [True] * len(asked)

    def answers(self, folder: Path, platform: str, asked: list[str]) -> list[str]:
        """What each question is answered with."""
        command = nota("ask", "--json", "--platform", platform)
        environment = os.environ | {"CONTENT_DIR": str(folder)}
        lines = "\n".join(asked)
        found = subprocess.run(command, env=environment, input=lines, capture_output=True, text=True, check=True)
        answers = [json.loads(line) for line in found.stdout.splitlines()]
        return [str({key: value for key, value in each.items() if key != "question"}) for each in answers]


words = st.text("bcdfghklmnprstvwz", min_size=8, max_size=8)
moments = st.integers(0, 6).map(lambda hour: datetime(2026, 11, 24, hour, tzinfo=UTC))


@st.composite
def bulletins(draw_: st.DrawFn) -> tuple[str, Bulletin]:
    """A word that stands in a bulletin, and the bulletin: which says it in its id, title, body or several of them."""
    word = draw_(words)
    places = draw_(st.sets(st.sampled_from(["id", "title", "body"]), min_size=1))
    placed = {place: word if place in places else "plain" for place in ("id", "title", "body")}
    day = date(2026, 11, draw_(st.integers(1, 24)))
    return word, Bulletin(
        id=BulletinId(f"{day}-{placed['id']}-{draw_(st.integers(0, 10**6))}"),
        date=day,
        title={Language("en"): f"On {placed['title']}", Language("id"): f"Soal {placed['title']}"},
        body={Language("en"): f"About {placed['body']}.", Language("id"): f"Tentang {placed['body']}."},
        picture=draw_(st.sampled_from([None, "card"])),
        **({"topics": [TopicId("fare")]} if draw_(st.booleans()) else {}),
        **({"not_before": draw_(moments)} if draw_(st.booleans()) else {}),
    )


def outputs(live: LiveDossier, names: list[BulletinId]) -> Iterator[str]:
    """All that readers can get of what stands in force, by any route; ``names`` are bulletins that they ask for."""
    dossier = live.dossier
    pressed = (from_token(token(AboutBulletin(name)), dossier) for name in names)
    asked = [AboutTopic(TopicId("news"), number) for number in range(1, 4)]
    asked += [AboutTopic(TopicId("sources")), ShowPicture(TopicId("news")), Command("start"), FreeText("any news?")]
    asked += [question for question in pressed if question is not None]
    asked += [Command("start", name) for name in names]
    for language in dossier.languages:
        page = PageContext(dossier, language, TODAY, "https://nota.example")
        for question in asked:
            reply = answer(dossier, question, language, TODAY)
            yield json.dumps([telegram(reply), discord(reply)], ensure_ascii=False)
        yield public_pages.home_page(page)
        yield public_pages.not_found_page(page)
        yield from (public_pages.bulletin_page(page, name) for name in dossier.bulletins)
        yield published_feeds.atom(page)
        yield published_feeds.sitemap(page)
        yield str([suggestions(dossier, option, "on ", language) for option in ("question", "program")])
        subjects = [AboutTopic(TopicId("news")), *(AboutBulletin(name) for name in names)]
        pictures = (draw(dossier, subject, language, TODAY) for subject in subjects)
        yield from (picture.svg + picture.alt for picture in pictures if picture)
    yield str(followable(dossier))


class TestProperty:
    """Whatever bulletins there are, and at whatever moment somebody asks."""

    @pytest.mark.slow
    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(bulletins(), max_size=5, unique_by=lambda each: each[0]), st.lists(moments, min_size=1, max_size=3))
    def test_each_word_shows_from_its_moment_on(
        self, dossier: Dossier, bulletins: list[tuple[str, Bulletin]], asked_at: list[datetime]
    ) -> None:
        """And never before: forwards and backwards in time, with one dossier that keeps what it can."""
        every = {each.id: each for _, each in sorted(bulletins, key=lambda each: each[1].date, reverse=True)}
        clock = Clock()
        live = LiveDossier(Dossier(dossier.header, dossier.sources, dossier.facts, dossier.topics, every), now=clock)
        for clock.moment in asked_at:
            text = "\n".join(outputs(live, list(every)))
            for word, each in bulletins:
                assert (word in text) == (each.not_before is None or each.not_before <= clock.moment)
            assert live.dossier is live.dossier


class TestSources:
    """A source goes with what names it."""

    @cases("file, text")
    def test_one_that_something_else_names_is_shown(self, embargoed: Path, file: str, text: str) -> None:
        r"""By a topic, or by a fact.

        topics/fare.yaml | "sources: [zwartvogel, zwartvogel-figures]\n"
        topics/fare.yaml | "notes: [zwartvogel]\nsources: [zwartvogel]\n"
        facts.yaml | "other: {type: number, value: 1, sources: [zwartvogel, zwartvogel-figures]}\n"
        """
        (embargoed / file).write_text((embargoed / file).read_text("utf-8") + text, "utf-8")
        dossier = not_none(load(embargoed, TODAY).dossier)
        assert set(dossier.published(JUST_BEFORE).sources) == {"harbour", "zwartvogel", "zwartvogel-figures"}

    def test_one_that_nothing_names_is_shown(self, embargoed: Path) -> None:
        """As ever."""
        (embargoed / "sources.yaml").write_text(
            (embargoed / "sources.yaml").read_text("utf-8") + "quay: {publisher: Quay, url: 'https://quay.example'}\n",
            "utf-8",
        )
        dossier = not_none(load(embargoed, TODAY).dossier)
        assert set(dossier.published(JUST_BEFORE).sources) == {"harbour", "quay"}
        assert set(dossier.published(NOON).sources) == set(dossier.sources)

    def test_the_complete_dossier_is_the_same_object_where_nothing_is_held_back(self, dossier: Dossier) -> None:
        """So that what was made of it is kept."""
        assert dossier.published(NOON) is dossier
