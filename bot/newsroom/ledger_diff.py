"""The difference between the dossier's bulletins and the ledger: what is new, revised or withdrawn."""

from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from types import MappingProxyType
from typing import Literal, cast

from bot.db.bulletins import StoredText, renamed
from bot.db.connection import AnyRow
from bot.db.schema import BULLETIN_WITHDRAWN, DESK
from bot.dossier.models import Bulletin, BulletinId, Dossier, FactId, Language, TopicId
from bot.replies.bulletins import BulletinText, bulletin_text, text_hash, to_json
from bot.replies.dossier_texts import facts_in
from bot.replies.formatting import fact_text
from bot.schedule import Traits

BulletinState = Literal["history", "scheduled", "published", "retracted"]
"""A bulletin in the ledger: too old to be sent, to be sent, sent, withdrawn (if it was never published: no longer to be sent)."""


@dataclass(frozen=True, slots=True)
class LedgerBulletin:
    """A bulletin as the ledger has it.

    Attributes:
        published: whether it was ever sent to its audience.
        not_before: the end of its embargo, in seconds since 1970; 0.0: no embargo.
        text_hashes: the hashes of its latest revision's texts, by language.
        topics, urgent: as of the last comparison.
        is_gone: it was not in force at the last comparison.
    """

    revision: int
    state: BulletinState
    published: bool
    not_before: float
    text_hashes: Mapping[Language, str]
    topics: frozenset[TopicId]
    urgent: bool
    is_gone: bool = False


def ledger_bulletins(
    rows: Iterable[AnyRow], moves: Mapping[str, Collection[str]] = MappingProxyType({})
) -> dict[BulletinId, LedgerBulletin]:
    """The ledger's bulletins, from one row for each bulletin and language. ``moves``: former id of a topic → present ids."""
    bulletins = {}
    for name, group in groupby(sorted(rows, key=lambda row: str(row.id)), key=lambda row: row.id):
        texts = list(group)
        row = texts[0]
        bulletins[BulletinId(name)] = LedgerBulletin(
            row.revision,
            cast(BulletinState, row.state),
            row.published is not None,
            row.not_before,
            {Language(text.text_language): str(text.digest) for text in texts},
            frozenset(map(TopicId, renamed(row.topics, moves))),
            row.urgent,
            row.gone is not None,
        )
    return bulletins


@dataclass(frozen=True, slots=True)
class DossierBulletin:
    """A bulletin as the dossier has it; ``language``: for readers whose language has no text."""

    id: BulletinId
    day: date
    topics: tuple[TopicId, ...]
    urgent: bool
    not_before: float
    language: Language
    articles: Mapping[Language, BulletinText]

    @property
    def text_hashes(self) -> dict[Language, str]:
        """The hash of the article in each language."""
        return {language: text_hash(article) for language, article in self.articles.items()}

    @property
    def traits(self) -> Traits:
        return Traits(frozenset(self.topics), self.urgent, frozenset(self.articles))

    @property
    def columns(self) -> dict[str, object]:
        """Its row in the ledger, without its state and revision."""
        return {
            "origin": DESK,
            "language": self.language,
            "day": self.day.isoformat(),
            "topics": list(self.topics),
            "urgent": self.urgent,
            "not_before": self.not_before,
        }

    @property
    def texts(self) -> list[StoredText]:
        """Its text in each language."""
        return texts_of(self.articles)


def texts_of(articles: Mapping[Language, BulletinText]) -> list[StoredText]:
    """The texts of a revision, as the ledger stores them."""
    return [StoredText(language, text_hash(article), to_json(article)) for language, article in articles.items()]


def dossier_bulletins(dossier: Dossier) -> list[DossierBulletin]:
    """The dossier's bulletins, the oldest first."""
    return [dossier_bulletin(dossier, bulletin) for bulletin in reversed(list(dossier.bulletins.values()))]


