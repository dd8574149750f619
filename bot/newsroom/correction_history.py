"""Corrections and withdrawals of published bulletins, read from the ledger for the page and its feeds."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import pairwise

from bot.db.bulletins import corrections
from bot.db.connection import AnyRow
from bot.db.schema import BULLETIN_WITHDRAWN
from bot.db.store import Store
from bot.dossier.models import BulletinId, Language
from bot.replies.bulletins import BulletinText, corrected, from_json

LOOK_SECONDS = 15.0
"""How long a correction may be missing from the page."""


@dataclass(frozen=True, slots=True)
class Correction:
    """A change of a bulletin that readers had seen.

    Attributes:
        at: its time, in UTC.
        before, after: the texts by language. Readers may see no difference, for example if the address of a source has changed.
    """

    at: datetime
    before: Mapping[Language, BulletinText]
    after: Mapping[Language, BulletinText]

    @property
    def day(self) -> date:
        return self.at.date()

    def because(self, language: Language) -> str:
        """What was wrong; "" if nothing is said of it."""
        after = self.after.get(language)
        return corrected(after, self.before.get(language), self.day, language).was_wrong(self.day) if after else ""


@dataclass(frozen=True, slots=True)
class History:
    """The history of a bulletin in the ledger.

    Attributes:
        published: when it was sent to its audience, in UTC; None: it is older than the ledger.
        corrections: the oldest first.
        withdrawn: when, UTC; None: it is in force.
        restored: when its last withdrawal ended, UTC; None: it never was.
        title: by language, of its latest revision.
    """

    published: datetime | None = None
    corrections: tuple[Correction, ...] = ()
    withdrawn: datetime | None = None
    restored: datetime | None = None
    title: Mapping[Language, str] = field(default_factory=dict)

    @property
    def changed(self) -> datetime | None:
        """The time of the last change that readers could see."""
        moments = [self.published, self.withdrawn, self.restored, *(correction.at for correction in self.corrections)]
        return max((moment for moment in moments if moment), default=None)


NO_HISTORY = History()

Histories = Mapping[BulletinId, History]


@dataclass(slots=True)
class Corrections:
    """The histories of all bulletins, whichever process changed them.

    Attributes:
        version: increases with each change.
    """

    store: Store
    version: int = 0
    histories: Histories = field(default_factory=dict)
    _seen: tuple[float, int] = (0.0, 0)

    def of(self, bulletin: BulletinId) -> History:
        return self.histories.get(bulletin, NO_HISTORY)

    async def run(self) -> None:
        """Keeps the histories up to date until cancelled."""
        await self.store.database.repeat(self.update, LOOK_SECONDS)

    async def update(self) -> None:
        """Reads the histories, if something has changed."""
        async with self.store.database.read() as connection:
            seen = await self.store.bulletins.last_change(connection)
            if seen == self._seen:
                return
            rows = await self.store.bulletins.revisions(connection)
        by_bulletin = defaultdict[BulletinId, list[AnyRow]](list)
        for row in rows:
            by_bulletin[BulletinId(row.id)].append(row)
        self.histories = {name: history(rows_of_one) for name, rows_of_one in by_bulletin.items()}
        self._seen = seen
        self.version += 1


def history(rows: list[AnyRow]) -> History:
    """The history of one bulletin, from a row for each revision and language, in order."""
    first = rows[0]
    texts = defaultdict[int, dict[Language, AnyRow]](dict)
    for row in rows:
        texts[row.text_revision][Language(row.text_language)] = row
    revisions = sorted(texts)
    since = {revision: max(row.since for row in texts[revision].values()) for revision in revisions}
    shown_since = first.published if first.published is not None else since[revisions[0]]
    withdrawn = {revision: any(row.retracted for row in texts[revision].values()) for revision in revisions}
    found = corrections(shown_since, ((each, since[each], withdrawn[each]) for each in revisions))
    ends = (since[two] for one, two in pairwise(revisions) if withdrawn[one] and not withdrawn[two])
    latest = revisions[-1]
    return History(
        _moment(first.published) if first.published is not None else None,
        tuple(Correction(_moment(since[two]), _articles(texts[one]), _articles(texts[two])) for one, two in found),
        _moment(since[latest]) if first.state == BULLETIN_WITHDRAWN else None,
        max(map(_moment, ends), default=None),
        {language: text.title for language, text in _articles(texts[latest]).items()},
    )


def _articles(rows: Mapping[Language, AnyRow]) -> dict[Language, BulletinText]:
    return {language: from_json(row.article) for language, row in rows.items()}


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
