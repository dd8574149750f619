"""Malicious and broken publishers: what each serves, and what must be the result."""

import asyncio
import gzip
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from bot.feeds.documents import FeedDocument, NotAFeed
from bot.feeds.fetcher import FeedGone, Fetched, Fetcher, FetchFailed, NotModified
from bot.feeds.poller import Parse
from tests.servers.publisher import Door, Names, Publisher

MIB = 1024 * 1024


@dataclass(frozen=True)
class Stage:
    """What a hostile publisher has to play with."""

    publisher: Publisher
    door: Door
    names: Names


@dataclass(frozen=True)
class Case:
    """``put`` puts it up and returns the feed's address; ``expected`` is the beginning of what must come of it."""

    name: str
    put: Callable[[Stage], str]
    expected: str

    def is_met_by(self, said: str) -> bool:
        """Whether what came of it is what must; several beginnings are parted by ``|``."""
        return said.startswith(tuple(self.expected.split("|")))

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


async def outcome(case: Case, stage: Stage, fetching: Fetcher, parse: Parse) -> tuple[str, FeedDocument | None]:
    """What comes of the case, in words, and the document where one is read."""
    found = await fetching.fetch(case.put(stage))
    match found:
        case FetchFailed(reason):
            return reason, None
        case FeedGone() | NotModified():
            return type(found).__name__, None
        case Fetched(body, url, media_type):
            try:
                document = await parse(body, media_type, url)
            except NotAFeed as refusal:
                return f"unread: {refusal}", None
            return f"read: {len(document.items)} items", document


def rss(items: str, head: str = "<?xml version='1.0'?>") -> str:
    """An RSS 2.0 document around some items."""
    return f"{head}<rss version='2.0'><channel><title>News</title><link>https://news.example/</link>{items}</channel></rss>"


def item(title: str, more: str = "") -> str:
    """An RSS item."""
    return f"<item><title>{title}</title>{more}</item>"


def _redirect(location: str) -> Callable[[Stage], str]:
    return lambda stage: stage.publisher.sends_to("/feed", location.replace("DOOR", str(stage.door.port)))


def _body(body: str | bytes, media_type: str = "application/rss+xml", **headers: str) -> Callable[[Stage], str]:
    return lambda stage: stage.publisher.gives("/feed", body, media_type, **headers)


def _bomb(pack: Callable[[bytes], bytes], encoding: str) -> Callable[[Stage], str]:
    """Is made only where a test serves it: it takes half a second."""
    return lambda stage: stage.publisher.gives("/feed", pack(_gzip_bomb()), Content_Encoding=encoding)


def _named(table: list[list[str]], port: int | None = None) -> Callable[[Stage], str]:
    def put(stage: Stage) -> str:
        stage.names.table["trick.example"] = table
        stage.publisher.sends_to("/feed", "/again")
        return f"http://trick.example:{port or stage.publisher.port}/feed"

    return put


