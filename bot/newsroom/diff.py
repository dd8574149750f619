"""What is new, revised or withdrawn, told from the dossier and what the ledger knows. PURE."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Literal, cast

from bot.db.bulletins import Text
from bot.db.engine import AnyRow
from bot.dossier.models import Bulletin, BulletinId, Dossier, FactId, Language, TopicId
from bot.replies.bulletins import BulletinText, bulletin_text, fingerprint, to_json
from bot.replies.composer import facts_in
from bot.replies.formatting import fact_text

ORIGIN = "dossier"


State = Literal["history", "trial", "scheduled", "published", "retracted"]


@dataclass(frozen=True, slots=True)
class LedgerBulletin:
    """A bulletin as the ledger has it.

    Attributes:
        published: whether it was ever sent to its audience.
        digests: the fingerprints of its latest revision, by language.
        topics, urgent: as they were when it was compared last.
    """

    revision: int
    state: State
    published: bool
    not_before: float
    digests: Mapping[Language, str]
    topics: frozenset[TopicId]
    urgent: bool


def ledger_bulletins(rows: Iterable[AnyRow]) -> dict[BulletinId, LedgerBulletin]:
    """The bulletins that the ledger knows, from a row for each language of each."""
    known = {}
    for name, texts in groupby(sorted(rows, key=lambda row: str(row.id)), key=lambda row: row.id):
        every = list(texts)
        row = every[0]
        digests = {Language(text.text_language): str(text.digest) for text in every}
        state = cast(State, row.state)
        published, topics = row.published is not None, frozenset(map(TopicId, row.topics))
        known[BulletinId(name)] = LedgerBulletin(
            row.revision, state, published, row.not_before, digests, topics, row.urgent
        )
    return known


@dataclass(frozen=True, slots=True)
class DossierBulletin:
    """A bulletin as the dossier has it."""

    id: BulletinId
    day: date
    topics: tuple[TopicId, ...]
    urgent: bool
    not_before: float
    language: Language
    articles: Mapping[Language, BulletinText]

    @property
    def digests(self) -> dict[Language, str]:
        """The fingerprint of each language's article."""
        return {language: fingerprint(article) for language, article in self.articles.items()}


def columns_of(item: DossierBulletin) -> dict[str, object]:
    """A bulletin as the ledger has it, but for its state."""
    return {
        "origin": ORIGIN,
        "language": item.language,
        "day": item.day.isoformat(),
        "topics": list(item.topics),
        "urgent": item.urgent,
        "not_before": item.not_before,
    }


def texts_of(item: DossierBulletin) -> list[Text]:
    """What it says in each language."""
    digests = item.digests
    return [Text(language, digests[language], to_json(article)) for language, article in item.articles.items()]


FactTexts = Mapping[str, Mapping[str, str]]
"""Fact → language → how it is written there."""


@dataclass(frozen=True, slots=True)
class FactChange:
    """A fact that is written otherwise than in the edition before; ``languages`` are those in which it is."""

    fact: FactId
    before: Mapping[str, str]
    after: Mapping[str, str]
    languages: tuple[Language, ...]
    topics: tuple[TopicId, ...]


def fact_texts(dossier: Dossier) -> dict[str, dict[str, str]]:
    """How each fact is written in each language."""
    return {
        name: {language: fact_text(fact, language) for language in dossier.languages}
        for name, fact in dossier.facts.items()
    }


def changed_facts(before: FactTexts, dossier: Dossier) -> Iterator[FactChange]:
    """The facts that both editions hold and write differently, with the topics whose replies show them."""
    after = fact_texts(dossier)
    for name in before.keys() & after.keys():
        languages = [language for language in dossier.languages if before[name].get(language) != after[name][language]]
        if languages:
            fact = FactId(name)
            yield FactChange(fact, before[name], after[name], tuple(languages), topics_with(dossier, fact))


def topics_with(dossier: Dossier, fact: FactId) -> tuple[TopicId, ...]:
    """The topics whose texts show the fact."""
    return tuple(topic.id for topic in dossier.topics.values() if fact in facts_in(dossier, *topic.body.values()))


NEWS_DAYS = 7
"""A bulletin dated, or out of its embargo, longer ago than this when it is first seen is history: shown by /news, not sent."""


@dataclass(frozen=True, slots=True)
class Added:
    """A bulletin that the ledger does not know, or knows from a trial only."""

    item: DossierBulletin
    state: State
    revision: int = 1


@dataclass(frozen=True, slots=True)
class Revised:
    """A bulletin that says something else than before, in some languages; or is back after it was withdrawn."""

    item: DossierBulletin
    state: State
    revision: int
    languages: frozenset[Language]
    restored: bool = False


