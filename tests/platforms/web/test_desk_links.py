"""Editors who type their address at the desk get a link, and nobody learns whose address it is."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import web

from bot.db.sign_ins import SignIns
from bot.db.store import Store, open_store
from bot.delivery.outcomes import ChatGone, Delivered, Outcome, RetryAfter, Unreachable
from bot.live_dossier import LiveDossier
from bot.newsroom.editors_chat import EditorsChat
from bot.platforms.web.desk.links import LINKS_AT_ONCE, SENT_LINK_SECONDS, SignInByAddress
from bot.platforms.web.desk.sign_in import ADDRESS_BURST, SignIn
from bot.replies.reply import Reply
from tests.clocks import MovedClock, Sleeps, until
from tests.conftest import TINY, loaded, not_none
from tests.databases import Outages
from tests.platforms.web.site import status_of

ED, OWNER = "post:ed@example.org", "post:owner@example.org"


@dataclass
class PostOffice:
    """Takes letters. ``outcomes``: of the next ones. ``uses``: where their links are used at once; None: nowhere."""

    letters: list[tuple[str, Reply]] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    uses: SignIns | None = None

    async def send(self, account: str, reply: Reply) -> Outcome:
        if self.uses is not None:
            [button] = reply.buttons
            await self.uses.enter(str(button.url).rpartition("/")[2], "a session")
        outcome = self.outcomes.pop(0) if self.outcomes else Delivered("1")
        if isinstance(outcome, Delivered):
            self.letters.append((account, reply))
        return outcome

    def link(self, number: int = -1) -> str:
        [button] = self.letters[number][1].buttons
        assert button.url is not None
        return button.url


@dataclass
class Desk:
    """The pages, and what goes out."""

    browser: aiohttp.ClientSession
    post: PostOffice
    sleeps: Sleeps
    by_address: SignInByAddress

    async def ask(self, address: str) -> tuple[int, str]:
        async with self.browser.post("/desk/sign-in", data={"address": address}) as answer:
            return answer.status, await answer.text()


def account_of(typed: str) -> str | None:
    return f"post:{typed.strip().lower()}" if "@" in typed else None


@asynccontextmanager
async def opened(store: Store) -> AsyncIterator[Desk]:
    post, sleeps = PostOffice(), Sleeps()
    editors = EditorsChat(store, named=frozenset((ED, OWNER)))
    by_address = SignInByAddress(editors, store.sign_ins, "/desk", account_of, post.send, sleeps)
    app = web.Application()
    SignIn(store.sign_ins, editors, LiveDossier(loaded(TINY)), by_address=by_address).add_routes(app)
    runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    jar = aiohttp.CookieJar(unsafe=True)
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{runner.addresses[0][1]}", cookie_jar=jar) as browser:
            yield Desk(browser, post, sleeps, by_address)
    finally:
        await runner.cleanup()


class TestLink:
    """It works once, within 15 minutes, by its button."""

    async def test_it_signs_in_as_the_editor(self, store: Store, clock: MovedClock) -> None:
        async with opened(store) as desk:
            await desk.ask("  ED@example.org ")
            await until(lambda: desk.post.letters)
            clock.forward(SENT_LINK_SECONDS - 1)
            link = desk.post.link()
            for _ in range(2):  # whatever opens links in mails uses none up
                async with desk.browser.get(link) as answer:
                    assert (answer.status, bool(answer.cookies)) == (200, False)
            async with desk.browser.post(link, data={}, allow_redirects=False) as answer:
                assert answer.status == 303
                person = not_none(await store.sign_ins.person(answer.cookies["desk"].value))
            assert person.account == ED
            assert await status_of(desk.browser.post(link, data={})) == 410

    async def test_not_later(self, store: Store, clock: MovedClock) -> None:
        async with opened(store) as desk:
            await desk.ask("ed@example.org")
            await until(lambda: desk.post.letters)
            clock.forward(SENT_LINK_SECONDS + 1)
            assert await status_of(desk.browser.post(desk.post.link(), data={})) == 410

    async def test_another_sites_page_opens_no_session(self, store: Store) -> None:
        async with opened(store) as desk:
            await desk.ask("ed@example.org")
            await until(lambda: desk.post.letters)
            headers = {"Sec-Fetch-Site": "cross-site"}
            assert await status_of(desk.browser.post(desk.post.link(), data={}, headers=headers)) == 403

    async def test_a_server_that_lets_us_wait(self, store: Store) -> None:
        """It is the same link; what is refused for good is not repeated, and neither is one that has arrived after all."""
        async with opened(store) as desk:
            desk.post.outcomes = [RetryAfter(300), Unreachable("away")]
            await desk.ask("ed@example.org")
            await until(lambda: desk.post.letters)
            assert len(desk.sleeps.seconds) == 2
            desk.post.outcomes = [ChatGone("no such mailbox")]
            await desk.ask("owner@example.org")
            await until(lambda: not desk.post.outcomes)
            assert len(desk.post.letters) == 1
            desk.post.outcomes, desk.post.uses = [Unreachable("who knows")], store.sign_ins
            await desk.ask("ed@example.org")
            await until(lambda: not desk.post.outcomes and desk.by_address.is_idle)
            assert len(desk.post.letters) == 1


class TestSilence:
    """The page is the same for everybody, and nobody is flooded."""

    async def test_the_same_page(self, store: Store) -> None:
        async with opened(store) as desk:
            pages = {await desk.ask(typed) for typed in ("ed@example.org", "eve@example.org", "x", "")}
            assert len(pages) == 1
            await until(lambda: desk.post.letters)
        assert [account for account, _ in desk.post.letters] == [ED]

    async def test_the_same_while_the_database_is_away(self, outages: Outages) -> None:
        """No link can be stored, so none is on its way."""
        async with open_store(outages.url) as store, opened(store) as desk:
            async with outages.away(store):
                answers = {await desk.ask(typed) for typed in ("ed@example.org", "eve@example.org")}
            [(status, page)] = answers
            assert (status, "The database does not answer" in page, "on its way" in page) == (503, True, False)
            await desk.ask("ed@example.org")
            await until(lambda: desk.post.letters)

    async def test_limits(self, store: Store) -> None:
        """Of one client, and of one editor, whoever asks."""
        async with opened(store) as desk:
            statuses = [(await desk.ask("eve@example.org"))[0] for _ in range(ADDRESS_BURST + 1)]
            assert statuses == [200] * ADDRESS_BURST + [429]
            for _ in range(LINKS_AT_ONCE + 2):
                desk.by_address.post("ed@example.org", loaded(TINY).languages[0])
            await until(lambda: len(desk.post.letters) == LINKS_AT_ONCE)
        assert len(desk.post.letters) == LINKS_AT_ONCE

    @pytest.mark.parametrize("form", [b"address=%00%ff", b"address=" + b"a" * 5000, b"", b"address=a&address=b"])
    async def test_whatever_is_sent(self, store: Store, form: bytes) -> None:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        async with opened(store) as desk, desk.browser.post("/desk/sign-in", data=form, headers=headers) as answer:
            assert answer.status in (200, 400, 413)
        assert desk.post.letters == []
