"""The editors' desk: stories come to it, and the first word that an editor gives on one is what counts.

What a word makes, it makes in the same transaction: the decision, the bulletin, the message on the desk that says so.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.dossier.model import TopicId
from bot.newsroom.comparing import Newsroom
from bot.store.candidates import Candidate, CandidateId, State, Story
from bot.store.engine import AsyncConnection
from bot.store.store import Store
from bot.wire.articles import AUTOMATIC
from bot.wire.publishing import NotOurs, Publishing, bulletin_of
from bot.wire.showing import Showing

EXPIRE_SECONDS = 48 * 3600.0
LATER_SECONDS = 4 * 3600.0

MAX_AT_ONCE = 20
"""So many stories of one feed come to the desk at once; what goes beyond waits in the list alone, lest it bury the chat."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What came of somebody's word: the candidate as it stands now, and whether it was this word that counted."""

    candidate: Candidate
    counted: bool


OnNews = Callable[[], None]

Change = Callable[[AsyncConnection, Candidate, float], Awaitable[None]]

Changes = Callable[[float], Mapping[str, Any]]
"""From the moment of a word to what it changes."""


@dataclass(frozen=True, slots=True)
class EditorsDesk:
    """Takes in stories, and words on them. ``on_news`` is told when there is something to send.

    Of a candidate that is not there (any more), every word gives None.
    """

    store: Store
    publishing: Publishing
    showing: Showing
    on_news: OnNews = lambda: None

    async def take_in(self, connection: AsyncConnection, stories: Iterable[Story], *, auto: bool, now: float) -> int:
        """Puts new stories on the desk; returns how many. ``auto``: they are published without a word."""
        count = 0
        for count, story in enumerate(stories, start=1):
            round_ = 1 if count <= MAX_AT_ONCE else 0
            expires = now + EXPIRE_SECONDS
            candidate = await self.store.candidates.add(connection, story, round_=round_, now=now, expires=expires)
            if auto:
                await self._publish(connection, candidate.id, AUTOMATIC, now)
            else:
                await self.showing.show(connection, candidate, now)
        return count

    async def publish(self, name: CandidateId, by: str) -> Decision | None:
        """Makes a bulletin of it."""
        async with self.store.database.write() as connection:
            now = await self.store.bulletins.take_turn(connection)
            decided = await self._publish(connection, name, by, now)
        if decided:
            await self.release()
        return await self._decision(name, decided)

    async def release(self) -> None:
        """Has the newsroom send out what was published."""
        await Newsroom(self.store).release()
        self.on_news()

    async def reject(self, name: CandidateId, by: str) -> Decision | None:
        """Nothing is made of it."""
        return await self._say(name, lambda now: {"state": "rejected", "decided": now, "decided_by": by})

    async def put_off(self, name: CandidateId, by: str) -> Decision | None:
        """It comes to the desk again in four hours, and then has its full time again."""

        def later(now: float) -> Mapping[str, Any]:
            again = now + LATER_SECONDS
            return {"returns": again, "expires": again + EXPIRE_SECONDS, "decided_by": by}

        return await self._say(name, later)

    async def set_topic(self, name: CandidateId, topic: TopicId, *, on: bool) -> Decision | None:
        """Gives it a topic, or takes it away."""
        candidate = await self.store.candidates.get(name)
        others = [each for each in (candidate.story.topics if candidate else ()) if each != topic]
        topics = [*others, topic] if on else others
        return await self._say(name, lambda _: {"topics": topics})

    async def withdraw(self, name: CandidateId, by: str) -> Decision | None:
        """Marks the bulletin that was made of it as withdrawn. One that has become a file is withdrawn by removing that."""
        changes = {"state": "withdrawn", "decided_by": by}
        return await self._say(name, lambda now: {**changes, "decided": now}, self.publishing.withdraw)

    async def correct(self, name: CandidateId, words: Mapping[str, str]) -> Decision | None:
        """Puts another ``title`` or ``line`` into the bulletin that was made of it. One that has become a file is edited there."""
        return await self._say(name, lambda _: words, self.publishing.correct)

    async def keep_up(self) -> None:
        """Lets expire what nobody decided, brings back what was put off, forgets what is long past."""
        candidates = self.store.candidates
        async with self.store.database.write() as connection:
            now = await self.store.bulletins.moment(connection)
            changed = [*await candidates.expire(connection, now), *await candidates.return_due(connection, now)]
            for candidate in changed:
                await self.showing.show(connection, candidate, now)
            await candidates.forget_old(connection, now)
        if changed:
            self.on_news()

    async def _publish(self, connection: AsyncConnection, name: CandidateId, by: str, now: float) -> Candidate | None:
        changes = {"state": "published", "decided": now, "decided_by": by, "returns": None}
        decided = await self.store.candidates.decide(connection, name, changes)
        if decided is not None:
            bulletin = {"bulletin_id": bulletin_of(decided)}
            await self.store.candidates.decide(connection, name, bulletin, "published")
            await self.publishing.publish(connection, decided, now)
            await self.showing.show(connection, decided, now)
        return decided

    async def _say(
        self,
        name: CandidateId,
        changes: Changes,
        then: Change | None = None,
    ) -> Decision | None:
        """A word on a candidate that waits; or, with ``then``, on a bulletin of the wire's own, which is changed so."""
        state: State = "published" if then else "waiting"
        try:
            async with self.store.database.write() as connection:
                now = await self.store.bulletins.take_turn(connection)
                decided = await self.store.candidates.decide(connection, name, changes(now), state)
                if decided:
                    await self._change(connection, decided, then, now)
        except NotOurs:
            decided = None
        self.on_news()
        return await self._decision(name, decided)

    async def _change(self, connection: AsyncConnection, decided: Candidate, then: Change | None, now: float) -> None:
        if then is not None:
            await then(connection, decided, now)
        await self.showing.show(connection, decided, now)

    async def _decision(self, name: CandidateId, decided: Candidate | None) -> Decision | None:
        candidate = decided or await self.store.candidates.get(name)
        return Decision(candidate, decided is not None) if candidate else None