@dataclass(frozen=True, slots=True)
class Rescheduled:
    """A bulletin that still waits for its time, which is another now; or its topics, or its urgency.

    ``held_until`` is None for one that was never published. One that was, and has an embargo again, is held for those who
    still wait for it, or for a correction: until then by what the ledger has.
    """

    item: DossierBulletin
    held_until: float | None = None


@dataclass(frozen=True, slots=True)
class Retargeted:
    """A published bulletin that is about other topics than before, and so for other readers.

    ``is_news``: whether it still goes to those whom it concerns only now.
    """

    item: DossierBulletin
    revision: int
    is_news: bool


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A bulletin whose file is gone."""

    id: BulletinId
    revision: int


Change = Added | Revised | Rescheduled | Retargeted | Withdrawn


def dossier_bulletins(dossier: Dossier) -> list[DossierBulletin]:
    """The dossier's bulletins, the oldest first."""
    return [_item(dossier, bulletin) for bulletin in reversed(list(dossier.bulletins.values()))]


def _item(dossier: Dossier, bulletin: Bulletin) -> DossierBulletin:
    return DossierBulletin(
        bulletin.id,
        bulletin.date,
        tuple(bulletin.topics),
        bulletin.urgent,
        bulletin.not_before.timestamp() if bulletin.not_before else 0.0,
        dossier.header.default_language,
        {language: bulletin_text(dossier, bulletin, language) for language in dossier.languages},
    )


def changes(
    items: list[DossierBulletin],
    known: Mapping[BulletinId, LedgerBulletin],
    now: float,
    first: bool,
    told: frozenset[BulletinId],
) -> Iterator[Change]:
    """What differs.

    Args:
        items: the dossier's bulletins.
        known: the ledger's.
        now: news is counted from its day, and an embargo ends after it; in seconds since 1970.
        first: nothing was compared yet, in a new database or since a backup was imported, so that all there is is history, but
            for what is under embargo.
        told: bulletins that are to be sent although they are history.
    """
    for item in items:
        found = known.get(item.id)
        is_told = item.id in told or item.not_before > now
        if found is None or _starts_over(found, is_told) or (first and _is_brought_forward(found, item, now)):
            revision = found.revision + (found.digests != item.digests) if found else 1
            is_sent = is_told or (_is_news(item, now) and not first)
            yield Added(item, "scheduled" if is_sent else "history", revision)
        else:
            yield from _differences(item, found, now)
    here = {item.id for item in items}
    for name, found in known.items():
        if name not in here and found.state not in ("retracted", "trial"):
            yield Withdrawn(name, found.revision + 1)


def day_of(moment: float) -> date:
    """The day (UTC) of a moment in seconds since 1970."""
    return datetime.fromtimestamp(moment, UTC).date()


def _starts_over(found: LedgerBulletin, told: bool) -> bool:
    """Whether its audience is still to be found: never published, and more than a trial or a thing of the past now."""
    if found.state == "history":
        return told
    return found.state == "trial" or (found.state == "retracted" and not found.published)


def _is_brought_forward(found: LedgerBulletin, item: DossierBulletin, now: float) -> bool:
    """Whether it was to wait for a later time, and its new one has come."""
    return found.state == "scheduled" and item.not_before != found.not_before and item.not_before <= now


def _is_news(item: DossierBulletin, now: float) -> bool:
    if item.not_before > now:
        return True
    return max(item.day, day_of(item.not_before)) >= day_of(now) - timedelta(days=NEWS_DAYS)


def _differences(item: DossierBulletin, found: LedgerBulletin, now: float) -> Iterator[Change]:
    restored = found.state == "retracted"
    languages = frozenset(
        name for name, digest in item.digests.items() if restored or found.digests.get(name) != digest
    )
    revision = found.revision + bool(languages)
    is_redirected = found.published and found.topics != frozenset(item.topics)
    if languages:
        yield Revised(item, "published" if restored else found.state, revision, languages, restored)
    elif found.state == "scheduled" and _plan(found) != _plan(item):
        yield Rescheduled(item)
    if is_redirected:
        yield Retargeted(item, revision, _is_news(item, now))
    is_held = found.published and max(found.not_before, item.not_before) > now
    if is_held and (languages or is_redirected or found.not_before != item.not_before):
        yield Rescheduled(item, found.not_before)


def _plan(of: DossierBulletin | LedgerBulletin) -> tuple[float, bool, frozenset[TopicId]]:
    return (of.not_before, of.urgent, frozenset(of.topics))
