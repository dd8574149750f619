"""One feed asked once: fetched, read, sifted, matched; and all that follows kept in one transaction, or none of it."""

import hashlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

import structlog

from bot.dossier.model import Feed, FeedId
from bot.edition import Edition
from bot.store.candidates import Story
from bot.store.feeds import FeedState
from bot.store.store import Store
from bot.wire.desk import EditorsDesk
from bot.wire.fetches import Ended, Failed, Fetch, Fetched, NotModified, Validators
from bot.wire.fetching import Fetcher
from bot.wire.intervals import FIRST_SECONDS, Found, adapted, wait
from bot.wire.reading.apart import Reader
from bot.wire.reading.document import Document, NotAFeed
from bot.wire.sifting import Sifted, sift
from bot.wire.stories import stories_of, untold

log = structlog.get_logger("bot.wire")

MEMORY_SECONDS = 7 * 24 * 3600.0
"""How far back other feeds' stories are looked at for the same one; older items are no news anyway."""


STRAYED = 5
"""After so many failures in a row a feed is asked where it first was: "for good" is sometimes a slip, or is sold."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a fetch came to: the feed's new state, and the stories found in it."""

    state: FeedState
    stories: tuple[Story, ...] = ()


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes in what feeds bring. ``chance`` gives random numbers from 0 to 1."""

    store: Store
    edition: Edition
    desk: EditorsDesk
    fetcher: Fetcher
    reader: Reader
    chance: Callable[[], float] = random.random

    async def ask(self, name: FeedId, feed: Feed, now: float) -> FeedState:
        """Asks the feed, and returns how it was left. ``now`` is the database's moment."""
        before = await self.store.feeds.get(name)
        if before is None or before.url != feed.url:
            turn = before.turn if before else 0
            before = FeedState(name, feed.url, FIRST_SECONDS, turn=turn)
        fetch = await self.fetcher.fetch(before.moved_to or feed.url, Validators(before.etag, before.last_modified))
        outcome = await self._outcome(before, feed, fetch, now)
        return await self._keep(outcome, feed, now)

    async def _outcome(self, before: FeedState, feed: Feed, fetch: Fetch, now: float) -> Outcome:
        match fetch:
            case Fetched():
                return await self._read(before, feed, fetch, now)
            case NotModified(fresh, moved_to):
                state = replace(before, moved_to=moved_to or before.moved_to, read=now, status="not modified")
                return Outcome(self._next(state, "nothing", now, fresh))
            case Ended():
                log.error(f"the feed {before.id} is gone for good (HTTP 410), and is switched off")  # which owners hear
                return Outcome(replace(before, asked=now, ended=now, status="gone for good (HTTP 410)"))
            case Failed(reason, retry_after):
                return Outcome(self._next(_back(replace(before, status=reason)), "failure", now, retry_after))
            case _:
                assert_never(fetch)

    async def _read(self, before: FeedState, feed: Feed, fetched: Fetched, now: float) -> Outcome:
        """A body that is the last one's is not read again."""
        digest = hashlib.blake2b(fetched.body, digest_size=16).hexdigest()
        given = fetched.validators
        state = replace(
            before,
            moved_to=fetched.moved_to or before.moved_to,
            etag=given.etag,
            last_modified=given.last_modified,
            digest=digest,
            read=now,
            status="the same as before",
        )
        if digest == before.digest:
            return Outcome(self._next(state, "nothing", now, fetched.fresh_seconds))
        try:
            document = await self.reader.read(fetched.body, fetched.media_type, fetched.url)
        except NotAFeed as refusal:
            unread = replace(before, status=str(refusal))
            return Outcome(self._next(unread, "failure", now, fetched.fresh_seconds))
        return self._sifted(state, feed, document, fetched.fresh_seconds, now)

    def _sifted(self, state: FeedState, feed: Feed, document: Document, fresh: float, now: float) -> Outcome:
        sifted = sift(document.items, state.known, now)
        stories = tuple(stories_of(state.id, feed, sifted.news))
        state = replace(state, known=sifted.known, items=len(document.items), status=_in_words(state, sifted, stories))
        return Outcome(self._next(state, "news" if sifted.news else "nothing", now, fresh), stories)

    def _next(self, state: FeedState, found: Found, now: float, wished: float) -> FeedState:
        interval = adapted(state.interval, found) if state.turn else state.interval
        failures = state.failures + 1 if found == "failure" else 0
        due = now + wait(interval, wished, self.chance())
        return replace(state, interval=interval, failures=failures, asked=now, due=due)

    async def _keep(self, outcome: Outcome, feed: Feed, now: float) -> FeedState:
        """Keeps the state and puts the stories on the desk; neither where another process was faster."""
        state = outcome.state
        async with self.store.database.write() as connection:
            moment = await self.store.bulletins.take_turn(connection) if outcome.stories else now
            seen = (
                await self.store.candidates.seen_since(connection, moment - MEMORY_SECONDS) if outcome.stories else ()
            )
            stories = list(untold(outcome.stories, seen, self.edition.complete))
            state = replace(state, matches=state.matches + len(stories))
            if not await self.store.feeds.put(connection, state):
                log.info("another process asked the feed meanwhile", feed=state.id)
                return state
            await self.desk.take_in(connection, stories, auto=feed.mode == "auto", now=moment)
        if stories:
            log.info("stories for the desk", feed=state.id, stories=len(stories))
            await self.desk.release()
        return state


def _back(state: FeedState) -> FeedState:
    """To the address that an editor gave, where the one that a publisher once named for good has not answered for long."""
    if state.moved_to is None or state.failures + 1 < STRAYED:
        return state
    return replace(state, moved_to=None, etag=None, last_modified=None)


def _in_words(before: FeedState, sifted: Sifted, stories: Sequence[Story]) -> str:
    if before.known is None:
        return "read for the first time: all of it is history"
    return f"{len(sifted.news)} new, {len(stories)} matched"
