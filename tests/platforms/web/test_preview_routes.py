"""The preview over HTTP, as a browser without a script uses it; and a bulletin's whole way to it."""

import asyncio
import re
from asyncio.subprocess import Process
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from aiohttp import encode_basic_auth, web
from aiohttp.test_utils import TestClient, TestServer

from bot.app.content_check import load_checked
from bot.dossier.models import TopicId
from bot.platforms.web.preview import MAX_TEXT_CHARACTERS, PreviewRoutes
from bot.replies.question import AboutTopic, token
from tests.bot_process import line_of, started
from tests.cli.test_questions import SCHEDULE
from tests.conftest import TODAY
from tests.platforms.web.site import chatting, coming_from, serving, status_of, text_of
from tests.tables import cases

FARE = token(AboutTopic(TopicId("fare")))
Client = aiohttp.ClientSession


async def posted(client: Client, path: str, headers: dict[str, str] | None = None, **form: str) -> tuple[int, str]:
    """Status and text of where the form leads."""
    async with client.post(f"/preview/{path}", data=form, headers=headers) as answer:
        return answer.status, await answer.text()


async def got(client: Client, path: str = "/preview") -> str:
    """A page that is there."""
    return await text_of(client.get(path))


class TestPage:
    """One page, in which every form leads back to it."""

    async def test_begins_with_the_welcome(self, client: Client) -> None:
        await got(client)
        page = await got(client)
        assert page.count('id="telegram-1"') == page.count('id="discord-1"') == 1
        assert 'id="telegram-2"' not in page

    async def test_typed_is_answered_in_both_looks(self, client: Client) -> None:
        """Telegram's HTML and Discord's Markdown, made from what is sent."""
        status, page = await posted(client, "messages", text="/fare")
        assert status == 200
        assert "<b>Rp4,500</b>" in page
        assert "<strong>Rp4,500</strong>" in page
        assert "&#34;parse_mode&#34;" in page

    async def test_pressed_replaces(self, client: Client) -> None:
        """The data is that of the platform's own button."""
        page = await got(client)
        assert f'value="{FARE}"' in page
        _, page = await posted(client, "presses", exchange="1", data=FARE)
        assert page.count("<b>Rp4,500</b>") == 1
        assert 'id="telegram-2"' not in page

    async def test_blank_message_is_no_message(self, client: Client) -> None:
        await got(client)
        _, page = await posted(client, "messages", text="  \n ")
        assert 'id="telegram-2"' not in page

    async def test_language_switches(self, client: Client) -> None:
        await posted(client, "messages", text="/fare")
        _, page = await posted(client, "language", language="id")
        assert '<html lang="id"' in page
        assert "Tiket sekali jalan" in page
        assert "Pratinjau" in page

    async def test_speaks_the_browsers_language_at_first(self, client: Client) -> None:
        assert '<html lang="id"' in await text_of(client.get("/preview", headers={"Accept-Language": "id-ID,id;q=0.9"}))

    async def test_theme_is_kept(self, client: Client) -> None:
        _, page = await posted(client, "theme", theme="dark")
        assert 'data-theme="dark"' in page
        _, page = await posted(client, "theme", theme='"><script>')
        assert 'data-theme="dark"' in page

    async def test_browsers_do_not_see_each_other(self, client: Client) -> None:
        await posted(client, "messages", text="my own secret")
        async with aiohttp.ClientSession(client._base_url) as other:
            assert "my own secret" not in await got(other)

    async def test_button_out_of_date_is_said_once(self, client: Client) -> None:
        await got(client)
        _, page = await posted(client, "presses", exchange="1", data="t/gone")
        assert "That button is out of date" in page
        assert "That button is out of date" not in await got(client)


