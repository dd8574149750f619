"""``/mcp`` and ``nota mcp``, asked by the official client of the Model Context Protocol."""

import json
import os
import re
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import aiohttp
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from structlog.testing import capture_logs

from bot.conversation import PUBLIC_AT_ONCE
from bot.platforms.web.mcp import HANDSHAKES, STATELESS
from tests.conftest import CONTENT, HERE, Edit, shipped
from tests.platforms.web.site import Site, serving, status_of, text_of

ERAS = {"without a handshake": "auto", "with a handshake": "legacy"}
NUMBER = re.compile(r"\d+(?:[.,\s]\d+)*")


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with serving(CONTENT) as serves:
        yield serves


@pytest.fixture(params=ERAS.values(), ids=ERAS)
def mode(request: pytest.FixtureRequest) -> Any:
    return request.param


async def called(client: Client, tool: str, **arguments: str) -> Any:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    assert json.loads(result.content[0].text) == result.structured_content  # type: ignore[union-attr]
    return result.structured_content


class TestTools:
    """What an assistant gets."""

    async def test_each_says_when_not_to_use_it(self, site: Site, mode: Any) -> None:
        async with Client(f"{site.address}/mcp", mode=mode) as client:
            tools = (await client.list_tools()).tools
            assert [tool.name for tool in tools] == ["ask", "check_claim", "facts", "bulletins_since", "topics"]
            for tool in tools:
                assert "Not " in (tool.description or "")
                assert tool.annotations is not None
                assert tool.annotations.read_only_hint is True

    async def test_an_answer_has_its_sources_and_its_day(self, site: Site, mode: Any) -> None:
        async with Client(f"{site.address}/mcp", mode=mode) as client:
            answer = await called(client, "ask", question="how long does it last")
            assert (answer["answered"], answer["topic"], answer["note"]) == (True, "duration", "")
            first = answer["statements"][0]
            assert first["text"].startswith("Five years")
            assert {"publisher", "title", "url", "published"} <= set(first["citations"][0])
            assert (answer["checked"], answer["edition"]) == ("2026-11-28", shipped().version)

    async def test_a_place_in_a_source_is_quoted(self, folder: Path, edit: Edit, mode: Any) -> None:
        """Of each statement, and of each source of the answer; the sources that decide are ids as before."""
        edit(
            "topics/fare.yaml",
            "ticket costs **{fare}**.",
            "ticket costs **{fare}**.[@harbour, p. 3] Really.[@harbour, p. 4]",
        )
        edit(
            "facts.yaml",
            "amount: 4500",
            "amount: 4500\n  of: {en: a ticket, id: tiket}\n  says: {en: ['a ticket costs {}']}",
        )
        async with serving(folder) as site, Client(f"{site.address}/mcp", mode=mode) as client:
            answer = await called(client, "ask", question="/fare")
            assert [each["place"] for each in answer["statements"][0]["citations"]] == ["p. 3", "p. 4"]
            assert [each["place"] for each in answer["sources"]] == ["p. 3", "p. 4"]
            judged = await called(client, "check_claim", claim="a ticket costs Rp5,000")
            assert judged["judged"][0]["sources"] == ["harbour"]
            assert ["place" in each for each in judged["statements"][0]["citations"]] == [False]
            assert [each.get("place") for each in judged["sources"]] == [None, "p. 3", "p. 4"]

    async def test_what_it_does_not_know_is_said(self, site: Site, mode: Any) -> None:
        async with Client(f"{site.address}/mcp", mode=mode) as client:
            answer = await called(client, "ask", question="who won the world cup")
            assert (answer["answered"], answer["statements"], answer["sources"]) == (False, [], [])
            assert "does not say" in answer["note"]

    async def test_a_verdict_comes_first_with_what_decides_it(self, site: Site, mode: Any) -> None:
        async with Client(f"{site.address}/mcp", mode=mode) as client:
            answer = await called(client, "check_claim", claim="меморандум действует десять лет", language="ru")
            assert (answer["verdict"], answer["judged"][0]["fact"]) == ("contradicts", "first_term")
            assert answer["statements"][0]["citations"]
            assert not re.search("[⁰¹²³⁴-⁹]", json.dumps(answer, ensure_ascii=False))

    async def test_what_nobody_has_judged_is_not_called_true_or_false(self, site: Site, mode: Any) -> None:
        async with Client(f"{site.address}/mcp", mode=mode) as client:
            answer = await called(client, "check_claim", claim="the memorandum is paid by a secret fund")
            assert answer["verdict"] == "unknown"
            assert "Do not call it true or false" in answer["note"]
            assert answer["title"] == ""
            assert not any("has this on it" in statement["text"] for statement in answer["statements"])

    async def test_lists(self, site: Site, mode: Any) -> None:
        async with Client(f"{site.address}/mcp", mode=mode) as client:
            topics, facts = await called(client, "topics", language="id"), await called(client, "facts")
            assert [topic["id"] for topic in topics["topics"]] == list(shipped().topics)
            assert [fact["id"] for fact in facts["facts"]] == list(shipped().facts)
            days = [each["date"] for each in (await called(client, "bulletins_since", since="2025-12-01"))["bulletins"]]
            assert days == sorted(
                (str(each.date) for each in shipped().bulletins.values() if str(each.date) >= "2025-12-01"),
                reverse=True,
            )

    @pytest.mark.parametrize(
        ("tool", "arguments", "names"),
        [
            ("ask", {}, "question"),
            ("ask", {"question": ""}, "question"),
            ("ask", {"question": "a" * 501}, "question"),
            ("ask", {"question": "a", "language": "xx"}, "language"),
            ("ask", {"question": "a", "model": "x"}, "model"),
            ("bulletins_since", {"since": "soon"}, "since"),
        ],
    )
    async def test_a_mistake_is_told_to_the_assistant(
        self, site: Site, tool: str, arguments: dict[str, str], names: str
    ) -> None:
        async with Client(f"{site.address}/mcp") as client:
            result = await client.call_tool(tool, arguments)
        assert result.is_error
        assert names in result.content[0].text  # type: ignore[union-attr]

    async def test_too_many_are_told_to_wait(self, site: Site) -> None:
        async with Client(f"{site.address}/mcp") as client:
            results = [await client.call_tool("ask", {"question": "/duration"}) for _ in range(2 * PUBLIC_AT_ONCE)]
        refused = [result for result in results if result.is_error]  # as many fewer as the limit allows again meanwhile
        assert results.index(refused[0]) >= PUBLIC_AT_ONCE
        assert "Wait" in refused[0].content[0].text  # type: ignore[union-attr]