def dossier_bulletin(dossier: Dossier, bulletin: Bulletin) -> DossierBulletin:
    """A bulletin of the dossier, in the languages in which it was written."""
    written = [language for language in dossier.languages if dossier.spoken(bulletin.id, language) == language]
    return DossierBulletin(
        bulletin.id,
        bulletin.date,
        dossier.former_topics.get(bulletin.id, tuple(bulletin.topics)),
        bulletin.urgent,
        bulletin.not_before.timestamp() if bulletin.not_before else 0.0,
        dossier.spoken(bulletin.id, dossier.header.default_language),
        {language: bulletin_text(dossier, bulletin, language) for language in written},
    )


# What happens to bulletins between two dossiers

BulletinEdit = Literal["new", "corrected", "withdrawn", "restored", "replanned", "gone"]


@dataclass(frozen=True, slots=True)
class BulletinChange:
    """A bulletin that is new or gone, or whose messages are edited.

    Attributes:
        edit: ``corrected``: messages that carry it are edited; ``replanned``: its topics, urgency or time alone change.
        languages: those in which its text changes.
        bulletin: as it is afterwards; None: withdrawn or gone.
    """

    id: BulletinId
    edit: BulletinEdit
    languages: tuple[Language, ...] = ()
    bulletin: DossierBulletin | None = field(default=None, compare=False, repr=False)


def bulletin_changes(
    before: Dossier, after: Dossier, renamed: Mapping[BulletinId, BulletinId] = MappingProxyType({})
) -> list[BulletinChange]:
    """What a change or a deploy does to bulletins, the newest first: what previews tell, and what is done. Call it in a thread.

    ``renamed``: former id → id.
    """
    names = dict.fromkeys((*after.bulletins, *after.withdrawn, *before.bulletins, *before.withdrawn))
    former = {present: name for name, present in renamed.items()}
    found = (bulletin_change(before, after, name, former.get(name)) for name in names if name not in renamed)
    return [change for change in found if change]


def bulletin_change(
    before: Dossier, after: Dossier, name: BulletinId, former: BulletinId | None = None
) -> BulletinChange | None:
    """What happens to one bulletin; None: nothing. ``former``: its id in ``before``, where that was another."""
    former = former or name
    old, new, languages = before.bulletins.get(former), after.bulletins.get(name), tuple(after.languages)
    if name in after.withdrawn:
        return None if former in before.withdrawn else BulletinChange(name, "withdrawn", languages)
    if new is None:
        return BulletinChange(name, "gone") if old else None
    becomes = dossier_bulletin(after, new)
    if old is None:
        return BulletinChange(name, "restored" if former in before.withdrawn else "new", languages, becomes)
    was = dossier_bulletin(before, old)
    hashes, topics = was.text_hashes, tuple(dict.fromkeys(after.former_ids.get(each, each) for each in was.topics))
    languages = tuple(name for name, value in becomes.text_hashes.items() if hashes.get(name) != value)
    if languages:
        return BulletinChange(name, "corrected", languages, becomes)
    is_same = (topics, was.urgent, was.not_before) == (becomes.topics, becomes.urgent, becomes.not_before)
    return None if is_same else BulletinChange(name, "replanned", (), becomes)


# The ledger

NEWS_DAYS = 7
"""A bulletin is history if its date and the end of its embargo are older than this when it is first compared. /news shows it,
but it is not sent."""


@dataclass(frozen=True, slots=True)
class Added:
    """A bulletin that is not in the ledger, or starts over."""

    bulletin: DossierBulletin
    state: BulletinState
    revision: int = 1


@dataclass(frozen=True, slots=True)
class Revised:
    """A bulletin with another text in some languages.

    ``restored``: whether it was withdrawn before. Messages in a language that the dossier no longer has will show the text in the
    default language.
    """

    bulletin: DossierBulletin
    state: BulletinState
    revision: int
    languages: frozenset[Language]
    restored: bool = False


@dataclass(frozen=True, slots=True)
class Rescheduled:
    """A scheduled bulletin with another time, topics or urgency, or a published one with another urgency, or under embargo again.

    ``former_not_before``: of a published bulletin, the end of the embargo stored so far (0.0: no embargo); its unsent deliveries and
    corrections are delayed to the new end, and come at once if it is urgent. None: it was never published.
    """

    bulletin: DossierBulletin
    former_not_before: float | None = None

    @property
    def hastens(self) -> bool:
        """Whether unsent deliveries come at once that wait for a digest or an hour of the day."""
        return self.former_not_before is not None and self.bulletin.urgent