class TestExamples:
    """A typed question becomes an example of a topic, in the files of whoever may write them."""

    @pytest.mark.slow
    async def test_is_added_once(self, folder: Path) -> None:
        async with serving(folder) as site, browser() as client:
            page = f"{site.address}/preview"
            await text_of(client.post(f"{page}/messages", data={"text": "@ada  is it dear?\nhttps://x.example"}))
            form = {"exchange": "1", "topic": "fare"}
            assert "Added to questions/fare.yaml" in await text_of(client.post(f"{page}/examples", data=form))
            file = folder / "questions" / "fare.yaml"
            assert file.read_text(encoding="utf-8") == "asks:\n  en:\n    - is it dear?\n"
            site.live.update(load_checked(folder, TODAY))
            assert "has this example already" in await text_of(client.post(f"{page}/examples", data=form))
            file.write_text("asks:\n  en: dear\n", encoding="utf-8")
            await text_of(client.post(f"{page}/messages", data={"text": "what does it cost"}))
            form["exchange"] = "2"
            assert "cannot be changed (it has errors)" in await text_of(
                await client.post(f"{page}/examples", data=form)
            )

    @pytest.mark.slow
    async def test_what_would_take_a_question_from_another_topic_is_refused(self, folder: Path) -> None:
        (folder / "topics" / "schedule.yaml").write_text(SCHEDULE, encoding="utf-8")
        async with serving(folder) as site, browser() as client:
            page = f"{site.address}/preview"
            await text_of(client.post(f"{page}/messages", data={"text": "first departure"}))
            shown = await text_of(client.post(f"{page}/examples", data={"exchange": "1", "topic": "fare"}))
            assert "Nothing was added, because these would be answered wrongly then: “first departure”" in shown
            assert not (folder / "questions").exists()

    @pytest.mark.parametrize(("exchange", "topic"), [("2", "fare"), ("1", "gone"), ("9", "fare"), ("x", "../fare")])
    async def test_what_is_no_example(self, folder: Path, exchange: str, topic: str) -> None:
        """A command, or a topic or exchange that is not there."""
        async with serving(folder) as site, browser() as client:
            page = f"{site.address}/preview"
            await text_of(client.post(f"{page}/messages", data={"text": "is it dear"}))
            await text_of(client.post(f"{page}/messages", data={"text": "/fare"}))
            await text_of(client.post(f"{page}/examples", data={"exchange": exchange, "topic": topic}))
            assert not (folder / "questions").exists()

    @cases("password, came_from, may_write, is_editor")
    async def test_who_may(
        self, folder: Path, password: str | None, came_from: str, may_write: bool, is_editor: bool
    ) -> None:
        """This machine alone. Others are not offered it, and refused; who knows the password sees all else that editors see.

        null | 127.0.0.1 | true | true
        null | 192.0.2.7 | false | false
        secret | 127.0.0.1 | true | true
        secret | 192.0.2.7 | false | true
        """
        async with chatting(folder) as preview:
            app = web.Application(middlewares=[coming_from(came_from)])
            PreviewRoutes(preview, password, is_public=True, content=folder).add_routes(app)
            headers = {"Authorization": encode_basic_auth("", password)} if password else {}
            async with TestClient(TestServer(app), headers=headers) as client:
                page = await text_of(client.post("/preview/messages", data={"text": "is it dear"}))
                assert ("/preview/examples" in page) == may_write
                assert ("How many examples each topic has" in page) == is_editor
                answer = await client.post("/preview/examples", data={"exchange": "1", "topic": "fare"})
                assert answer.status == (200 if may_write else 403)
        assert (folder / "questions").exists() == may_write

    async def test_not_from_another_site(self, client: Client) -> None:
        status, _ = await posted(client, "examples", {"Origin": "https://evil.example"}, exchange="1", topic="fare")
        assert status == 403

    async def test_not_where_the_folder_is_none_of_ours(self, folder: Path) -> None:
        """A PaaS loses changed files."""
        async with chatting(folder) as preview:
            app = web.Application()
            PreviewRoutes(preview).add_routes(app)
            async with TestClient(TestServer(app)) as client:
                page = await text_of(client.post("/preview/messages", data={"text": "is it dear"}))
                assert "Why?" in page
                assert "/preview/examples" not in page


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "/<b>bold</b> </form><form action=//evil.example>",
    "[a](javascript:alert(1)) `x` **b** @everyone {{7331*1337}} {% raw %} {fare}",
    "\u202egnirts\u2066 \x00\x07\x1b[31m \ud83d",
    "/fare" + "\u0301" * 500,
]


