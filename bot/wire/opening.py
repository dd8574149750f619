"""The wire put together: the editors' desk for whoever talks to them, what readers are shown, the watch over the feeds."""

from dataclasses import dataclass

import structlog

from bot.delivery import Address
from bot.edition import Edition
from bot.outbox.serving import holder
from bot.store.store import Store
from bot.wire.addresses import Policy
from bot.wire.commands import WireCommands
from bot.wire.desk import EditorsDesk, OnNews
from bot.wire.following import Following
from bot.wire.publishing import Publishing
from bot.wire.showing import Showing, editors_at

log = structlog.get_logger("bot.wire")


@dataclass(frozen=True, slots=True)
class Wire:
    """The wire of one process: the commands of its editors, and what keeps the edition to what was published."""

    commands: WireCommands
    following: Following

    @property
    def desk(self) -> EditorsDesk:
        """The editors' desk."""
        return self.commands.desk

    async def watch(self, policy: Policy, about_us: str) -> None:
        """Watches the edition's feeds until cancelled, if no other process does; ``about_us`` is our own address.

        What fetches and reads is imported here: most bots watch no feeds.
        """
        from bot.wire.fetching import fetcher  # noqa: PLC0415
        from bot.wire.intake import Intake  # noqa: PLC0415
        from bot.wire.reading.apart import reading_apart  # noqa: PLC0415
        from bot.wire.watching import Watch  # noqa: PLC0415

        store, edition = self.desk.store, self.desk.showing.edition
        if self.desk.showing.editors is None:
            log.warning("EDITORS_CHAT is not set: what feeds bring waits for `nota wire`")
        async with fetcher(policy, about_us) as fetching, reading_apart() as reader:
            intake = Intake(store, edition, self.desk, fetching, reader)
            await Watch(store, edition, intake, holder()).run()


async def open_wire(
    store: Store, edition: Edition, editors: Address | None, on_news: OnNews, people: frozenset[str] = frozenset()
) -> Wire:
    """The wire; ``on_news`` is told when there is something to send. ``people`` decide besides the admins of the chat."""
    following = Following(store, edition)

    def told() -> None:
        on_news()
        following.nudge()

    showing = Showing(store, edition, await editors_at(store, editors) if editors else None)
    desk = EditorsDesk(store, Publishing(store, edition), showing, told)
    return Wire(WireCommands(desk, editors, people), following)
