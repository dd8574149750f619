"""The public pages over HTTP: languages, bulletins, feeds, pictures, whatever a stranger may send, and unusual dossiers."""

import asyncio
import csv
import gzip
import json
import re
import threading
import xml.etree.ElementTree as Xml
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from html import escape, unescape
from io import StringIO
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import feedparser
import pytest

from bot.app.content_check import load_checked
from bot.dossier.models import BulletinId, Dossier
from bot.matching.tokenizer import wording
from bot.newsroom.publisher import Newsroom
from bot.pictures.raster import PNG_END, PNG_START
from bot.pictures.service import MAX_PENDING
from bot.platforms.web.languages import preferred_language
from tests.conftest import CONTENT, TODAY, Edit, loaded, shipped
from tests.editor import compare
from tests.platforms.web.site import Site, serving, status_of, text_of
from tests.tables import cases
from tests.test_examples import HIGH_SEAS
from tests.test_examples import TODAY as CHECKED

SIGNING = "2025-06-19-signing"
Client = aiohttp.ClientSession


@pytest.fixture
async def real() -> AsyncIterator[Client]:
    """A client of the real dossier's site, which decompresses nothing."""
    headers = {"Accept-Encoding": "identity"}
    async with serving(CONTENT) as site, Client(site.address, auto_decompress=False, headers=headers) as session:
        yield session


def _in_words(page: str) -> str:
    """What a page says, without its markup."""
    return " ".join(unescape(re.sub(r"<[^>]*>", "", page)).split())


async def text(client: Client, path: str, **headers: str) -> str:
    """A page that is there."""
    return await text_of(client.get(path, headers=headers))


async def test_a_place_in_a_source(folder: Path, edit: Edit) -> None:
    """On the page, for programs and assistants, in the feed and beside the chart: two footnotes, and one source."""
    edit("sources.yaml", "https://harbour.example/timetable", "https://harbour.example/timetable.pdf")
    edit(
        "topics/fare.yaml",
        "ticket costs **{fare}**.",
        "ticket costs **{fare}**.[@harbour, p. 3] Really.[@harbour, table “b”]",
    )
    edit("topics/fare.yaml", "sekali jalan **{fare}**.", "sekali jalan **{fare}** [@harbour, hlm. 3].")
    edit("bulletins/2026-01-05-first-crossing.yaml", "first time.", "first time.[@harbour, p. 2]")
    edit("bulletins/2026-01-05-first-crossing.yaml", "pertama kalinya.", "pertama kalinya.[@harbour, hlm. 2]")
    at = "https://harbour.example/timetable.pdf"
    async with serving(folder) as site, Client(site.address) as client:
        await published(site, folder)
        page = await text(client, "/en/topics/fare")
        assert (
            f'<li id="fare-source-1"><a href="{at}#page=3">Harbour Office</a>\u00a0— <cite>Timetable</cite>, p. 3, '
            in page
        )
        assert (
            f'<li id="fare-source-2"><a href="{at}">Harbour Office</a>\u00a0— <cite>Timetable</cite>, table “b”, '
            in page
        )
        assert 'aria-label="Source 2: Harbour Office, table “b”">2</a>' in page
        assert "<summary>1 source ·" in page
        assert f"¹ Harbour Office, p. 3 {at}#page=3" in unescape(page)
        assert f'<a href="{at}#page=3">Harbour Office</a>\u00a0— <cite>Timetable</cite>, hlm. 3' in await text(
            client, "/id/topics/fare"
        )
        asked = json.loads(await text(client, "/api/ask?q=/fare"))
        named = [(each["id"], each["number"], each["place"], each["url"]) for each in asked["sources"]]
        assert named == [("harbour", 1, "p. 3", f"{at}#page=3"), ("harbour", 2, "table “b”", at)]
        bulletin = json.loads(await text(client, "/api/bulletins"))["bulletins"][0]
        assert bulletin["statements"][0]["citations"][0]["place"] == bulletin["sources"][0]["place"] == "p. 2"
        (entry,) = feedparser.parse(await text(client, "/en/bulletins.atom")).entries
        assert [(link.title, link.href) for link in entry.links if link.rel == "via"] == [
            ("Harbour Office, p. 2", f"{at}#page=2")
        ]


class TestClaims:
    """What editors reviewed, for readers and for programs."""

    @pytest.mark.parametrize("language", ["en", "id", "ru"])
    async def test_each_is_a_claim_review(self, real: Client, language: str) -> None:
        """schema.org/ClaimReview, on the page where the claim stands alone."""
        for name, claim in list(shipped().claims.items())[::10]:
            page = await text(real, f"/{language}/claims/{name}")
            [script] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
            review = json.loads(script)
            assert review["@type"] == "ClaimReview"
            assert review["url"].endswith(f"/{language}/claims/{name}")
            assert 1 <= review["reviewRating"]["ratingValue"] <= 5
            assert f'<p class="verdict {claim.verdict}">' in page

    async def test_the_list_shows_each_verdict_by_word_and_sign(self, real: Client) -> None:
        """Before the claim; with an anchor, its sources and a way to share it. The page is small."""
        claims = shipped().claims
        for language, words in (("en", "</span> False</p>"), ("ru", "</span> Неправда</p>")):
            page = await text(real, f"/{language}/claims")
            for name, claim in claims.items():
                own = page.split(f'<section class="text" id="{name}">')[1].split("</section>")[0]
                assert own.index(f'class="verdict {claim.verdict}"') < own.index(f'href="/{language}/claims/{name}"')
                assert f'href="#{name}"' in own
                assert f'href="/{language}/claims/{name}#share"' in own
            assert words in page
            assert "\u202f." not in page  # what citations leave
            assert len(gzip.compress(page.encode())) <= 12_288
        assert 'id="share"' in await text(real, "/en/claims/fund")

    async def test_a_claim_is_checked_from_the_top_of_the_list(self, real: Client) -> None:
        page = await text(real, "/en/claims")
        form = page.split('class="box"')[1].split("</form>")[0]
        assert 'action="/en/ask"' in form
        assert 'name="claim"' in form
        checked = await text(real, "/en/ask?claim=the+memorandum+was+cancelled")
        assert "? Not borne out so far" in _in_words(checked)
        assert 'name="claim"' in checked

    async def test_an_unknown_one(self, real: Client) -> None:
        assert await status_of(real.get("/en/claims/nothing")) == 404

    async def test_in_the_feeds(self, real: Client) -> None:
        """Each with its verdict and its address. The id is what it was before claims had pages of their own."""
        feed = feedparser.parse(await text(real, "/en/bulletins.atom"))
        [fund] = [entry for entry in feed.entries if entry.link.endswith("/claims/fund")]
        assert fund.title == "✗ False: “The memorandum brings a fund of 2 billion euros”"
        assert fund.id.endswith("/en/claims#fund")


