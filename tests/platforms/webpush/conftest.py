"""A push service, a newsroom, and the sender between them, as the worker runs it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from bot.db.store import Store, open_store
from bot.feeds.ssrf import policy
from bot.platforms.webpush.api import PushClient, new_private_key, open_session
from bot.platforms.webpush.sender import PushSender
from bot.platforms.webpush.types import PLATFORM
from bot.reader import Address
from bot.schedule import Subscription
from tests.clocks import MovedClock
from tests.databases import sqlite_url
from tests.delivery.scene import DeliveryScene
from tests.editor import new_editor
from tests.platforms.web.conftest import browser  # noqa: F401  a fixture
from tests.servers.push_service import Browser, Pushed, PushService, push_service

KEY = new_private_key()


@dataclass
class PushScene:
    """Browsers that subscribe, and the newsroom whose bulletins they get."""

    service: PushService
    sender: PushSender
    delivery: DeliveryScene
    elapsed: MovedClock = field(default_factory=MovedClock)

    @property
    def store(self) -> Store:
        return self.delivery.store

    async def subscribe(
        self, wanted: Subscription | None = None, language: str = "en", known: Browser | None = None
    ) -> tuple[Address, Browser]:
        """Stores a browser as the page does."""
        reader = known or self.service.subscribe(self.sender.public_key)
        to = {**reader.fields, "server_key": self.sender.public_key}
        address = await self.store.page_readers.meet(PLATFORM, " ".join(reader.fields.values()), to, language)
        await self.store.subscriptions.put(address, wanted or Subscription())
        return address, reader

    def shown(self, reader: Browser) -> dict[str, Pushed]:
        """What stands in the browser: a later notification takes the place of the one with its tag."""
        return {pushed.notification["tag"]: pushed for pushed in self.service.of(reader)}


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with push_service() as running:
        yield running
        assert running.broken == []


@pytest.fixture
async def push(service: PushService) -> AsyncIterator[PushScene]:
    clock, elapsed = MovedClock(), MovedClock()
    allowed = policy(["127.0.0.1"])
    async with open_store(sqlite_url(), clock) as store, open_session(allowed) as session:
        client = PushClient(KEY, "https://nota.example", session, allowed)
        sender = PushSender(client.public_key, "https://nota.example", lambda: None, client, elapsed)
        scene = DeliveryScene(store, clock, await new_editor(store))
        scene.platform = sender  # type: ignore[assignment]  a real one
        yield PushScene(service, sender, scene, elapsed)
