"""``/wire`` and the buttons of the desk: what editors ask, and the words they give."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot.db.feeds import Candidate, CandidateId, State
from bot.dossier.markdown import Paragraph, Span
from bot.dossier.models import Dossier, Language, TopicId
from bot.feeds.review import Decision, DeskMessage, EditorsDesk
from bot.reader import Address
from bot.replies.bulletins import Marked, sent_reply
from bot.replies.composer import Composer
from bot.replies.i18n import phrases
from bot.replies.question import Command
from bot.replies.reply import Button, Reply
from bot.subscriptions.settings_panel import TOPICS_PER_PAGE, followable

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


WIRE = "wire"


_LEADS_TO: dict[str, State] = {
    "publish": "published",
    "reject": "rejected",
    "later": "waiting",
    "withdraw": "withdrawn",
}


@dataclass(frozen=True, slots=True)
class WireCommands:
    """Answers what is asked in the editors' chat, and nowhere else.

    Attributes:
        editors: the chat; None: there is none. A forum topic is the only place where it names one, else the whole chat is.
        people: ids of those who decide there besides its admins, as in telegram:123.
    """

    desk: EditorsDesk
    editors: Address | None
    people: frozenset[str] = frozenset()

    def is_at(self, where: Address) -> bool:
        """Whether this is the editors' chat."""
        chat = self.editors
        if chat is None or (where.platform, where.chat_id) != (chat.platform, chat.chat_id):
            return False
        return chat.thread_id in (None, where.thread_id)

    async def respond(self, argument: str, where: Address, language: Language, asker: str | None) -> Reply:
        """The reply to ``/wire argument``, what it says done.

        ``asker`` is recorded as who decided; None: somebody who may neither decide nor see what waits.
        """
        if not self.is_at(where):
            return elsewhere(language)
        if asker is None:
            return editors_only(language)
        by = asker or "?"
        words: dict[str, Callable[[CandidateId, str], Awaitable[Decision | None]]] = {
            "publish": self.desk.publish,
            "reject": self.desk.reject,
            "later": self.desk.put_off,
            "withdraw": self.desk.withdraw,
        }
        match argument.split():
            case [word, number] if word in words and _is_number(number):
                return self._said(await words[word](CandidateId(int(number)), by), language, (by, _LEADS_TO[word]))
            case ["show", number] if _is_number(number):
                return await self._show(CandidateId(int(number)), language)
            case ["topics", number, *page] if _is_number(number):
                return await self._topics(CandidateId(int(number)), _page(page), language)
            case ["topic", number, index, version, ("on" | "off") as wanted] if _is_number(number) and _is_number(
                index
            ):
                return await self._set_topic(CandidateId(int(number)), int(index), version, language, on=wanted == "on")
            case ["page", *page]:
                return await self._waiting(_page(page), language)
            case _:
                return await self._waiting(1, language)

    async def _waiting(self, page: int, language: Language) -> Reply:
        return waiting_list(await self.desk.store.candidates.in_state("waiting"), page, language)

    async def _show(self, name: CandidateId, language: Language) -> Reply:
        candidate = await self.desk.store.candidates.get(name)
        return candidate_panel(candidate, self.desk.showing.message(language)) if candidate else gone(language)

    async def _topics(self, name: CandidateId, page: int, language: Language) -> Reply:
        candidate = await self.desk.store.candidates.get(name)
        dossier = self.desk.showing.edition.dossier
        return topics_panel(candidate, dossier, page, language) if candidate else gone(language)

    async def _set_topic(self, name: CandidateId, index: int, version: str, language: Language, *, on: bool) -> Reply:
        """Sets the topic that stood at the index in the edition of that version; of another, it only shows what is."""
        dossier = self.desk.showing.edition.dossier
        topics = offered(dossier)
        if dossier.version.startswith(version) and index < len(topics):
            decision = await self.desk.set_topic(name, topics[index], on=on)
            if decision is None:
                return gone(language)
            if not decision.counted:
                return self._said(decision, language)
        return await self._topics(name, index // TOPICS_PER_PAGE + 1, language)

    def _said(self, decision: Decision | None, language: Language, wanted: tuple[str, State] | None = None) -> Reply:
        """Who presses twice, or whose press a platform brings twice, is not told that somebody was faster.

        ``wanted``: by whom it was to be brought to which state.
        """
        if decision is None:
            return gone(language)
        counted = decision.counted or (decision.candidate.decided_by, decision.candidate.state) == wanted
        return said(decision.candidate, self.desk.showing.message(language), counted=counted)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 12


def _page(given: list[str]) -> int:
    return max(1, int(given[0][:4])) if given and _is_number(given[0]) else 1