@dataclass(frozen=True, slots=True)
class Retargeted:
    """A published bulletin with other topics, so for other readers. ``is_news``: whether others get it as new (:func:`joins`)."""

    bulletin: DossierBulletin
    revision: int
    is_news: bool


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A bulletin that is withdrawn."""

    id: BulletinId
    revision: int


@dataclass(frozen=True, slots=True)
class Gone:
    """A bulletin whose file is missing. What was sent stays as it was sent; what was to be sent is not, until it is back."""

    id: BulletinId
    is_scheduled: bool


@dataclass(frozen=True, slots=True)
class Returned:
    """A bulletin that was sent, and is in force again."""

    id: BulletinId


Change = Added | Revised | Rescheduled | Retargeted | Withdrawn | Gone | Returned


def id_of(change: Change) -> BulletinId:
    """The id of the bulletin that changes."""
    return change.id if isinstance(change, Withdrawn | Gone | Returned) else change.bulletin.id


def changes(
    bulletins: list[DossierBulletin],
    ledger: Mapping[BulletinId, LedgerBulletin],
    now: float,
    is_first: bool,
    forced: frozenset[BulletinId],
    withdrawn: Collection[BulletinId] = (),
) -> Iterator[Change]:
    """The differences. What is missing withdraws nothing.

    Args:
        bulletins: the dossier's, without those that are withdrawn.
        ledger: the ledger's.
        now: in seconds since 1970.
        is_first: nothing was compared before, in a new database or since the import of a backup. Everything is history then,
            except what is under embargo.
        forced: bulletins to be sent although they are history.
        withdrawn: the bulletins that are withdrawn.
    """
    present = {bulletin.id for bulletin in bulletins}
    for bulletin in bulletins:
        stored = ledger.get(bulletin.id)
        is_sent = bulletin.id in forced or bulletin.not_before > now
        if stored is None or _starts_over(stored, is_sent) or (is_first and _is_brought_forward(stored, bulletin, now)):
            is_sent = is_sent or (_is_news(bulletin, now) and not is_first)
            yield Added(bulletin, "scheduled" if is_sent else "history", stored.revision + 1 if stored else 1)
        else:
            if stored.is_gone:
                yield Returned(bulletin.id)
            yield from _differences(bulletin, stored, now)
    for name, stored in ledger.items():
        if name in present or stored.state == BULLETIN_WITHDRAWN:
            continue
        if name in withdrawn:
            yield Withdrawn(name, stored.revision + 1)
        elif not stored.is_gone:
            yield Gone(name, stored.state == "scheduled")


def _starts_over(stored: LedgerBulletin, is_sent: bool) -> bool:
    """Whether it counts as a new one: it was withdrawn unsent, or was history and is now sent."""
    if stored.state == "history":
        return is_sent
    return stored.state == BULLETIN_WITHDRAWN and not stored.published


def _is_brought_forward(stored: LedgerBulletin, bulletin: DossierBulletin, now: float) -> bool:
    """Whether it was scheduled for a later time, and its new time has come."""
    return stored.state == "scheduled" and bulletin.not_before != stored.not_before and bulletin.not_before <= now


def _is_news(bulletin: DossierBulletin, now: float) -> bool:
    return is_recent(bulletin.day, bulletin.not_before, now)


def is_recent(day: date, not_before: float, now: float) -> bool:
    """Whether a bulletin of that day is news."""
    return not_before > now or max(day, day_of(not_before)) >= day_of(now) - timedelta(days=NEWS_DAYS)


def joins(topics: Iterable[str], before: Collection[str]) -> bool:
    """Whether other topics than ``before`` give a published bulletin readers as new.

    Those of an added topic alone: whoever was no reader of it gets nothing because a topic was taken away, even the last one.
    """
    return not set(topics) <= set(before)


def day_of(moment: float) -> date:
    """The day (UTC) of a moment in seconds since 1970."""
    return datetime.fromtimestamp(moment, UTC).date()


def _differences(bulletin: DossierBulletin, stored: LedgerBulletin, now: float) -> Iterator[Change]:
    restored = stored.state == BULLETIN_WITHDRAWN
    hashes, sent = bulletin.text_hashes, {} if restored else stored.text_hashes
    languages = frozenset(name for name, value in hashes.items() if sent.get(name) != value)
    revision = stored.revision + bool(languages)
    is_retargeted = stored.published and stored.topics != frozenset(bulletin.topics)
    if languages:
        yield Revised(bulletin, "published" if restored else stored.state, revision, languages, restored)
    elif stored.state == "scheduled" and _plan(stored) != _plan(bulletin):
        yield Rescheduled(bulletin)
    if is_retargeted:
        is_news = joins(bulletin.topics, stored.topics) and _is_news(bulletin, now)
        yield Retargeted(bulletin, revision, is_news)
    is_under_embargo = stored.published and max(stored.not_before, bulletin.not_before) > now
    is_moved = is_under_embargo and (languages or is_retargeted or stored.not_before != bulletin.not_before)
    if is_moved or (stored.published and stored.urgent != bulletin.urgent):
        yield Rescheduled(bulletin, stored.not_before)


def _plan(of: DossierBulletin | LedgerBulletin) -> tuple[float, bool, frozenset[TopicId]]:
    return (of.not_before, of.urgent, frozenset(of.topics))


@dataclass(frozen=True, slots=True)
class FactChange:
    """A fact whose text in ``languages`` changes."""

    fact: FactId
    before: Mapping[str, str]
    after: Mapping[str, str]
    languages: tuple[Language, ...]
    topics: tuple[TopicId, ...]


def changed_facts(before: Dossier, after: Dossier) -> Iterator[FactChange]:
    """The facts whose texts differ between two dossiers that both have them, with the topics that show them."""
    for name in before.facts.keys() & after.facts.keys():
        was, now = (
            {str(code): fact_text(each.facts[name], code) for code in each.languages} for each in (before, after)
        )
        if languages := tuple(code for code in after.languages if was.get(code) != now[code]):
            topics = (topic.id for topic in after.topics.values() if name in facts_in(after, *topic.body.values()))
            yield FactChange(name, was, now, languages, tuple(topics))


def topic_moves(
    known: Mapping[str, str], topics: Container[str], former_ids: Mapping[TopicId, TopicId]
) -> dict[str, tuple[str, ...]]:
    """Id that no topic has → the topics that it has become.

    Its present id, by ``was``. Where that says nothing, as after a rollback or another rename in the files, whatever is nearest by what
    ``was`` said before: a topic that has its former id again has its followers back.

    Args:
        known: former id → id, as followers were moved before (:func:`moves_known`).
        topics: the ids of topics now.
        former_ids: former id → id, as the dossier says now.
    """
    beside: dict[str, list[str]] = {}
    for former, topic in known.items():
        beside.setdefault(former, []).append(topic)
        beside.setdefault(topic, []).append(former)
    moves: dict[str, tuple[str, ...]] = {}
    for gone in dict.fromkeys((*former_ids, *beside)):
        if gone in topics:
            continue
        found, reached = dict[str, None](), [gone]
        for each in reached:  # grows: what an id that is gone was, or has become, may be gone as well
            if each in topics or each in former_ids:
                found[each if each in topics else former_ids[TopicId(each)]] = None
            else:
                reached += [other for other in beside[each] if other not in reached]
        if found:
            moves[gone] = tuple(found)
    return moves


def moves_known(
    known: Mapping[str, str],
    topics: Container[str],
    former_ids: Mapping[TopicId, TopicId],
    moves: Mapping[str, Collection[str]],
) -> dict[str, str]:
    """Former id → id, to be ``known`` to the next :func:`topic_moves`: nothing that ``was`` ever said is lost.

    Where two ids are topics now, neither is the other's former one.
    """
    kept = {former: topic for former, topic in known.items() if former not in topics or topic not in topics}
    moved = {gone: next(iter(present)) for gone, present in moves.items() if len(present) == 1}
    return dict([*kept.items(), *moved.items(), *former_ids.items()])
