"""Candidates as messages to the editors' chat, in the ledger: sent once, and changed where they stand."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from bot.db.bulletins import Text
from bot.db.engine import AnyRow, AsyncConnection
from bot.db.feeds import Candidate, CandidateId, State, Story
from bot.db.schema import DESK
from bot.db.store import Store
from bot.dossier.markdown import Items, Paragraph, Span
from bot.dossier.models import BulletinId, Dossier, Language, SourceId, TopicId
from bot.live_dossier import Edition
from bot.newsroom.publisher import Newsroom
from bot.reader import Address, ReaderId
from bot.replies.bulletins import Article, fingerprint, to_json
from bot.replies.composer import Composer
from bot.replies.formatting import locale, moment
from bot.replies.i18n import Phrases, phrases
from bot.replies.question import Command
from bot.replies.reply import Button, SourceLink
from bot.schedule import zone_of

AUTOMATIC = "auto"
"""Who decides where a feed's mode is auto."""


ADMINISTRATOR = "an administrator"
"""Who decides where an admin does not show who they are."""


Blocks = Iterator[Paragraph | Items]


def day_of(story: Story, found: float) -> date:
    """The day of a story: its publisher's, or that on which it was found."""
    return datetime.fromtimestamp(story.published or found, UTC).date()


def bulletin_article(candidate: Candidate, language: Language) -> Article:
    """The story as a bulletin, for readers of a language: in its own, with a label where that is another."""
    story = candidate.story
    day = day_of(story, candidate.found)
    says = story.line or phrases(language).say("Reported by {publisher}.", publisher=story.publisher)
    blocks: list[Paragraph | Items] = [Paragraph((Span(says),))]
    if story.language != language:
        blocks.append(Paragraph((Span(_label(story.language, language), italic=True),)))
    return Article(story.title, day, tuple(blocks), (_source(candidate, day),))


def _label(written: Language, read: Language) -> str:
    name = locale(read).languages.get(written, written)
    return f"🌐 {phrases(read).say('Language of the publication: {language}', language=name)}"


def _source(candidate: Candidate, day: date) -> SourceLink:
    story = candidate.story
    return SourceLink(SourceId(f"wire-{candidate.id}"), story.publisher, None, story.link, day)


@dataclass(frozen=True, slots=True)
class DeskMessage:
    """Composes what editors see of a candidate: in one language, by the clock of one time zone."""

    dossier: Dossier
    language: Language
    zone: str = "UTC"

    def article(self, candidate: Candidate) -> Article:
        """The story, why it is here, where it stands, and the buttons that this leaves."""
        story = candidate.story
        day = day_of(story, candidate.found)
        blocks = tuple(self._blocks(candidate))
        return Article(
            story.title, day, blocks, (_source(candidate, day),), emoji="🛰", buttons=tuple(self._buttons(candidate))
        )

    def standing(self, candidate: Candidate) -> str:
        """Where the candidate stands, in a line."""
        say, by = self._tongue.say, candidate.decided_by or ""
        by = say(ADMINISTRATOR) if by == ADMINISTRATOR else by
        when = self.when(candidate.decided or candidate.expires)
        match candidate.state:
            case "waiting" if candidate.returns is not None:
                again = self.when(candidate.returns)
                return f"⏰ {say('Put off by {name}, comes again {moment}', name=by, moment=again)}"
            case "waiting":
                return f"⏳ {say('Waiting for a decision until {moment}', moment=when)}"
            case "published" if by == AUTOMATIC:
                return f"✅ {say('Published without review, {moment}', moment=when)}"
            case "published":
                return f"✅ {say('Published by {name}, {moment}', name=by, moment=when)}"
            case "rejected":
                return f"🗑 {say('Rejected by {name}, {moment}', name=by, moment=when)}"
            case "expired":
                return f"⌛️ {say('Nobody decided in time, expired {moment}', moment=when)}"
            case "withdrawn":
                return f"🚫 {say('Withdrawn by {name}, {moment}', name=by, moment=when)}"

    def when(self, at: float) -> str:
        """A moment (seconds since 1970) by the editors' clock."""
        return f"{moment(datetime.fromtimestamp(at, UTC).astimezone(zone_of(self.zone)), self.language)} ({self.zone})"

    def topics(self, candidate: Candidate) -> str:
        """The titles of its topics; that it has none, where it has none."""
        composer = Composer(self.dossier, self.language)
        known = [self.dossier.topics[name] for name in candidate.story.topics if name in self.dossier.topics]
        titles = [composer.line(topic.title[self.language]) for topic in known]
        return ", ".join(titles) or self._tongue.say("none: it goes to all subscribers")

    def buttons(self, candidate: Candidate) -> tuple[Button, ...]:
        """What can be done with it now."""
        return tuple(self._buttons(candidate))

    @property
    def _tongue(self) -> Phrases:
        return phrases(self.language)

    def _blocks(self, candidate: Candidate) -> Blocks:
        say, story = self._tongue.say, candidate.story
        if story.line:
            yield Paragraph((Span(story.line),))
        lines = [(say("Language"), locale(self.language).languages.get(story.language, story.language))]
        lines += [(say("Matched"), ", ".join(story.why))] if story.why else []
        lines += [(say("Topics"), self.topics(candidate))]
        yield Items(tuple((Span(f"{name}: ", bold=True), Span(value)) for name, value in lines))
        yield Paragraph((Span(self.standing(candidate), italic=True),))

    def _buttons(self, candidate: Candidate) -> Iterator[Button]:
        say = self._tongue.say
        if candidate.state == "waiting":
            yield _press(f"✅ {say('Publish')}", "publish", candidate)
            yield _press(f"🗑 {say('Reject')}", "reject", candidate)
            yield _press(f"🏷 {say('Topics')}", "topics", candidate)
            if candidate.returns is None:
                yield _press(f"⏰ {say('Later')}", "later", candidate)
            yield Button(f"📋 {say('Everything that is waiting')}", Command("wire"))
        elif candidate.state == "published":
            yield _press(f"🚫 {say('Withdraw')}", "withdraw", candidate)