class TestEmbargo:
    """What is not published yet does not exist."""

    async def test_a_bulletin_under_embargo_is_in_no_tool(self, tmp_path: Path) -> None:
        import shutil

        folder = tmp_path / "content"
        shutil.copytree(HERE / "dossiers" / "tiny", folder)
        [bulletin] = list((folder / "bulletins").iterdir())[:1]
        text = bulletin.read_text("utf-8")
        later = datetime(2030, 1, 1, tzinfo=UTC)
        bulletin.write_text(f"{text}\nnot_before: {later.isoformat()}\n", "utf-8")
        clock = [later - timedelta(seconds=1)]
        async with serving(folder, now=lambda: clock[0]) as site, Client(f"{site.address}/mcp") as client:
            before = [await called(client, "bulletins_since"), str(await client.list_tools())]
            assert bulletin.stem not in str(before)
            clock[0] = later
            after = await called(client, "bulletins_since")
        assert bulletin.stem in str(after)


@pytest.mark.slow
async def test_each_number_of_an_answer_is_a_fact(site: Site) -> None:
    """A hundred questions of the dossier's own, in three languages."""
    asked = [
        (text, language)
        for topic in shipped().topics.values()
        for language, texts in topic.asks.items()
        for text in texts[:2]
    ]
    facts: dict[str, str] = {}
    async with aiohttp.ClientSession() as session:
        for language in shipped().languages:
            facts[language] = re.sub(
                r"\s", " ", await text_of(session.get(f"{site.address}/api/facts?language={language}"))
            )
    clients = 0
    for begin in range(0, 100, PUBLIC_AT_ONCE):
        async with serving(CONTENT) as fresh, Client(f"{fresh.address}/mcp") as client:  # with a limit of its own
            for text, language in asked[:: len(asked) // 100][begin : begin + PUBLIC_AT_ONCE]:
                answer = await called(client, "ask", question=text, language=language)
                clients += 1
                for statement in answer["statements"]:
                    for number in NUMBER.findall(statement["text"]):
                        written = re.escape(re.sub(r"\s", " ", number))
                        assert re.search(rf"(?<!\d){written}(?!\d)", facts[answer["language"]]), (number, statement)
    assert clients >= 100


class TestTransport:
    """Requests that no client of the SDK sends."""

    PING: ClassVar = {"jsonrpc": "2.0", "id": 1, "method": "ping"}

    async def post(self, site: Site, body: bytes, **headers: str) -> tuple[int, Any]:
        given = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{site.address}/mcp", data=body, headers=given | headers) as response,
        ):
            text = await response.text()
            return response.status, json.loads(text) if text else None

    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            (b"{", 400, -32700),
            (b"\xff", 400, -32700),
            (b"[" * 60_000, 400, -32700),
            (b"1" * 5000, 400, -32700),
            (b"[]", 200, -32600),
            (b"null", 200, -32600),
            (b'{"id": 1, "method": "ping"}', 200, -32600),
            (b'{"jsonrpc": "2.0", "id": {}, "method": "ping"}', 200, -32600),
            (b'{"jsonrpc": "2.0", "id": 1, "method": 5}', 200, -32600),
            (b'{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": []}', 200, -32602),
            (b'{"jsonrpc": "2.0", "id": 1, "method": "nothing"}', 200, -32601),
            (b'{"jsonrpc": "2.0", "id": "\\ud800", "method": "\\udfff"}', 200, -32601),
            (b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "rm"}}', 200, -32602),
            (b" " * 70_000, 413, -32600),
        ],
    )
    async def test_nonsense_is_an_error_response(self, site: Site, body: bytes, status: int, code: int) -> None:
        found, response = await self.post(site, body)
        assert (found, response["error"]["code"]) == (status, code)

    @pytest.mark.parametrize(
        "value", [[], {}, None, [[]], {"a": []}, 1.5, True, "x" * 5000], ids=lambda value: str(value)[:20]
    )
    async def test_no_value_is_a_fault_of_ours(self, site: Site, value: object) -> None:
        """Wherever it stands in a message, in each revision: it is refused, and nothing is logged."""
        call = {"method": "tools/call", "params": {"name": "facts", "arguments": {}}}
        meta = {"io.modelcontextprotocol/protocolVersion": STATELESS, "io.modelcontextprotocol/clientCapabilities": {}}
        messages: list[dict[str, Any]] = [
            {"method": value}, {"id": value, "method": "ping"}, {"method": "ping", "params": value},
            {"method": "tools/call", "params": {"name": value}},
            {"method": "tools/call", "params": {"name": "ask", "arguments": value}},
            {"method": "tools/call", "params": {"name": "facts", "arguments": {"language": value}}},
            {"method": "initialize", "params": {"protocolVersion": value}}, {"method": "ping", "params": {"_meta": value}},
            call | {"params": {"name": "facts", "_meta": meta | {"io.modelcontextprotocol/protocolVersion": value}}},
        ]  # fmt: skip
        with capture_logs() as logged:
            for message in messages:
                body = json.dumps({"jsonrpc": "2.0", "id": 1} | message).encode()
                for headers in ({}, {"MCP-Protocol-Version": STATELESS, "Mcp-Method": str(message["method"])[:100]}):
                    status, _ = await self.post(site, body, **headers)
                    assert status < 500, (message, headers)
        assert [each for each in logged if each["log_level"] in ("error", "critical")] == []

    async def test_a_notification_and_a_response_need_none(self, site: Site) -> None:
        for message in ({"method": "notifications/initialized"}, {"id": 7, "result": {}}):
            assert await self.post(site, json.dumps({"jsonrpc": "2.0"} | message).encode()) == (202, None)

    async def test_headers(self, site: Site) -> None:
        ping = json.dumps(self.PING).encode()
        assert (await self.post(site, ping))[0] == 200
        assert (await self.post(site, ping, **{"Content-Type": "text/plain"}))[0] == 415
        for refused in ("text/html", "application/json;q=0, */*", "text/html, */*;q=0.0"):
            assert (await self.post(site, ping, Accept=refused))[0] == 406
        assert (await self.post(site, ping, Accept="text/html, Application/JSON;q=0.1"))[0] == 200
        status, response = await self.post(site, ping, **{"MCP-Protocol-Version": "1999-01-01"})
        assert (status, response["error"]["code"]) == (400, -32022)
        assert response["error"]["data"]["supported"] == [*HANDSHAKES, STATELESS]

    async def test_headers_that_contradict_the_message_are_refused(self, site: Site) -> None:
        """So that nobody between the client and us is told something else."""
        meta = {"io.modelcontextprotocol/protocolVersion": STATELESS, "io.modelcontextprotocol/clientCapabilities": {}}
        message = json.dumps(self.PING | {"method": "tools/list", "params": {"_meta": meta}}).encode()
        right = {"MCP-Protocol-Version": STATELESS, "Mcp-Method": "tools/list"}
        assert (await self.post(site, message, **right))[0] == 200
        for wrong in ({"Mcp-Method": "tools/call"}, {"Mcp-Method": ""}):
            status, response = await self.post(site, message, **(right | wrong))
            assert (status, response["error"]["code"]) == (400, -32020)
        status, response = await self.post(site, json.dumps(self.PING).encode(), **right | {"Mcp-Method": "ping"})
        assert (status, response["error"]["code"]) == (400, -32602)

    async def test_there_is_no_stream(self, site: Site) -> None:
        async with aiohttp.ClientSession() as session:
            for method in ("GET", "DELETE"):
                assert await status_of(session.request(method, f"{site.address}/mcp")) == 405, method

    async def test_a_script_of_another_site_may_ask(self, site: Site) -> None:
        headers = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
        async with (
            aiohttp.ClientSession() as session,
            session.options(f"{site.address}/mcp", headers=headers) as response,
        ):
            assert response.headers["Access-Control-Allow-Origin"] == "*"
            assert "Mcp-Method" in response.headers["Access-Control-Allow-Headers"]


@pytest.mark.slow
async def test_over_pipes(mode: Any, tmp_path: Path) -> None:
    """``nota mcp``, without a database."""
    settings = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(HERE.parent),
        "EMBEDDINGS": "off",
        "CONTENT_DIR": str(CONTENT),
    }
    settings["DATABASE_URL"] = f"sqlite:///{tmp_path}/none.sqlite3"
    server = StdioServerParameters(command=sys.executable, args=["-m", "bot", "mcp"], env=settings)
    async with Client(stdio_client(server), mode=mode) as client:
        answer = await called(client, "ask", question="how long does it last")
        assert (answer["topic"], answer["url"]) == ("duration", None)
        assert (await called(client, "check_claim", claim="the memorandum lasts ten years"))["verdict"] == "contradicts"
    assert not os.listdir(tmp_path)  # noqa: PTH208
