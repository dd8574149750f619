"""The wire put together: the editors' desk for whoever talks to them, and the watch over the feeds."""

import structlog

from bot.delivery import Address
from bot.edition import Edition
from bot.outbox.serving import holder
from bot.store.store import Store
from bot.wire.addresses import Policy
from bot.wire.commands import WireCommands
from bot.wire.desk import EditorsDesk, OnNews
from bot.wire.fetching import fetcher
from bot.wire.intake import Intake
from bot.wire.publishing import Publishing
from bot.wire.reading.apart import reading_apart
from bot.wire.showing import Showing, editors_at
from bot.wire.watching import Watch

log = structlog.get_logger("bot.wire")


async def open_desk(store: Store, edition: Edition, editors: Address | None, on_news: OnNews) -> WireCommands:
    """The desk, and the commands by which editors work at it; ``on_news`` is told when there is something to send."""
    showing = Showing(store, edition, await editors_at(store, editors) if editors else None)
    return WireCommands(EditorsDesk(store, Publishing(store, edition), showing, on_news), editors)


async def watch_feeds(desk: EditorsDesk, edition: Edition, policy: Policy, about_us: str) -> None:
    """Watches the edition's feeds until cancelled, if no other process does."""
    if desk.showing.editors is None:
        log.warning("EDITORS_CHAT is not set: what feeds bring waits for `nota wire`")
    async with fetcher(policy, about_us) as fetching, reading_apart() as reader:
        intake = Intake(desk.store, edition, desk, fetching, reader)
        await Watch(desk.store, edition, intake, holder()).run()
