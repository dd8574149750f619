"""What editors see of candidates: the message in their chat, the list, the panels and notices of ``/wire``."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.commands import WIRE
from bot.db.feeds import Candidate
from bot.dossier.markdown import Items, Paragraph, Span
from bot.dossier.models import Dossier, Language, TopicId
from bot.newsroom.story_content import day_of, source_link
from bot.replies.bulletins import BulletinText, LabelledBulletin, single_reply
from bot.replies.dossier_texts import DossierTexts
from bot.replies.formatting import locale
from bot.replies.i18n import Phrases, phrases_in
from bot.replies.listings import page_of
from bot.replies.question import Command
from bot.replies.reply import Button, Reply, said_reply, text_reply
from bot.schedule import local_time
from bot.subscriptions.settings_panel import TOPICS_PER_PAGE, followable

ADMINISTRATOR = "an administrator"
"""Who decided if the platform does not tell which admin it was."""

STORIES_PER_PAGE = 8

_MAX_LABEL = 60


@dataclass(frozen=True, slots=True)
class CandidateMessage:
    """Composes what editors see of a candidate, in one language and time zone."""

    dossier: Dossier
    language: Language
    zone: str = "UTC"

    def article(self, candidate: Candidate) -> BulletinText:
        """The story, why it matched, its state, and the buttons."""
        blocks, buttons = tuple(self._blocks(candidate)), tuple(self._buttons(candidate))
        title, sources = candidate.story.title, (source_link(candidate),)
        return BulletinText(title, day_of(candidate), blocks, sources, emoji="🛰", buttons=buttons)

    def state(self, candidate: Candidate) -> str:
        """The candidate's state in a line."""
        say, by = self._phrases.say, candidate.decided_by or ""
        by = say(ADMINISTRATOR) if by == ADMINISTRATOR else by
        when = self._when(candidate.decided or candidate.expires)
        match candidate.state:
            case "waiting" if candidate.returns is not None:
                again = self._when(candidate.returns)
                return f"⏰ {say('Put off by {name}, comes again {moment}', name=by, moment=again)}"
            case "waiting":
                return f"⏳ {say('Waiting for a decision until {moment}', moment=when)}"
            case "published" | "withdrawn":
                return f"✅ {say('Taken by {name}, {moment}', name=by, moment=when)}"
            case "rejected":
                return f"🗑 {say('Rejected by {name}, {moment}', name=by, moment=when)}"
            case "expired":
                return f"⌛️ {say('Nobody decided in time, expired {moment}', moment=when)}"

    @property
    def _phrases(self) -> Phrases:
        return phrases_in(self.language)

    def _when(self, at: float) -> str:
        return f"{phrases_in(self.language).moment(local_time(at, self.zone))} ({self.zone})"

    def _blocks(self, candidate: Candidate) -> Iterator[Paragraph | Items]:
        say, story = self._phrases.say, candidate.story
        if story.line:
            yield Paragraph((Span(story.line),))
        lines = [(say("Language"), locale(self.language).languages.get(story.language, story.language))]
        lines += [(say("Matched"), ", ".join(story.why))] if story.why else []
        texts = DossierTexts(self.dossier, self.language)
        known = [self.dossier.topics[name] for name in candidate.story.topics if name in self.dossier.topics]
        titles = [texts.line(topic.title[self.language]) for topic in known]
        lines += [(say("Topics"), (", ".join(titles) or self._phrases.say("none: it goes to all subscribers")))]
        yield Items(tuple((Span(f"{name}: ", bold=True), Span(value)) for name, value in lines))
        if candidate.corrected is not None:
            when = self._when(candidate.corrected)
            yield Paragraph((Span(f"✏️ {say('Its publisher has changed these words: {moment}', moment=when)}"),))
        if candidate.is_outdated:
            words = say("What was made of this story has the former words. Compare it with the page.")
            yield Paragraph((Span(f"⚠️ {words}", bold=True),))
        yield Paragraph((Span(self.state(candidate), italic=True),))

    def _buttons(self, candidate: Candidate) -> Iterator[Button]:
        say = self._phrases.say
        if candidate.state == "waiting":
            yield _button(f"✅ {say('Make a change')}", f"take {candidate.id} {candidate.mark}")
            yield _button(f"🗑 {say('Reject')}", f"reject {candidate.id}")
            yield _button(f"🏷 {say('Topics')}", f"topics {candidate.id}")
            if candidate.returns is None:
                yield _button(f"⏰ {say('Later')}", f"later {candidate.id}")
            yield Button(f"📋 {say('Everything that is waiting')}", Command(WIRE))