def _press(label: str, what: str, candidate: Candidate) -> Button:
    return Button(label, Command("wire", f"{what} {candidate.id}"))


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
class Publishing:
    """Writes the bulletins."""

    store: Store
    edition: Edition

    async def publish(self, connection: AsyncConnection, candidate: Candidate, now: float) -> None:
        """Schedules its bulletin for now; the newsroom sends it out."""
        await self._write(connection, candidate, revision=1, now=now, state="scheduled")

    async def correct(self, connection: AsyncConnection, candidate: Candidate, now: float) -> None:
        """Puts the story's words, which have changed, into its bulletin wherever it was sent. Raises NotOurs."""
        name, row = bulletin_of(candidate), await self._ours(connection, candidate)
        await self._write(connection, candidate, revision=row.revision + 1, now=now, state=row.state)
        await self.store.fan_out.correct(connection, name, row.revision + 1, self.edition.dossier.languages, now)

    async def withdraw(self, connection: AsyncConnection, candidate: Candidate, now: float) -> None:
        """Marks its bulletin as withdrawn wherever it was sent. Raises NotOurs."""
        name, row = bulletin_of(candidate), await self._ours(connection, candidate)
        await self.store.bulletins.retract(connection, name, row.revision + 1, now)
        await self.store.fan_out.withdraw(connection, name, row.revision + 1, now)

    async def _ours(self, connection: AsyncConnection, candidate: Candidate) -> AnyRow:
        row = await self.store.bulletins.get(connection, bulletin_of(candidate))
        if row is None or row.origin != WIRE:
            raise NotOurs
        return row

    async def _write(
        self, connection: AsyncConnection, candidate: Candidate, *, revision: int, now: float, state: str
    ) -> None:
        story, dossier = candidate.story, self.edition.dossier
        articles = {language: bulletin_article(candidate, language) for language in dossier.languages}
        texts = [Text(language, fingerprint(each), to_json(each)) for language, each in articles.items()]
        columns = {
            "origin": WIRE,
            "language": story.language,
            "day": day_of(story, candidate.found).isoformat(),
            "topics": list(story.topics),
            "urgent": False,
            "state": state,
            "revision": revision,
        }
        await self.store.bulletins.put(connection, bulletin_of(candidate), columns, texts, now)


@dataclass(frozen=True, slots=True)
class Editors:
    """The editors' chat, as a reader; ``zone`` is the clock it goes by."""

    id: ReaderId
    platform: str
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Showing:
    """Writes the messages. ``editors``: None where there is no such chat, and nothing is written."""

    store: Store
    edition: Edition
    editors: Editors | None

    def message(self, language: Language) -> DeskMessage:
        """Composes in a language, by the editors' clock."""
        return DeskMessage(self.edition.dossier, language, self.editors.zone if self.editors else "UTC")

    async def show(self, connection: AsyncConnection, candidate: Candidate, now: float) -> None:
        """Sends the message of the candidate's round; those of rounds before say where it stands and lose their buttons.

        Nothing for one that was never on the desk.
        """
        if self.editors is None:
            return
        languages = self.edition.dossier.languages
        articles = {language: self.message(language).article(candidate) for language in languages}
        bare = {language: replace(article, buttons=()) for language, article in articles.items()}
        for round_ in range(1, candidate.round + 1):
            name = f"{DESK}-{candidate.id}-{round_}"
            row = await self.store.bulletins.get(connection, name)
            revision = row.revision + 1 if row else 1
            latest = round_ == candidate.round
            await self._write(connection, name, candidate, articles if latest else bare, revision, now)
            if row is None:
                to = self.editors.id, self.editors.platform
                await self.store.fan_out.try_out(connection, name, revision, *to, now)
            else:
                await self.store.fan_out.correct(connection, name, revision, None, now)

    async def _write(
        self,
        connection: AsyncConnection,
        name: str,
        candidate: Candidate,
        articles: dict[Language, Article],
        revision: int,
        now: float,
    ) -> None:
        texts = [Text(language, fingerprint(each), to_json(each)) for language, each in articles.items()]
        columns = {
            "origin": DESK,
            "language": self.edition.dossier.header.default_language,
            "day": day_of(candidate.story, candidate.found).isoformat(),
            "topics": [],
            "urgent": False,
            "state": "published",
            "published": now,
            "revision": revision,
        }
        await self.store.bulletins.put(connection, name, columns, texts, now)


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


WIRE = "wire"
"""The origin of bulletins that were made of stories; that of one which has become a file is the dossier's."""


class NotOurs(Exception):
    """The bulletin is no longer the wire's: it has become a file of the dossier, and is changed there."""


def bulletin_of(candidate: Candidate) -> BulletinId:
    """The id of the bulletin that is made of it, which can be a file's too."""
    return BulletinId(f"{day_of(candidate.story, candidate.found)}-wire-{candidate.id}")


async def editors_at(store: Store, address: Address) -> Editors:
    """The editors' chat, made known if it is not yet."""
    reader = await store.readers.get(address) or await store.readers.meet(address, "group")
    subscription = await store.subscriptions.get(address)
    return Editors(reader.id, address.platform, subscription.timing.zone if subscription else "UTC")
