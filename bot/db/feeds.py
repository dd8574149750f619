"""Feeds as they were last fetched, and candidates: items of feeds that editors decide on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, NewType

from sqlalchemy import ColumnElement, delete, insert, select, update

from bot.db.changes import ChangeId
from bot.db.connection import AnyRow, AsyncConnection
from bot.db.engine import Database, insert_into
from bot.db.retention import DAY_SECONDS, STORY_DAYS
from bot.db.schema import feed_candidates as candidates
from bot.db.schema import feeds
from bot.dossier.entries import digest
from bot.dossier.models import FeedId, Language, TopicId


@dataclass(frozen=True, slots=True)
class FeedState:
    """A feed after its last fetch. Moments are seconds since 1970.

    Attributes:
        url: as ``feeds.yaml`` gave it then.
        moved_to: the address of a permanent redirect; None if there was none.
        etag, last_modified: for the next conditional request; None if the publisher gave none.
        digest: of the last body that was read; None if none was.
        seen_keys: the keys of items seen, the latest first; None if it was never read.
        interval: seconds between two fetches.
        due: when it is fetched again.
        fetched: when it was fetched last; 0 if never.
        succeeded: when it last answered well; None if never.
        status: the result of the last fetch, in a few English words.
        items: how many the last document had.
        matches: how many of its items became candidates so far.
        failures: how many there were in a row.
        ended: when it was found gone for good; None if it is not.
        fetches: how many there were.
    """

    id: FeedId
    url: str
    interval: float
    moved_to: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    digest: str | None = None
    seen_keys: tuple[str, ...] | None = None
    due: float = 0.0
    fetched: float = 0.0
    succeeded: float | None = None
    status: str = "not fetched yet"
    items: int = 0
    matches: int = 0
    failures: int = 0
    ended: float | None = None
    fetches: int = 0


@dataclass(frozen=True, slots=True)
class Feeds:
    """The states of feeds."""

    database: Database

    async def all(self) -> dict[FeedId, FeedState]:
        """All feeds that were ever fetched, without ``seen_keys``, which may be many (None)."""
        columns = [column for column in feeds.c if column is not feeds.c.seen_keys]
        rows = await self.database.rows(select(*columns).order_by(feeds.c.id))
        return {FeedId(row.id): _state(row) for row in rows}

    async def get(self, feed: FeedId) -> FeedState | None:
        """A feed in full; None if it was never fetched."""
        row = await self.database.row(select(feeds).where(feeds.c.id == feed))
        return _state(row) if row else None

    async def put(self, connection: AsyncConnection, state: FeedState) -> bool:
        """Stores the state after a fetch; False if another process has fetched the feed meanwhile."""
        values = {**asdict(state), "seen_keys": _joined(state.seen_keys), "fetches": state.fetches + 1}
        if state.fetches == 0:
            statement = insert_into(self.database, feeds).values(values).on_conflict_do_nothing()
            return (await connection.execute(statement)).rowcount == 1
        current: ColumnElement[bool] = (feeds.c.id == state.id) & (feeds.c.fetches == state.fetches)
        return (await connection.execute(update(feeds).where(current).values(values))).rowcount == 1


def _joined(keys: Iterable[str] | None) -> str | None:
    return None if keys is None else " ".join(keys)


def _state(row: AnyRow) -> FeedState:
    values: dict[str, Any] = dict(row._mapping)
    keys = values.pop("seen_keys", None)
    return FeedState(**values, seen_keys=None if keys is None else tuple(keys.split()))


CandidateId = NewType("CandidateId", int)


CandidateState = Literal["waiting", "published", "rejected", "expired", "withdrawn"]
"""Published means taken: a change was made of it. Withdrawn is a word of earlier releases."""


@dataclass(frozen=True, slots=True)
class Story:
    """An item of a feed as editors see it.

    Attributes:
        topics: of the bulletin that it would become.
        page: the same for all links to one page.
        headline: for the comparison with similar titles.
        why: the words that matched.
        published: by its publisher, in seconds since 1970; None if unknown.
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
    """A story and what was decided on it. Moments are seconds since 1970.

    Attributes:
        round: how often editors were shown it; 0 if never.
        found: when.
        returns: when editors are shown it again; None if they are not.
        expires: when it is too late for a decision.
        decided, decided_by: when and by whom; None if nobody has decided.
        change_id: the change made of it; None if there is none.
        corrected: when its publisher was last seen to have changed title or line; None: never.
    """

    id: CandidateId
    story: Story
    state: CandidateState
    round: int
    found: float
    returns: float | None
    expires: float
    decided: float | None
    decided_by: str | None
    change_id: ChangeId | None
    corrected: float | None = None

    @property
    def mark(self) -> str:
        """Eight digits that name its words: a button decides on what its message showed, and on nothing else."""
        return digest({"title": self.story.title, "line": self.story.line})[:8]

    @property
    def is_outdated(self) -> bool:
        """Whether its publisher has changed it since it was taken."""
        return self.state == "published" and (self.corrected or 0.0) > (self.decided or 0.0)


