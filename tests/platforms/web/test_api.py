"""``/api``: answers, facts and bulletins as JSON, for anybody's programs."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp
import jsonschema
import pytest

from bot.cli import main
from bot.conversation import PUBLIC_AT_ONCE
from bot.dossier.markdown import Paragraph, Span
from bot.dossier.models import BulletinId, Dossier, Language
from bot.newsroom.correction_history import Correction, History
from bot.platforms.web.api import bulletin_form
from bot.platforms.web.page_context import PageContext
from bot.replies.bulletins import BulletinText
from tests.conftest import CONTENT, HERE, TODAY
from tests.platforms.web.site import Site, serving
from tests.tables import cases

ELSEWHERE = {"Origin": "https://blog.example"}


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with serving(CONTENT) as serves:
        yield serves


async def get(site: Site, path: str, **headers: str) -> tuple[aiohttp.ClientResponse, Any]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(site.address + path, headers=ELSEWHERE | headers) as response,
    ):
        text = await response.text()
        return response, json.loads(text) if text else None


class TestAsk:
    """``/api/ask``."""

    async def test_is_the_object_of_nota_ask(
        self, site: Site, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("EMBEDDINGS", "off")
        asked = [("what does it cost", "en"), ("/check меморандум подписали 20 июня 2025 года", "ru")]
        lines = [json.dumps({"q": question, "language": language}) for question, language in asked]
        monkeypatch.setattr("sys.stdin", StringIO("\n".join(lines)))
        assert await asyncio.to_thread(main, ["ask", "--json"]) == 0
        said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert said == [
            (await get(site, f"/api/ask?q={question}&language={language}"))[1] for question, language in asked
        ]

    @pytest.mark.parametrize("command", ["/ask", "/tanya", "/спросить", "/preguntar"])
    async def test_a_command_has_its_names_in_every_language(self, site: Site, command: str) -> None:
        """The page and assistants ask through the same function."""
        _, answer = await get(site, f"/api/ask?q={command} how long does it last")
        assert answer["topic"] == "duration"

    async def test_what_the_dossier_does_not_hold_has_no_topic(self, site: Site) -> None:
        response, answer = await get(site, "/api/ask?q=who won the world cup")
        assert (response.status, answer["topic"], answer["sources"]) == (200, None, [])

    async def test_a_claim_whose_end_is_cut_is_not_confirmed(self, site: Site) -> None:
        """What stands behind the part that is read may deny it."""
        said = "The memorandum lasts five years. "
        _, short = await get(site, f"/api/ask?q=/check {said}")
        _, cut = await get(site, f"/api/ask?q=/check {said * 15}{'It does. ' * 430}The memorandum lasts ten years.")
        assert (short["verdict"], cut["verdict"]) == ("agrees", "unknown")

    async def test_is_limited_as_the_page_is(self, site: Site) -> None:
        """Together with the page's own questions."""
        for number in range(PUBLIC_AT_ONCE):
            response, _ = await get(site, f"/api/ask?q=/duration{' ' * (number % 2)}")
            assert response.status == 200
        refused, problem = await get(site, "/api/ask?q=/duration")
        assert (refused.status, problem["status"], refused.headers["Retry-After"]) == (429, 429, "2")
        assert (await get_page(site, "/en/ask?q=duration")) == 429


async def get_page(site: Site, path: str) -> int:
    async with aiohttp.ClientSession() as session, session.get(site.address + path) as response:
        return response.status


class TestData:
    """Facts and bulletins."""

    async def test_facts_are_those_of_the_file(self, site: Site) -> None:
        _, facts = await get(site, "/api/facts?language=id")
        _, file = await get(site, "/id/facts.json")
        assert facts["facts"] == file["facts"]
        assert facts["edition"] == site.live.dossier.version

    async def test_bulletins_since_a_day(self, site: Site) -> None:
        _, every = await get(site, "/api/bulletins")
        days = sorted(entry["date"] for entry in every["bulletins"])
        assert len(days) == len(site.live.dossier.bulletins)
        _, since = await get(site, f"/api/bulletins?since={days[5]}")
        assert sorted(entry["date"] for entry in since["bulletins"]) == [day for day in days if day >= days[5]]
        _, none = await get(site, "/api/bulletins?since=2999-01-01T00:00:00%2B07:00")
        assert none["bulletins"] == []

    async def test_since_finds_what_was_withdrawn_then(self, tmp_path: Path) -> None:
        """Also a bulletin that is older than the ledger, so that whoever quoted it hears of it."""
        folder = Path(await asyncio.to_thread(shutil.copytree, HERE / "dossiers" / "tiny", tmp_path / "content"))
        [file] = list((folder / "bulletins").iterdir())[:1]
        file.write_text(
            f"{file.read_text('utf-8')}\nwithdrawn: {{date: 2026-11-20, because: {{en: Wrong., id: Keliru.}}}}\n",
            "utf-8",
        )
        async with serving(folder) as site:
            _, found = await get(site, "/api/bulletins?since=2026-11-20")
            _, later = await get(site, "/api/bulletins?since=2026-11-21")
        assert [(each["id"], each["text"], each["withdrawn"]["because"]) for each in found["bulletins"]] == [
            (file.stem, "", "Wrong.")
        ]
        assert later["bulletins"] == []

    async def test_each_statement_of_a_bulletin_has_its_sources(self, site: Site) -> None:
        _, every = await get(site, "/api/bulletins")
        for entry in every["bulletins"]:
            assert entry["statements"]
            cited = [citation["url"] for statement in entry["statements"] for citation in statement["citations"]]
            assert set(cited) <= {source["url"] for source in entry["sources"]}

    async def test_is_not_sent_again_unless_it_has_changed(self, site: Site) -> None:
        for path in ("/api/facts", "/api/bulletins", "/api/openapi.json"):
            first, _ = await get(site, path)
            again, _ = await get(site, path, **{"If-None-Match": first.headers["ETag"]})
            assert again.status == 304, path


