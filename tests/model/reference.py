"""The reference model: who must get which bulletin, when, and how each delivery must end.

It states the promises (docs/architecture.md, "The states of a delivery") and none of the code that keeps them. The tests call it
for everything that readers, editors and the platform do. It checks each request to the platform when the request starts, and
reads the ledger only at the end. A change counts from the moment at which it begins; a request that starts within
:data:`GRACE_SECONDS` after it may still follow the state before.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from bot.db.changes import ChangeId
from bot.delivery.outcomes import ChatGone, Delivered, Refused, RetryAfter, may_have_arrived
from bot.delivery.worker import LONG_WAIT_SECONDS
from bot.reader import FORMER, MAY_HAVE_ARRIVED
from bot.schedule import OTHER_TOPICS, SWITCHES, Traits
from tests.model.entries import MARK, MOMENT, Entry
from tests.model.offices import LANGUAGES, Fields
from tests.model.simulation import (
    IN_FLIGHT,
    NONCE_SECONDS,
    TRY_OUT,
    DatabaseClock,
    Platform,
    Request,
    Shown,
)

Value = TypeVar("Value")

GRACE_SECONDS = 0.25
"""Seconds between a process's last check in the database and the start of a request. Two transactions take less."""

COMPOSED_SECONDS = LONG_WAIT_SECONDS + GRACE_SECONDS
"""What the edit of a digest says of bulletins that are not due themselves is as it was when it was composed; they are due again soon."""

UNWANTED = {OTHER_TOPICS, *(switch.reason for switch in SWITCHES)} - {""}
"""The reasons of deliveries that their readers do not want."""

CANARY = "edith"
"""A chat that never subscribes. Editors try out bulletins there, and in the chats of readers."""

FORUM, TOPIC = "forum", "forum/7"
"""A group and a topic in it, which are two readers. Once the topic is deleted, what was meant for it comes to the group."""

NEWS_DAYS = 7
HOUR, DAY = 3600.0, 86400.0
MICROSECOND = 1e-6
"""A bulletin of the very moment of a digest comes with it; calendars count no less."""

MONDAY = 4
"""1 January 1970 was a Thursday, so the first Monday was day 4."""

Status = Literal["owed", "unsubscribed", "withdrawn", "unwanted", "gone"]
"""Of a bulletin and a reader. ``gone``: the chat refused a message, so both delivery and none are right."""


