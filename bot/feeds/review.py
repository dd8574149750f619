"""Editors' decisions on candidates, and the messages in their chat on which they decide with buttons.

A candidate that somebody takes becomes a change, with a bulletin and a source. What happens to it from then on is the desk's.

The messages are bulletins for one reader in the delivery ledger: sent once, and edited when the candidate changes.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from bot.db.changes import Change, ChangedEntry, Person
from bot.db.connection import AsyncConnection
from bot.db.feeds import Candidate, CandidateId, CandidateState, Story
from bot.db.schema import REVIEW
from bot.db.store import Store
from bot.dossier.models import FeedId, Language, TopicId
from bot.feeds.deduplication import headline_key
from bot.feeds.documents import FeedItem
from bot.feeds.review_messages import (
    ANOTHER_DOSSIER,
    EDITORS_ONLY,
    NO_LONGER_STORED,
    ONLY_IN_EDITORS_CHAT,
    CandidateMessage,
    candidate_panel,
    decision_notice,
    notice,
    offered_topics,
    topics_panel,
    waiting_list,
)
from bot.feeds.text import same_page
from bot.live_dossier import LiveDossier
from bot.newsroom.desk import APPROVERS_ONLY, Desk, DeskError, NotAllowed
from bot.newsroom.editors_chat import EditorsChat
from bot.newsroom.messages import post
from bot.newsroom.publisher import Newsroom, OtherDossier
from bot.newsroom.story_content import contents_of
from bot.newsroom.translation import left_out_key
from bot.reader import Address
from bot.replies.question import is_number
from bot.replies.reply import Reply
from bot.subscriptions.settings_panel import TOPICS_PER_PAGE

EXPIRE_SECONDS = 48 * 3600.0
LATER_SECONDS = 4 * 3600.0

MAX_AT_ONCE = 20
"""How many stories of one feed are sent to the chat at once. The others are only in the list of waiting stories."""

Changes = Callable[[Candidate, float], Mapping[str, Any]]
"""A candidate and the time of a decision → the columns that it changes."""

_STATE_AFTER: dict[str, CandidateState] = {"take": "published", "reject": "rejected", "later": "waiting"}


@dataclass(frozen=True, slots=True)
class CandidateDecision:
    """The candidate after a decision, and whether this decision counted: only the first does.

    ``change``: what it became, if it was taken. ``refusal``: why that waits at the desk, as a phrase; "": it goes on by itself.
    """

    candidate: Candidate
    counted: bool
    change: Change | None = None
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """Takes candidates and decisions on them. A decision on a candidate that no longer exists returns None."""

    store: Store
    live: LiveDossier
    chat: EditorsChat
    desk: Desk
    on_news: Callable[[], None]

    async def message(self, language: Language) -> CandidateMessage:
        """Composes messages in a language, in the time zone of the editors' chat."""
        async with self.store.database.read() as connection:
            zone = await self.chat.zone(connection)
        return CandidateMessage(self.live.dossier, language, zone)

    async def add(self, connection: AsyncConnection, stories: Iterable[Story], *, now: float) -> None:
        """Makes candidates of new stories."""
        for count, story in enumerate(stories, start=1):
            round_ = 1 if count <= MAX_AT_ONCE else 0
            expires = now + EXPIRE_SECONDS
            candidate = await self.store.candidates.add(connection, story, round_=round_, now=now, expires=expires)
            await self._show(connection, candidate)

    async def correct(
        self, connection: AsyncConnection, feed: FeedId, items: Iterable[FeedItem], since: float, now: float
    ) -> int:
        """Gives the feed's candidates since a moment the words that their pages have now in its document; returns how many had others.

        Of one that was taken a message comes again, because what was made of it keeps the former words.
        """
        pages = [(same_page(item.link), item) for item in items if item.link]
        times, by_page, corrected = Counter(page for page, _ in pages), dict(pages), 0
        for each in await self.store.candidates.of_feed(connection, feed, since):
            item, story = by_page.get(each.story.page), each.story
            is_same = item is None or times[story.page] > 1 or (item.title, item.line) == (story.title, story.line)
            if item is None or is_same or each.state not in ("waiting", "published"):
                continue
            words = {"title": item.title, "line": item.line, "headline": headline_key(item.title, story.publisher)}
            again = {"round": each.round + 1} if each.state == "published" and item.title != story.title else {}
            changes = {**words, **again, "corrected": now}
            if decided := await self.store.candidates.decide(connection, each.id, changes, each.state):
                await self._show(connection, decided)
                corrected += 1
        return corrected

    async def take(self, candidate_id: CandidateId, person: Person, mark: str = "") -> CandidateDecision | None:
        """Makes a change of it: approved at once where one editor is enough, else another editor is asked.

        ``mark``: of the words that a button was below (:attr:`~bot.db.feeds.Candidate.mark`). If it has others by now, nothing is decided.

        Raises:
            OtherDossier: the database is not this dossier's.
        """
        changes, change = self.store.changes, None
        async with self.store.database.write() as connection:
            now = await self.store.bulletins.lock_newsroom(connection)
            await Newsroom(self.store).check_own(connection, self.live.own)
            taken = {"state": "published", "decided": now, "decided_by": person.name, "returns": None}
            before = await self.store.candidates.get(candidate_id, connection)
            is_stale = bool(mark) and before is not None and mark != before.mark
            decided = None if is_stale else await self.store.candidates.decide(connection, candidate_id, taken)
            if decided is not None:
                used = await changes.keys(connection, "sources") | set(self.live.complete.sources)
                contents = contents_of(decided, self.live.complete, used)
                # a story comes in one language, and is sent in that one until somebody translates it
                one = dict.fromkeys(map(left_out_key, self.live.complete.languages), "1")
                entries = [ChangedEntry(key, None, content, one) for key, content in contents.items()]
                change = await changes.add(connection, person, decided.story.title, entries, now)
                made = {"change_id": change.id}
                decided = await self.store.candidates.decide(connection, candidate_id, made, "published")
            if decided is not None:
                await self._show(connection, decided)
        found = decided or await self.store.candidates.get(candidate_id)
        if found is None:
            return None
        if change is None:
            return CandidateDecision(found, counted=False)
        refusal, needs_two = "", self.desk.rules.needs_two
        try:
            change = await self.desk.decide(change.id, change.version, "ask" if needs_two else "approve", person)
        except DeskError as why:
            refusal = str(why)
        self.on_news()
        return CandidateDecision(found, True, change, refusal)

    async def reject(self, candidate_id: CandidateId, person: Person) -> CandidateDecision | None:
        """Rejects it.

        Raises:
            NotAllowed: this person only writes.
        """
        if not self.desk.rules.decides(person.account):
            raise NotAllowed(APPROVERS_ONLY)
        rejected = {"state": "rejected", "decided_by": person.name}
        return await self._decide(candidate_id, lambda _, now: {**rejected, "decided": now})

    async def put_off(self, candidate_id: CandidateId, person: Person) -> CandidateDecision | None:
        """It comes to the chat again in four hours, and then has its full time again."""

        def later(_: Candidate, now: float) -> Mapping[str, Any]:
            again = now + LATER_SECONDS
            return {"returns": again, "expires": again + EXPIRE_SECONDS, "decided_by": person.name}

        return await self._decide(candidate_id, later)

    async def set_topic(self, candidate_id: CandidateId, topic: TopicId, *, on: bool) -> CandidateDecision | None:
        """Adds or removes a topic."""

        def with_topic(candidate: Candidate, _: float) -> Mapping[str, Any]:
            others = [each for each in candidate.story.topics if each != topic]
            return {"topics": [*others, topic] if on else others}

        return await self._decide(candidate_id, with_topic)

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

    async def _decide(self, candidate_id: CandidateId, changes: Changes) -> CandidateDecision | None:
        """Changes a waiting candidate."""
        decided = None
        async with self.store.database.write() as connection:
            now = await self.store.bulletins.lock_newsroom(connection)
            before = await self.store.candidates.get(candidate_id, connection)
            if before is not None:
                decided = await self.store.candidates.decide(connection, candidate_id, changes(before, now))
            if decided is not None:
                await self._show(connection, decided)
        self.on_news()
        candidate = decided or await self.store.candidates.get(candidate_id)
        return CandidateDecision(candidate, decided is not None) if candidate else None

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
        language = dossier.header.default_language
        for round_ in range(1, candidate.round + 1):
            shown = articles if round_ == candidate.round else without_buttons
            name = f"{REVIEW}-{candidate.id}-{round_}"
            await post(self.store, connection, name, shown, origin=REVIEW, language=language, reader_id=reader.id)


