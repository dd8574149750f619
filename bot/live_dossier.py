"""The dossier in force, and the diagnostics of the content on disk."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.dossier.diagnostics import Diagnostic
from bot.dossier.loader import Loading
from bot.dossier.models import Dossier
from bot.replies.answer import is_matched, matcher_for

AddNews = Callable[[Dossier], Dossier]
"""Returns the dossier with bulletins that are not in its files, such as those from feeds."""

Now = Callable[[], datetime]
"""Returns the current time, with its UTC offset."""


def utc_now() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


@dataclass(slots=True)
class LiveDossier:
    """The dossier in force. A broken one never replaces it.

    Attributes:
        complete: the dossier with its bulletins under embargo, for editors and the newsroom.
        diagnostics: the diagnostics of the last load, warnings included.
        add_news: applied to every dossier before it comes into force.
        now: the clock by which embargoes end.
        reloading: locked during a reload, so that content which was read earlier never replaces later content.
    """

    complete: Dossier
    diagnostics: tuple[Diagnostic, ...] = ()
    add_news: AddNews = lambda dossier: dossier
    now: Now = utc_now
    reloading: asyncio.Lock = field(default_factory=asyncio.Lock)
    _listeners: list[Callable[[], None]] = field(default_factory=list)
    _published: "_Published | None" = None
    _version: int = 0

    @property
    def dossier(self) -> Dossier:
        """The content that readers may see now, without bulletins under embargo. Show readers bulletins from here only."""
        now = self.now()
        if self._published is None or not self._published.since <= now < self._published.until:
            self._published = _Published.at(self.complete, now)
            self._version += 1
        return self._published.dossier

    @property
    def version(self) -> int:
        """Increases whenever :attr:`dossier` changes: by a reload, by news from feeds, or by the end of an embargo."""
        _ = self.dossier
        return self._version

    def on_change(self, listener: Callable[[], None]) -> None:
        """Calls ``listener`` after every load, also of broken content."""
        self._listeners.append(listener)

    def update(self, loading: Loading) -> None:
        """Stores the diagnostics, and puts the dossier into force unless it is broken."""
        self.diagnostics = loading.diagnostics
        if loading.dossier is not None:
            self._replace(loading.dossier)
        for listener in self._listeners:
            listener()

    def update_news(self) -> None:
        """Applies :attr:`add_news` again, because it returns other bulletins now."""
        self._replace(self.complete.from_files)

    def _replace(self, from_files: Dossier) -> None:
        complete = self.add_news(from_files)
        if complete != self.complete or complete.version != self.complete.version:
            self._published = None
        self.complete = complete

    async def build_index(self) -> None:
        """Builds the free-text index in a thread, unless it exists."""
        if not is_matched(self.complete):
            await asyncio.to_thread(matcher_for, self.complete)


@dataclass(frozen=True, slots=True)
class _Published:
    """The content that readers may see from the end of one embargo (``since``) until the end of the next."""

    dossier: Dossier
    since: datetime
    until: datetime

    @classmethod
    def at(cls, complete: Dossier, now: datetime) -> "_Published":
        ends = [bulletin.not_before for bulletin in complete.bulletins.values() if bulletin.not_before is not None]
        since = max((end for end in ends if end <= now), default=datetime.min.replace(tzinfo=UTC))
        until = min((end for end in ends if end > now), default=datetime.max.replace(tzinfo=UTC))
        return cls(complete.published(now), since, until)
