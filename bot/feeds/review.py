"""Editors' decisions on candidates, and the messages in their chat on which they decide with buttons.

The messages are bulletins for one reader in the delivery ledger: sent once, and edited when the candidate changes.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db.engine import AnyRow
from bot.db.feeds import Candidate, CandidateId, CandidateState, Story
from bot.db.schema import REVIEW
from bot.db.schema import WIRE as WIRE_ORIGIN
from bot.db.store import Store
from bot.dossier.models import Language, TopicId
from bot.feeds.published import bulletin_article, bulletin_id, day_of
from bot.feeds.review_messages import (
    AUTOMATIC,
    CandidateMessage,
    another_dossier,
    candidate_panel,
    decision_notice,
    editors_only,
    no_longer_stored,
    offered_topics,
    only_in_editors_chat,
    topics_panel,
    waiting_list,
)
from bot.live_dossier import LiveDossier
from bot.newsroom.diff import texts_of
from bot.newsroom.editors_chat import EditorsChat
from bot.newsroom.messages import post
from bot.newsroom.publisher import Newsroom, OtherDossier
from bot.reader import Address
from bot.replies.question import is_number
from bot.replies.reply import Reply
from bot.subscriptions.settings_panel import TOPICS_PER_PAGE

ORIGIN = WIRE_ORIGIN
"""The origin of bulletins made of stories. Once a bulletin has become a file, its origin is the dossier."""

EXPIRE_SECONDS = 48 * 3600.0
LATER_SECONDS = 4 * 3600.0

MAX_AT_ONCE = 20
"""How many stories of one feed are sent to the chat at once. The others are only in the list of waiting stories."""

Changes = Callable[[float], Mapping[str, Any]]
"""Time of a decision → the columns that it changes."""

Write = Callable[[AsyncConnection, Candidate, float], Awaitable[None]]

_STATE_AFTER: dict[str, CandidateState] = {
    "publish": "published",
    "reject": "rejected",
    "later": "waiting",
    "withdraw": "withdrawn",
}


@dataclass(frozen=True, slots=True)
class CandidateDecision:
    """The candidate after a decision, and whether this decision counted: only the first does."""

    candidate: Candidate
    counted: bool


class BulletinIsAFile(Exception):
    """The bulletin has become a file of the dossier and is changed there."""


@dataclass(frozen=True, slots=True)
class Review:
    """Takes candidates and decisions on them. A decision on a candidate that no longer exists returns None.

    Publishing, correcting and withdrawing raise :class:`~bot.newsroom.publisher.OtherDossier` if the database is not this dossier's.
    """

    store: Store
    live: LiveDossier
    chat: EditorsChat
    on_news: Callable[[], None]

    async def message(self, language: Language) -> CandidateMessage:
        """Composes messages in a language, in the time zone of the editors' chat."""
        async with self.store.database.read() as connection:
            zone = await self.chat.zone(connection)
        return CandidateMessage(self.live.dossier, language, zone)

    async def add(self, connection: AsyncConnection, stories: Iterable[Story], *, auto: bool, now: float) -> None:
        """Makes candidates of new stories. ``auto``: they are published without review."""
        for count, story in enumerate(stories, start=1):
            round_ = 1 if count <= MAX_AT_ONCE else 0
            expires = now + EXPIRE_SECONDS
            candidate = await self.store.candidates.add(connection, story, round_=round_, now=now, expires=expires)
            if auto:
                await self._publish(connection, candidate.id, AUTOMATIC, now)
            else:
                await self._show(connection, candidate)

    async def publish(self, candidate_id: CandidateId, by: str) -> CandidateDecision | None:
        """Makes a bulletin of it and sends it."""
        async with self.store.database.write() as connection:
            now = await self.store.bulletins.lock_newsroom(connection)
            await Newsroom(self.store).check_own(connection, self.live.complete)
            published = await self._publish(connection, candidate_id, by, now)
        if published:
            await self.release()
        return await self._decision(candidate_id, published)

    async def release(self) -> None:
        """Has the newsroom send what was published."""
        await Newsroom(self.store).publish_due(self.live.complete.from_files)
        self.on_news()

    async def reject(self, candidate_id: CandidateId, by: str) -> CandidateDecision | None:
        """Rejects it."""
        return await self._decide(candidate_id, lambda now: {"state": "rejected", "decided": now, "decided_by": by})

    async def put_off(self, candidate_id: CandidateId, by: str) -> CandidateDecision | None:
        """It comes to the chat again in four hours, and then has its full time again."""

        def later(now: float) -> Mapping[str, Any]:
            again = now + LATER_SECONDS
            return {"returns": again, "expires": again + EXPIRE_SECONDS, "decided_by": by}

        return await self._decide(candidate_id, later)

    async def set_topic(self, candidate_id: CandidateId, topic: TopicId, *, on: bool) -> CandidateDecision | None:
        """Adds or removes a topic."""
        candidate = await self.store.candidates.get(candidate_id)
        others = [each for each in (candidate.story.topics if candidate else ()) if each != topic]
        topics = [*others, topic] if on else others
        return await self._decide(candidate_id, lambda _: {"topics": topics})

    async def withdraw(self, candidate_id: CandidateId, by: str) -> CandidateDecision | None:
        """Marks its bulletin as withdrawn wherever it was sent. A bulletin that has become a file is withdrawn there."""
        changes = {"state": "withdrawn", "decided_by": by}
        return await self._decide(candidate_id, lambda now: {**changes, "decided": now}, self._withdraw_bulletin)

    async def correct(self, candidate_id: CandidateId, words: Mapping[str, str]) -> CandidateDecision | None:
        """Changes ``title`` or ``line`` of its bulletin wherever it was sent. One that has become a file is edited there."""
        return await self._decide(candidate_id, lambda _: words, self._correct_bulletin)

    async def expire_and_return(self) -> None:
        """Expires candidates that nobody decided on, shows those that were put off, deletes old ones."""
        candidates = self.store.candidates
        async with self.store.database.write() as connection:
            now = await self.store.database.moment(connection)
            changed = [*await candidates.expire(connection, now), *await candidates.return_due(connection, now)]
            for candidate in changed:
                await self._show(connection, candidate)
            await candidates.delete_old(connection, now)
        if changed:
            self.on_news()

    async def _decide(
        self, candidate_id: CandidateId, changes: Changes, write: Write | None = None
    ) -> CandidateDecision | None:
        """Changes a waiting candidate; with ``write``, a published one, whose bulletin is changed in the same transaction."""
        state: CandidateState = "published" if write else "waiting"
        try:
            async with self.store.database.write() as connection:
                now = await self.store.bulletins.lock_newsroom(connection)
                if write:
                    await Newsroom(self.store).check_own(connection, self.live.complete)
                decided = await self.store.candidates.decide(connection, candidate_id, changes(now), state)
                if decided and write:
                    await write(connection, decided, now)
                if decided:
                    await self._show(connection, decided)
        except BulletinIsAFile:
            decided = None
        self.on_news()
        return await self._decision(candidate_id, decided)

    async def _decision(self, candidate_id: CandidateId, decided: Candidate | None) -> CandidateDecision | None:
        candidate = decided or await self.store.candidates.get(candidate_id)
        return CandidateDecision(candidate, decided is not None) if candidate else None

    async def _publish(
        self, connection: AsyncConnection, candidate_id: CandidateId, by: str, now: float
    ) -> Candidate | None:
        changes = {"state": "published", "decided": now, "decided_by": by, "returns": None}
        decided = await self.store.candidates.decide(connection, candidate_id, changes)
        if decided is not None:
            bulletin = {"bulletin_id": bulletin_id(decided)}
            await self.store.candidates.decide(connection, candidate_id, bulletin, "published")
            await self._put_bulletin(connection, decided, revision=1, now=now, state="scheduled")
            await self._show(connection, decided)
        return decided

    async def _correct_bulletin(self, connection: AsyncConnection, candidate: Candidate, now: float) -> None:
        row = await self._bulletin(connection, candidate)
        revision = row.revision + 1
        await self._put_bulletin(connection, candidate, revision=revision, now=now, state=row.state)
        await self.store.fan_out.correct(connection, bulletin_id(candidate), revision, None, now)

    async def _withdraw_bulletin(self, connection: AsyncConnection, candidate: Candidate, now: float) -> None:
        row = await self._bulletin(connection, candidate)
        await self.store.bulletins.withdraw(connection, bulletin_id(candidate), row.revision + 1, now)
        await self.store.fan_out.withdraw(connection, bulletin_id(candidate), row.revision + 1, now)

    async def _bulletin(self, connection: AsyncConnection, candidate: Candidate) -> AnyRow:
        row = await self.store.bulletins.get(connection, bulletin_id(candidate))
        if row is None or row.origin != ORIGIN or row.id in self.live.complete.from_files.bulletins:
            raise BulletinIsAFile
        return row

    async def _put_bulletin(
        self, connection: AsyncConnection, candidate: Candidate, *, revision: int, now: float, state: str
    ) -> None:
        articles = {language: bulletin_article(candidate, language) for language in self.live.dossier.languages}
        columns = {
            "origin": ORIGIN,
            "language": candidate.story.language,
            "day": day_of(candidate).isoformat(),
            "topics": list(candidate.story.topics),
            "urgent": False,
            "state": state,
            "revision": revision,
        }
        await self.store.bulletins.put(connection, bulletin_id(candidate), columns, texts_of(articles), now)

    async def _show(self, connection: AsyncConnection, candidate: Candidate) -> None:
        """Sends or edits the message of the candidate's round; messages of earlier rounds get the new state and lose their buttons.

        A candidate of round 0 has no message.
        """
        reader = await self.chat.reader(connection)
        if reader is None:
            return
        zone = await self.chat.zone(connection)
        dossier = self.live.dossier
        messages = {language: CandidateMessage(dossier, language, zone) for language in dossier.languages}
        articles = {language: message.article(candidate) for language, message in messages.items()}
        without_buttons = {language: replace(article, buttons=()) for language, article in articles.items()}
        for round_ in range(1, candidate.round + 1):
            await post(
                self.store,
                connection,
                f"{REVIEW}-{candidate.id}-{round_}",
                articles if round_ == candidate.round else without_buttons,
                origin=REVIEW,
                language=dossier.header.default_language,
                reader_id=reader.id,
            )