class TestLanguages:
    """``/`` by Accept-Language, and an address for each."""

    @pytest.mark.parametrize(
        ("header", "language"),
        [
            ("ru-RU,ru;q=0.9,en;q=0.8", "ru"), ("ja,id;q=0.4,en;q=0.7", "en"), ("ja, ID ; q=0.4", "id"),
            ("ru;q=0, en;q=0.1", "en"), ("ja", None), ("", None), ("*", None), ("en;q=many, ;;;, =, id;q=0.5", "id"),
            ("id;q=0.1, xx;q=nan, ru;q=0.9", "ru"),
            ("x" * 100_000, None),
        ],
    )  # fmt: skip
    def test_the_highest_weight_wins(self, header: str, language: str | None) -> None:
        """RFC 9110, 12.5.4; a header that is nonsense asks for nothing."""
        assert preferred_language(header, ["en", "id", "ru"]) == language

    @pytest.mark.parametrize(
        ("wanted", "language"),
        [
            ("id", "id"), ("ru-RU,ru;q=0.9,en;q=0.8", "ru"), ("fr, id;q=0.5, ru;q=0.7", "ru"), ("fr", "en"), ("", "en"),
            ("*", "en"), ("id;q=0", "en"), ("," * 5000, "en"), ("ru;q=nonsense", "en"), ("\u00ff<script>", "en"),
        ],
    )  # fmt: skip
    async def test_negotiated(self, real: Client, wanted: str, language: str) -> None:
        page = await text(real, "/", **{"Accept-Language": wanted})
        assert f'<html lang="{language}"' in page

    @pytest.mark.parametrize("language", ["en", "id", "ru"])
    async def test_each_has_an_address(self, real: Client, language: str) -> None:
        page = await text(real, f"/{language}")
        assert f'<html lang="{language}"' in page
        for other in ("en", "id", "ru", "x-default"):
            assert f'hreflang="{other}"' in page

    async def test_unknown_language_is_no_page(self, real: Client) -> None:
        assert "Halaman tidak ada" in await text_of(real.get("/xx", headers={"Accept-Language": "id"}), 404)

    @pytest.mark.parametrize(("path", "words"), [("/id/none", "Halaman tidak ada"), ("/ru/a/b", "Такой страницы нет")])
    async def test_missing_page_is_said_in_the_language_of_its_address(
        self, real: Client, path: str, words: str
    ) -> None:
        assert words in await text_of(real.get(path, headers={"Accept-Language": "en"}), 404)


class TestContents:
    """What the page holds."""

    async def test_everything_a_visitor_came_for(self, real: Client) -> None:
        """Topics, programmes, figures with pictures and their words, bulletins, sources."""
        page = await text(real, "/en")
        for words in (
            "What was agreed",
            "Digital talent",
            "Rp95,000–160,000",
            "29% of the term",
            f"/en/bulletins/{SIGNING}",
            "INTI Media",
        ):
            assert words in page
        assert 'src="/pictures/en/inline/duration"' in page
        assert 'alt=""' not in page.replace('src="/static/mark.svg" alt=""', "")

    async def test_bulletin_has_a_permanent_link_and_structured_data(self, real: Client) -> None:
        """NewsArticle, as schema.org has it."""
        page = await text(real, f"/bulletins/{SIGNING}")
        thing = json.loads(page.split('<script type="application/ld+json">')[1].split("</script>")[0])
        assert thing["@type"] == "NewsArticle"
        assert thing["datePublished"] == "2025-06-19"
        assert f'property="og:image" content="{thing["image"][0]}"' in page
        assert 'property="og:image:alt" content="19 June 2025. Indonesia and Russia sign' in page
        assert 'property="og:locale" content="en_GB"' in page

    async def test_bulletin_leads_to_what_it_is_about(self, real: Client) -> None:
        """Each of its topics is a link to that topic's page."""
        page = await text(real, f"/en/bulletins/{SIGNING}")
        topics = re.findall(r'<li><a href="(/en/topics/[^"]+)">', page)
        assert len(topics) >= 5
        for topic in topics:
            await text(real, topic)

    async def test_no_line_begins_with_a_dash(self, real: Client) -> None:
        """As Russian typesetting has it."""
        page = await text(real, "/ru")
        assert "\u00a0—" in page
        assert " —" not in page

    async def test_its_parts_are_linked_at_the_top(self, real: Client) -> None:
        home = await text(real, "/ru")
        contents = home.split('<nav class="contents"')[1].split("</nav>")[0]
        links = re.findall(r'href="#([\w-]+)"', contents)
        assert links == ["figures", "programs", "news", "more"]
        assert all(f'id="{link}"' in home for link in links)

    @cases("path")
    async def test_every_page_leads_on(self, real: Client, path: str) -> None:
        """To claims, bulletins, questions and sources; and there is one field for a question, in its head or at its top.

        ""
        /topics/duration
        /claims
        /claims/fund
        /bulletins/2025-06-19-signing
        /corrections
        /ask
        /subscribe
        /nowhere
        """
        page = await text_of(real.get(f"/ru{path}"), 404 if path == "/nowhere" else 200)
        head = page.split("<header")[1].split("</header>")[0]
        for name in ("/ru/claims", "/ru/topics/news", "/ru/topics/help", "/ru/topics/sources"):
            assert f'href="{name}"' in head
        assert page.count('name="q"') == 1
        assert head.count('aria-current="page"') == (
            2 if path in ("/claims", "/subscribe") else 1
        )  # the language, and the place

    @cases("path")
    async def test_bulletin_leads_to_those_around_it(self, real: Client, path: str) -> None:
        """Four of them, at either end of the line too, and not itself.

        /en/bulletins/2025-06-19-signing
        /en/bulletins/2026-02-14-russian-scholarships-demand
        """
        beside = (await text(real, path)).split('<ul class="dated">')[1].split("</ul>")[0]
        links = re.findall(r'href="([^"]+)"', beside)
        assert len(links) == 4
        assert path not in links

    async def test_unknown_address_leads_on(self, real: Client) -> None:
        missing = await text_of(real.get("/id/entah"), 404)
        assert '<a href="/id">' in missing
        assert missing.count('href="/id/bulletins/2') == 4

    @pytest.mark.parametrize("sheet", ["page", "public"])
    async def test_no_style_names_an_emoji_font(self, real: Client, sheet: str) -> None:
        """Chromium would take spaces and digits from it where the families before it are absent; emoji find one by themselves."""
        assert "Emoji" not in await (await real.get(f"/static/{sheet}.css")).text()

    async def test_programmes_have_signs_that_need_no_emoji_font(self, real: Client) -> None:
        home = await text(real, "/en")
        assert home.count('<svg class="sign"') == 6
        assert not re.search("[\U0001f300-\U0001faff]", home)

    async def test_an_unknown_emoji_gets_a_sign_as_well(self, folder: Path) -> None:
        """Lines above the title for every programme: no coloured emoji beside them."""
        (folder / "programs").mkdir()
        texts = "".join(f"{key}:\n  en: One\n  id: Satu\n" for key in ("title", "summary", "body"))
        for name, emoji in (("a", "🎓"), ("b", "🌳")):
            (folder / "programs" / f"{name}.yaml").write_text(f'emoji: "{emoji}"\n{texts}', encoding="utf-8")
        async with serving(folder) as site, Client(site.address) as client:
            cards = (await text(client, "/en")).split('<ul class="cards">')[1].split("</ul>")[0]
        assert cards.count('<svg class="sign"') == 2
        assert "🌳" not in cards

    async def test_a_picture_can_be_opened_by_itself(self, real: Client) -> None:
        """Its labels are small on a phone."""
        assert '<a href="/pictures/en/topic/duration"><picture>' in await text(real, "/en")

    @pytest.mark.parametrize(("language", "typefaces"), [("en", 55_000), ("id", 55_000), ("ru", 85_000)])
    async def test_small_on_the_wire(self, real: Client, language: str, typefaces: int) -> None:
        """A page takes 12 kB, its style sheet 5 kB; the typefaces, which come once, 50 kB and another 30 kB for Russian."""
        page = await text(real, f"/{language}")
        fonts = re.findall(r'<link rel="preload" href="([^"]+)"', page)
        limits = {f"/{language}": 12_288, "/static/public.css": 5120, "/static/mark.svg": 400}
        sizes = dict.fromkeys((*limits, *fonts), 0)
        for path in sizes:
            async with real.get(path, headers={"Accept-Encoding": "gzip"}) as answer:
                sizes[path] = len(await answer.read())
        assert all(sizes[path] <= limit for path, limit in limits.items()), sizes
        assert 0 < sum(sizes[font] for font in fonts) <= typefaces

    @pytest.mark.slow
    async def test_pictures_in_both_themes(self, real: Client) -> None:
        for query in ("", "?theme=dark"):
            async with real.get(f"/pictures/ru/topic/pricing{query}") as answer:
                assert (await answer.read()).startswith(b"\x89PNG")
                tag = answer.headers["ETag"]
            assert (
                await status_of(real.get(f"/pictures/ru/topic/pricing{query}", headers={"If-None-Match": tag})) == 304
            )


