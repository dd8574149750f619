"""Logs an outage of the database in one line, and its end in another."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

import structlog

log = structlog.get_logger("bot.db")

OUTAGE_SECONDS = 10.0
"""After this long without an answer the database is away, not just slow or restarting."""


@dataclass(slots=True)
class Outage:
    """Logs an outage once as an error, whichever task notices it, and its end once. ``clock``: seconds that only go forward."""

    clock: Callable[[], float] = monotonic
    _since: float = float("-inf")
    _last: float = float("-inf")
    _is_logged: bool = False

    def has_failed_since(self, moment: float) -> bool:
        """Whether the database did not answer at ``moment`` or later, and no transaction was committed after that."""
        return self._last >= moment

    def failed(self, failure: BaseException) -> None:
        """Records that the database did not answer."""
        now = self.clock()
        if now - self._last > OUTAGE_SECONDS:
            self._since, self._is_logged = now, False
        self._last = now
        if now - self._since >= OUTAGE_SECONDS and not self._is_logged:
            self._is_logged = True
            log.error("the database does not answer", why=f"{type(failure).__name__}: {failure}")

    def answered(self) -> None:
        """Records that a transaction was committed. A successful read does not count: a full disk can be read."""
        if self._is_logged:
            log.info("the database answers again", seconds=round(self.clock() - self._since))
        self._last, self._is_logged = float("-inf"), False