Decide = Callable[[CandidateId, Person], Awaitable[CandidateDecision | None]]
"""Takes, rejects or puts off a candidate."""


@dataclass(frozen=True, slots=True)
class ReviewCommands:
    """Answers ``/wire`` and its buttons in the editors' chat, and nowhere else."""

    review: Review

    @property
    def chat(self) -> EditorsChat:
        return self.review.chat

    async def respond(self, argument: str, where: Address, language: Language, asker: Person | None) -> Reply:
        """Executes ``/wire argument`` and returns the reply.

        ``asker``: who decides; None: somebody who may neither decide nor see what waits.
        """
        if not await self.chat.is_at(where):
            return notice(ONLY_IN_EDITORS_CHAT, language)
        if asker is None:
            return notice(EDITORS_ONLY, language)
        decide = {"take": self.review.take, "reject": self.review.reject, "later": self.review.put_off}
        match argument.split():
            case [word, number] if word in decide and is_number(number):
                return await self._decide(decide[word], word, CandidateId(int(number)), asker, language)
            case ["take", number, mark] if is_number(number):
                take = partial(self.review.take, mark=mark)
                return await self._decide(take, "take", CandidateId(int(number)), asker, language)
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

    async def _decide(
        self, decide: Decide, word: str, candidate_id: CandidateId, asker: Person, language: Language
    ) -> Reply:
        try:
            decision = await decide(candidate_id, asker)
        except OtherDossier:
            return notice(ANOTHER_DOSSIER, language, private=False)
        except NotAllowed as refusal:
            return notice(str(refusal), language)
        if word == "take" and decision and not decision.counted and decision.candidate.state == "waiting":
            return await self._show(candidate_id, language)  # with the words that it has by now
        return await self._notice(decision, language, (asker.name, _STATE_AFTER[word]))

    async def _waiting(self, page: int, language: Language) -> Reply:
        return waiting_list(await self.review.store.candidates.in_state("waiting"), page, language)

    async def _show(self, candidate_id: CandidateId, language: Language) -> Reply:
        candidate = await self.review.store.candidates.get(candidate_id)
        if candidate is None:
            return notice(NO_LONGER_STORED, language)
        return candidate_panel(candidate, await self.review.message(language))

    async def _topics(self, candidate_id: CandidateId, page: int, language: Language) -> Reply:
        candidate = await self.review.store.candidates.get(candidate_id)
        dossier = self.review.live.dossier
        return topics_panel(candidate, dossier, page, language) if candidate else notice(NO_LONGER_STORED, language)

    async def _set_topic(
        self, candidate_id: CandidateId, index: int, version: str, language: Language, *, on: bool
    ) -> Reply:
        """Sets the topic at the index of that version's list; if the dossier has changed, only shows the topics."""
        dossier = self.review.live.dossier
        topics = offered_topics(dossier)
        if dossier.tree.startswith(version) and index < len(topics):
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
            return notice(NO_LONGER_STORED, language)
        candidate = decision.candidate
        counted = decision.counted or (candidate.decided_by, candidate.state) == wanted
        message = await self.review.message(language)
        return decision_notice(candidate, message, counted=counted, refusal=decision.refusal)


def _page(given: list[str]) -> int:
    return max(1, int(given[0][:4])) if given and is_number(given[0]) else 1
