"""A press: editions of the tiny dossier with the bulletins that a test wants."""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import count

from sqlalchemy import select

from bot.db.engine import open_database
from bot.db.schema import dossier_versions
from bot.db.store import Store
from bot.dossier.entries import Edition
from bot.dossier.models import Bulletin, BulletinId, Dossier, TopicId
from bot.newsroom.deploy import Plan
from bot.newsroom.publisher import Holder, Import, Newsroom, PublishReport
from tests.conftest import TINY, loaded
from tests.databases import reading

NEWS_DAY = date(2026, 11, 23)
"""The day at which the tests' clock starts."""


def bulletin(slug: str, title: str = "", **more: object) -> Bulletin:
    """A bulletin of the day; its title in each language names it. An empty list is left out, as in a file."""
    title = title or slug.capitalize()
    day = more.pop("day", NEWS_DAY)
    texts = {"en": f"{title}.", "id": f"{title} (id)."}
    values = {"id": f"{day}-{slug}", "date": day, "title": texts, "body": texts, "sources": ["harbour"], **more}
    return Bulletin.model_validate({key: value for key, value in values.items() if value != []})


def withdrawn(item: Bulletin) -> Bulletin:
    """The bulletin, whose file now says that it is withdrawn."""
    said = {"date": NEWS_DAY, "because": {"en": "It was wrong.", "id": "Itu keliru."}}
    return Bulletin.model_validate({**item.model_dump(exclude_defaults=True), "withdrawn": said})


def of_another(dossier: Dossier) -> Dossier:
    """The same files in another dossier."""
    return replace(dossier, header=dossier.header.model_copy(update={"id": "museum"}))


async def compare(
    newsroom: Newsroom, dossier: Dossier, forced: Iterable[BulletinId] = (), holder: Holder | None = None
) -> PublishReport:
    """Imports a dossier of which no entries are kept, so that all of it is compared with the ledger."""
    while True:
        edition = Edition(stamp=await reading(newsroom.store, newsroom.store.changes.stamp))
        imported = Import(dossier.tree, edition, edition, Plan({}, {}), frozenset(), dossier, dossier, None)
        report = await newsroom.publish_changes(imported, forced, holder)
        if not report.outdated:  # else something has come into force between
            return report


@dataclass
class Editor:
    """Prints editions and has the newsroom compare them. The first one, empty, is compared at once."""

    store: Store
    tiny: Dossier = field(default_factory=lambda: loaded(TINY))
    latest: Dossier | None = None
    _versions: Iterator[int] = field(default_factory=count)

    @property
    def newsroom(self) -> Newsroom:
        return Newsroom(self.store)

    def live(self, *bulletins: Bulletin, **more: object) -> Dossier:
        """A dossier with these bulletins and no others."""
        newest_first = sorted(bulletins, key=lambda each: (each.date, each.id), reverse=True)
        items, withdrawn = (
            {each.id: each for each in newest_first if (each.withdrawn is not None) is is_withdrawn}
            for is_withdrawn in (False, True)
        )
        version = f"v{next(self._versions)}"
        return replace(self.tiny, bulletins=items, withdrawn=withdrawn, version=version, tree=version, **more)  # type: ignore[arg-type]

    async def publish(self, *bulletins: Bulletin, forced: tuple[str, ...] = ()) -> PublishReport:
        """The dossier with these bulletins, compared."""
        self.latest = self.live(*bulletins)
        return await compare(self.newsroom, self.latest, [BulletinId(name) for name in forced])

    async def publish_due(self) -> PublishReport:
        """What is due of the dossier that was compared last."""
        assert self.latest is not None
        return await self.newsroom.publish_due(self.latest)


async def is_compared(store: Store) -> bool:
    """Whether any dossier was, and not another one imported since. The tables may be those of an earlier release."""
    async with store.database.read() as connection:
        return (await connection.execute(select(dossier_versions.c.version).limit(1))).first() is not None


async def until_compared(url: str) -> None:
    """Until a process has compared its files: what a database's first comparison finds is history, and is sent to nobody."""
    opened = open_database(url)
    try:
        async with asyncio.timeout(60):
            while not await is_compared(Store(opened)):  # noqa: ASYNC110  the database tells nobody
                await asyncio.sleep(0.05)
    finally:
        await opened.close()


async def new_editor(store: Store) -> Editor:
    """A press whose first dossier, with no bulletins, is history already."""
    editor = Editor(store)
    await editor.publish()
    return editor


def utc(*moment: int) -> datetime:
    """A moment in UTC."""
    return datetime(*moment, tzinfo=UTC)  # type: ignore[arg-type,misc]


FARE = TopicId("fare")