@dataclass(frozen=True, slots=True)
class ReviewCommands:
    """Answers ``/wire`` and its buttons in the editors' chat, and nowhere else."""

    review: Review

    @property
    def chat(self) -> EditorsChat:
        return self.review.chat

    async def respond(self, argument: str, where: Address, language: Language, asker: str | None) -> Reply:
        """Executes ``/wire argument`` and returns the reply.

        ``asker`` is stored as who decided; None: somebody who may neither decide nor see what waits.
        """
        if not await self.chat.is_at(where):
            return only_in_editors_chat(language)
        if asker is None:
            return editors_only(language)
        decide = {
            "publish": self.review.publish,
            "reject": self.review.reject,
            "later": self.review.put_off,
            "withdraw": self.review.withdraw,
        }
        match argument.split():
            case [word, number] if word in decide and is_number(number):
                try:
                    decision = await decide[word](CandidateId(int(number)), asker)
                except OtherDossier:
                    return another_dossier(language)
                return await self._notice(decision, language, (asker, _STATE_AFTER[word]))
            case ["show", number] if is_number(number):
                return await self._show(CandidateId(int(number)), language)
            case ["topics", number, *page] if is_number(number):
                return await self._topics(CandidateId(int(number)), _page(page), language)
            case ["topic", number, index, version, ("on" | "off") as wanted] if is_number(number) and is_number(index):
                return await self._set_topic(CandidateId(int(number)), int(index), version, language, on=wanted == "on")
            case ["page", *page]:
                return await self._waiting(_page(page), language)
            case _:
                return await self._waiting(1, language)

    async def _waiting(self, page: int, language: Language) -> Reply:
        return waiting_list(await self.review.store.candidates.in_state("waiting"), page, language)

    async def _show(self, candidate_id: CandidateId, language: Language) -> Reply:
        candidate = await self.review.store.candidates.get(candidate_id)
        return (
            candidate_panel(candidate, await self.review.message(language)) if candidate else no_longer_stored(language)
        )

    async def _topics(self, candidate_id: CandidateId, page: int, language: Language) -> Reply:
        candidate = await self.review.store.candidates.get(candidate_id)
        dossier = self.review.live.dossier
        return topics_panel(candidate, dossier, page, language) if candidate else no_longer_stored(language)

    async def _set_topic(
        self, candidate_id: CandidateId, index: int, version: str, language: Language, *, on: bool
    ) -> Reply:
        """Sets the topic at the index of that version's list; if the dossier has changed, only shows the topics."""
        dossier = self.review.live.dossier
        topics = offered_topics(dossier)
        if dossier.version.startswith(version) and index < len(topics):
            decision = await self.review.set_topic(candidate_id, topics[index], on=on)
            if decision is None or not decision.counted:
                return await self._notice(decision, language)
        return await self._topics(candidate_id, index // TOPICS_PER_PAGE + 1, language)

    async def _notice(
        self, decision: CandidateDecision | None, language: Language, wanted: tuple[str, CandidateState] | None = None
    ) -> Reply:
        """The result of a decision. ``wanted``: by whom it was to reach which state.

        A second press of the same person, or a press delivered twice, finds what was wanted already done.
        """
        if decision is None:
            return no_longer_stored(language)
        candidate = decision.candidate
        counted = decision.counted or (candidate.decided_by, candidate.state) == wanted
        return decision_notice(candidate, await self.review.message(language), counted=counted)


def _page(given: list[str]) -> int:
    return max(1, int(given[0][:4])) if given and is_number(given[0]) else 1