class TestTopics:
    """Every topic has an address of its own, to be quoted and passed on."""

    @pytest.mark.parametrize("language", ["id", *(pytest.param(each, marks=pytest.mark.slow) for each in ("en", "ru"))])
    async def test_every_topic(self, real: Client, language: str) -> None:
        """A title that search engines show whole, a description, a card, the text and its sources."""
        dossier = shipped()
        for topic in dossier.topics:
            page = await text(real, f"/{language}/topics/{topic}")
            [title] = re.findall("<title>(.*?)</title>", page)
            [description] = re.findall('property="og:description" content="([^"]*)"', page)
            assert 0 < len(unescape(title)) <= 60
            assert 20 < len(unescape(description)) <= 200
            assert not re.search(r"[\s\u202f][.,;]|\u202f", unescape(description))  # what citations leave
            assert f"/pictures/{language}/card/{topic}" in page
            assert re.search(rf'rel="canonical" href="http://[^/]+/{language}/topics/{topic}"', page)

    async def test_a_list_is_whole(self, real: Client) -> None:
        """In a chat it has pages."""
        dossier = shipped()
        news, sources, programs = [await text(real, f"/ru/topics/{name}") for name in ("news", "sources", "programs")]
        assert all(f'"/ru/bulletins/{name}"' in news for name in dossier.bulletins)
        assert all(escape(source.url) in sources for source in dossier.sources.values())
        assert all(f'"/ru/topics/{topic.id}"' in programs for topic in dossier.programs)

    async def test_a_command_is_a_link(self, real: Client) -> None:
        """A page takes no commands: where a text has one, it has the topic's title, which leads there."""
        page = await text(real, "/en/topics/agreements")
        assert re.search(r'came later: <a href="http://[^/]+/en/topics/relations">The wider ties</a>\.', page)
        for language in ("en", "id", "ru"):
            home = re.sub(r"<[^>]*>", " ", await text(real, f"/{language}"))
            assert not re.search(r"\s/[a-z_]+\b", home)

    async def test_copy_with_sources(self, real: Client) -> None:
        """As plain text, without a script: the text, where each statement is from, and our address."""
        page = await text(real, "/en/topics/duration")
        copied = unescape(page.split('<textarea readonly rows="8"')[1].split(">", 1)[1].split("</textarea>")[0])
        assert copied.startswith("How long it lasts\n\nFive years")
        assert "¹ INTI Media https://intimedia.id/" in copied
        assert copied.rstrip().endswith("/en/topics/duration")

    @pytest.mark.slow
    async def test_the_card_is_a_picture(self, real: Client) -> None:
        for path in ("/pictures/ru/card/duration", "/pictures/en/card"):
            async with real.get(path) as answer:
                png = await answer.read()
            assert png.startswith(PNG_START)
            assert int.from_bytes(png[20:24]) == 675
        assert 'property="og:image" content="' in await text(real, "/en")

    async def test_a_dataset_where_figures_can_be_loaded(self, real: Client) -> None:
        """schema.org/Dataset with its file, and a WebPage elsewhere."""
        for topic, kind in (("pricing", "Dataset"), ("parties", "WebPage")):
            page = await text(real, f"/en/topics/{topic}")
            thing = json.loads(page.split('<script type="application/ld+json">')[1].split("</script>")[0])
            assert thing["@type"] == kind
            assert thing["dateModified"] == "2026-11-28"
            assert ("distribution" in thing) == (kind == "Dataset")

    async def test_the_home_page_is_dated_by_what_it_knows(self, real: Client) -> None:
        """Not by the day on which somebody looks."""
        page = await text(real, "/en")
        thing = json.loads(page.split('<script type="application/ld+json">')[1].split("</script>")[0])
        assert thing["dateModified"] == "2026-11-28"
        assert "No new bulletin on the subject since 23 June 2025 · newest bulletin 14 February 2026 · checked" in page


