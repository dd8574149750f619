"""Candidates: items of feeds that wait for an editor's word, and those that had it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NewType

from sqlalchemy import ColumnElement, delete, insert, select, update

from bot.dossier.model import BulletinId, FeedId, Language, TopicId
from bot.store.database import Database
from bot.store.engine import AnyRow, AsyncConnection
from bot.store.wire_tables import wire_candidates as candidates

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
