"""Stories as bulletins of the ledger: published, corrected, withdrawn, like those of the dossier. For use inside a transaction."""

from dataclasses import dataclass

from bot.answers.bulletins import fingerprint, to_json
from bot.dossier.model import BulletinId
from bot.edition import Edition
from bot.store.bulletins import Text
from bot.store.candidates import Candidate
from bot.store.engine import AnyRow, AsyncConnection
from bot.store.store import Store
from bot.wire.articles import bulletin_article, day_of

WIRE = "wire"
"""The origin of bulletins that were made of stories; that of one which has become a file is the dossier's."""


class NotOurs(Exception):
    """The bulletin is no longer the wire's: it has become a file of the dossier, and is changed there."""


def bulletin_of(candidate: Candidate) -> BulletinId:
    """The id of the bulletin that is made of it, which can be a file's too."""
    return BulletinId(f"{day_of(candidate.story, candidate.found)}-wire-{candidate.id}")


@dataclass(frozen=True, slots=True)
class Publishing:
    """Writes the bulletins."""

    store: Store
    edition: Edition

    async def publish(self, connection: AsyncConnection, candidate: Candidate, now: float) -> None:
        """Schedules its bulletin for now; the newsroom sends it out."""
        await self._write(connection, candidate, revision=1, now=now, state="scheduled")

    async def correct(self, connection: AsyncConnection, candidate: Candidate, now: float) -> None:
        """Puts the story's words, which have changed, into its bulletin wherever it was sent. Raises NotOurs."""
        name, row = bulletin_of(candidate), await self._ours(connection, candidate)
        await self._write(connection, candidate, revision=row.revision + 1, now=now, state=row.state)
        await self.store.fan_out.correct(connection, name, row.revision + 1, self.edition.dossier.languages, now)

    async def withdraw(self, connection: AsyncConnection, candidate: Candidate, now: float) -> None:
        """Marks its bulletin as withdrawn wherever it was sent. Raises NotOurs."""
        name, row = bulletin_of(candidate), await self._ours(connection, candidate)
        await self.store.bulletins.retract(connection, name, row.revision + 1, now)
        await self.store.fan_out.withdraw(connection, name, row.revision + 1, now)

    async def _ours(self, connection: AsyncConnection, candidate: Candidate) -> AnyRow:
        row = await self.store.bulletins.get(connection, bulletin_of(candidate))
        if row is None or row.origin != WIRE:
            raise NotOurs
        return row

    async def _write(
        self, connection: AsyncConnection, candidate: Candidate, *, revision: int, now: float, state: str
    ) -> None:
        story, dossier = candidate.story, self.edition.dossier
        articles = {language: bulletin_article(candidate, language) for language in dossier.languages}
        texts = [Text(language, fingerprint(each), to_json(each)) for language, each in articles.items()]
        columns = {
            "origin": WIRE,
            "language": story.language,
            "day": day_of(story, candidate.found).isoformat(),
            "topics": list(story.topics),
            "urgent": False,
            "state": state,
            "revision": revision,
        }
        await self.store.bulletins.put(connection, bulletin_of(candidate), columns, texts, now)