def _streamed(piece: bytes, pause: float) -> Callable[[Stage], str]:
    """A body that never ends."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/rss+xml"})
        await response.prepare(request)
        while True:
            await response.write(piece)
            await asyncio.sleep(pause)

    def put(stage: Stage) -> str:
        stage.publisher.pages["/feed"] = answer
        return stage.publisher.url()

    return put


def _silent(stage: Stage) -> str:
    async def answer(_: web.Request) -> web.Response:
        await asyncio.sleep(60)
        return web.Response()

    stage.publisher.pages["/feed"] = answer
    return stage.publisher.url()


def _gzip_bomb() -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join([packer.compress(bytes(MIB)) for _ in range(64)]) + packer.flush()


def _filled(start: bytes, piece: bytes, end: bytes = b"", size: int = 2 * MIB) -> bytes:
    return start + piece * ((size - len(start) - len(end)) // len(piece)) + end


_LAUGHS = "".join(
    f"<!ENTITY {name} '{f'&{before};' * 10}'>" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
_NOT_PUBLIC = "not a public address"
_SPELLING = "an address in an unusual spelling"

REACHING = [
    Case("redirect to 127.0.0.1", _redirect("http://127.0.0.1:DOOR/"), f"127.0.0.1: {_NOT_PUBLIC}"),
    Case("redirect to 127.0.0.1 port 80", _redirect("http://127.0.0.1/"), f"127.0.0.1: {_NOT_PUBLIC}"),
    Case("redirect to localhost", _redirect("http://localhost/"), f"localhost: {_NOT_PUBLIC}"),
    Case("redirect to metadata", _redirect("http://169.254.169.254/latest/"), f"169.254.169.254: {_NOT_PUBLIC}"),
    Case("redirect to Azure metadata", _redirect("http://168.63.129.16/"), f"168.63.129.16: {_NOT_PUBLIC}"),
    Case(
        "redirect to mapped IPv6",
        _redirect("http://[::ffff:10.0.0.1]/"),
        f"::ffff:10.0.0.1: {_NOT_PUBLIC}|::ffff:a00:1: {_NOT_PUBLIC}",
    ),
    Case(
        "redirect to NAT64",
        _redirect("http://[64:ff9b::7f00:1]/"),
        f"64:ff9b::127.0.0.1: {_NOT_PUBLIC}|64:ff9b::7f00:1",
    ),
    Case("redirect to decimal", _redirect("http://2130706433/"), f"2130706433: {_SPELLING}"),
    Case("redirect to octal", _redirect("http://0177.0.0.1/"), f"0177.0.0.1: {_SPELLING}"),
    Case("redirect to hexadecimal", _redirect("http://0x7f.0.0.1/"), f"0x7f.0.0.1: {_SPELLING}"),
    Case("redirect to short", _redirect("http://127.1/"), f"127.1: {_SPELLING}"),
    Case("redirect to full-width", _redirect("http://１２７.0.0.1/"), f"127.0.0.1: {_NOT_PUBLIC}"),
    Case("redirect to a file", _redirect("file:///etc/passwd"), "file: only http and https"),
    Case("redirect to another port", _redirect("http://news.example:6379/"), "port 6379"),
    Case("redirect with credentials", _redirect("http://a:b@news.example/"), "a user name or password"),
    Case("redirect in a circle", _redirect("/feed"), "more than 5 redirects"),
    Case("name of a private address", _named([["10.0.0.1"]]), f"trick.example: {_NOT_PUBLIC}"),
    Case("name of two, one private", _named([["127.0.0.2", "127.0.0.1"]]), f"trick.example: {_NOT_PUBLIC}"),
    Case("name public, then private", _named([["127.0.0.2"], ["127.0.0.1"]]), f"trick.example: {_NOT_PUBLIC}"),
    Case("name of mapped IPv6", _named([["::ffff:127.0.0.1"]]), f"trick.example: {_NOT_PUBLIC}"),
]
"""What would lead us where we must not go; Python writes addresses of IPv4 inside IPv6 otherwise before 3.13."""

EXHAUSTING = [
    Case("gzip bomb", _bomb(bytes, "gzip"), "larger than 2,097,152 bytes"),
    Case("gzip inside gzip", _bomb(gzip.compress, "gzip, gzip"), "unread: no feed"),
    Case("endless body", _streamed(b"<item/>" * 9000, 0), "larger than 2,097,152 bytes"),
    Case("one byte a second", _streamed(b"<", 1), "no complete answer within"),
    Case("no answer at all", _silent, "no complete answer within"),
    Case("entity bomb", _body(rss(item("&i;"), f"<!DOCTYPE rss [<!ENTITY a 'ha'>{_LAUGHS}]>")), "read: 1 items"),
    Case(
        "long entity, often",
        _body(rss(item("&a;" * 200_000), f"<!DOCTYPE rss [<!ENTITY a '{'x' * 500_000}'>]>")),
        "read: 1 items",
    ),
    Case(
        "external entity",
        _body(rss(item("x&a;"), "<!DOCTYPE rss [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>")),
        "read: 1",
    ),
    Case(
        "slow declaration",
        _body(_filled(b"<?xml ", b"encoding='")),
        "unread: not parsed within|unread: a damaged feed|unread: no feed",
    ),
    Case("items inside items", _body(_filled(b"<rss><channel>", b"<item>")), "unread: not parsed within"),
    Case("deep nesting", _body(_filled(b"<rss><channel><item>", b"<a>", size=MIB // 4)), "read: |unread: "),
    Case("deep JSON", _body(_filled(b'{"items":', b'{"a":', size=MIB)), "unread: not JSON"),
    Case("3,000 items", _body(rss("".join(item(f"FeedItem {n}") for n in range(3_000)))), "read: 1000 items"),
    Case(
        "100,000 empty items",
        _body(_filled(b"<rss version='2.0'><channel>", b"<item/>", size=700_000)),
        "unread: a damaged feed|unread: not parsed within",
    ),
]
"""What would take all our time or memory."""

CONFUSING = [
    Case(
        "HTML in place of a feed",
        _body("<!DOCTYPE html><html><body>Not found</body></html>", "text/html"),
        "unread: a web",
    ),
    Case("other JSON", _body('{"error": "no"}', "application/json"), "unread: JSON, but no JSON Feed"),
    Case("nothing", _body(""), "unread: an empty answer"),
    Case("a file's name", _body("/etc/hostname"), "unread: no feed"),
    Case("an address", _body("http://127.0.0.1/"), "unread: no feed"),
    Case("binary rubbish", _body(bytes(range(256)) * 100), "unread: "),
    Case(
        "wrong encoding",
        _body(rss(item("Новости")).encode("cp1251"), "application/rss+xml; charset=utf-8"),
        "read: 1 items",
    ),
    Case(
        "another wrong encoding", _body(rss(item("Новости"), "<?xml version='1.0' encoding='ascii'?>")), "read: 1 items"
    ),
    Case("unknown encoding", _body(rss(item("News"), "<?xml version='1.0' encoding='klingon'?>")), "read: 1 items"),
    Case("UTF-16 without a word", _body(rss(item("Новости")).encode("utf-16"), "text/xml"), "read: 1 items"),
    Case("cut off", _body(rss(item("One") + item("Two"))[:-60]), "unread: a damaged feed"),
    Case("items without id", _body(rss(item("One") + item("Two"))), "read: 2 items"),
    Case(
        "all items with one id", _body(rss("".join(item(f"N{n}", "<guid>1</guid>") for n in range(5)))), "read: 5 items"
    ),
    Case("items without words", _body(rss("<item><link>https://a.example</link></item>")), "read: 1 items"),
    Case(
        "items of nothing",
        _body(rss("<item/><item><guid isPermaLink='false'>1</guid><title> </title></item>")),
        "read: 0 items",
    ),
    Case(
        "a feed as another's space",
        _body(rss(item("A")).replace("'2.0'", "'2.0' xmlns='http://a b/'")),
        "read: 1 items",
    ),
    Case("what feedparser raises for", _body(rss(item("A", "</width>"))), "unread: cannot be read"),
    Case(
        "dates of 1970 and 2099",
        _body(
            rss(
                item("A", "<pubDate>Thu, 01 Jan 1970 00:00:00 GMT</pubDate>")
                + item("B", "<pubDate>Thu, 01 Jan 2099 00:00:00 GMT</pubDate>")
                + item("C", "<pubDate>soon</pubDate>")
            )
        ),
        "read: 3 items",
    ),
    Case(
        "scripts in titles",
        _body(
            rss(
                item(
                    "&lt;script&gt;alert(1)&lt;/script&gt;Hi &lt;img src=x onerror=alert(1)&gt;",
                    "<link>javascript:alert(1)</link>",
                )
            )
        ),
        "read: 1 items",
    ),
    Case("hidden characters", _body(rss(item("a\u202eb\u200bc\u0085d\ufeff"))), "read: 1 items"),
    Case(
        "half a surrogate in JSON",
        _body(
            '{"version": "https://jsonfeed.org/version/1", "items": [{"id": "\\ud800", "title": "\\ud83d x"}]}',
            "application/feed+json",
        ),
        "read: 1 items",
    ),
]
"""What would make us say nonsense."""

CASES = [*REACHING, *EXHAUSTING, *CONFUSING]
