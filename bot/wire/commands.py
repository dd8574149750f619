"""``/wire`` and the buttons of the desk: what editors ask, and the words they give."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.answers.reply import Reply
from bot.delivery import Address
from bot.dossier.model import Language
from bot.store.candidates import CandidateId, State
from bot.subscribing.requests import TOPICS_PER_PAGE
from bot.wire.desk import Decision, EditorsDesk
from bot.wire.panels import candidate_panel, editors_only, elsewhere, gone, offered, said, topics_panel, waiting_list

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
