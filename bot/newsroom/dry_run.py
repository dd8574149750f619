"""What publishing would do: to how many, how held back, in how long. Nothing is written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db.bulletins import Expected, expected
from bot.db.schema import deliveries, readers
from bot.delivery.rate_limiter import Limits
from bot.dossier.models import BulletinId, Dossier, Language
from bot.newsroom.diff import Added, Change, FactChange, Retargeted, Revised, Withdrawn, changed_facts
from bot.newsroom.publisher import Newsroom


@dataclass(frozen=True, slots=True)
class ChangeForecast:
    """One change and what it would lead to.

    Attributes:
        audience: who would get it; those who would see an edit, for a correction or a withdrawal.
        seconds: how long that takes at the permitted rate, by platform; those held for later do not count.
    """

    change: Change
    audience: tuple[Expected, ...]
    seconds: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Forecast:
    """All of it. ``now`` is the database's moment."""

    now: float
    changes: tuple[ChangeForecast, ...]
    facts: tuple[FactChange, ...]


async def forecast(
    newsroom: Newsroom, dossier: Dossier, told: Iterable[BulletinId], limits: Mapping[str, Limits]
) -> Forecast:
    """What :meth:`~bot.newsroom.publisher.Newsroom.compare` would do; ``limits`` by platform."""
    changes = await newsroom.differences(dossier, told)
    store = newsroom.store
    async with store.database.read() as connection:
        now = await store.bulletins.moment(connection)
        latest = await store.dossier_versions.latest(connection)
        forecasts = [
            _change(
                change,
                await _audience(connection, change, dossier, now) if latest or isinstance(change, Added) else (),
                limits,
            )
            for change in changes
        ]
    facts = changed_facts(latest.facts, dossier) if latest else ()
    return Forecast(now, tuple(forecasts), tuple(facts))


async def _audience(connection: AsyncConnection, change: Change, dossier: Dossier, now: float) -> tuple[Expected, ...]:
    match change:
        case Added(item, "scheduled"):
            moment = max(now, item.not_before)
            language = dossier.header.default_language
            return tuple(await expected(connection, item.topics, item.urgent, moment, language))
        case Retargeted(item, _, True):
            language = dossier.header.default_language
            return tuple(await expected(connection, item.topics, item.urgent, now, language, added_to=item.id))
        case Revised(item, _, _, languages):
            return await _shown(connection, item.id, languages)
        case Withdrawn(name, _):
            return await _shown(connection, name, None)
        case _:
            return ()


async def _shown(
    connection: AsyncConnection, bulletin: str, languages: frozenset[Language] | None
) -> tuple[Expected, ...]:
    """Who has the bulletin in a message that can be reached."""
    statement = (
        select(deliveries.c.platform, deliveries.c.language, func.count())
        .join(readers)
        .where(deliveries.c.bulletin_id == bulletin, deliveries.c.message_id.is_not(None))
        .where(readers.c.suspended_since.is_(None))
        .group_by(deliveries.c.platform, deliveries.c.language)
        .order_by(deliveries.c.platform, deliveries.c.language)
    )
    if languages is not None:
        statement = statement.where(deliveries.c.language.in_(sorted(languages)))
    rows = await connection.execute(statement)
    return tuple(Expected(platform, language, number, 0, 0.0) for platform, language, number in rows)


def _change(change: Change, audience: tuple[Expected, ...], limits: Mapping[str, Limits]) -> ChangeForecast:
    seconds: dict[str, float] = {}
    for each in audience:
        if each.platform in limits:
            at_once = (each.readers - each.held) / limits[each.platform].per_second
            seconds[each.platform] = seconds.get(each.platform, 0.0) + at_once
    return ChangeForecast(change, audience, seconds)
