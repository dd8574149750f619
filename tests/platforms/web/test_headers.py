"""What every page tells the browser, and whose forms we take."""

import re

import aiohttp
import pytest

from bot.platforms.web.auth import CONTENT_SECURITY_POLICY, SECURITY_HEADERS

Client = aiohttp.ClientSession


async def posted(client: Client, path: str, headers: dict[str, str]) -> int:
    """The status of where a form leads."""
    async with client.post(f"/preview/{path}", data={"text": "/fare"}, headers=headers) as answer:
        return answer.status


class TestOtherSites:
    """Another site's page cannot speak for its visitor."""

    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Origin": "http://127.0.0.1:1"},
        ],
    )
    @pytest.mark.parametrize("path", ["messages", "presses", "language", "theme"])
    async def test_is_refused(self, client: Client, path: str, headers: dict[str, str]) -> None:
        """Whatever it asks for."""
        assert await posted(client, path, headers) == 403

    async def test_our_own_page_may(self, client: Client) -> None:
        """By either header."""
        assert await posted(client, "messages", {"Sec-Fetch-Site": "same-origin"}) == 200
        ours = str(client._base_url).rstrip("/")
        assert await posted(client, "messages", {"Origin": ours}) == 200


class TestHeaders:
    """Every page tells the browser what it may do."""

    @pytest.mark.parametrize("path", ["/preview", "/static/preview.js", "/static/page.css", "/healthz", "/nowhere"])
    async def test_are_on_every_answer(self, client: Client, path: str) -> None:
        """Errors too."""
        async with client.get(path) as answer:
            for name, value in SECURITY_HEADERS.items():
                assert answer.headers[name] == value
            assert "Server" not in answer.headers  # it would say which releases to look for faults in

    def test_policy_allows_nothing_but_our_own_files(self) -> None:
        """Nothing inline, nothing from elsewhere, no frame around us."""
        assert CONTENT_SECURITY_POLICY.startswith("default-src 'none'; ")
        assert "unsafe" not in CONTENT_SECURITY_POLICY
        assert "http" not in CONTENT_SECURITY_POLICY
        assert "frame-ancestors 'none'" in CONTENT_SECURITY_POLICY

    async def test_page_needs_nothing_else(self, client: Client) -> None:
        """No inline script or style, no address of others but links that a reader may follow."""
        async with client.get("/preview") as answer:
            page = await answer.text()
        assert not re.search(r"<script(?![^>]* src=\"/static/)|<style|\sstyle=|\son[a-z]+=\"", page)
        assert not re.search(r"(?:src|action)=\"(?!/)", page)

    async def test_cookie_is_the_browsers_alone(self, client: Client) -> None:
        """Out of reach for scripts and other sites, and for this page only."""
        async with client.get("/preview") as answer:
            cookie = answer.cookies["preview"]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Strict"
        assert cookie["path"] == "/preview"