class TestBadInput:
    """Nothing crashes, nothing gets through."""

    @pytest.mark.parametrize("text", HOSTILE)
    async def test_hostile_text_is_shown_as_words(self, client: Client, text: str) -> None:
        """In the bubble, in the reply that repeats it, and in what is sent."""
        status, page = await posted(client, "messages", text=text.encode(errors="replace").decode())
        assert status == 200
        body = page.split("<body>")[1]
        assert not re.search(r"<script|<img src=x|<form action=//|href=\"javascript", body)
        assert "9801547" not in page

    async def test_longest_message_is_taken_and_a_longer_one_is_not(self, client: Client) -> None:
        assert (await posted(client, "messages", text="🏛" * MAX_TEXT_CHARACTERS))[0] == 200
        status, text = await posted(client, "messages", text="x" * (MAX_TEXT_CHARACTERS + 1))
        assert (status, text) == (400, "A field of the form is too long.")

    async def test_body_without_end_is_refused(self, client: Client) -> None:
        """413, before it is read to the end."""
        assert (await posted(client, "messages", text="x" * 200_000))[0] == 413

    @cases("path, form")
    async def test_form_without_its_fields_changes_nothing(
        self, client: Client, path: str, form: dict[str, str]
    ) -> None:
        """It leads back to the page.

        messages | {}
        presses | {"exchange": "1"}
        theme | {}
        examples | {}
        language | {}
        """
        await got(client)
        status, page = await posted(client, path, **form)
        assert status == 200
        assert 'id="telegram-2"' not in page

    async def test_form_with_a_field_that_is_too_long_is_refused(self, client: Client) -> None:
        assert (await posted(client, "presses", exchange="9" * 10, data="x"))[0] == 400

    @pytest.mark.parametrize("number", ["-1", "²", "1e3", "0x1", ""])
    async def test_number_that_is_none_is_out_of_date(self, client: Client, number: str) -> None:
        status, page = await posted(client, "presses", exchange=number, data=FARE)
        assert status == 200
        assert "out of date" in page

    @pytest.mark.parametrize(
        ("kind", "body", "status"),
        [
            ("application/json", b'{"text": "/fare"}', 415),
            ("multipart/form-data; boundary=x", b"--x--", 415),
            ("application/x-www-form-urlencoded", "text=é".encode(), 400),
            ("application/x-www-form-urlencoded", b"a=&" * 9, 400),
            ("application/x-www-form-urlencoded; charset=klingon", b"text=%FF%00", 400),
        ],
    )
    async def test_body_of_another_kind_is_refused(self, client: Client, kind: str, body: bytes, status: int) -> None:
        assert await status_of(client.post("/preview/messages", data=body, headers={"Content-Type": kind})) == status

    @pytest.mark.parametrize("number", ["1", "9", "x", "²", "-1"])
    async def test_picture_that_is_none_is_not_found(self, client: Client, number: str) -> None:
        """The reply has none, or there is no such reply."""
        await got(client)
        assert await status_of(client.get(f"/preview/pictures/{number}")) == 404

    async def test_static_files_end_at_their_folder(self, client: Client) -> None:
        for path in ("/static/../pages.py", "/static/%2e%2e/pages.py", "/static//etc/passwd", "/static/"):
            assert await status_of(client.get(path)) in (403, 404)


BULLETIN = """
date: {day}
title: {{en: Night crossings begin, id: Pelayaran malam dimulai}}
body: {{en: The ferry now sails at night., id: Feri kini berlayar malam.}}
topics: [fare]
sources: [harbour]
"""


class TestBulletin:
    """The preview is a reader like any other."""

    async def test_saved_file_arrives_where_it_was_subscribed_to(self, folder: Path, tmp_path: Path) -> None:
        async with started(folder, tmp_path) as process:
            address = (await line_of(process)).partition("browser at ")[2].partition(",")[0]
            await heard(process, b"history, not sent")
            async with browser() as subscriber, browser() as other:
                assert "Subscribed" in await text_of(
                    await subscriber.post(f"{address}/messages", data={"text": "/subscribe"})
                )
                await text_of(other.get(address))
                day = datetime.now(UTC).date()
                (folder / "bulletins" / f"{day}-night.yaml").write_text(BULLETIN.format(day=day), encoding="utf-8")
                async with asyncio.timeout(60), subscriber.get(f"{address}/events") as stream:
                    while "Night crossings begin" not in await text_of(subscriber.get(address)):
                        await stream.content.readuntil(b"changed")
                assert "Night crossings begin" not in await text_of(other.get(address))


async def heard(process: Process, words: bytes) -> None:
    """Waits until the process has logged it: what is there at the very first start is not news."""
    assert process.stderr is not None
    async with asyncio.timeout(60):
        await process.stderr.readuntil(words)


def browser() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