@dataclass(frozen=True, slots=True)
class Candidates:
    """The candidates. Methods that take a connection run in its transaction."""

    database: Database

    async def get(self, candidate: CandidateId, within: AsyncConnection | None = None) -> Candidate | None:
        """A candidate; None if there is none any more."""
        row = await self.database.row(select(candidates).where(_is(candidate)), within=within)
        return candidate_of(row) if row else None

    async def of_change(self, change: ChangeId) -> Candidate | None:
        """The candidate that a change was made of; None if it was made of none."""
        row = await self.database.row(select(candidates).where(candidates.c.change_id == change))
        return candidate_of(row) if row else None

    async def of_feed(self, connection: AsyncConnection, feed: FeedId, since: float) -> Sequence[Candidate]:
        """The candidates of a feed that were found since a moment."""
        found = select(candidates).where(candidates.c.found >= since, candidates.c.feed == feed)
        return [candidate_of(row) for row in await connection.execute(found)]

    async def in_state(self, state: CandidateState, limit: int = 1000) -> Sequence[Candidate]:
        """The candidates in a state, the newest first."""
        statement = select(candidates).where(candidates.c.state == state).order_by(candidates.c.id.desc()).limit(limit)
        return [candidate_of(row) for row in await self.database.rows(statement)]

    async def seen_since(self, connection: AsyncConnection, moment: float) -> Sequence[tuple[str, str]]:
        """Page and headline of all that were found since a moment, whatever was decided."""
        statement = select(candidates.c.page, candidates.c.headline).where(candidates.c.found >= moment)
        return [(row.page, row.headline) for row in await connection.execute(statement)]

    async def add(
        self, connection: AsyncConnection, story: Story, *, round_: int, now: float, expires: float
    ) -> Candidate:
        """Stores a new candidate, which waits for a decision."""
        values = {**_columns(story), "state": "waiting", "round": round_, "found": now, "expires": expires}
        return candidate_of((await connection.execute(insert(candidates).values(values).returning(candidates))).one())

    async def decide(
        self,
        connection: AsyncConnection,
        candidate: CandidateId,
        changes: Mapping[str, Any],
        state: CandidateState = "waiting",
    ) -> Candidate | None:
        """Makes the changes if it is still in the state, so that the first decision wins; None if it is not."""
        still = _is(candidate) & (candidates.c.state == state)
        statement = update(candidates).where(still).values(**changes).returning(candidates)
        row = await connection.row(statement)
        return candidate_of(row) if row else None

    async def expire(self, connection: AsyncConnection, now: float) -> Sequence[Candidate]:
        """Marks candidates whose time is over as expired, and returns them."""
        late = (candidates.c.state == "waiting") & (candidates.c.expires <= now)
        statement = update(candidates).where(late).values(state="expired", decided=now).returning(candidates)
        return [candidate_of(row) for row in await connection.execute(statement)]

    async def return_due(self, connection: AsyncConnection, now: float) -> Sequence[Candidate]:
        """Returns candidates that editors are to be shown again now, with the next round."""
        due = (candidates.c.state == "waiting") & (candidates.c.returns <= now)
        again = {"returns": None, "round": candidates.c.round + 1}
        rows = await connection.execute(update(candidates).where(due).values(again).returning(candidates))
        return [candidate_of(row) for row in rows]

    async def delete_old(self, connection: AsyncConnection, now: float) -> int:
        """Deletes candidates that were rejected or expired over 30 days ago; returns how many."""
        old = candidates.c.state.in_(("rejected", "expired")) & (candidates.c.found < now - STORY_DAYS * DAY_SECONDS)
        return (await connection.execute(delete(candidates).where(old))).rowcount


def candidate_of(row: AnyRow) -> Candidate:
    """The candidate in a row."""
    own: dict[str, Any] = {name: getattr(row, name) for name in Candidate.__slots__ if name != "story"}
    story = {name: getattr(row, name) for name in Story.__slots__}
    return Candidate(story=Story(**story | {"topics": tuple(row.topics), "why": tuple(row.why)}), **own)


def _columns(story: Story) -> dict[str, Any]:
    values = {name: getattr(story, name) for name in Story.__slots__}
    return values | {"topics": list(story.topics), "why": list(story.why)}


def _is(candidate: CandidateId) -> ColumnElement[bool]:
    return candidates.c.id == candidate
