"""Questions from outside of chats come by one gate: the page, the API, assistants over HTTP and over pipes, the command line."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from mcp import Client

from bot.commands import COMMANDS, LISTS, OwnCommand
from bot.conversation import PUBLIC_AT_ONCE, PUBLIC_RETRY_SECONDS
from tests.command import Run
from tests.conftest import TINY
from tests.platforms.web.site import Site, serving

FARE = "how much is a ticket"
UNSEEN = "\u0001\u200b"


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with serving(TINY) as served:
        yield served


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTENT_DIR", str(TINY))
    monkeypatch.setenv("EMBEDDINGS", "off")


@dataclass
class Said:
    """What an edge says. ``language``: of the answer; None: it was refused."""

    text: str
    language: str | None
    topic: str | None = None
    wait: str | None = None


async def by_api(site: Site, words: str, language: str | None = None, *, claims: bool = False) -> Said:
    asked = {"q": f"/check {words}" if claims else words} | ({"language": language} if language else {})
    async with aiohttp.ClientSession(site.address) as session, session.get("/api/ask", params=asked) as answer:
        said = await answer.json()
        wait = answer.headers.get("Retry-After")
        return Said(said.get("text", said.get("detail", "")), said.get("language"), said.get("topic"), wait)


async def by_page(site: Site, words: str, language: str | None = None, *, claims: bool = False) -> Said:
    asked = {"claim" if claims else "q": words}
    path = f"/{language or 'en'}/ask"
    async with aiohttp.ClientSession(site.address) as session, session.get(path, params=asked) as answer:
        said = await answer.text()
        shown = re.search(r'<section class="text answer[^>]* lang="(\w+)"', said)
        return Said(said, shown[1] if shown else None, wait=answer.headers.get("Retry-After"))


async def by_mcp(site: Site, words: str, language: str | None = None, *, claims: bool = False) -> Said:
    tool, argument = ("check_claim", "claim") if claims else ("ask", "question")
    async with Client(f"{site.address}/mcp") as client:
        named = {"language": language} if language else {}
        result = await client.call_tool(tool, {argument: words} | named)
    if result.is_error:
        text = result.content[0].text  # type: ignore[union-attr]
        seconds = re.search(r"(\d+) seconds", text)
        return Said(text, None, wait=seconds[1] if seconds else None)
    said: Any = result.structured_content
    return Said(json.dumps(said, ensure_ascii=False), said["language"], said["topic"])


EDGES = {"API": by_api, "page": by_page, "MCP": by_mcp}
EACH = pytest.mark.parametrize("ask", EDGES.values(), ids=EDGES)


class TestLanguage:
    """The answer is in the language that was named; else its words decide."""

    @pytest.mark.parametrize("ask", [by_api, by_mcp], ids=["API", "MCP"])
    async def test_the_named_one(self, site: Site, ask: Any) -> None:
        said = await ask(site, FARE, "id")
        assert (said.topic, said.language) == ("fare", "id")

    @pytest.mark.parametrize("words", ["what about the weather", "the ticket costs 99999 Xu", "thank you"])
    @pytest.mark.parametrize("ask", [by_api, by_mcp], ids=["API", "MCP"])
    async def test_of_what_is_no_answer_too(self, site: Site, ask: Any, words: str) -> None:
        assert (await ask(site, words, "id")).language == "id"

    @EACH
    async def test_none_is_named(self, site: Site, ask: Any) -> None:
        """The page's address has the language of the page, which names none for the answer."""
        assert (await ask(site, "berapa harga tiket")).language == "id"

    @pytest.mark.parametrize(("asked", "language"), [(["--language", "id"], "id"), ([], "en")])
    def test_command_line(self, asked: list[str], language: str, run: Run) -> None:
        said = json.loads(run("ask", FARE, *asked, "--json").out)
        assert (said["topic"], said["language"]) == ("fare", language)


class TestNothingToSee:
    """Words that nobody can see are refused as no words are, and take nothing of the limit where nothing else does."""

    @pytest.mark.parametrize("claims", [False, True], ids=["question", "claim"])
    @pytest.mark.parametrize("words", ["", UNSEEN, "\u2060", " \t"])
    @EACH
    async def test_refused(self, site: Site, ask: Any, words: str, claims: bool) -> None:
        if ask is by_api and claims:
            pytest.skip("the API has no parameter for claims")
        assert (await ask(site, words, claims=claims)).language is None

    @pytest.mark.parametrize("words", ["", UNSEEN])
    def test_command_line(self, words: str, run: Run) -> None:
        assert "expected a question" in run("ask", words, "--json", status=1).err


class TestNearest:
    """The nearest topic is shown, and named apart from the one that answers."""

    @EACH
    async def test_no_edge_calls_it_an_answer(self, site: Site, ask: Any) -> None:
        said = await ask(site, "how much is the ferry to Kelmouth")
        assert said.topic is None
        assert ("A single ticket costs" in said.text) == (ask is not by_mcp)  # an assistant would quote it
        if ask is by_mcp:
            assert (json.loads(said.text)["nearest"], json.loads(said.text)["answered"]) == ("fare", False)


class TestTooMany:
    """All edges share one limit, and say the same number of seconds."""

    async def test_one_limit(self, site: Site) -> None:
        asks = list(EDGES.values())
        for number in range(PUBLIC_AT_ONCE):
            await asks[number % 3](site, "/fare")
        for ask in asks:
            said = await ask(site, "/fare")
            while said.wait is None:  # on a busy machine one more is admitted meanwhile
                said = await ask(site, "/fare")
            assert said.wait == str(PUBLIC_RETRY_SECONDS)


LISTED = [own for own in COMMANDS if own.is_listed and own.is_for_readers]
ANSWERED = [
    *(own.name for own in LISTED if own.about == "dossier" and own.argument is None),
    *(name for name in LISTS if name != "help"),
]
"""What lists something of the dossier; ``/help`` lists what can be asked."""

NOT_KNOWN = ("I have no answer", "Is it one of these", "This is the nearest", "I don’t know the command")


class TestCommands:
    """A command of the bot's own is answered, or it leads to where it works."""

    @pytest.mark.parametrize("own", LISTED, ids=lambda own: own.name)
    @EACH
    async def test_what_help_names(self, site: Site, ask: Any, own: OwnCommand) -> None:
        said = await ask(site, f"/{own.name}")
        assert not any(words in said.text for words in NOT_KNOWN)
        if own.page and ask is by_page:
            assert f'href="/en/{own.page}"' in said.text

    @pytest.mark.parametrize("name", ANSWERED)
    async def test_an_assistant_quotes_what_the_dossier_answers(self, site: Site, name: str) -> None:
        """A reply about no topic would be "not answered" to it, without words and sources."""
        said = json.loads((await by_mcp(site, f"/{name}")).text)
        assert (said["answered"], bool(said["statements"])) == (True, True)

    @pytest.mark.parametrize("own", [own for own in LISTED if own.about != "dossier"], ids=lambda own: own.name)
    def test_command_line(self, own: OwnCommand, run: Run) -> None:
        assert f"/{own.name} needs a chat" in run("ask", f"/{own.name}").out

    @pytest.mark.parametrize("own", [own for own in COMMANDS if not own.is_for_readers], ids=lambda own: own.name)
    @EACH
    async def test_of_editors_and_owners(self, site: Site, ask: Any, own: OwnCommand) -> None:
        """Nobody outside of chats learns that there are such commands."""
        assert "needs a chat" not in (await ask(site, f"/{own.name}")).text