class TestAsk:
    """A question on the page is answered there, without a script."""

    @cases("path, words")
    async def test_answers(self, real: Client, path: str, words: str) -> None:
        """
        /en/ask?q=how+long+is+it | Five years, so probably until June 2030
        /ru/ask?q=%2Fpricing | Домашний интернет в России
        /id/ask?q=brp+lama+sih | Lima tahun
        /en/ask | Ask a question
        """
        async with real.get(path) as answer:
            page = await answer.text()
        assert words in page
        assert '<meta name="robots" content="noindex">' in page
        assert answer.headers["X-Robots-Tag"] == "noindex"
        assert answer.headers["Cache-Control"] == "no-store"

    @pytest.mark.parametrize("question", ["q=", "q=%2Fcheck+", "claim="])
    @cases("words, label, headline")
    async def test_a_verdict_looks_alike_asked_or_checked(
        self, real: Client, question: str, words: str, label: str, headline: str
    ) -> None:
        """Its label, then the verdict, then the topic's answer with a link to it, then what to read next.

        the memorandum is for ten years | ✗ The sources say otherwise | No. The memorandum’s first term: five years, not ten years
        the memorandum was cancelled | ? Not borne out so far | “the memorandum was cancelled”
        """
        page = await text(real, f"/en/ask?{question}{words.replace(' ', '+')}")
        answer = _in_words(page.split('<section class="text answer judged')[1].partition(">")[2].split("</section>")[0])
        assert answer.startswith(f"{label} {headline}")
        assert "📄" not in answer

    async def test_what_is_chosen_is_noted_with_the_question(self) -> None:
        """By two readers, of whom one asks too much; what was said of no question is not noted, nor is a topic that there is not."""
        noted: list[tuple[str, str | None, str]] = []
        question, claim = (
            "How do people feel about the ports?",
            "Indonesia and Russia signed it on 19 June 2025. It lasts ten years.",
        )
        async with serving(CONTENT) as site, Client(site.address) as client:
            talk = site.preview.conversation
            talk.on_choice = lambda _, words, asker, choice: noted.append((words, asker, choice))
            page = await text(client, f"/id/ask?{urlencode({'q': question})}")
            [first, *_] = re.findall(r'href="(/id/ask\?[^"]*chosen=t[^"]*)"', page)
            async with client.get(unescape(first), allow_redirects=False) as answer:
                assert (answer.status, answer.headers["Location"][:11]) == (303, "/id/topics/")
            [none] = re.findall(r'href="(/id/ask\?[^"]*chosen=c[^"]*)"', page)
            assert "Bukan salah satu dari ini" in page
            assert "How do people feel about the ports?" in unescape(await text(client, unescape(none)))
            page = await text(client, f"/en/ask?{urlencode({'claim': claim})}")
            [heard, *_] = re.findall(r'href="(/en/ask\?[^"]*chosen=h[^"]*)"', page)
            assert 'class="text answer judged' in await text(client, unescape(heard))
            for query in (
                "chosen=t%2Fpricing",
                "after=x&chosen=t%2Fnothing",
                "after=x&chosen=c%2Fsubscribe%2F",
                "after=x&q=y",
            ):
                await text(client, f"/en/ask?{query}")
            while talk.public_limiter.try_take("127.0.0.1"):
                pass
            assert await status_of(client.get(unescape(first), allow_redirects=False)) == 303
        assert {asker for _, asker, _ in noted} == {"127.0.0.1"}
        said = [(words, choice[:2]) for words, _, choice in noted]
        assert said == [(wording(question), "t/"), (wording(question), "c/"), (wording(claim), "h/")]

    async def test_an_answer_comes_first_and_leads_on(self, real: Client) -> None:
        """Three related questions; after no answer, three questions that have one."""
        for question, title in (("how+long", "How long it lasts"), ("what+is+the+weather", "I have no answer to that")):
            main = (await text(real, f"/en/ask?q={question}")).split('id="main"')[1]
            answer, _, onward = main.partition('<nav class="next"')
            assert title in answer
            assert 'class="verdict' not in answer
            assert len(re.findall(r'<a href="/en/topics/', onward)) == 3

    @pytest.mark.parametrize(
        "q",
        ["", "%20", "x" * 5000, "%00%0d%0aSet-Cookie:a=b", "%ED%A0%80%ff", "<script>alert(1)</script>", "%22%3E%3Cimg", "🏴‍☠️" * 50,
         "/subscribe", "/status", "/wire", "/language%20ru", "/tell_me", "/start%20subscribe", "%E2%80%AE" * 20, "{x}", "{{7*7}}"],
    )  # fmt: skip
    async def test_whatever_is_typed(self, real: Client, q: str) -> None:
        """A page, with nothing of it as markup, and nothing changed."""
        async with real.get(f"/en/ask?q={q}") as answer:
            page = await answer.text()
        assert answer.status == 200
        assert "<script>alert" not in page
        assert "<img" not in page.split('id="main"')[1]
        assert ">49<" not in page
        assert "Set-Cookie" not in answer.headers

    async def test_too_many(self, real: Client) -> None:
        """One address gets fifteen answers at once, then is told to wait; pages are not counted."""
        asked = [await _asked(real, "/en/ask?q=fee") for _ in range(30)]
        assert [status for status, _ in asked[:15]] == [200] * 15
        assert next(
            wait for status, wait in asked if status == 429
        )  # later on a slow machine, which is allowed more meanwhile
        await text(real, "/en/ask")
        await text(real, "/en/topics/duration")


