"""Fetching over real HTTP: conditions, limits, redirects, public addresses, and when a publisher says to come back."""

import asyncio
import gzip
import resource
import zlib
from collections.abc import Callable

import pytest
from aiohttp import web

from bot.feeds.fetcher import (
    FeedGone,
    Fetched,
    Fetcher,
    FetchFailed,
    NotModified,
    Validators,
    fresh_seconds,
    retry_after_seconds,
)
from tests.servers.publisher import Door, Names, Publisher
from tests.tables import table

FEED = "<rss version='2.0'><channel><title>News</title></channel></rss>"


class TestAsking:
    """What we say, and what we keep of the answer."""

    async def test_body_and_what_comes_with_it(self, publisher: Publisher, fetching: Fetcher) -> None:
        """Validators, media type, freshness."""
        url = publisher.gives("/feed", FEED, ETag='"1"', Last_Modified="yesterday", Cache_Control="max-age=900")
        found = await fetching.fetch(url)
        assert found == Fetched(FEED.encode(), url, "application/rss+xml", Validators('"1"', "yesterday"), 900)

    async def test_we_say_who_we_are(self, publisher: Publisher, fetching: Fetcher) -> None:
        """Name, version, where to ask; no cookie, no referrer."""
        await fetching.fetch(publisher.gives("/feed", FEED, Set_Cookie="a=b"))
        await fetching.fetch(publisher.url("/feed"))
        sent = publisher.asked[-1].headers
        assert sent["User-Agent"].startswith("Nota/")
        assert "+https://nota.example" in sent["User-Agent"]
        assert not {"Cookie", "Referer", "Authorization"} & set(sent)

    async def test_conditional_request(self, publisher: Publisher, fetching: Fetcher) -> None:
        """RFC 9110 §13: If-None-Match and If-Modified-Since as they were given; 304 is no body."""

        async def answer(request: web.Request) -> web.Response:
            same = request.headers.get("If-None-Match") == '"1"' and request.headers.get("If-Modified-Since") == "then"
            return web.Response(status=304 if same else 200, headers={"Cache-Control": "max-age=60"})

        publisher.pages["/feed"] = answer
        assert await fetching.fetch(publisher.url(), Validators('"1"', "then")) == NotModified(60)
        assert isinstance(await fetching.fetch(publisher.url(), Validators('"2"')), Fetched)

    async def test_304_that_nobody_asked_for(self, publisher: Publisher, fetching: Fetcher) -> None:
        """Without a condition it is a failure: we have nothing to go on with."""
        assert await fetching.fetch(publisher.fails("/feed", 304)) == FetchFailed("HTTP 304")

    @pytest.mark.parametrize("etag", ['"é"', '"' + "x" * 2000 + '"'])
    async def test_validator_that_is_none(self, publisher: Publisher, fetching: Fetcher, etag: str) -> None:
        """Bytes that nobody can keep, or more than anybody should."""
        publisher.gives("/feed", FEED, ETag=etag)
        found = await fetching.fetch(publisher.url())
        assert isinstance(found, Fetched)
        assert found.validators.etag is None

    @pytest.mark.parametrize(("encoding", "packed"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
    async def test_compression(
        self, publisher: Publisher, fetching: Fetcher, encoding: str, packed: Callable[[bytes], bytes]
    ) -> None:
        """What we ask for in Accept-Encoding."""
        found = await fetching.fetch(publisher.gives("/feed", packed(FEED.encode()), Content_Encoding=encoding))
        assert isinstance(found, Fetched)
        assert found.body == FEED.encode()

    async def test_damaged_compression(self, publisher: Publisher, fetching: Fetcher) -> None:
        url = publisher.gives("/feed", FEED, Content_Encoding="gzip")
        assert await fetching.fetch(url) == FetchFailed("the answer is damaged or incomplete")

    @pytest.mark.slow
    async def test_compressed_bomb(self, publisher: Publisher, fetching: Fetcher) -> None:
        """100 MB in 100 kB: decompression stops at the limit, and memory does not grow by more than a few times that."""
        packer = zlib.compressobj(9, wbits=31)
        bomb = b"".join([packer.compress(bytes(1 << 20)) for _ in range(100)]) + packer.flush()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        found = await fetching.fetch(publisher.gives("/feed", bomb, Content_Encoding="gzip"))
        assert found == FetchFailed("larger than 2,097,152 bytes")
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024

    async def test_one_request_at_a_time_per_host(self, publisher: Publisher, fetching: Fetcher) -> None:
        """Twenty feeds of one host, asked for together; waiting does not count as slowness."""

        async def answer(_: web.Request) -> web.Response:
            await asyncio.sleep(0.03)
            return web.Response(text=FEED)

        publisher.pages = {f"/{number}": answer for number in range(20)}
        found = await asyncio.gather(*(fetching.fetch(publisher.url(path)) for path in publisher.pages))
        assert all(isinstance(each, Fetched) for each in found)
        assert publisher.busiest == 1

    async def test_two_hosts_that_send_to_each_other(
        self, publisher: Publisher, fetching: Fetcher, names: Names
    ) -> None:
        """Nobody holds one host's turn while waiting for another's."""
        names.table |= {"a.example": [["127.0.0.2"]], "b.example": [["127.0.0.2"]]}
        a, b = (f"http://{host}.example:{publisher.port}" for host in "ab")
        publisher.sends_to("/a", f"{b}/feed")
        publisher.sends_to("/b", f"{a}/feed")
        publisher.gives("/feed", FEED)
        found = await asyncio.gather(fetching.fetch(f"{a}/a"), fetching.fetch(f"{b}/b"))
        assert all(isinstance(each, Fetched) for each in found)


class TestEnds:
    """What is no body."""

    async def test_gone_for_good(self, publisher: Publisher, fetching: Fetcher) -> None:
        """410."""
        assert await fetching.fetch(publisher.fails("/feed", 410)) == FeedGone()

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
    async def test_failures_with_their_wish(self, publisher: Publisher, fetching: Fetcher, status: int) -> None:
        """Retry-After goes with them."""
        url = publisher.fails("/feed", status, Retry_After="120")
        assert await fetching.fetch(url) == FetchFailed(f"HTTP {status}", 120)

    async def test_nobody_there(self, publisher: Publisher, fetching: Fetcher) -> None:
        """A closed port, an unknown name."""
        assert await fetching.fetch("http://127.0.0.2:1/") == FetchFailed("no connection")
        assert await fetching.fetch("http://nowhere.example/") == FetchFailed("no such host")

    async def test_no_http(self, publisher: Publisher, fetching: Fetcher) -> None:
        """Something else listens."""

        async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"220 mail.example ESMTP\r\n")
            writer.close()

        async with await asyncio.start_server(babble, "127.0.0.2", 0) as server:
            port = server.sockets[0].getsockname()[1]
            found = await fetching.fetch(f"http://127.0.0.2:{port}/")
        assert isinstance(found, FetchFailed)
        assert found.reason.startswith("not an HTTP answer")

    async def test_answer_that_breaks_off(self, publisher: Publisher, fetching: Fetcher) -> None:
        """Fewer bytes than announced."""

        async def answer(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse(headers={"Content-Length": "1000"})
            await response.prepare(request)
            await response.write(b"<rss>")
            assert request.transport
            request.transport.close()
            return response

        publisher.pages["/feed"] = answer
        assert await fetching.fetch(publisher.url()) == FetchFailed("the answer is damaged or incomplete")


class TestRedirects:
    """RFC 9110 §15.4, each step checked like the first."""

    async def test_permanent_ones_are_remembered(self, publisher: Publisher, fetching: Fetcher) -> None:
        """301 then 308: the end is the feed's address from now on."""
        publisher.sends_to("/old", "/newer", 301)
        publisher.sends_to("/newer", publisher.url("/feed"), 308)
        publisher.gives("/feed", FEED)
        found = await fetching.fetch(publisher.url("/old"))
        assert isinstance(found, Fetched)
        assert found.moved_to == found.url == publisher.url("/feed")

    @pytest.mark.parametrize("status", [302, 303, 307])
    async def test_a_temporary_one_on_the_way(self, publisher: Publisher, fetching: Fetcher, status: int) -> None:
        """Then nothing is remembered."""
        publisher.sends_to("/old", "/newer", 301)
        publisher.sends_to("/newer", "/feed", status)
        publisher.gives("/feed", FEED)
        found = await fetching.fetch(publisher.url("/old"))
        assert isinstance(found, Fetched)
        assert found.moved_to is None

    async def test_gone_where_it_sends_us_for_now(self, publisher: Publisher, fetching: Fetcher) -> None:
        """Says nothing of the feed; where it has moved for good, it does."""
        gone = publisher.fails("/gone", 410)
        assert await fetching.fetch(publisher.sends_to("/feed", gone, 307)) == FetchFailed(
            "HTTP 410 after a temporary redirect"
        )
        assert await fetching.fetch(publisher.sends_to("/feed", gone, 308)) == FeedGone()

    async def test_in_a_circle(self, publisher: Publisher, fetching: Fetcher) -> None:
        """Five, and no more."""
        assert await fetching.fetch(publisher.sends_to("/feed", "/feed")) == FetchFailed("more than 5 redirects")
        assert len(publisher.asked) == 6

    async def test_without_a_place(self, publisher: Publisher, fetching: Fetcher) -> None:
        """A redirect to nowhere is a failure."""
        assert await fetching.fetch(publisher.fails("/feed", 301)) == FetchFailed("HTTP 301")

    async def test_the_seconds_hold_for_the_whole_way(self, publisher: Publisher, fetching: Fetcher) -> None:
        """Five steps of half a second each are over two seconds."""

        async def answer(_: web.Request) -> web.Response:
            await asyncio.sleep(0.5)
            return web.Response(status=302, headers={"Location": "/feed"})

        publisher.pages["/feed"] = answer
        assert await fetching.fetch(publisher.url()) == FetchFailed("no complete answer within 2 s")


class TestGuard:
    """No request reaches an address that is not public, whoever names it."""

    async def test_public_name_with_one_private_address(self, fetching: Fetcher, names: Names, door: Door) -> None:
        """Every resolved address is checked, and one bad one is enough."""
        names.table["half.example"] = [["127.0.0.2", "127.0.0.1"]]
        assert await fetching.fetch(f"http://half.example:{door.port}/") == FetchFailed(
            "half.example: not a public address"
        )

    async def test_name_that_resolves_public_then_private(
        self, publisher: Publisher, fetching: Fetcher, names: Names, door: Door
    ) -> None:
        """Looked up once for a connection; the second connection's own look-up is checked again."""
        names.table["turn.example"] = [["127.0.0.2"], ["127.0.0.1"]]
        publisher.sends_to("/feed", "/again")
        url = f"http://turn.example:{publisher.port}/feed"
        assert await fetching.fetch(url) == FetchFailed("turn.example: not a public address")
        assert names.looked_up == ["turn.example", "turn.example"]
        assert [request.path for request in publisher.asked] == ["/feed"]

    async def test_checked_address_is_the_one_connected_to(
        self, publisher: Publisher, fetching: Fetcher, names: Names
    ) -> None:
        """One look-up, one connection."""
        names.table["turn.example"] = [["127.0.0.2"], ["127.0.0.1"]]
        publisher.gives("/feed", FEED)
        assert isinstance(await fetching.fetch(f"http://turn.example:{publisher.port}/feed"), Fetched)
        assert names.looked_up == ["turn.example"]

    async def test_sockets_are_checked_too(self, fetching: Fetcher, door: Door) -> None:
        """Even a session used past every check of names opens no socket to a private address."""
        with pytest.raises(Exception, match="not a public address"):
            await fetching.session.get(f"http://127.0.0.1:{door.port}/")

    async def test_port_that_the_feed_names(self, publisher: Publisher, fetching: Fetcher, names: Names) -> None:
        """Its own port on any host on the way; no other."""
        names.table["other.example"] = [["127.0.0.2"]]
        publisher.gives("/feed", FEED)
        publisher.sends_to("/near", f"http://other.example:{publisher.port}/feed")
        publisher.sends_to("/far", "http://other.example:6379/")
        base = f"http://news.example:{publisher.port}"
        assert isinstance(await fetching.fetch(f"{base}/near"), Fetched)
        assert await fetching.fetch(f"{base}/far") == FetchFailed(
            "port 6379 of other.example: only 80 and 443, or the one that the feed's own address names"
        )


NOW = 1795435200.0
"""Mon, 23 Nov 2026 12:00:00 GMT."""


class TestFreshness:
    """RFC 9111 §4.2.1 and §5.2.2."""

    @table("headers, seconds")
    def test_seconds(self, headers: dict[str, str], seconds: float) -> None:
        r"""Max-age before Expires; less the Age; nothing where it must not be kept.

        {} | 0
        {"Cache-Control": "max-age=900"} | 900
        {"Cache-Control": "public, MAX-AGE=900, must-revalidate"} | 900
        {"Cache-Control": "max-age=\"900\""} | 900
        {"Cache-Control": "max-age=900", "Age": "300"} | 600
        {"Cache-Control": "max-age=900", "Age": "3000"} | 0
        {"Cache-Control": "no-cache, max-age=900"} | 0
        {"Cache-Control": "no-store"} | 0
        {"Cache-Control": "s-maxage=900"} | 0
        {"Cache-Control": "max-age=-5"} | 0
        {"Cache-Control": "max-age=soon"} | 0
        {"Expires": "Mon, 23 Nov 2026 12:10:00 GMT"} | 600
        {"Expires": "Mon, 23 Nov 2026 12:10:00 GMT", "Date": "Mon, 23 Nov 2026 12:05:00 GMT"} | 300
        {"Expires": "Mon, 23 Nov 2026 11:00:00 GMT"} | 0
        {"Expires": "0"} | 0
        {"Expires": "Mon, 23 Nov 2026 12:10:00 GMT", "Cache-Control": "max-age=60"} | 60
        """
        assert fresh_seconds(headers, NOW) == seconds


class TestRetryAfter:
    """RFC 9110 §10.2.3: seconds, or a date."""

    @table("given, seconds")
    def test_seconds(self, given: str, seconds: float) -> None:
        """What is neither is nothing.

        "" | 0
        "120" | 120
        Mon, 23 Nov 2026 13:00:00 GMT | 3600
        Mon, 23 Nov 2026 11:00:00 GMT | 0
        "-3" | 0
        later | 0
        "99999999999999999999" | 0
        """
        assert retry_after_seconds({"Retry-After": given}, NOW) == seconds
