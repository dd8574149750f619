"""What is written of a story: the bulletin that readers get, and the message on which editors decide. PURE."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from bot.answers.bulletins import Article
from bot.answers.composing import Composer
from bot.answers.formats import moment
from bot.answers.numbers import locale
from bot.answers.phrases import Phrases, phrases
from bot.answers.question import Command
from bot.answers.reply import Button, SourceLink
from bot.dossier.model import Dossier, Language, SourceId
from bot.dossier.text import Items, Paragraph, Span
from bot.schedule import zone_of
from bot.store.candidates import Candidate, Story

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
