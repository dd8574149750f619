"""Candidates: items of feeds that wait for an editor's word, and those that had it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, NewType

from sqlalchemy import ColumnElement, delete, insert, select, update

from bot.db.engine import AnyRow, AsyncConnection, Database, insert_into
from bot.db.schema import wire_candidates as candidates
from bot.db.schema import wire_feeds
from bot.dossier.models import BulletinId, FeedId, Language, TopicId


@dataclass(frozen=True, slots=True)
class FeedState:
    """A feed as it was left.

    Attributes:
        url: as ``feeds.yaml`` gave it then.
        moved_to: where it is now, as its publisher says for good; None where it is still there.
        etag, last_modified: what to ask with; None where the publisher gave none.
        digest: of the last body that was read; None where none was.
        known: the keys of items seen, the latest first; None where it was never read.
        interval: between two fetches, in seconds.
        due: when it is asked again; all moments are seconds since 1970.
        asked: when it was asked last; 0 where never.
        read: when it last answered well; None where never.
        status: what came of it, in a few English words.
        items: how many there were in the last document.
        matches: how many of its items became candidates so far.
        failures: how many there were in a row.
        ended: since when it is gone for good; None where it is not.
        turn: counts the fetches.
    """

    id: FeedId
    url: str
    interval: float
    moved_to: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    digest: str | None = None
    known: tuple[str, ...] | None = None
    due: float = 0.0
    asked: float = 0.0
    read: float | None = None
    status: str = "not asked yet"
    items: int = 0
    matches: int = 0
    failures: int = 0
    ended: float | None = None
    turn: int = 0


@dataclass(frozen=True, slots=True)
class Feeds:
    """The states of feeds."""

    database: Database

    async def all(self) -> dict[FeedId, FeedState]:
        """Those that were ever asked, without the keys of their items, which may be many (``known`` is None)."""
        columns = [column for column in wire_feeds.c if column is not wire_feeds.c.known]
        async with self.database.read() as connection:
            rows = await connection.execute(select(*columns).order_by(wire_feeds.c.id))
            return {FeedId(row.id): _state(row) for row in rows}

    async def get(self, feed: FeedId) -> FeedState | None:
        """One of them in full; None where it was never asked."""
        async with self.database.read() as connection:
            row = (await connection.execute(select(wire_feeds).where(wire_feeds.c.id == feed))).one_or_none()
        return _state(row) if row else None

    async def put(self, connection: AsyncConnection, state: FeedState) -> bool:
        """Keeps what came of a fetch; False where another process has fetched it since ``state.turn`` was current."""
        values = {**asdict(state), "known": _joined(state.known), "turn": state.turn + 1}
        if state.turn == 0:
            statement = insert_into(self.database, wire_feeds).values(values).on_conflict_do_nothing()
            return await connection.affect(statement) == 1
        current: ColumnElement[bool] = (wire_feeds.c.id == state.id) & (wire_feeds.c.turn == state.turn)
        return await connection.affect(update(wire_feeds).where(current).values(values)) == 1


def _joined(keys: Iterable[str] | None) -> str | None:
    return None if keys is None else " ".join(keys)


def _state(row: AnyRow) -> FeedState:
    values: dict[str, Any] = dict(row._mapping)
    known = values.pop("known", None)
    return FeedState(**values, known=None if known is None else tuple(known.split()))


CandidateId = NewType("CandidateId", int)


State = Literal["waiting", "published", "rejected", "expired", "withdrawn"]


KEPT_SECONDS = 30 * 24 * 3600.0
"""How long a decided candidate is remembered; a published one stays, since its bulletin does."""


@dataclass(frozen=True, slots=True)
class Story:
    """An item of a feed as it comes to the desk.

    Attributes:
        topics: of the bulletin that it would make.
        page: what all links to the same page share.
        headline: what near-equal titles are compared by.
        why: the words that matched.
        published: by its publisher, in seconds since 1970; None where it does not say.
    """

    feed: FeedId
    publisher: str
    language: Language
    topics: tuple[TopicId, ...]
    title: str
    line: str
    link: str
    page: str
    headline: str
    why: tuple[str, ...] = ()
    published: float | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A story and where it stands. Moments are seconds since 1970.

    Attributes:
        round: how often it came to the desk; 0 where it was never put there.
        found: when.
        returns: when it comes to the desk again; None where it does not.
        expires: when it is too late for a word.
        decided, decided_by: when the word was given and by whom; None where nobody has.
        bulletin_id: what was made of it; None where nothing was.
    """

    id: CandidateId
    story: Story
    state: State
    round: int
    found: float
    returns: float | None
    expires: float
    decided: float | None
    decided_by: str | None
    bulletin_id: BulletinId | None


