"""The edition: the dossier now in force, and what is wrong with the one on disk."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.dossier.diagnostics import Diagnostic
from bot.dossier.loader import Loading
from bot.dossier.models import Dossier
from bot.matching.matcher import is_understood, understanding

Enrichment = Callable[[Dossier], Dossier]
"""Adds to a dossier what is not in its files."""


Now = Callable[[], datetime]
"""Tells the moment, with its UTC offset."""


def utc_now() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


@dataclass(slots=True)
class LiveDossier:
    """Holds one dossier; a broken successor never replaces it.

    Attributes:
        complete: the dossier with its bulletins under embargo, for editors and the newsroom.
        mistakes: those of the latest reading, warnings included.
        now: by what clock an embargo ends.
    """

    complete: Dossier
    diagnostics: tuple[Diagnostic, ...] = ()
    now: Now = utc_now
    _listeners: list[Callable[[], None]] = field(default_factory=list)
    _enrichment: Enrichment = lambda dossier: dossier
    _published: "_Published | None" = None

    @property
    def dossier(self) -> Dossier:
        """What readers may see at this moment; whatever shows them a bulletin takes it from here.

        It is the same object until the complete dossier changes or an embargo ends, so that what was made of it can be
        kept by its identity.
        """
        now = self.now()
        if self._published is None or not self._published.holds(self.complete, now):
            self._published = _Published.at(self.complete, now)
        return self._published.dossier

    def on_change(self, listener: Callable[[], None]) -> None:
        """Calls ``listener`` after every reading, good or broken."""
        self._listeners.append(listener)

    def take(self, loading: Loading) -> None:
        """Takes what was read: its mistakes always, its dossier where it is whole."""
        self.diagnostics = loading.diagnostics
        if loading.dossier is not None:
            self.complete = self._enrichment(loading.dossier)
        for listener in self._listeners:
            listener()

    def enrich(self, enrichment: Enrichment) -> None:
        """From now on the dossier is what this makes of the one that was read."""
        self._enrichment = enrichment
        self.complete = enrichment(self.complete.from_files)

    async def understand(self) -> None:
        """Returns once the dossier can be asked in words: at once where it can, else when a thread has made it ready."""
        if not is_understood(self.complete):
            await asyncio.to_thread(understanding, self.complete)


@dataclass(frozen=True, slots=True)
class _Published:
    """What is published of a dossier from one end of an embargo (``since``) until the next."""

    complete: Dossier
    dossier: Dossier
    since: datetime
    until: datetime

    @classmethod
    def at(cls, complete: Dossier, now: datetime) -> "_Published":
        ends = [each.not_before for each in complete.bulletins.values() if each.not_before is not None]
        since = max((end for end in ends if end <= now), default=datetime.min.replace(tzinfo=UTC))
        until = min((end for end in ends if end > now), default=datetime.max.replace(tzinfo=UTC))
        return cls(complete, complete.published(now), since, until)

    def holds(self, complete: Dossier, now: datetime) -> bool:
        return self.complete is complete and self.since <= now < self.until