@dataclass(frozen=True)
class Preferences:
    """A reader's subscription. ``zone`` is in hours ahead of UTC; ``topics`` None: every bulletin; ``on``: the switches that are on."""

    topics: frozenset[str] | None = None
    pace: Literal["at_once", "daily", "weekly"] = "at_once"
    hour: int = 9
    weekday: int = 0
    quiet: tuple[int, int] | None = None
    zone: int = 0
    on: frozenset[str] = frozenset()

    @property
    def timing(self) -> tuple[object, ...]:
        return (self.pace, self.hour, self.weekday, self.quiet, self.zone)

    def wants(self, news: "News") -> bool:
        """Every reader speaks English."""
        is_about_it = self.topics is None or not news.topics or bool(self.topics & news.topics)
        traits = Traits(urgent=news.urgent, languages=frozenset(LANGUAGES))
        return is_about_it and not any(each.name in self.on and each.leaves_out(traits, "en") for each in SWITCHES)

    def is_quiet(self, clock: float) -> bool:
        if self.quiet is None:
            return False
        hour = int((clock + self.zone * HOUR) % DAY // HOUR)
        start, end = self.quiet
        return (hour - start) % 24 < (end - start) % 24

    def next_digest(self, clock: float) -> float:
        """The first digest from this moment on."""
        local = clock + self.zone * HOUR
        moment = local // DAY * DAY + self.hour * HOUR
        step = DAY
        if self.pace == "weekly":
            moment += (self.weekday - (local // DAY - MONDAY)) % 7 * DAY
            step = 7 * DAY
        return (moment if moment >= local - MICROSECOND else moment + step) - self.zone * HOUR


@dataclass
class Reader:
    """A reader.

    Attributes:
        history: its preferences (None: not subscribed), and since when.
        timed: start of each of these preferences → since when their timing is the same.
        refusals: when the chat refused a message, or the platform said that it will, and why.
        back: when the platform last said that it takes messages again.
    """

    name: str
    history: list[tuple[float, Preferences | None]] = field(default_factory=list)
    timed: dict[float, float] = field(default_factory=dict)
    refusals: list[tuple[float, str]] = field(default_factory=list)
    back: float = float("-inf")

    @property
    def preferences(self) -> Preferences | None:
        return self.history[-1][1] if self.history else None

    def preferences_since(self, moment: float) -> list[Preferences | None]:
        """The preferences that it chose from then on."""
        return [each for since, each in self.history if since >= moment]


def recent(history: list[tuple[float, Value]], now: float, seconds: float = GRACE_SECONDS) -> list[tuple[float, Value]]:
    """Of values and their starts, those that were in force at any moment of the ``seconds`` before ``now``."""
    ends = [*(since for since, _ in history[1:]), float("inf")]
    return [each for each, end in zip(history, ends, strict=True) if end >= now - seconds]


@dataclass
class News:
    """A bulletin.

    Attributes:
        state: ``history`` is never sent; ``scheduled`` waits until it may be published.
        embargoes: since when an embargo holds, and its end (0: no embargo).
        losses: since when it is not in force, or is: its file is missing.
        versions: since when messages have which words, by their number in each language, and whether it is withdrawn.
        entry: what files and changes made of it.
    """

    slug: str
    id: str
    day: float
    topics: frozenset[str]
    urgent: bool
    state: Literal["history", "scheduled", "published"] = "scheduled"
    embargoes: list[tuple[float, float]] = field(default_factory=list)
    losses: list[tuple[float, bool]] = field(default_factory=lambda: [(float("-inf"), False)])
    versions: list[tuple[float, tuple[tuple[int, ...], bool]]] = field(default_factory=list)
    entry: Entry = field(default_factory=Entry)

    @property
    def not_before(self) -> float:
        return self.embargoes[-1][1]

    @property
    def is_missing(self) -> bool:
        return self.losses[-1][1]

    @property
    def words(self) -> tuple[int, ...]:
        return self.versions[-1][1][0]

    @property
    def is_withdrawn(self) -> bool:
        return self.versions[-1][1][1]

    def says(self, now: float, language: str, number: int, withdrawn: bool, seconds: float = GRACE_SECONDS) -> bool:
        """Whether it says this in the language now, or did within so many seconds."""
        versions = recent(self.versions, now, seconds)
        return any((words[LANGUAGES.index(language)], mark) == (number, withdrawn) for _, (words, mark) in versions)


def _of(slug: str, shows: Iterable[Shown]) -> list[Shown]:
    return [each for each in shows if each[0] == slug]


def _is_shown(said: Shown, shows: Iterable[Shown]) -> bool:
    """Whether that is shown; of a withdrawal, under whatever headline (:meth:`Reference._was_read`)."""
    slug, _, withdrawn = said
    return any(each == said or (withdrawn and each[0] == slug and each[2]) for each in shows)


def words_of(fields: Fields) -> tuple[int, ...]:
    """The numbers of its words, by language."""
    return tuple(fields[language] for language in LANGUAGES)


@dataclass
class Pair:
    """A bulletin and a reader for whom it was published.

    Attributes:
        owed_from: when it was published.
        owed_until: until when the reader had to get it; infinity: it still has to.
        waits_until: when it was due when the chat refused everything; a chat that is back by then still gets it. None: at once.
        sends: the requests that send it to the chat.
        is_unsure: whether it ended when the chat may have had it already.
    """

    reader: Reader
    news: News
    status: Status = "owed"
    owed_from: float = 0.0
    owed_until: float = float("inf")
    sends: list[Request] = field(default_factory=list)
    waits_until: float | None = None
    is_unsure: bool = False

    @property
    def is_seen(self) -> bool:
        return any(each.taken is not None for each in self.sends)

    @property
    def waits(self) -> bool:
        return self.status == "owed" and not self.is_seen

    def ends(self, status: Status, now: float) -> None:
        if self.status in ("owed", "gone"):
            self.owed_until = now
        self.status, self.is_unsure = status, self.is_seen


@dataclass
class Written:
    """A change at the desk, where another editor than its writer must approve what comes into force.

    Attributes:
        words: slug and language → the number of the words that were saved last.
        forms: editor → the words that the editor's page shows.
        base, approved: slug → what was in force when it was approved, and what was approved; empty: it is not approved.
        due: when it comes into force.
        state: as it was seen last.
        is_withdrawal: whether what was approved does nothing but withdraw.
    """

    id: ChangeId
    planned: float
    words: dict[tuple[str, str], int]
    forms: dict[str, dict[tuple[str, str], int]] = field(default_factory=dict)
    base: dict[str, Fields] = field(default_factory=dict)
    approved: dict[str, Fields] = field(default_factory=dict)
    due: float = 0.0
    state: str = "draft"
    is_withdrawal: bool = False

    def changed(self) -> list[tuple[str, str, object]]:
        """What was approved that is not as it was: slug, field and what it says."""
        return [
            (slug, name, fields.get(name))
            for slug, fields in self.approved.items()
            for name in (*LANGUAGES, MARK)
            if fields.get(name) != self.base.get(slug, {}).get(name)
        ]


@dataclass
class Reference:
    """The promises. ``broken`` collects what breaks one."""

    clock: DatabaseClock
    platform: Platform
    readers: dict[str, Reader] = field(default_factory=dict)
    news: dict[str, News] = field(default_factory=dict)
    pairs: dict[tuple[str, str], Pair] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    is_first_dossier: bool = True
    stops: list[tuple[float, bool]] = field(default_factory=lambda: [(float("-inf"), False)])
    """Since when all sending is stopped, or goes on."""
    forgotten: dict[str, float] = field(default_factory=dict)
    """Readers of which all that was stored was deleted, and when last."""
    is_topic_deleted: bool = False
    authors: dict[tuple[ChangeId, str, str, object], str] = field(default_factory=dict)
    """Change, slug, field and what it says → who typed that."""
    approvals: dict[tuple[ChangeId, str, str, object], set[str]] = field(default_factory=dict)
    """As ``authors`` → who approved it."""
    tries: dict[str, set[tuple[str, int]]] = field(default_factory=dict)
    """Chat → the bulletins and words that are tried out there."""
    waiting_requests: list[Request] | None = None
    """Requests that started while the newsroom is at work: what it did is known when it is done."""
    _repeated: dict[tuple[int, float], set[int]] = field(default_factory=dict)

    @property
    def now(self) -> float:
        return self.clock.loop.time()

    # What readers do

    def subscribes(self, name: str, preferences: Preferences) -> None:
        """Subscribes, or changes its subscription. A new subscriber gets no backlog."""
        reader = self.readers[name]
        same = reader.preferences is not None and reader.preferences.timing == preferences.timing
        reader.timed[self.now] = reader.timed[reader.history[-1][0]] if same else self.now
        reader.history.append((self.now, preferences))
        for pair in self._waiting(name):
            if pair.status == "owed" and not preferences.wants(pair.news):
                pair.ends("unwanted", self.now)
            elif pair.status == "unwanted" and preferences.wants(pair.news):
                pair.status = "gone"  # a reader that removes a topic and chooses it again may get it or not

    def unsubscribes(self, name: str) -> None:
        self.readers[name].history.append((self.now, None))
        for pair in self._waiting(name):
            pair.ends("unsubscribed", self.now)

    def is_forgotten(self, name: str) -> None:
        """All that is stored about it is deleted: it gets nothing any more, and no message of it is known."""
        self.readers[name].history.append((self.now, None))
        self.readers[name].refusals.clear()
        self.forgotten[name] = self.now
        self.pairs = {key: pair for key, pair in self.pairs.items() if key[0] != name}

    def loses_topic(self) -> None:
        """The forum's topic is deleted. The process finds out with the next message, so either is right for what is meant for it."""
        self.is_topic_deleted = True
        self.readers[TOPIC].history.append((self.now, None))
        for pair in self._waiting(TOPIC):
            pair.status = "gone"
        self.pairs = {key: pair for key, pair in self.pairs.items() if key[0] != TOPIC}

    def refuses(self, name: str, reason: str) -> None:
        """The chat refused a message, or the platform said that it will."""
        self.readers[name].refusals.append((self.now, reason))
        for pair in self._waiting(name):
            if pair.status == "owed":
                pair.waits_until = self._next_digest(pair)
            if pair.status in ("owed", "withdrawn"):
                pair.status = "gone"

    def _next_digest(self, pair: Pair) -> float | None:
        """When it comes; None where that is not certain, or at once."""
        preferences, news = pair.reader.preferences, pair.news
        if preferences is None or preferences.pace == "at_once" or news.urgent or pair.sends:
            return None
        if len(news.embargoes) > 1 or len(news.losses) > 1 or self.clock.was_set:
            return None
        start = max(pair.reader.timed[pair.reader.history[-1][0]], pair.owed_from)
        return preferences.next_digest(self.clock.at(start))

    def is_back(self, name: str) -> None:
        """The chat says that it takes messages again."""
        self.readers[name].back = self.now
        for pair in self._waiting(name):
            waits_until, pair.waits_until = pair.waits_until, None
            if pair.status == "gone" and waits_until is not None and waits_until > self.clock() + 1.0:
                pair.status = "owed" if not (self.clock.was_set or pair.news.is_withdrawn) else "gone"

    def _waiting(self, name: str) -> list[Pair]:
        """Its bulletins that it does not have, or may not have."""
        return [pair for (reader, _), pair in self.pairs.items() if reader == name and not self._is_recorded(pair)]

    def _is_recorded(self, pair: Pair) -> bool:
        """Whether the ledger must have the message."""
        return any(
            isinstance(each.outcome, Delivered)
            and each.answered is not None
            and each.answered < self.now - GRACE_SECONDS
            and self._why_unrecorded(each) is None
            for each in pair.sends
        )

    # What editors do

    def appears(self, news: News, fields: Fields) -> None:
        """It is in force for the first time. Bulletins of the first dossier are history, except those under embargo."""
        news.versions.append((self.now, (words_of(fields), False)))
        if self.is_first_dossier and news.not_before <= self.clock():
            news.state = "history"
        self.news[news.slug] = news

    def stands(self, news: News) -> None:
        """What is in force of it now."""
        fields = news.entry.fields
        if fields is None:
            if not news.is_missing and not news.is_withdrawn:
                self.loses(news)
            return
        if MARK in fields:
            if not news.is_withdrawn:
                self.withdraws(news)
            return
        words, is_restored, not_before = words_of(fields), news.is_withdrawn, fields.get(MOMENT, 0.0)
        if not_before != news.not_before:
            news.embargoes.append((self.now, not_before))
        if words != news.words or is_restored:
            news.versions.append((self.now, (words, False)))
        if news.is_missing:
            self.finds(news)
        elif is_restored:
            self.restores(news)

    def loses(self, news: News) -> None:
        """It is not in force any more: what was sent stays, and nothing is sent until it is back."""
        news.losses.append((self.now, True))

    def finds(self, news: News) -> None:
        """It is in force again. What was scheduled starts again."""
        news.losses.append((self.now, False))
        if news.state == "scheduled":
            self._start_again(news)

    def tries_out(self, chat: str, slug: str, fields: Fields) -> None:
        """It is sent to a chat before its time, in a message of its own."""
        self.tries.setdefault(chat, set()).update((slug, number) for number in words_of(fields))

    def is_approved(self, written: Written, by: str) -> None:
        """Each word that a change brings must be approved by somebody else than its author."""
        for changed in written.changed():
            word = (written.id, *changed)
            self.approvals.setdefault(word, set()).add(by)
            author = self.authors.get(word)
            if author is not None and not self.approvals[word] - {author}:
                self._break(f"{by} alone approves change {written.id}: {word}")

    def stops_all(self, *, stopped: bool) -> None:
        self.stops.append((self.now, stopped))

    def withdraws(self, news: News) -> None:
        """Readers who saw it are told; those who wait get nothing."""
        news.versions.append((self.now, (news.words, True)))
        if news.is_missing:
            news.losses.append((self.now, False))
        for pair in self._of(news.slug):
            if pair.status == "owed" and not self._is_recorded(pair):
                pair.ends("withdrawn", self.now)

    def restores(self, news: News) -> None:
        """Readers who did not get it get it now. One that was never published starts again."""
        if news.state != "published":
            self._start_again(news)
        for pair in self._of(news.slug):
            if pair.status == "withdrawn":
                preferences = pair.reader.preferences
                pair.status = "owed" if preferences is not None and preferences.wants(news) else "unwanted"
                pair.owed_until = float("inf") if pair.status == "owed" else pair.owed_until

    def _start_again(self, news: News) -> None:
        day = max(news.day, news.not_before // DAY * DAY)
        is_news = day >= self.clock() // DAY * DAY - NEWS_DAYS * DAY
        news.state = "scheduled" if is_news else "history"

    def publishes(self) -> list[News]:
        """Publishes scheduled bulletins whose embargo is over to everybody who subscribes now; returns them."""
        ripe = [each for each in self.news.values() if self._is_ripe(each)]
        for news in ripe:
            news.state = "published"
            for name, reader in self.readers.items():
                if reader.preferences is not None and reader.preferences.wants(news):
                    self.pairs[name, news.slug] = Pair(reader, news, owed_from=self.now)
        return ripe

    def _is_ripe(self, news: News) -> bool:
        is_there = not news.is_withdrawn and not news.is_missing
        return news.state == "scheduled" and is_there and news.not_before <= self.clock()

    def written(self, slug: str, rows: Iterable[Any], suspended: Iterable[str]) -> None:
        """Publishing has written ``rows``: a delivery for each reader that can be reached."""
        having = {row.name for row in rows}
        for pair in self._of(slug):
            if pair.reader.name not in having:
                if pair.reader.name in suspended:
                    pair.status = "gone"
                else:
                    self._break(f"{pair.reader.name} is not among the readers of {slug}")

    def _of(self, slug: str) -> list[Pair]:
        return [pair for (_, of), pair in self.pairs.items() if of == slug]

    # Requests to the platform

    def works(self) -> None:
        """The newsroom is at work; no time passes until it is done, or a replica is in the place of the one that died."""
        self.waiting_requests = self.waiting_requests or []

    def has_worked(self) -> None:
        """What it did is known."""
        waiting, self.waiting_requests = self.waiting_requests or [], None
        for request in waiting:
            self.started(request)

    def started(self, request: Request) -> None:  # noqa: C901, PLR0912  one rule after the other
        """A request starts: its text, its chat and its moment must be right now."""
        if self.waiting_requests is not None:
            self.waiting_requests.append(request)
            return
        if all(stopped for _, stopped in recent(self.stops, self.now)):
            self._break(f"{request.chat} is written to, although all sending is stopped")
        if request.edits_foreign:
            self._break(f"{request.chat} sees an edit of a message that another chat got: {request.message_id}")
        self._check_corrected(request)
        if request.is_word:
            return  # it names a copy by its headline (:meth:`_without_a_word`)
        stands = self._may_be_known(request)
        for (slug, number, withdrawn), language in zip(request.shows, request.languages, strict=True):
            if slug.startswith(TRY_OUT):
                self._check_try_out(request, slug.removeprefix(TRY_OUT), number)
                continue
            if slug not in self.news:
                self._break(f"{request.chat} is sent {slug}, which nobody has approved")
                return
            if len(request.shows) > 1 and (slug, number, withdrawn) in stands:
                continue  # what a digest shows stays, while its correction is under embargo or comes with the next edit
            is_read = withdrawn and self._was_read(request, slug, number)
            seconds = COMPOSED_SECONDS if len(request.shows) > 1 and request.message_id is not None else GRACE_SECONDS
            if not (is_read or self.news[slug].says(self.now, language, number, withdrawn, seconds)):
                self._break(f"{request.chat} is sent {slug}, words {number}, which are superseded or withdrawn")
            if not withdrawn and not self._is_out(self.news[slug]):
                self._break(f"{request.chat} is sent {slug}, which is under embargo")
        if request.message_id is None and request.is_reply:
            self._check_reply(request)
        if request.message_id is None and not request.is_reply:
            for slug, _, _ in request.shows:
                if not slug.startswith(TRY_OUT):
                    self._check_send(request, slug)
        self._check_alone(request)
        self._check_pauses(request)

    def _may_be_known(self, request: Request) -> set[Shown]:
        """What the ledger may have of the message that is edited: of what came after the last answer that it recorded nobody knows."""
        known = set[Shown]()
        for each in reversed(self.platform.requests):
            is_same = request.message_id is not None and request.message_id in (each.taken, self.platform.id_of(each))
            if is_same and each is not request and each.chat == request.chat:
                known |= {*each.shows}
                if isinstance(each.outcome, Delivered) and self._why_unrecorded(each) is None:
                    break
        return known

    def _was_read(self, request: Request, slug: str, number: int) -> bool:
        """Whether a withdrawal names what its chat was sent before: a correction that never came may have another headline."""
        is_withdrawn = any(mark for _, (_, mark) in recent(self.news[slug].versions, self.now))
        earlier = [each for each in self.platform.requests if each is not request and each.chat == request.chat]
        about = [each for each in earlier if _of(slug, each.shows)]
        was_said = any(number in words for _, (words, _) in self.news[slug].versions)
        may_have = was_said and self._may_have_begun(request.chat, [slug], about)
        return is_withdrawn and (may_have or any((slug, number, False) in each.shows for each in about))

    def _check_try_out(self, request: Request, slug: str, number: int) -> None:
        if (slug, number) not in self.tries.get(request.chat, set()) or request.message_id is not None:
            self._break(f"{request.chat} is sent a try-out of {slug}, words {number}, for which nobody asked")

    def _check_reply(self, request: Request) -> None:
        """What corrects or withdraws comes to nobody who surely has nothing of it."""
        earlier = [each for each in self.platform.requests if each is not request and each.chat == request.chat]
        for slug, _, _ in request.shows:
            about = [each for each in earlier if _of(slug, each.shows)]
            is_known = not any(
                each.outcome is None or may_have_arrived(each.outcome) or self._why_unrecorded(each) is not None
                for each in about
            ) and not self._may_have_begun(request.chat, [slug], about)
            if is_known and not self._is_excused(request.chat, request.started):
                self._break(f"{request.chat} is told that {slug} is corrected or withdrawn, which it never got")

    def _check_corrected(self, request: Request) -> None:
        """The message that it corrects without an edit is in the chat, or nobody knows that it is not."""
        message_id = request.replaces
        if message_id is None:
            return
        attempts = [
            each
            for each in self.platform.requests
            if each.chat == request.chat and self.platform.id_of(each) == message_id
        ]
        for each in attempts:
            is_unknown = each.outcome is None or may_have_arrived(each.outcome)
            if is_unknown or self._why_unrecorded(each) is not None:
                return
        if not self._may_have_begun(request.chat, [slug for slug, _, _ in request.shows], attempts):
            self._break(f"{request.chat} is sent a correction of {message_id}, which it never got: {request.shows}")

    def _may_have_begun(self, chat: str, slugs: Iterable[str], attempts: Iterable[Request]) -> bool:
        """Whether a process has died, or lost the database, that may have recorded that it is about to send, and has not sent.

        That another attempt was refused says nothing of that one.
        """
        owed = [self.pairs[chat, slug].owed_from for slug in slugs if (chat, slug) in self.pairs]
        since = min([*owed, *(each.started for each in attempts)], default=float("-inf"))
        deaths = [each.killed for each in self.platform.processes if each.killed is not None]
        ends = [end for each in self.platform.processes for _, end in each.cuts]
        return any(end >= since for end in (*deaths, *ends))

    def answered(self, request: Request) -> None:
        if isinstance(request.outcome, ChatGone):
            self.refuses(request.chat, request.outcome.reason)

    def _is_out(self, news: News) -> bool:
        """Whether an embargo that holds now, or held within the grace, has ended. A clock set back does not begin it again."""
        embargoes = recent(news.embargoes, self.now)
        return any(self.clock.highest(since) >= moment - GRACE_SECONDS for since, moment in embargoes)

    def _check_send(self, request: Request, slug: str) -> None:
        pair = self.pairs.get((request.chat, slug))
        if all(missing for _, missing in recent(self.news[slug].losses, self.now)):
            self._break(f"{request.chat} is sent {slug}, which is not in force")
        if pair is None and self._is_excused(request.chat, request.started):
            return
        if pair is None:
            self._break(f"{request.chat} is sent {slug}, which was not published for it")
            return
        if self.now - pair.owed_until > GRACE_SECONDS and pair.status != "gone":
            self._break(f"{request.chat} is sent {slug}, but: {pair.status}")
        if not pair.news.urgent:
            self._check_timing(pair, request)
        self._check_repeated(pair, request)
        pair.sends.append(request)

    def _is_excused(self, name: str, started: float) -> bool:
        """Whether a message may have come that nobody knows of: to a reader that was forgotten, or by a deleted topic."""
        if name in self.forgotten and started - self.forgotten[name] <= GRACE_SECONDS:
            return True
        return self.is_topic_deleted and name in (FORUM, TOPIC)

    def _check_timing(self, pair: Pair, request: Request) -> None:
        """Quiet hours hold for every message. What may have arrived comes again as the same message: in a digest it would be another one."""
        recently = recent(pair.reader.history, self.now)
        timed = [(pair.reader.timed[since], preferences) for since, preferences in recently if preferences]
        clocks = [clock - seconds for clock in self.clock.as_noticed() for seconds in (0.0, GRACE_SECONDS)]
        if timed and all(each.is_quiet(clock) for _, each in timed for clock in clocks):
            self._break(f"{pair.reader.name} is sent {pair.news.slug} in its quiet hours")
        is_digest_time = any(self._is_digest_time(pair, since, each) for since, each in timed)
        # what was under way when its reader chose another time is tried again by the time of its attempt
        is_under_way = any(
            each.started - GRACE_SECONDS <= since and (each.answered is None or since <= each.answered + GRACE_SECONDS)
            for each in pair.sends
            for since, _ in recently
        )
        if timed and not is_digest_time and not is_under_way and not self._is_repeat(pair, request):
            self._break(f"{pair.reader.name} is sent {pair.news.slug} before its digest")

    def _is_repeat(self, pair: Pair, request: Request) -> bool:
        """Whether nobody knows if an attempt to send the very message, or a digest of which this is what is left, has arrived.

        In the language that its reader has chosen since, it has another key.
        """
        return any(
            each.outcome is None or may_have_arrived(each.outcome) or self._why_unrecorded(each) is not None
            for each in pair.sends
            if each.key == request.key
            or {*request.shows} < {*each.shows}
            or (each.shows == request.shows and each.language != request.language)
        )

    def _is_digest_time(self, pair: Pair, since: float, preferences: Preferences) -> bool:
        if preferences.pace == "at_once":
            return True
        start = max(since, pair.owed_from)
        # a clock that is set back may bring the same hour again
        earliest = min(self.clock.at(start), self.clock())
        return self.clock.highest(start) >= preferences.next_digest(earliest) - GRACE_SECONDS

    def _check_repeated(self, pair: Pair, request: Request) -> None:
        """A message is sent twice only if a process could not record it, and at most :data:`IN_FLIGHT` are after one crash."""
        for before in pair.sends:
            if self.platform.knows_ids and before.taken is not None:
                self._check_same(pair, before, request)
            tries = [each for each in pair.sends if each.key == request.key and self._is_unanswered(each)]
            if len(tries) > 1:
                self._break(f"{request.chat} is sent {pair.news.slug} a third time, without an answer to two")
            if before.taken is None or (before.is_answer_lost and not self.platform.nonces):
                continue
            same = (before.shows, before.language) == (request.shows, request.language)
            if self.platform.nonces and same and self.now - before.started < NONCE_SECONDS:
                if before.key != request.key:
                    self._break(f"{request.chat} is sent {pair.news.slug} again with another nonce")
                continue
            if before.is_answer_lost:
                continue
            cause = self._why_unrecorded(before)
            if cause is None:
                self._break(f"{request.chat} is sent {pair.news.slug} again for no reason")
                continue
            repeated = self._repeated.setdefault(cause, set())
            repeated.add(id(before))
            if len(repeated) > IN_FLIGHT:
                self._break(f"more than {IN_FLIGHT} messages come again after one crash")

    def _is_unanswered(self, request: Request) -> bool:
        """Whether the process was told that nobody knows whether it was executed."""
        outcome = request.outcome
        return outcome is not None and may_have_arrived(outcome) and not isinstance(outcome, Delivered)

    def _check_same(self, pair: Pair, before: Request, request: Request) -> None:
        """What may have arrived comes again as the same message, what it says now as its correction.

        In a language that its reader has chosen since, it is another message.
        """
        slug = pair.news.slug
        if _of(slug, before.shows) != _of(slug, request.shows):
            self._break(f"{request.chat} may have {slug}, and is sent other words of it as news: {request.shows}")
        elif (before.shows, before.language) == (request.shows, request.language) and before.key != request.key:
            self._break(f"{request.chat} may have {slug}, and is sent it as another message")

    def _why_unrecorded(self, request: Request) -> tuple[int, float] | None:
        process = request.process
        answered = request.answered if request.answered is not None else self.now
        for start, end in process.cuts:
            if start <= answered + GRACE_SECONDS and end >= request.started:
                return id(process), start
        if process.killed is not None and process.killed <= answered + GRACE_SECONDS:
            return id(process), process.killed
        return None

    def _check_alone(self, request: Request) -> None:
        others = {each.process.name for each in self.platform.in_flight() if each.process is not request.process}
        if others:
            self._break(f"{request.process.name} sends while {', '.join(sorted(others))} does")

    def _check_pauses(self, request: Request) -> None:
        """A refusal concerns the bot or the chat with that id; a group that has become a supergroup is another one."""
        for before in self.platform.requests:
            if before.process is not request.process or before.answered is None:
                continue
            match before.outcome:
                case RetryAfter(seconds, scope) if scope == "bot" or before.chat_id == request.chat_id:
                    if before.answered + GRACE_SECONDS < self.now < before.answered + seconds - 0.01:
                        self._break(f"{request.chat} is tried {seconds} s after a refusal too early")

    # The ledger at the end

    def ended(self, rows: Iterable[Any], suspended: dict[str, str]) -> None:  # noqa: C901  one rule a state
        """All faults are over and time has passed: every delivery must have ended as it should.

        Args:
            rows: the deliveries, with ``name`` (the reader's) and ``slug`` (the bulletin's).
            suspended: suspended readers, and why.
        """
        found = {(row.name, row.slug): row for row in rows}
        for (name, slug), pair in self.pairs.items():
            if pair.status == "owed" and (name, slug) not in found:
                self._break(f"{name} has no delivery of {slug}")
        for row in found.values():
            pair = self.pairs.get((row.name, row.slug))
            if pair is None:
                if not self._is_excused(row.name, float("inf")):
                    self._break(f"{row.name} has a delivery of {row.slug}, which was not published for it")
            elif not self._ends_well(row, pair, row.name in suspended):
                self._break(f"{row.name} and {row.slug}: {row.state}, {row.reason}; but it is {pair.status}")
        for name in self.platform.chats:
            for request in self._acknowledged(name):
                known = [(row.message or "").removeprefix(FORMER) for row in found.values() if row.name == name]
                if request.taken not in known and not self._is_replaced(request):
                    self._break(f"{name} has a message that the ledger does not know: {request.shows}")
            for message_id in self._without_a_word(name, found, name in suspended):
                shows = self.platform.chats[name].messages[message_id]
                self._break(f"{name} has a copy of which nothing was said: {message_id}, {shows}")
        for name, reason in suspended.items():
            reader = self.readers[name]
            if not any(why == reason and at >= reader.back for at, why in reader.refusals):
                self._break(f"{name} is suspended, {reason}, but it came back")

    def _acknowledged(self, name: str) -> list[Request]:
        """The sends that the platform acknowledged to a process that could record them."""
        return [
            each
            for each in self.platform.requests
            if each.chat == name
            and each.message_id is None
            and not each.is_word
            and isinstance(each.outcome, Delivered)
            and self._why_unrecorded(each) is None
            and not self._is_excused(name, each.started)
            and not any(slug.startswith(TRY_OUT) for slug, _, _ in each.shows)
        ]

    def _without_a_word(self, name: str, found: dict[tuple[str, str], Any], is_suspended: bool) -> Iterable[str]:
        """Messages that say what does not hold, where neither an edit nor a later message says so.

        Who has unsubscribed, or cannot be reached, gets no message; what was deleted with a reader is not known.
        """
        of_chat = [each for each in self.platform.requests if each.chat == name]
        for message_id, shows in self.platform.chats[name].messages.items():
            for said in shows:
                pair, row = self.pairs.get((name, said[0])), found.get((name, said[0]))
                if pair is None or row is None or is_suspended or None in pair.reader.preferences_since(pair.owed_from):
                    continue
                if row.message == message_id or _is_shown(self._said(row, pair), [said]) or pair.status == "gone":
                    continue
                if row.state == "failed" and self._was_refused(row, pair):
                    continue  # it says so of a copy once its message is corrected
                sent = max((each.started for each in of_chat if each.taken == message_id), default=0.0)
                if not any(
                    (each.is_word or each.is_reply) and each.started >= sent and _of(said[0], each.shows)
                    for each in of_chat
                ):
                    yield message_id

    def _is_replaced(self, request: Request) -> bool:
        """Whether a correction was sent as a message of its own, since the chat has moved."""
        slugs = {slug for slug, _, _ in request.shows}
        return any(
            each.is_reply
            and each.chat == request.chat
            and each.started > request.started
            and slugs & {s for s, _, _ in each.shows}
            for each in self.platform.requests
        )

    def _ends_well(self, row: Any, pair: Pair, is_suspended: bool) -> bool:
        since, said = pair.owed_from, self._said(row, pair)
        match row.state:
            case "delivered":
                if row.message is None:
                    return False
                if row.message.startswith(FORMER):
                    # of the group that it was; its last correction is not known to have failed
                    return row.shown == row.wanted or is_suspended
                shown = self._seen(row)
                return _is_shown(said, shown) or (is_suspended and row.slug in [slug for slug, _, _ in shown])
            case "failed" if row.message is not None:
                is_left = is_suspended or None in pair.reader.preferences_since(since)
                is_given_up = row.sent is None or (row.reason or "").startswith(MAY_HAVE_ARRIVED)
                is_unknown = is_given_up and self._is_left_out(row, pair)
                return is_left or is_unknown or self._was_refused(row, pair)
            case "failed" | "dropped":
                return self._is_left_out(row, pair)
            case _:
                return False

    def _is_left_out(self, row: Any, pair: Pair) -> bool:
        """Whether the reader gets it no more for the reason that the ledger names."""
        since = pair.owed_from
        chosen = pair.reader.preferences_since(since)
        if (row.reason or "").startswith(MAY_HAVE_ARRIVED):
            tries = [each for each in self.platform.requests if each.outcome is None or self._is_unanswered(each)]
            return len(tries) + self._may_have_begun(pair.reader.name, [row.slug], pair.sends) > 1
        if pair.status == "owed":
            # a chat that has not come back since is suspended once the refusal is recorded, which may come after the bulletin
            refused = any(why == row.reason and at >= pair.reader.back for at, why in pair.reader.refusals)
            return refused or (row.reason == "no file" and pair.news.state == "history")
        match row.reason:
            case "unsubscribed":
                return None in chosen
            case "withdrawn":
                return any(said[1] for at, said in pair.news.versions if at >= since)
            case "no file":
                return pair.news.is_withdrawn or pair.news.state == "history"
            case reason if reason in UNWANTED:
                return any(each and not each.wants(pair.news) for each in chosen)
            case _:
                return any(why == row.reason for at, why in pair.reader.refusals if at >= since)

    def _seen(self, row: Any) -> tuple[Shown, ...]:
        """What the reader sees of it: the message that the ledger knows; of mails the last about it, whichever that is."""
        messages = self.platform.chats[row.name].messages
        if not self.platform.threads:
            return messages.get(row.message, ())
        about = [shows for shows in messages.values() if _of(row.slug, shows)]
        return about[-1] if about and row.message in messages else ()

    def _said(self, row: Any, pair: Pair) -> tuple[str, int, bool]:
        """What the message must show in its language."""
        words, mark = pair.news.versions[-1][1]
        return (row.slug, words[LANGUAGES.index(row.language or "en")], mark)

    def _was_refused(self, row: Any, pair: Pair) -> bool:
        """Whether the platform refused the edit that shows what it says last."""
        wanted = self._said(row, pair)
        return any(
            row.message.removeprefix(FORMER) in (each.message_id, each.replaces, self.platform.id_of(each))
            and _is_shown(wanted, each.shows)
            and isinstance(each.outcome, Refused)
            for each in self.platform.requests
        )

    def _break(self, what: str) -> None:
        self.broken.append(f"{self.now:.2f} s: {what}")
