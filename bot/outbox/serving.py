"""An outbox beside the platform that it sends to: both run, and both end, together."""

import asyncio
import secrets
import socket
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from os import getpid
from typing import Any

import structlog

from bot.delivery import Outcome
from bot.outbox.alone import Alone, Elected, directly
from bot.outbox.outbox import Outbox
from bot.outbox.sender import Sender
from bot.store.store import Store

log = structlog.get_logger("bot.outbox")

Part = Coroutine[Any, Any, None]
Report = Callable[[str], None]

AGAIN_SECONDS = 5.0
"""After a fault of the outbox's own."""


@dataclass(frozen=True, slots=True)
class Outboxes:
    """The outboxes of this process, one for each bot. ``attempted`` is told each outcome, with its platform."""

    store: Store
    attempted: Callable[[str, Outcome], None]
    _all: list[Outbox] = field(default_factory=list)

    def beside(self, sender: Sender, answering_of: Callable[[Report], Part], report: Report) -> Part:
        """A platform's part, with the bulletins that go out through its sender.

        ``report`` is told what the part reports: an empty text when it serves.
        """
        return with_outbox(answering_of, report, self._outbox(sender))

    def alone(self, sender: Sender) -> Part:
        """The bulletins of a platform of which nothing else needs to be run."""
        return _kept_up(self._outbox(sender))

    def _outbox(self, sender: Sender) -> Outbox:
        outbox = Outbox(self.store, sender, holder(), on_outcome=partial(self.attempted, sender.platform))
        self._all.append(outbox)
        return outbox

    @property
    def elected(self) -> Alone:
        """What is done by one process alone; an SQLite file has one anyhow, which need not wait for its lease."""
        return directly if self.store.database.is_sqlite else Elected(self.store.leases, holder())

    def nudge(self) -> None:
        """There is something to send."""
        for outbox in self._all:
            outbox.nudge()


def holder() -> str:
    """Names this process as no other is, was or will be."""
    return f"{socket.gethostname()[:32]}-{getpid()}-{secrets.token_hex(4)}"


async def with_outbox(answering_of: Callable[[Report], Part], report: Report, outbox: Outbox) -> None:
    """Runs a platform's part, which may raise, and once it serves the outbox, until it ends or all are cancelled.

    The outbox ends first, since the part may take along what is sent with.
    """
    serves = asyncio.Event()

    def note(trouble: str) -> None:
        report(trouble)
        if not trouble:
            serves.set()

    answering = asyncio.create_task(answering_of(note))
    sending = asyncio.create_task(_kept_up(outbox, serves))
    try:
        await asyncio.wait((answering, sending), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (sending, answering):
            task.cancel()
            await asyncio.wait((task,))
    if not answering.cancelled() and (fault := answering.exception()) is not None:
        raise fault


async def _kept_up(outbox: Outbox, serves: asyncio.Event | None = None) -> None:
    if serves is not None:
        await serves.wait()
    while True:
        try:
            await outbox.run()
        except Exception:
            log.exception("the outbox ended by a fault, and starts again", lane=outbox.sender.lane)
        await outbox.sleep(AGAIN_SECONDS)
