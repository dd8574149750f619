"""What others write comes out as it went in, whatever marks Nota uses inside: a text may hold any word of Nota's own source."""

import ast
import json
import random
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from html import unescape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

import bot
from bot.delivery.sender import OutgoingMessage
from bot.dossier.markdown import CITATION_GAP, CLOSING, OPENING, Paragraph, Span, parse, plain, without_citations
from bot.dossier.models import Bulletin, Dossier, FactId, Language, SourceId
from bot.dossier.yaml_reader import CONTROL
from bot.feeds.text import plain_text
from bot.newsroom.change_content import clean
from bot.platforms import PLATFORMS
from bot.platforms.base import visible
from bot.platforms.email.addresses import parse_address
from bot.platforms.email.sender import Writer
from bot.platforms.json_form import as_json, cited_statements
from bot.platforms.plain_text import render
from bot.platforms.web.api import bulletins_form
from bot.platforms.web.mcp import quotable
from bot.platforms.web.page_context import PageContext
from bot.platforms.web.public_pages import bulletin_page
from bot.platforms.web.published_feeds import atom
from bot.platforms.webpush.render import notification
from bot.replies.bulletins import bulletin_text
from bot.replies.reply import Reply, SourceLink, StatementVerdict
from tests.conftest import TINY, TODAY, loaded, not_none
from tests.tables import table

EN = Language("en")
TOKEN = "q5Zk-token-of-the-reader"
INSIDE = [
    chr(number) for number in (*range(0x0B), *range(0x0E, 0x1C), 0x7F, 0x200B, 0x202F, 0x2060, 0xE000, 0xE001, 0xF8FF)
] + [
    "\ufdd0",
    "\ufffd",
    "\ufffe",
    "\uffff",
    "\U000f0000",
    "\U0010ffff",
]
"""Characters of which programs make marks: control characters, those for private use, and those that are none."""
SPACES = set("\r\x0b\x0c\x1c\x1d\x1e\x1f\x85")
"""Control characters that count as spaces: one comes out as a space, or not at all."""

LONGEST = 80


FILES = tuple(sorted(Path(*bot.__path__).rglob("*.py")))


def constants(files: Iterable[Path] = FILES) -> tuple[str, ...]:
    """Each text in the source of Nota, also the parts of f-strings, without what is written for its readers."""
    texts = set(INSIDE)
    for file in files:
        tree = ast.parse(file.read_text("utf-8"))
        documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        texts |= {
            node.value[:LONGEST]
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation
        }
    return tuple(sorted(text for text in texts if not SPACES & set(text)))


def shown(text: str) -> str:
    """The text as every channel may show it: without what nobody sees (:func:`visible`), and each space alike."""
    return " ".join(visible(text).replace("\u200b", "").split())


def of_html(html: str) -> str:
    body = re.sub(r"<(head|script|style).*?</\1>", " ", html, flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]*>", "", re.sub(r"<br ?/?>", "\n", body)))


# ---- Where a reply comes out

HARBOUR = SourceLink(SourceId("harbour"), "Harbour Office", "Fares", "https://harbour.example/fares", date(2026, 1, 2))


def reply_with(texts: Sequence[str]) -> Reply:
    """A reply with each text between two words in bold type."""
    lines = tuple(Paragraph((Span("left", bold=True), Span(text), Span("right", bold=True))) for text in texts)
    return Reply(None, EN, "Fares", "📰", lines, (HARBOUR,), verdict=None)


def mail(reply: Reply) -> Iterator[str]:
    sender = not_none(parse_address("nota@example.org"))
    writer = Writer(sender, "", "", lambda: loaded(TINY), lambda: datetime(2026, 11, 28, tzinfo=UTC))
    message = OutgoingMessage(reply, "0123456789abcdef0123", destination={"link": TOKEN})
    _, content = writer.bulletin(sender, message, TOKEN)
    parts = [part for part in message_from_bytes(content, policy=policy.default).walk() if not part.is_multipart()]
    for part in parts:
        content_of = part.get_content()
        assert content_of.count(TOKEN) == 2  # the links below the text
        yield content_of if part.get_content_type() == "text/plain" else of_html(content_of)


def through_platforms(reply: Reply) -> Iterator[str]:
    yield from (platform.words(platform.payload(reply)) for platform in PLATFORMS)


def web_push(reply: Reply) -> Iterator[str]:
    sent: dict[str, Any] = json.loads(notification(OutgoingMessage(reply, "k"), "k", ""))["notification"]
    yield str(sent["body"])


def programs(reply: Reply) -> Iterator[str]:
    yield render(reply)
    yield str(as_json("", reply)["text"])
    yield "\n".join(statement["text"] for statement in cited_statements(reply.blocks, reply.sources))


CHANNELS: dict[str, tuple[int, Callable[[Reply], Iterator[str]]]] = {
    "platforms": (20, through_platforms),
    "mail": (40, mail),
    "Web Push": (1, web_push),
    "programs": (40, programs),
}
"""How many such texts have room in one message, and what comes out."""


def check_channel(name: str, texts: Sequence[str]) -> None:
    room, come_out = CHANNELS[name]
    room = 2 if name == "platforms" else room  # a notification is one of them
    for start in range(0, len(texts), room):
        of_one = texts[start : start + room]
        for out in map(shown, come_out(reply_with(of_one))):
            missing = [text for text in of_one if shown(f"left{text}right") not in out]
            assert not missing, (missing[0], out)


