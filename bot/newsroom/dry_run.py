"""Forecasts what publishing would do: how many readers get it, how many of them later, and how long sending takes. Writes nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, func, literal, select

from bot.db.changes import confirmation_of
from bot.db.connection import AsyncConnection
from bot.db.fan_out import Expected, expected, hastened
from bot.db.readers import spoken
from bot.db.schema import UNSENT, deliveries, readers
from bot.db.store import Store
from bot.delivery.rate_limiter import Limits
from bot.dossier.entries import Key
from bot.dossier.models import BulletinId, Dossier, Language
from bot.newsroom.deploy import Waiting
from bot.newsroom.ledger_diff import (
    Added,
    BulletinChange,
    Change,
    FactChange,
    Rescheduled,
    Retargeted,
    Revised,
    Withdrawn,
    changed_facts,
    id_of,
)
from bot.newsroom.publisher import Import, Newsroom
from bot.replies.bulletins import BulletinText, from_json


@dataclass(frozen=True, slots=True)
class ChangeForecast:
    """The forecast for one change.

    Attributes:
        audience: the readers who would get it; for a correction or withdrawal, those who would see an edit; of
            one that becomes urgent, those for whom it waits.
        seconds: how long sending takes at the permitted rate, by platform, without readers who get it later.
        former: of a correction, the texts that readers have, by language.
    """

    change: Change
    audience: tuple[Expected, ...]
    seconds: Mapping[str, float]
    former: Mapping[Language, BulletinText] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Forecast:
    """The forecast for all changes.

    Attributes:
        now: the database's time.
        facts: the facts that change.
        entries: what else reads otherwise for whoever asks; nobody gets a message.
        waiting: what of the files would wait for an editor.
        confirmation: names the bulletins among it that an owner may take at once; "": there are none.
    """

    now: float
    changes: tuple[ChangeForecast, ...]
    facts: tuple[FactChange, ...]
    entries: tuple[Key, ...] = ()
    waiting: Mapping[Key, Waiting] = field(default_factory=dict)
    confirmation: str = ""


async def forecast(
    newsroom: Newsroom, imported: Import, forced: Iterable[BulletinId], limits: Mapping[str, Limits]
) -> Forecast:
    """What :meth:`~bot.newsroom.publisher.Newsroom.publish_changes` would do; ``limits`` by platform."""
    changes, dossier = await newsroom.differences(imported, forced), imported.dossier
    store, found = newsroom.store, []
    async with store.database.read() as connection:
        now = await store.database.moment(connection)
        latest = await store.dossier_versions.latest(connection)
        for change in changes:
            # a first comparison counts everything but new bulletins as seen by readers
            reaches_readers = latest is not None or isinstance(change, Added)
            audience = await _audience(connection, change, dossier, now) if reaches_readers else ()
            former = await _former(store, change) if isinstance(change, Revised) else {}
            seconds: dict[str, float] = {}
            for expectation in audience:
                if expectation.platform in limits:
                    at_once = (expectation.readers - expectation.later) / limits[expectation.platform].per_second
                    seconds[expectation.platform] = seconds.get(expectation.platform, 0.0) + at_once
            found.append(ChangeForecast(change, audience, seconds, former))
    facts = changed_facts(imported.former, dossier) if latest else ()
    entries = tuple(imported.altered.keys() - {f"bulletins/{id_of(each)}" for each in changes})
    return Forecast(now, tuple(found), tuple(facts), entries, imported.plan.draft, confirmation_of(imported.draft))


async def _former(store: Store, change: Revised) -> dict[Language, BulletinText]:
    bulletin, former = change.bulletin.id, change.revision - 1
    texts = {language: await store.bulletins.text(bulletin, former, language) for language in change.languages}
    return {name: from_json(text.article) for name, text in texts.items() if text and text.language == name}


async def reached(
    newsroom: Newsroom, edits: Sequence[BulletinChange], after: Dossier, at: float
) -> tuple[ChangeForecast, ...]:
    """Whose messages a change of the desk would edit, and who would get something new.

    Args:
        newsroom: with the ledger.
        edits: what the change does to bulletins.
        after: the dossier with the change.
        at: when it comes into force, in seconds since 1970; 0.0: now.
    """
    async with newsroom.store.database.read() as connection:
        now = max(at, await newsroom.store.database.moment(connection))
        changes = await newsroom.made_by(connection, edits, after, now)
        return tuple([ChangeForecast(each, await _audience(connection, each, after, now), {}) for each in changes])


async def _audience(connection: AsyncConnection, change: Change, dossier: Dossier, now: float) -> tuple[Expected, ...]:
    language = dossier.header.default_language
    match change:
        case Added(bulletin, "scheduled"):
            return tuple(await expected(connection, bulletin.traits, max(now, bulletin.not_before), language))
        case Retargeted(bulletin, _, True):
            return tuple(await expected(connection, bulletin.traits, now, language, added_to=bulletin.id))
        case Revised(bulletin, _, _, languages):
            return await _have(connection, bulletin.id, language, _HAS_MESSAGE & deliveries.c.language.in_(languages))
        case Withdrawn(name, _):
            return await _have(connection, name, language, _HAS_MESSAGE)
        case Rescheduled(bulletin) if change.hastens:
            return await _have(connection, bulletin.id, language, UNSENT & hastened(max(now, bulletin.not_before)))
        case _:
            return ()


_HAS_MESSAGE = deliveries.c.message.is_not(None)


async def _have(
    connection: AsyncConnection, bulletin: str, language: str, which: ColumnElement[bool]
) -> tuple[Expected, ...]:
    """The readers who have such a delivery of the bulletin. ``language``: for readers whose language is unknown."""
    said = func.coalesce(deliveries.c.language, spoken(literal(language))).label("said")
    statement = (
        select(deliveries.c.platform, said, func.count())
        .join(readers)
        .where(deliveries.c.bulletin_id == bulletin, which)
        .where(readers.c.suspended_since.is_(None))
        .group_by(deliveries.c.platform, said)
        .order_by(deliveries.c.platform, said)
    )
    rows = await connection.execute(statement)
    return tuple(Expected(platform, language, number, 0, 0.0) for platform, language, number in rows)