class TestFiles:
    """What a newsroom takes: pictures in three forms, the facts as tables."""

    @pytest.mark.slow
    async def test_each_chart_as_png_svg_and_csv(self, real: Client) -> None:
        """Any page may show them."""
        for topic in ("duration", "pricing", "coverage", "programs", "news"):
            for ending, kind in ((".png", "image/png"), (".svg", "image/svg+xml"), (".csv", "text/csv")):
                async with real.get(f"/pictures/id/topic/{topic}{ending}") as answer:
                    assert (answer.status, answer.content_type) == (200, kind)
                    if ending != ".csv":
                        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"

    async def test_an_svg_has_its_typefaces_inside(self, real: Client) -> None:
        """And may run nothing."""
        async with real.get("/pictures/ru/topic/pricing.svg") as answer:
            svg = await answer.text()
            assert "script" not in answer.headers["Content-Security-Policy"]
        assert Xml.fromstring(svg).tag.endswith("svg")
        assert svg.count("@font-face") == 6

    async def test_the_table_of_a_chart_has_what_it_shows(self, real: Client) -> None:
        rows = list(csv.DictReader(StringIO(await text(real, "/pictures/en/topic/pricing.csv"))))
        assert [row["id"] for row in rows] == ["price_idr", "price_rosstat", "price_april", "home_usual"]
        assert rows[0]["min"], rows[0]["unit"] == ("95000.0", "IDR")
        assert rows[2]["below"] == "True"
        assert all(row["sources"].startswith("https://") and row["checked"] == "2026-11-28" for row in rows)
        programs = list(csv.DictReader(StringIO(await text(real, "/pictures/en/topic/programs.csv"))))
        assert {(row["driver"], row["schedule"], row["budget"]) for row in programs} == {
            ("Special Subcommittee", "", "")
        }
        news = list(csv.DictReader(StringIO(await text(real, "/pictures/en/topic/news.csv"))))
        assert len(news) == 15

    async def test_all_facts(self, real: Client) -> None:
        """The same in both forms."""
        facts = json.loads(await text(real, "/ru/facts.json"))["facts"]
        rows = list(csv.DictReader(StringIO(await text(real, "/ru/facts.csv"))))
        assert [fact["id"] for fact in facts] == [row["id"] for row in rows]
        assert {fact["id"]: fact["value"] for fact in facts}["first_term"] == "P5Y"

    async def test_no_cell_is_a_formula(self, folder: Path, edit: Edit) -> None:
        """As spreadsheets would run it (owasp.org/www-community/attacks/CSV_Injection)."""
        edit("topics/fare.yaml", 'emoji: "🎫"', 'emoji: "🎫"\npicture: news')
        edit("bulletins/2026-01-05-first-crossing.yaml", "First crossing", '" =HYPERLINK(1)"')
        async with serving(folder) as site, Client(site.address) as client:
            rows = list(csv.DictReader(StringIO(await text(client, "/pictures/en/topic/fare.csv"))))
        assert [row["title"] for row in rows] in (["' =HYPERLINK(1)"], ["'=HYPERLINK(1)"])

    async def test_others_may_frame_a_topic_and_nothing_else(self, real: Client) -> None:
        async with real.get("/embed/pricing?language=ru") as answer:
            page = await answer.text()
            assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]
            assert "X-Frame-Options" not in answer.headers
        assert "/pictures/ru/topic/pricing" in page
        assert "/ru/topics/pricing" in page
        assert "Who the parties are" in await text(real, "/embed/parties")
        async with real.get("/embed/ask?language=id") as answer:
            page = await answer.text()
            assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]
        assert '<base target="_blank">' in page
        assert 'action="/id/ask"' in page
        async with real.get("/en/topics/pricing") as answer:
            assert answer.headers["X-Frame-Options"] == "DENY"
        assert await status_of(real.get("/embed/none")) == 404

    @pytest.mark.parametrize("name", ["public.css", "sans-400-latin.woff", "mark.svg", "preview.js", "favicon.ico"])
    async def test_static_files_are_kept_and_compressed(self, real: Client, name: str) -> None:
        """An hour or longer, then asked for by tag."""
        async with real.get(f"/static/{name}", headers={"Accept-Encoding": "gzip"}) as answer:
            assert answer.status == 200
            assert int(answer.headers["Cache-Control"].partition("max-age=")[2]) >= 3600
            assert (answer.headers.get("Content-Encoding") == "gzip") == name.endswith((".css", ".js"))
            tag = answer.headers["ETag"]
        assert await status_of(real.get(f"/static/{name}", headers={"If-None-Match": tag})) == 304

    async def test_no_other_file_is_static(self, real: Client) -> None:
        for path in ("/static/..%2fapp.py", "/static/none", "/static/"):
            assert await status_of(real.get(path)) == 404
        async with real.get("/favicon.ico") as answer:
            assert answer.content_type == "image/x-icon"


class TestCorrections:
    """What changed after publication is said on the bulletin, in a list, and by the feeds."""

    BULLETIN = "2026-01-05-first-crossing"

    async def test_a_corrected_headline(self, folder: Path, edit: Edit) -> None:
        """Old words, day, and dates for machines; before that there is nothing to say."""
        async with serving(folder) as site, Client(site.address) as client:
            await published(site, folder)
            before = await text(client, f"/en/bulletins/{self.BULLETIN}")
            assert "Nothing has been corrected yet." in await text(client, "/en/corrections")
            edit(f"bulletins/{self.BULLETIN}.yaml", "First crossing", "First ferry of the year")
            await published(site, folder)
            page = await text(client, f"/en/bulletins/{self.BULLETIN}")
            assert "Corrected on" not in before
            assert "The headline said: “First crossing" in page
            thing = json.loads(page.split('<script type="application/ld+json">')[1].split("</script>")[0])
            assert thing["correction"]
            assert thing["dateModified"] > thing["datePublished"]
            assert "First ferry of the year" in await text(client, "/en/corrections")
            assert "Corrected on" not in await text(client, f"/id/bulletins/{self.BULLETIN}")
            [entry] = feedparser.parse(await text(client, "/en/bulletins.atom")).entries
            assert entry.updated > entry.published

    async def test_what_was_wrong(self, folder: Path, edit: Edit) -> None:
        """Beside the correction of its day, in the list, for machines and in the feeds; in the language in which it was told."""
        async with serving(folder) as site, Client(site.address) as client:
            await published(site, folder)
            edit(f"bulletins/{self.BULLETIN}.yaml", "First crossing", "First ferry of the year")
            edit(f"bulletins/{self.BULLETIN}.yaml", "for the first time", "for the **third** time")
            told = f"corrections: {{{datetime.now(UTC).date()}: {{en: It was the <third> ferry.}}}}"
            edit(f"bulletins/{self.BULLETIN}.yaml", "topics: [fare]", f"topics: [fare]\n{told}")
            await published(site, folder)
            words = ": It was the &lt;third&gt; ferry."
            changed = '<p class="changed">The ferry crossed for the <del>first</del> <ins>third</ins> time.</p>'
            assert changed in await text(client, f"/en/bulletins/{self.BULLETIN}")
            assert changed in await text(client, "/en/corrections")
            for path in (f"/en/bulletins/{self.BULLETIN}", "/en/corrections"):
                assert words in await text(client, path), path
            page = await text(client, f"/en/bulletins/{self.BULLETIN}")
            thing = json.loads(page.split('<script type="application/ld+json">')[1].split("</script>")[0])
            assert [each["text"] for each in thing["correction"]] == ["It was the <third> ferry."]
            assert "ferry." in await text(client, "/en/bulletins.atom")
            for path in (f"/id/bulletins/{self.BULLETIN}", "/id/corrections", "/id/bulletins.atom"):
                assert "ferry." not in await text(client, path), path

    async def test_a_figure_that_was_wrong(self, folder: Path, edit: Edit) -> None:
        """It is named where nobody said what was wrong: on the page, in the list, in the feeds and by the API."""
        edit(f"bulletins/{self.BULLETIN}.yaml", "for the first time", "with 80 seats for the first time")
        async with serving(folder) as site, Client(site.address) as client:
            await published(site, folder)
            edit(f"bulletins/{self.BULLETIN}.yaml", "with 80 seats", "with 90 seats")
            await published(site, folder)
            for path in (f"/en/bulletins/{self.BULLETIN}", "/en/corrections", "/en/bulletins.atom", "/api/bulletins"):
                assert "90, not 80." in await text(client, path), path
            assert "not 80" not in await text(client, f"/id/bulletins/{self.BULLETIN}")

    async def test_a_withdrawn_bulletin_is_gone_with_its_reason(self, folder: Path, edit: Edit) -> None:
        """410 (RFC 9110, 15.5.11), in the language of the address; nothing of its text, in no list and no feed."""
        reason = "withdrawn: {date: 2026-01-07, because: {en: The ferry never sailed., id: Feri itu tidak berlayar.}}"
        edit(f"bulletins/{self.BULLETIN}.yaml", "topics: [fare]", f"topics: [fare]\n{reason}")
        async with serving(folder) as site, Client(site.address) as client:
            page = await text_of(client.get(f"/id/bulletins/{self.BULLETIN}"), 410)
            assert "Feri itu tidak berlayar." in page
            assert "Ditarik pada 7 Januari 2026." in page
            assert self.BULLETIN not in await text(client, "/en")
            assert self.BULLETIN not in await text(client, "/bulletins.atom")
            assert self.BULLETIN not in await text(client, "/sitemap.xml")
            assert "The ferry never sailed." in await text(client, "/en/corrections")

    async def test_who_follows_the_feed_hears_of_it(self, folder: Path, edit: Edit) -> None:
        """Feed readers keep what they fetched: the entry that had the text says that it is withdrawn, and later that it is not."""
        reason = "withdrawn: {date: 2026-01-07, because: {en: The ferry never sailed., id: Feri itu tidak berlayar.}}"
        async with serving(folder) as site, Client(site.address) as client:
            await published(site, folder, forced=self.BULLETIN)
            seen = []
            for before, after in (("", ""), ("topics: [fare]", f"topics: [fare]\n{reason}"), (reason, "")):
                edit(f"bulletins/{self.BULLETIN}.yaml", before, after)
                await published(site, folder)
                [entry] = feedparser.parse(await text(client, "/en/bulletins.atom")).entries
                seen.append((entry.id, entry.title, entry.content[0].value.startswith("Withdrawn")))
            assert len({name for name, *_ in seen}) == 1
            assert [(title, told) for _, title, told in seen] == [
                ("First crossing", False),
                ("Withdrawn: First crossing", True),
                ("First crossing", False),
            ]

    async def test_a_reason_in_another_language(self, folder: Path, edit: Edit) -> None:
        reason = "withdrawn: {date: 2026-01-07, because: {id: Feri itu tidak berlayar.}}"
        edit(f"bulletins/{self.BULLETIN}.yaml", "topics: [fare]", f"topics: [fare]\n{reason}")
        async with serving(folder) as site, Client(site.address) as client:
            page = await text_of(client.get(f"/en/bulletins/{self.BULLETIN}"), 410)
            assert "Feri itu tidak berlayar." in page

    async def test_a_removed_file_withdraws_nothing(self, folder: Path) -> None:
        """Nobody said that it is wrong: the page knows it no more."""
        async with serving(folder) as site, Client(site.address) as client:
            await published(site, folder, forced=self.BULLETIN)
            (folder / "bulletins" / f"{self.BULLETIN}.yaml").unlink()
            await published(site, folder)
            assert "Withdrawn" not in await text_of(client.get(f"/en/bulletins/{self.BULLETIN}"), 404)

    async def test_an_embargoed_withdrawal_does_not_exist(self, folder: Path, edit: Edit) -> None:
        reason = "withdrawn: {date: 2026-01-07, because: {en: Never., id: Batal.}}\nnot_before: 2099-01-01T00:00:00Z"
        edit(f"bulletins/{self.BULLETIN}.yaml", "topics: [fare]", f"topics: [fare]\n{reason}")
        async with serving(folder) as site, Client(site.address) as client:
            assert await status_of(client.get(f"/en/bulletins/{self.BULLETIN}")) == 404
            assert "Never." not in await text(client, "/en/corrections")