@dataclass(frozen=True, slots=True)
class Candidates:
    """The candidates. What changes them is for use inside a transaction of the database."""

    database: Database

    async def get(self, candidate: CandidateId) -> Candidate | None:
        """One of them; None where there is none (any more)."""
        async with self.database.read() as connection:
            row = (await connection.execute(select(candidates).where(_is(candidate)))).one_or_none()
        return candidate_of(row) if row else None

    async def in_state(self, state: State, limit: int = 1000) -> Sequence[Candidate]:
        """The latest ones in a state, the newest first."""
        statement = select(candidates).where(candidates.c.state == state).order_by(candidates.c.id.desc()).limit(limit)
        async with self.database.read() as connection:
            return [candidate_of(row) for row in await connection.execute(statement)]

    async def seen_since(self, connection: AsyncConnection, moment: float) -> Sequence[tuple[str, str]]:
        """Page and headline of all that were found since a moment, whatever became of them."""
        statement = select(candidates.c.page, candidates.c.headline).where(candidates.c.found >= moment)
        return [(row.page, row.headline) for row in await connection.execute(statement)]

    async def add(
        self, connection: AsyncConnection, story: Story, *, round_: int, now: float, expires: float
    ) -> Candidate:
        """Keeps a new one, which waits."""
        values = {**_columns(story), "state": "waiting", "round": round_, "found": now, "expires": expires}
        return candidate_of((await connection.execute(insert(candidates).values(values).returning(candidates))).one())

    async def decide(
        self, connection: AsyncConnection, candidate: CandidateId, changes: Mapping[str, Any], state: State = "waiting"
    ) -> Candidate | None:
        """Makes the changes if it is still in the state, so that the first word counts; None where it is not."""
        still = _is(candidate) & (candidates.c.state == state)
        statement = update(candidates).where(still).values(**changes).returning(candidates)
        row = (await connection.execute(statement)).one_or_none()
        return candidate_of(row) if row else None

    async def expire(self, connection: AsyncConnection, now: float) -> Sequence[Candidate]:
        """Those whose time is over, which are expired now."""
        late = (candidates.c.state == "waiting") & (candidates.c.expires <= now)
        statement = update(candidates).where(late).values(state="expired", decided=now).returning(candidates)
        return [candidate_of(row) for row in await connection.execute(statement)]

    async def return_due(self, connection: AsyncConnection, now: float) -> Sequence[Candidate]:
        """Those that are to come to the desk again now, one round further."""
        due = (candidates.c.state == "waiting") & (candidates.c.returns <= now)
        again = {"returns": None, "round": candidates.c.round + 1}
        rows = await connection.execute(update(candidates).where(due).values(again).returning(candidates))
        return [candidate_of(row) for row in rows]

    async def forget_old(self, connection: AsyncConnection, now: float) -> int:
        """Drops those that were rejected or expired long ago; returns how many."""
        old = candidates.c.state.in_(("rejected", "expired")) & (candidates.c.found < now - KEPT_SECONDS)
        return await connection.affect(delete(candidates).where(old))


def candidate_of(row: AnyRow) -> Candidate:
    """The candidate in a row."""
    story = Story(
        FeedId(row.feed),
        row.publisher,
        Language(row.language),
        tuple(map(TopicId, row.topics)),
        row.title,
        row.line,
        row.link,
        row.page,
        row.headline,
        tuple(row.why),
        row.published,
    )
    return Candidate(
        CandidateId(row.id),
        story,
        row.state,
        row.round,
        row.found,
        row.returns,
        row.expires,
        row.decided,
        row.decided_by,
        BulletinId(row.bulletin_id) if row.bulletin_id else None,
    )


def _columns(story: Story) -> dict[str, Any]:
    values = {name: getattr(story, name) for name in Story.__slots__}
    return values | {"topics": list(story.topics), "why": list(story.why)}


def _is(candidate: CandidateId) -> ColumnElement[bool]:
    return candidates.c.id == candidate