# ---- Where a bulletin comes out


def typed(text: str) -> str:
    """The text as an editor types it who wants no style: on one line, every sign of Markdown escaped, and without what no file may hold."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(visible(text).split()))


def published(texts: Sequence[str]) -> tuple[Dossier, Bulletin]:
    """The dossier with a bulletin that has each text in a paragraph of its own. Braces are a fact's, or a mistake."""
    dossier = loaded(TINY)
    (bulletin,) = dossier.bulletins.values()
    body = "\n\n".join(f"**left**{typed(text)}**right**" for text in texts)
    bulletin = bulletin.model_copy(update={"body": dict.fromkeys(dossier.languages, body)})
    return replace(dossier, bulletins={bulletin.id: bulletin}), bulletin


def check_pages(texts: Sequence[str]) -> None:
    texts = [text for text in texts if visible(text).split() and not set("{}") & set(text)]
    dossier, bulletin = published(texts)
    context = PageContext(dossier, EN, TODAY, "https://nota.example")
    come_out = {
        "page": of_html(bulletin_page(context, bulletin.id)),
        "atom": "".join(Xml.fromstring(atom(context)).itertext()),
        "API": bulletins_form(context, None)["bulletins"][0]["text"],
        "ledger": "\n".join(without_citations(block.spans) for block in bulletin_text(dossier, bulletin, EN).blocks),  # type: ignore[union-attr]
    }
    for name, out in come_out.items():
        words = shown(out)
        missing = [text for text in texts if shown(f"left{' '.join(text.split())}right") not in words]
        assert not missing, (name, missing[0])


class TestEveryConstant:
    """A text that holds it comes out as it went in."""

    def test_a_sample(self) -> None:
        seed = random.randrange(10**6)
        print("seed", seed)  # pytest shows it with a failure
        chance = random.Random(seed)
        sample = chance.sample(constants(chance.sample(FILES, 10)), 40)
        for name in CHANNELS:
            check_channel(name, sample)
        check_pages(sample)

    @pytest.mark.slow
    @pytest.mark.parametrize("name", CHANNELS)
    def test_all_in_messages(self, name: str) -> None:
        check_channel(name, constants())

    @pytest.mark.slow
    def test_all_on_pages(self) -> None:
        every = constants()
        for start in range(0, len(every), 100):
            check_pages(every[start : start + 100])


class TestMarks:
    """Each mark that was ever a constant, where the words of others can hold it."""

    @table("written")
    def test_no_word_is_the_mark_of_a_secret_link(self, written: str) -> None:
        """Neither in a text, nor in a link, nor in a title, nor as a source's address.

        TOKENOFTHISREADER
        {self.mark}
        https://evil.example/?u=TOKENOFTHISREADER
        """
        reply = reply_with((written,))
        link = (*reply.blocks, Paragraph((Span("here", url=f"https://evil.example/{written}"),)))
        reply = replace(
            reply, title=written, blocks=link, sources=(replace(HARBOUR, url=f"https://e.example/{written}"),)
        )
        for out in mail(reply):
            assert written in out

    def test_each_writer_has_a_mark_of_its_own(self) -> None:
        sender = not_none(parse_address("nota@example.org"))
        marks = {Writer(sender, "", "", lambda: loaded(TINY)).mark for _ in range(3)}
        assert len(marks) == 3
        assert all(len(mark) >= 32 for mark in marks)

    def test_no_character_is_a_brace(self) -> None:
        """Of what stands for braces while Markdown is parsed, nobody can write a fact: no file, no form and no feed may hold it."""
        for mark in (OPENING, CLOSING):
            assert CONTROL.search(mark)
            assert clean(f"a{mark}b") == plain_text(f"a{mark}b") == visible(f"a{mark}b") == "ab"
        (block,) = parse("A ticket: \ue000fare\ue001 and {fare}")
        assert isinstance(block, Paragraph)
        assert plain(block.spans) == "A ticket: \ue000fare\ue001 and {fare}"

    def test_a_narrow_space_between_two_styles(self) -> None:
        """It looks like the gap between two citations, and is the writer's."""
        written = (Span("12", bold=True), Span(CITATION_GAP), Span("km", italic=True))
        cited = (Span("", source="a"), Span(CITATION_GAP), Span("", source="b"))
        assert without_citations((*written, *cited, Span("."))) == f"12{CITATION_GAP}km."

    def test_numbers_that_are_quoted(self) -> None:
        """Assistants get a title without the numbers of its sources, and with those that a reader wrote."""
        context = PageContext(loaded(TINY), EN, TODAY, "")
        for quoted in ("moon¹", f"moon 4{CITATION_GAP}¹", "moon"):
            title, judged = f"“The {quoted} is round” – Yes: 4.", StatementVerdict("", "agrees", None, None, (), False)
            reply = replace(reply_with(()), title=f"{title}¹", title_sources=(HARBOUR.id,), verdict="agrees")
            reply = replace(reply, statements=(replace(judged, fact=FactId("fare")),))
            assert quotable(context, reply)["title"] == title