def waiting_list(candidates: Sequence[Candidate], page: int, language: Language) -> Reply:
    """The candidates that wait, the newest first; ``page`` counts from 1."""
    phrases = phrases_in(language)
    if not candidates:
        return notice("Nothing is waiting for a decision.", language, private=False)
    title = f"{phrases.say('The wire')} · {phrases.count('{n} story waits', '{n} stories wait', len(candidates))}"
    shown, page, pages = page_of(candidates, page, STORIES_PER_PAGE)
    labels = {each.id: f"{each.story.publisher}: {each.story.title}"[:_MAX_LABEL] for each in shown}
    buttons = [_button(label, f"show {number}", choice=True) for number, label in labels.items()]
    if page < pages:
        buttons.append(_button(phrases.say("More ▶️"), f"page {page + 1}"))
    words = phrases.say("Choose a story to read it and to decide.")
    return text_reply(language, "🛰", title, words, *buttons)


def candidate_panel(candidate: Candidate, message: CandidateMessage) -> Reply:
    """The candidate in its present state."""
    return single_reply(LabelledBulletin(message.article(candidate)), message.language)


def topics_panel(candidate: Candidate, dossier: Dossier, page: int, language: Language) -> Reply:
    """The topics that the candidate has and can have."""
    texts, phrases, topics = DossierTexts(dossier, language), phrases_in(language), offered_topics(dossier)
    shown, page, pages = page_of(list(enumerate(topics)), page, TOPICS_PER_PAGE)
    buttons = []
    for index, topic in shown:
        chosen = topic in candidate.story.topics
        # The button says what is wanted: pressing it twice, or on an older panel, wants the same.
        setting = f"topic {candidate.id} {index} {dossier.tree[:8]} {'off' if chosen else 'on'}"
        buttons.append(_button(texts.topic_button(dossier.topics[topic]).label, setting, choice=True, chosen=chosen))
    if page < pages:
        buttons.append(_button(phrases.say("More ▶️"), f"topics {candidate.id} {page + 1}"))
    buttons.append(_button(phrases.say("◀️ Back"), f"show {candidate.id}"))
    words = phrases.say("Readers who chose one of these topics get it.")
    title = f"{phrases.say('Topics')} · {candidate.story.title}"
    return text_reply(language, "🏷", title, words, *buttons)


def offered_topics(dossier: Dossier) -> list[TopicId]:
    """The topics that a candidate can have: those that readers can follow, and those of feeds."""
    of_feeds = {topic for feed in dossier.feeds.values() for topic in feed.topics}
    followed = set(followable(dossier))
    return [topic for topic in dossier.topics if topic in followed or topic in of_feeds]


def decision_notice(candidate: Candidate, message: CandidateMessage, *, counted: bool, refusal: str = "") -> Reply:
    """The result of a decision, for the person who made it; ``refusal``: why the change waits at the desk."""
    say = phrases_in(message.language).say
    words = candidate.story.title if counted else say("Somebody was faster, or it can no longer be changed here.")
    if refusal:
        words = f"{words}\n{say('It waits at the desk as a draft.')} {say(refusal)}"
    return text_reply(message.language, "", message.state(candidate), words, private=True)


NO_LONGER_STORED = "This story is no longer kept."
ONLY_IN_EDITORS_CHAT = "News from feeds is decided on in the editors’ chat."
ANOTHER_DOSSIER = "This database belongs to another dossier: nothing is published, corrected or withdrawn."
EDITORS_ONLY = "Only the editors and the admins of this chat decide on news."


def notice(phrase: str, language: Language, *, private: bool = True) -> Reply:
    """Why nothing was done or shown, for the person who asked for it; not ``private``: for all editors."""
    return said_reply(language, "🛰", "The wire", phrase, private=private)


def _button(label: str, argument: str, *, choice: bool = False, chosen: bool = False) -> Button:
    return Button(label, Command(WIRE, argument), choice=choice, chosen=chosen)
