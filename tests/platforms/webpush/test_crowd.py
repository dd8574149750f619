"""10,000 browsers: nobody misses anything, and nobody gets it twice."""

from collections import Counter
from time import monotonic

import pytest

from bot.db.store import open_store
from bot.feeds.ssrf import policy
from bot.platforms.webpush.api import PushClient, open_session
from bot.platforms.webpush.sender import PushSender
from tests.clocks import MovedClock, until
from tests.delivery.scene import DeliveryScene
from tests.editor import bulletin, new_editor, withdrawn
from tests.platforms.webpush.conftest import KEY
from tests.platforms.webpush.crowd import subscribe_all
from tests.servers.push_service import PushService

LONGEST_SECONDS = 600


@pytest.mark.slow
@pytest.mark.parametrize("count", [500, pytest.param(10_000, marks=pytest.mark.chaos)])
async def test_browsers(database_url: str, service: PushService, count: int) -> None:
    """A bulletin, its correction and its withdrawal reach all, each once; some requests fail meanwhile."""
    allowed, clock = policy(["127.0.0.1"]), MovedClock()
    async with open_session(allowed) as session, open_store(database_url, clock) as store:
        client = PushClient(KEY, "https://nota.example", session, allowed)
        sender = PushSender(client.public_key, "https://nota.example", lambda: None, client)
        scene = DeliveryScene(store, clock, await new_editor(store))
        scene.platform = sender  # type: ignore[assignment]  a real one
        browsers = await subscribe_all(store, service, client.public_key, count)
        service.refuses.extend([(503, {})] * 20)
        for number, edition in enumerate(
            (bulletin("storm", "Storm"), bulletin("storm", "Calm"), withdrawn(bulletin("storm", "Calm"))), 1
        ):
            began = monotonic()
            await scene.editor.publish(edition)
            async with scene.sending() as worker:
                await until(lambda wanted=number: service.requests[201] >= wanted * count - 20, LONGEST_SECONDS)
                scene.clock.forward(hours=1)  # what was put off
                await scene.quiet(worker)
            assert Counter(len(service.of(browser)) for browser in browsers) == {number: count}
            print(f"{count / (monotonic() - began):.0f} a second")
    titles = {tuple(each.notification["title"] for each in service.of(browser)) for browser in browsers}
    assert titles == {("Storm.", "Correction: Calm.", "Withdrawn: Calm.")}
    assert all(len({each.notification["tag"] for each in service.of(browser)}) == 1 for browser in browsers)