async def test_a_topic_under_its_former_id(folder: Path, edit: Edit) -> None:
    """Old links lead to it, in their language and with their query; pictures are there at once."""
    (folder / "topics/fare.yaml").rename(folder / "topics/price.yaml")
    edit("topics/price.yaml", "emoji:", "was: [fare]\nemoji:")
    async with serving(folder) as site, Client(site.address) as client:
        for old, new in (
            ("/id/topics/fare", "/id/topics/price"),
            ("/embed/fare?language=id", "/embed/price?language=id"),
        ):
            async with client.get(old, allow_redirects=False) as answer:
                assert (answer.status, answer.headers["Location"]) == (302, new)
            await text(client, old)
        assert await status_of(client.get("/pictures/en/card/fare")) == 200
        assert await status_of(client.get("/en/topics/none")) == 404


async def published(site: Site, folder: Path, forced: str = "") -> None:
    """The site after an editor's change: reloaded, compared with the ledger, and the history read."""
    site.live.update(load_checked(folder, TODAY))
    newsroom = Newsroom(site.preview.conversation.store)
    await compare(newsroom, site.live.complete, [BulletinId(forced)] if forced else [])
    await site.corrections.update()


class TestFeeds:
    """Valid by an independent parser, in each language."""

    @pytest.mark.parametrize("language", ["en", "id", "ru"])
    async def test_atom(self, real: Client, language: str) -> None:
        """RFC 4287: ids, titles, updated; newest first."""
        document = await text(real, f"/{language}/bulletins.atom")
        parsed = feedparser.parse(document)
        assert parsed.bozo is False
        assert parsed.version == "atom10"
        assert parsed.feed.updated
        assert len(parsed.entries) >= 15
        assert all(entry.id and entry.title and entry.updated and entry.link for entry in parsed.entries)
        days = [entry.published for entry in parsed.entries]
        assert days == sorted(days, reverse=True)

    @pytest.mark.parametrize("language", ["en", "ru"])
    async def test_citations_lead_to_addresses(self, real: Client, language: str) -> None:
        """In the text as numbers with the addresses below, and in Atom as links to what it came from (RFC 4287, 4.2.7.2)."""
        parsed = feedparser.parse(await text(real, f"/{language}/bulletins.atom"))
        for entry in parsed.entries:
            via = [link.href for link in entry.links if link.rel == "via"]
            words = entry.content[0].value
            assert "[@" not in words
            assert [line.split()[-1] for line in words.splitlines() if line.startswith(tuple("¹²³⁴⁵⁶⁷⁸⁹"))] == via

    async def test_atom_has_what_the_rules_ask_of_each_element(self, real: Client) -> None:
        """Exactly one id, title and updated; an author; a link to itself (RFC 4287, 4.1.1 and 4.1.2)."""
        space = "{http://www.w3.org/2005/Atom}"
        feed = Xml.fromstring(await text(real, "/bulletins.atom"))
        for part in [feed, *feed.findall(f"{space}entry")]:
            assert [len(part.findall(space + name)) for name in ("id", "title", "updated")] == [1, 1, 1]
        assert feed.find(f"{space}author/{space}name") is not None
        assert [link.get("rel") for link in feed.findall(f"{space}link")] == ["self", "alternate"]

    async def test_sitemap_names_every_page_in_every_language(self, real: Client) -> None:
        urls = Xml.fromstring(await text(real, "/sitemap.xml"))
        dossier = loaded(CONTENT)
        assert len(urls) == 3 * (5 + len(dossier.topics) + len(dossier.bulletins) + len(dossier.claims))


