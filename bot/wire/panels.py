"""What editors see when they ask: what waits, a candidate, its topics, what came of a word. PURE."""

from collections.abc import Sequence

from bot.answers.bulletins import Marked, sent_reply
from bot.answers.composing import Composer
from bot.answers.phrases import phrases
from bot.answers.question import Command
from bot.answers.reply import Button, Reply
from bot.dossier.model import Dossier, Language, TopicId
from bot.dossier.text import Paragraph, Span
from bot.store.candidates import Candidate
from bot.subscribing.requests import TOPICS_PER_PAGE, followable
from bot.wire.articles import DeskMessage

PER_PAGE = 8
_LABEL = 60


def waiting_list(candidates: Sequence[Candidate], page: int, language: Language) -> Reply:
    """What waits for a word, the newest first; ``page`` counts from 1."""
    tongue = phrases(language)
    title = f"{tongue.say('The wire')} · {tongue.count('{n} story waits', '{n} stories wait', len(candidates))}"
    if not candidates:
        return _said(language, tongue.say("The wire"), tongue.say("Nothing is waiting for a decision."))
    pages = -(-len(candidates) // PER_PAGE)
    page = min(page, pages)
    shown = candidates[(page - 1) * PER_PAGE : page * PER_PAGE]
    buttons = [_way(f"{each.story.publisher}: {each.story.title}"[:_LABEL], f"show {each.id}", True) for each in shown]
    if page < pages:
        buttons.append(_way(tongue.say("More ▶️"), f"page {page + 1}"))
    words = tongue.say("Choose a story to read it and to decide.")
    return Reply(None, language, title, "🛰", (Paragraph((Span(words),)),), buttons=tuple(buttons))


def candidate_panel(candidate: Candidate, message: DeskMessage) -> Reply:
    """The candidate as it stands."""
    return sent_reply(Marked(message.article(candidate)), message.language)


def topics_panel(candidate: Candidate, dossier: Dossier, page: int, language: Language) -> Reply:
    """The topics that a candidate has and might have."""
    composer, tongue, names = Composer(dossier, language), phrases(language), offered(dossier)
    pages = max(1, -(-len(names) // TOPICS_PER_PAGE))
    page = min(page, pages)
    buttons = [
        Button(
            composer.way_to(dossier.topics[name]).label,
            Command("wire", _setting(candidate, name, names.index(name), dossier)),
            choice=True,
            chosen=name in candidate.story.topics,
        )
        for name in names[(page - 1) * TOPICS_PER_PAGE : page * TOPICS_PER_PAGE]
    ]
    if page < pages:
        buttons.append(_way(tongue.say("More ▶️"), f"topics {candidate.id} {page + 1}"))
    buttons.append(_way(tongue.say("◀️ Back"), f"show {candidate.id}"))
    words = tongue.say("Readers who chose one of these topics get it.")
    title = f"{tongue.say('Topics')} · {candidate.story.title}"
    return Reply(None, language, title, "🏷", (Paragraph((Span(words),)),), buttons=tuple(buttons))


def _setting(candidate: Candidate, name: TopicId, index: int, dossier: Dossier) -> str:
    """What the button wants is in it, so that pressing it twice, or on an older panel, wants the same."""
    wanted = "off" if name in candidate.story.topics else "on"
    return f"topic {candidate.id} {index} {dossier.version[:8]} {wanted}"


def offered(dossier: Dossier) -> list[TopicId]:
    """The topics that a story can be given: those that readers can follow, and those that feeds give."""
    given = {name for feed in dossier.feeds.values() for name in feed.topics}
    followed = set(followable(dossier.as_read))
    return [name for name in dossier.topics if name in followed or name in given]


def said(candidate: Candidate, message: DeskMessage, *, counted: bool) -> Reply:
    """What came of a word, for the one who gave it."""
    tongue = phrases(message.language)
    title = message.standing(candidate)
    words = (
        candidate.story.title if counted else tongue.say("Somebody was faster, or it can no longer be changed here.")
    )
    return Reply(None, message.language, title, "", (Paragraph((Span(words),)),), private=True)


def gone(language: Language) -> Reply:
    """There is no such candidate any more."""
    tongue = phrases(language)
    return _said(language, tongue.say("The wire"), tongue.say("This story is no longer kept."), private=True)


def elsewhere(language: Language) -> Reply:
    """The wire is decided on in the editors' chat alone."""
    tongue = phrases(language)
    words = tongue.say("News from feeds is decided on in the editors’ chat.")
    return _said(language, tongue.say("The wire"), words, private=True)


def editors_only(language: Language) -> Reply:
    """Somebody in the editors' chat who is no editor."""
    tongue = phrases(language)
    words = tongue.say("Only the editors and the admins of this chat decide on news.")
    return _said(language, tongue.say("The wire"), words, private=True)


def _said(language: Language, title: str, words: str, *, private: bool = False) -> Reply:
    return Reply(None, language, title, "🛰", (Paragraph((Span(words),)),), private=private)


def _way(label: str, argument: str, choice: bool = False) -> Button:
    return Button(label, Command("wire", argument), choice=choice)