class TestMistakes:
    """Problem details (RFC 9457)."""

    @cases("path, status, names")
    async def test_says_what_is_expected(self, site: Site, path: str, status: int, names: str) -> None:
        """
        /api/ask | 400 | q:
        /api/ask?q=%20%20 | 400 | q:
        /api/ask?q=a&language=xx | 400 | language:
        /api/ask?q=%E2%80%AE%E2%80%8F | 400 | q:
        /api/ask?q=a&q=b | 400 | q: expected once
        /api/facts?language=en&language=xx | 400 | language: expected once
        /api/bulletins?since=2026-01-01&since=2026-01-02 | 400 | since: expected once
        /api/facts?language= | 400 | language:
        /api/bulletins?since=yesterday | 400 | since:
        /api/bulletins?since=0000-00-00 | 400 | since:
        /api/bulletins?since=0001-01-01T00:00:00%2B14:00 | 400 | since:
        /api/nothing | 404 | openapi.json
        """
        response, problem = await get(site, path)
        assert (response.status, problem["status"]) == (status, status)
        assert response.headers["Content-Type"].startswith("application/problem+json")
        assert names in problem["detail"]

    async def test_another_method(self, site: Site) -> None:
        async with aiohttp.ClientSession() as session:
            for method in ("POST", "PUT", "DELETE", "PROPFIND"):
                async with session.request(method, f"{site.address}/api/facts") as response:
                    problem = json.loads(await response.text())
                    assert (response.status, problem["status"]) == (405, 405)
                    assert response.headers["Access-Control-Allow-Origin"] == "*"


class TestOtherSites:
    """Scripts of other sites read data, and nothing that is somebody's own."""

    @cases("path")
    async def test_data_may_be_read(self, site: Site, path: str) -> None:
        """
        /api/ask?q=/duration
        /api/facts
        /api/bulletins
        /api/openapi.json
        /api/nothing
        /en/facts.json
        /en/facts.csv
        /bulletins.atom
        /pictures/en/topic/pricing.csv
        /pictures/en/topic/pricing.svg
        /pictures/en/topic/pricing
        """
        async with aiohttp.ClientSession() as session, session.get(site.address + path, headers=ELSEWHERE) as response:
            assert response.headers["Access-Control-Allow-Origin"] == "*"
            assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
            assert "Access-Control-Allow-Credentials" not in response.headers

    @pytest.mark.parametrize("path", ["/", "/en/topics/duration", "/en/ask?q=a", "/preview", "/desk", "/readyz"])
    async def test_pages_may_not(self, site: Site, path: str) -> None:
        async with aiohttp.ClientSession() as session, session.get(site.address + path, headers=ELSEWHERE) as response:
            assert "Access-Control-Allow-Origin" not in response.headers

    async def test_a_browser_may_ask_for_a_header(self, site: Site) -> None:
        async with (
            aiohttp.ClientSession() as session,
            session.options(f"{site.address}/api/facts", headers=ELSEWHERE) as response,
        ):
            assert (response.status, response.headers["Access-Control-Allow-Headers"]) == (204, "If-None-Match")


class TestDescription:
    """The OpenAPI document."""

    async def test_every_response_is_as_described(self, site: Site) -> None:
        _, document = await get(site, "/api/openapi.json")
        for path, query in (
            ("/api/ask", "?q=/check the memorandum lasts ten years"),
            ("/api/ask", "?q=/sources"),
            ("/api/facts", ""),
            ("/api/bulletins", ""),
            ("/api/ask", ""),
            ("/api/bulletins", "?since=x"),
        ):
            response, body = await get(site, path + query)
            described = document["paths"][path]["get"]["responses"][str(response.status)]["content"]
            schema = described[response.content_type]["schema"]
            jsonschema.Draft202012Validator(schema | {"components": document["components"]}).validate(body)

    async def test_its_schemas_are_strict_enough_to_find_a_missing_field(self, site: Site) -> None:
        _, document = await get(site, "/api/openapi.json")
        _, answer = await get(site, "/api/ask?q=/duration")
        del answer["sources"][0]["publisher"]
        schema = {"$ref": "#/components/schemas/Answer", "components": document["components"]}
        assert not jsonschema.Draft202012Validator(schema).is_valid(answer)


class TestCorrections:
    """``corrections`` of a bulletin."""

    def test_of_one_day_stand_in_their_order(self, tiny: Dossier) -> None:
        """Each says what was wrong; the same words stand once a day."""
        name, english = BulletinId("2026-01-05-first-crossing"), Language("en")
        texts = [
            {english: BulletinText("T", date(2026, 1, 5), (Paragraph((Span(f"It costs {figure}."),)),))}
            for figure in ("4,000", "5,200", "5,300", "4,000", "5,200", "5,200")
        ]
        moments = [datetime(2026, 1, 9, hour, tzinfo=UTC) for hour in (8, 9, 10)] + [
            datetime(2026, 1, 10, tzinfo=UTC)
        ] * 2
        made = tuple(
            Correction(at, before, after) for at, (before, after) in zip(moments, pairwise(texts), strict=True)
        )
        context = PageContext(tiny, english, TODAY, "", histories={name: History(corrections=made)})
        assert [(each["date"], each["because"]) for each in bulletin_form(context, name)["corrections"]] == [
            ("2026-01-09", "5,200, not 4,000."),
            ("2026-01-09", "5,300, not 5,200."),
            ("2026-01-09", "4,000, not 5,300."),
            ("2026-01-10", "5,200, not 4,000."),
            ("2026-01-10", ""),
        ]