class TestHttp:
    """Tags, compression, methods, ranges."""

    async def test_not_modified(self, real: Client) -> None:
        async with real.get("/en") as answer:
            tag = answer.headers["ETag"]
        for given in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            async with real.get("/en", headers={"If-None-Match": given}) as answer:
                assert (answer.status, await answer.read()) == (304, b"")

    @cases("accepted, coding")
    async def test_compressed_where_that_is_taken(self, real: Client, accepted: str, coding: str | None) -> None:
        """
        gzip | gzip
        br, gzip;q=0.5 | gzip
        gzip;q=0 | null
        identity | null
        "" | null
        gzip;q=0.0 | null
        gzip; q=0.000 | null
        gzip;q=0, *;q=1 | null
        GZIP;Q=0 | null
        *;q=0 | null
        * | gzip
        *;q=0, gzip | gzip
        identity;q=0, *;q=0.1 | gzip
        gzip;q=soon | null
        """
        async with real.get("/en", headers={"Accept-Encoding": accepted}) as answer:
            assert answer.headers.get("Content-Encoding") == coding
            body = await answer.read()
        assert "</html>" in (gzip.decompress(body) if coding else body).decode()

    @cases("path, status")
    async def test_head_and_ranges(self, real: Client, path: str, status: int) -> None:
        """HEAD has GET's headers and no body (RFC 9110, 9.3.2); a range, however odd, is answered by the whole (14.2).

        / | 200
        /id | 200
        /ru/bulletins/2025-06-19-signing | 200
        /bulletins.atom | 200
        /sitemap.xml | 200
        /pictures/en/topic/coverage | 200
        /nowhere | 404
        /pictures/en/topic/none | 404
        """
        async with real.get(path) as answer:
            whole, headers = await answer.read(), answer.headers
        async with real.head(path) as answer:
            assert (answer.status, await answer.read()) == (status, b"")
            assert answer.headers.get("ETag") == headers.get("ETag")
            assert answer.headers["Content-Type"] == headers["Content-Type"]
        for odd in ("bytes=0-10", "bytes=-1", "bytes=9999999-", "bytes=5-1,,x", "lines=1-2", "bytes=" + "0-0," * 1000):
            async with real.get(path, headers={"Range": odd}) as answer:
                assert (answer.status, await answer.read()) == (status, whole)

    @pytest.mark.parametrize(
        "path",
        ["/nowhere", "/bulletins/none", "/en/bulletins/%3Cscript%3E", "/pictures/en/topic/none", "/pictures/xx/topic/duration",
         "/pictures/en/topic/agreement", "/%00", "/..%2f..%2fetc/passwd", "/ru/" + "x" * 3000],
    )  # fmt: skip
    async def test_unknown_paths(self, real: Client, path: str) -> None:
        """404, with nothing of the address in it."""
        page = await text_of(real.get(path, headers={"Accept-Language": "ru"}), 404)
        assert ("No such page" if "/en/" in path else "Такой страницы нет") in page
        assert "<script>" not in page

    async def test_strict_policy(self, real: Client) -> None:
        async with real.get("/nowhere") as answer:
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def _crowd(address: str) -> Client:
    """As many connections as anybody opens."""
    return Client(address, connector=aiohttp.TCPConnector(limit=0))


async def _asked(client: Client, path: str) -> tuple[int, str | None]:
    """Status, and when to come again."""
    async with client.get(path) as answer:
        await answer.read()
        return answer.status, answer.headers.get("Retry-After")


def _pictures(dossier: Dossier) -> Iterator[str]:
    """The address of every picture of a dossier."""
    names = [f"topic/{topic.id}" for topic in dossier.topics.values() if topic.picture]
    names += [f"bulletin/{name}" for name in dossier.bulletins]
    for language in dossier.languages:
        for name in names:
            yield from (f"/pictures/{language}/{name}{query}" for query in ("", "?theme=dark"))


@pytest.mark.slow
class TestFlood:
    """A thousand requests for pictures at once: all are answered, and what is drawn and what waits is bounded."""

    async def test_pictures(self) -> None:
        """A hundred wait to be drawn, each drawn once; the rest are asked to come again, and then get theirs."""
        drawn: list[str] = []

        def rasterise(svg: str) -> bytes:
            drawn.append(svg)
            return PNG_START + PNG_END

        async with serving(CONTENT, rasterise=rasterise) as site, _crowd(site.address) as crowd:
            paths = [*_pictures(site.live.dossier), "/pictures/en/topic/none", "/pictures/xx/bulletin/none"]
            answers = await asyncio.gather(*(_asked(crowd, paths[n % len(paths)]) for n in range(1000)))
            assert {status for status, _ in answers} <= {200, 404, 503}
            assert all(again == "5" for status, again in answers if status == 503)
            assert sum(status == 404 for status, _ in answers) >= 1000 // len(paths)
            assert len(drawn) == len(set(drawn)) <= len(paths)
            later = [await _asked(crowd, path) for path in paths[:-2]]
            assert {status for status, _ in later} == {200}

    async def test_who_cannot_wait_is_told_when_to_come_again(self) -> None:
        hold = threading.Event()

        def slow(_svg: str) -> bytes:
            hold.wait(10)
            return PNG_START + PNG_END

        async with serving(CONTENT, rasterise=slow) as site, _crowd(site.address) as crowd:
            paths = list(_pictures(site.live.dossier))
            asked = [asyncio.create_task(_asked(crowd, path)) for path in paths]
            done, _ = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
            assert {task.result() for task in done} == {(503, "5")}
            assert (await _asked(crowd, "/en"))[0] == 200
            hold.set()
            statuses = [status for status, _ in await asyncio.gather(*asked)]
            assert statuses.count(200) == MAX_PENDING


class TestOddDossiers:
    """Whatever an editor writes or leaves out, the page is there."""

    async def test_a_picture_that_lacks_its_fact(self, folder: Path, edit: Edit) -> None:
        edit("topics/fare.yaml", 'emoji: "🎫"', 'emoji: "🎫"\npicture: coverage')
        async with serving(folder) as site, Client(site.address) as client:
            page = await text(client, "/en")
            assert "A single ticket costs" in page
            assert "<picture>" not in page
            assert await status_of(client.get("/pictures/en/topic/fare")) == 404

    async def test_a_bulletin_shows_the_picture_that_it_names(self, folder: Path, edit: Edit) -> None:
        """On its page, as its button does in chats."""
        edit("topics/fare.yaml", 'emoji: "🎫"', 'emoji: "🎫"\npicture: news')
        edit("bulletins/2026-01-05-first-crossing.yaml", "topics: [fare]", "topics: [fare]\npicture: news")
        async with serving(folder) as site, Client(site.address) as client:
            assert 'src="/pictures/id/topic/fare"' in await text(client, "/id/bulletins/2026-01-05-first-crossing")
            assert 'src="/pictures/id/inline/fare"' in await text(client, "/id")

    async def test_signs_that_no_feed_can_hold(self, folder: Path, edit: Edit) -> None:
        """A line end of other systems and angle brackets in a title: the feeds are well-formed and nothing is markup."""
        edit("bulletins/2026-01-05-first-crossing.yaml", "First crossing", r'"First <b>crossing</b> & \x85"')
        async with serving(folder) as site, Client(site.address) as client:
            parsed = feedparser.parse(await text(client, "/en/bulletins.atom"))
            assert not parsed.bozo
            assert parsed.entries[0].title.startswith("First <b>crossing</b>")
            assert "<b>crossing" not in await text(client, "/en/bulletins/2026-01-05-first-crossing")

    async def test_no_topics_at_all(self, folder: Path, edit: Edit) -> None:
        edit("bulletins/2026-01-05-first-crossing.yaml", "topics: [fare]\n", "")
        (folder / "topics" / "fare.yaml").unlink()
        async with serving(folder) as site, Client(site.address) as client:
            assert "First crossing" in await text(client, "/en")


