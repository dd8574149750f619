"""The edition: the dossier now in force, and what is wrong with the one on disk."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.answers.understanding import is_understood, understanding
from bot.dossier.loading import Loading
from bot.dossier.mistakes import Mistake
from bot.dossier.model import Dossier

Enrichment = Callable[[Dossier], Dossier]
"""Adds to a dossier what is not in its files."""


@dataclass(slots=True)
class Edition:
    """Holds one dossier; a broken successor never replaces it.

    ``dossier`` is what answers; ``mistakes`` are those of the latest reading, warnings included.
    """

    dossier: Dossier
    mistakes: tuple[Mistake, ...] = ()
    _listeners: list[Callable[[], None]] = field(default_factory=list)
    _enrichment: Enrichment = lambda dossier: dossier

    def on_change(self, listener: Callable[[], None]) -> None:
        """Calls ``listener`` after every reading, good or broken."""
        self._listeners.append(listener)

    def take(self, loading: Loading) -> None:
        """Takes what was read: its mistakes always, its dossier where it is whole."""
        self.mistakes = loading.mistakes
        if loading.dossier is not None:
            self.dossier = self._enrichment(loading.dossier)
        for listener in self._listeners:
            listener()

    def enrich(self, enrichment: Enrichment) -> None:
        """From now on the dossier is what this makes of the one that was read."""
        self._enrichment = enrichment
        self.dossier = enrichment(self.dossier.as_read)

    async def understand(self) -> None:
        """Returns once the dossier can be asked in words: at once where it can, else when a thread has made it ready."""
        if not is_understood(self.dossier):
            await asyncio.to_thread(understanding, self.dossier)
