"""Candidates as messages to the editors' chat, in the ledger: sent once, and changed where they stand."""

from dataclasses import dataclass, replace

from bot.answers.bulletins import Article, fingerprint, to_json
from bot.delivery import Address, ReaderId
from bot.dossier.model import Language
from bot.edition import Edition
from bot.store.bulletins import DESK, Text
from bot.store.candidates import Candidate
from bot.store.engine import AsyncConnection
from bot.store.store import Store
from bot.wire.articles import DeskMessage, day_of


@dataclass(frozen=True, slots=True)
class Editors:
    """The editors' chat, as a reader; ``zone`` is the clock it goes by."""

    id: ReaderId
    platform: str
    zone: str = "UTC"


async def editors_at(store: Store, address: Address) -> Editors:
    """The editors' chat, made known if it is not yet."""
    reader = await store.readers.get(address) or await store.readers.meet(address, "group")
    subscription = await store.subscriptions.get(address)
    return Editors(reader.id, address.platform, subscription.timing.zone if subscription else "UTC")


@dataclass(frozen=True, slots=True)
class Showing:
    """Writes the messages. ``editors``: None where there is no such chat, and nothing is written."""

    store: Store
    edition: Edition
    editors: Editors | None

    def message(self, language: Language) -> DeskMessage:
        """Composes in a language, by the editors' clock."""
        return DeskMessage(self.edition.dossier, language, self.editors.zone if self.editors else "UTC")

    async def show(self, connection: AsyncConnection, candidate: Candidate, now: float) -> None:
        """Sends the message of the candidate's round; those of rounds before say where it stands and lose their buttons.

        Nothing for one that was never on the desk.
        """
        if self.editors is None:
            return
        languages = self.edition.dossier.languages
        articles = {language: self.message(language).article(candidate) for language in languages}
        bare = {language: replace(article, buttons=()) for language, article in articles.items()}
        for round_ in range(1, candidate.round + 1):
            name = f"{DESK}-{candidate.id}-{round_}"
            row = await self.store.bulletins.get(connection, name)
            revision = row.revision + 1 if row else 1
            latest = round_ == candidate.round
            await self._write(connection, name, candidate, articles if latest else bare, revision, now)
            if row is None:
                to = self.editors.id, self.editors.platform
                await self.store.fan_out.try_out(connection, name, revision, *to, now)
            else:
                await self.store.fan_out.correct(connection, name, revision, None, now)

    async def _write(
        self,
        connection: AsyncConnection,
        name: str,
        candidate: Candidate,
        articles: dict[Language, Article],
        revision: int,
        now: float,
    ) -> None:
        texts = [Text(language, fingerprint(each), to_json(each)) for language, each in articles.items()]
        columns = {
            "origin": DESK,
            "language": self.edition.dossier.header.default_language,
            "day": day_of(candidate.story, candidate.found).isoformat(),
            "topics": [],
            "urgent": False,
            "state": "published",
            "published": now,
            "revision": revision,
        }
        await self.store.bulletins.put(connection, name, columns, texts, now)