class TestIdentity:
    """A dossier says who speaks on its pages, and in which colour."""

    async def test_who_speaks(self, folder: Path, edit: Edit) -> None:
        async with serving(folder) as site, Client(site.address) as client:
            assert "speaks for none of the parties" in await text(client, "/en")
        edit("dossier.yaml", "languages:", "about: {en: Kept by <sailors>, id: Dikelola pelaut}\nlanguages:")
        async with serving(folder) as site, Client(site.address) as client:
            assert "<p>Kept by &lt;sailors&gt;</p>" in await text(client, "/en")
            assert "speaks for none of the parties" not in await text(client, "/en")

    async def test_its_colour_where_it_can_be_read(self, folder: Path, edit: Edit) -> None:
        edit("dossier.yaml", "default_language: en", 'default_language: en\ncolour: "#104020"')
        async with serving(folder) as site, Client(site.address) as client:
            assert '<link rel="stylesheet" href="/colours.css">' in await text(client, "/en")
            async with client.get("/colours.css") as answer:
                assert answer.content_type == "text/css"
                light, dark = re.findall("#[0-9A-F]{6}", await answer.text())
        assert light == "#104020"
        assert dark != light


class TestPublisher:
    """Who publishes: with a name and a logo of its own, else Nota."""

    async def test_name_and_logo(self, folder: Path, edit: Edit) -> None:
        """At the head, in feeds, for search engines and in embeds; the logo may run and load nothing."""
        edit("dossier.yaml", "languages:", 'name:\n  en: "City of Alba"\n  id: "Kota Alba"\nlogo: logo.svg\nlanguages:')
        svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>1</script><path d="M0 0h9v9"/></svg>'
        (folder / "logo.svg").write_text(svg, encoding="utf-8")
        async with serving(folder) as site, Client(site.address) as client:
            for language, name in (("en", "City of Alba"), ("id", "Kota Alba")):
                page = await text(client, f"/{language}")
                head = page.split("<header")[1].split("</header>")[0]
                assert f"<b>{name}</b>" in head
                assert "Nota" not in head
                assert f"<name>{name}</name>" in await text(client, f"/{language}/bulletins.atom")
                assert f">{name}: " in await text(client, f"/embed/fare?language={language}")
            [logo] = re.findall(r'<img src="(/logo[^"]*)" alt="" class="logo">', page)
            async with client.get(logo) as answer:
                assert (answer.status, answer.content_type) == (200, "image/svg+xml")
                assert "script" not in await answer.text()
                assert (
                    answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
                )
                assert answer.headers["X-Content-Type-Options"] == "nosniff"

    async def test_without_them(self, real: Client) -> None:
        page = await text(real, "/en")
        assert "<b>Nota</b>" in page
        assert 'src="/static/mark.svg"' in page
        assert await status_of(real.get("/logo")) == 404

    async def test_key_figures_stand_before_the_first_text(self, real: Client) -> None:
        """As large numbers, with what they are, who says so and the day of the check; each leads to the topic that says more."""
        page = await text(real, "/ru")
        key = page.split('<dl class="key">')[1].split("</dl>")[0]
        assert re.match(
            r"Первый срок меморандума министр Меутья Хафид · проверено \d+ \w+ 2026 года5 лет", _in_words(key)
        )
        assert re.search(r'<a href="/ru/topics/duration">5\sлет</a>', key)
        assert page.index('<dl class="key">') < page.index('id="agreement"')

    async def test_the_command_to_subscribe_is_a_link(self, real: Client) -> None:
        """A page takes no commands."""
        article = (await text(real, "/en/topics/news")).split('id="main"')[1].split("<footer")[0]
        assert re.search(r'New ones on either: <a href="[^"]*/en/subscribe">Subscribe to bulletins</a>', article)

    async def test_silence_is_reported_of_a_declared_subject_alone(self, folder: Path, edit: Edit) -> None:
        async with serving(folder) as site, Client(site.address) as client:
            assert "No new bulletin" not in await text(client, "/en")
        edit("dossier.yaml", "languages:", "subject:\n  - fare\nlanguages:")
        async with serving(folder) as site, Client(site.address) as client:
            assert "No new bulletin on the subject since 5 January 2026" in await text(client, "/en")

    async def test_sources_by_kind_with_what_rests_on_them(self, real: Client) -> None:
        """Official pages first, reprints last but others; within a kind, those on which most rests."""
        page = await text(real, "/en/topics/sources")
        listed = page.split('<div class="sources">')[1].split("</div>")[0]
        assert re.findall(r"<h2>(.*?)</h2>", listed) == [
            "Official pages",
            "News agencies",
            "Newspapers",
            "Reprints",
            "Other pages",
        ]
        agencies = listed.split("<h2>")[2]
        counts = [int(count) for count in re.findall(r"· (\d+) statements?<", agencies)]
        assert counts == sorted(counts, reverse=True)
        assert counts[0] > 1


@pytest.mark.slow
@pytest.mark.parametrize("folder", [CONTENT, HIGH_SEAS], ids=lambda folder: folder.name)
async def test_no_page_is_heavy(folder: Path) -> None:
    """At most 12 kB of HTML as it goes over the wire, each page of both dossiers in each language."""
    async with serving(folder, today=CHECKED) as site, Client(site.address) as session:
        found = [element.text or "" for element in Xml.fromstring(await text(session, "/sitemap.xml")).iter()]
        pages = {url.removeprefix(site.address) for url in found if url.startswith(site.address)}
        kinds = ("ask", "claims", "subscribe", "privacy", "mistake", "corrections")
        pages |= {f"/{language}/{kind}" for language in site.live.dossier.languages for kind in kinds}
        assert len(pages) > 90
        heavy = {
            page: size for page in pages if (size := len(gzip.compress((await text(session, page)).encode()))) > 12_288
        }
        assert heavy == {}
