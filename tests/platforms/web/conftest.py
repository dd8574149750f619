"""Sites, their clients, and one browser for all the tests that look."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from bot.db.store import Store
from bot.platforms.web.preview import Preview
from tests.clocks import MovedClock
from tests.conftest import CONTENT, TINY
from tests.platforms.web.desk_site import ANNA, BUDI, OWNER, Newsdesk, served_desk
from tests.platforms.web.desk_site import Visitor as Editor
from tests.platforms.web.looking import Visitor, arrive, profile
from tests.platforms.web.site import Site, chatting, serving

CHROMIUM = Path("/usr/bin/chromium")
IS_INSTALLED = CHROMIUM.exists()
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
FLAGS += ["--host-resolver-rules=MAP evil.example 127.0.0.1"]  # as its owner can have it, "DNS rebinding"
FLAGS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]

# The address bar of each new window draws its suggestions by a page with a process of its own: half of what a test costs.
_ADDRESS_BAR = ["WebUIOmniboxPopup", "WebUIOmniboxAimPopup"]
# The last --disable-features replaces Playwright's own, so those that matter here are named again (coreBundle.js).
_OF_PLAYWRIGHT = ["AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "PaintHolding"]
_OF_PLAYWRIGHT += ["HttpsUpgrades", "HttpsFirstBalancedModeAutoEnable"]
_OF_PLAYWRIGHT += ["OptimizationHints", "NetworkTimeServiceQuerying", "AimEnabled", "PreconnectToSearch"]
FLAGS += [f"--disable-features={','.join([*_ADDRESS_BAR, *_OF_PLAYWRIGHT])}"]


@pytest.fixture
async def preview() -> AsyncIterator[Preview]:
    """The preview of the tiny dossier, without HTTP."""
    async with chatting(TINY) as ours:
        yield ours


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """The tiny dossier's site."""
    async with serving(TINY) as ours:
        yield ours


@pytest.fixture
async def client(site: Site) -> AsyncIterator[aiohttp.ClientSession]:
    """A browser without a face: it keeps cookies and follows redirects."""
    jar = aiohttp.CookieJar(unsafe=True)  # cookies for an IP address
    async with aiohttp.ClientSession(site.address, cookie_jar=jar) as session:
        yield session


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """A real chromium, started once."""
    if not IS_INSTALLED:
        pytest.skip(f"no {CHROMIUM}: the pages were not looked at in a browser (apt-get install chromium)")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def real() -> AsyncIterator[Site]:
    """The real dossier's site, ready for free text, as it is soon after a start."""
    async with serving(CONTENT) as site:
        await site.live.build_index()
        yield site


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(real: Site, browser: Browser) -> AsyncIterator[Visitor]:
    """Somebody new at the real dossier's preview."""
    async with profile(browser) as context:
        visitor = await arrive(real, context)
        yield visitor
        assert not visitor.amiss


@pytest.fixture
async def newsdesk(
    store: Store, folder: Path, clock: MovedClock, request: pytest.FixtureRequest
) -> AsyncIterator[Newsdesk]:
    """The tiny dossier's desk, where two decide. ``request.param``: the address from which requests seem to come."""
    async with served_desk(store, folder, clock, comes_from=getattr(request, "param", "127.0.0.1")) as newsdesk:
        yield newsdesk


@pytest.fixture
async def anna(newsdesk: Newsdesk) -> Editor:
    """Signed in at the desk, in English."""
    return await newsdesk.signed_in(ANNA)


@pytest.fixture
async def budi(newsdesk: Newsdesk) -> Editor:
    """In Indonesian."""
    return await newsdesk.signed_in(BUDI)


@pytest.fixture
async def owner(newsdesk: Newsdesk) -> Editor:
    """In English."""
    return await newsdesk.signed_in(OWNER)
