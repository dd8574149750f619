"""Who may use the desk, and the command that lets them in.

Editors are those whom EDITORS and OWNERS name, and the admins of EDITORS_CHAT, as the platform says now.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from secrets import token_urlsafe
from time import monotonic

import structlog

from bot.db.desk import DraftId, Person, SignIns
from bot.dossier.markdown import Paragraph, Span
from bot.dossier.models import Language
from bot.newsroom.desk_decisions import Desk, DeskError
from bot.newsroom.desk_messages import ACTIONS
from bot.reader import Address
from bot.replies.i18n import phrases_in
from bot.replies.reply import Reply

log = structlog.get_logger("bot.desk")

ASK_SECONDS = 60.0
"""How long a platform's answer counts, so for how long somebody who is no admin any more may go on."""

DEMO = "demo:0"
"""The account of whoever opens the desk of a bot without tokens, on this machine."""

OUTAGE_SECONDS = 600.0
"""How long a platform's answer counts while it cannot be asked again. Then nobody but the named editors is one."""

IsAdmin = Callable[[int], Awaitable[bool]]
"""Asks a platform whether the user is an admin of the editors' chat. Raises whatever it raises if it cannot be reached."""


@dataclass(slots=True)
class Editors:
    """Answers who is an editor.

    Attributes:
        named: accounts that the settings name, for example telegram:123.
        chat: the editors' chat; None: there is none.
        clock: in seconds.
    """

    named: frozenset[str]
    chat: Address | None = None
    clock: Callable[[], float] = monotonic
    _admins: dict[str, IsAdmin] = field(default_factory=dict)
    _answers: dict[str, tuple[float, bool]] = field(default_factory=dict)

    def on_connected(self, platform: str, is_admin: IsAdmin) -> None:
        """A platform can be asked from now on."""
        self._admins[platform] = is_admin

    async def includes(self, account: str) -> bool:
        """Whether this account belongs to an editor. If the platform cannot be reached, its last answer counts a while longer."""
        if account in self.named:
            return True
        platform, _, user = account.partition(":")
        ask = self._admins.get(platform)
        if self.chat is None or self.chat.platform != platform or ask is None or not user.isdigit():
            return False
        now = self.clock()
        self._answers = {each: found for each, found in self._answers.items() if now - found[0] < OUTAGE_SECONDS}
        at, answer = self._answers.get(account, (float("-inf"), False))
        if now - at < ASK_SECONDS:
            return answer
        try:
            answer = await ask(int(user))
        except Exception as error:
            log.warning("nobody says who the admins of the editors' chat are", error=str(error), account=account)
            return answer
        self._answers[account] = self.clock(), answer
        return answer


@dataclass(frozen=True, slots=True)
class DeskCommand:
    """Answers ``/desk`` to editors with a link that signs them in.

    Attributes:
        desk: what a press decides.
        address: the desk's, for example https://nota.example/desk.
    """

    editors: Editors
    sign_ins: SignIns
    desk: Desk
    address: str

    async def decide(self, argument: str, person: Person) -> Reply:
        """A press of a button under a message in the editors' chat: ``approve 12 3`` approves version 3 of draft 12."""
        say = phrases_in(person.language).say
        match argument.split():
            case [("approve" | "return" | "send" | "take_back") as action, draft, version] if _is_number(
                draft
            ) and _is_number(version):
                try:
                    await self.desk.decide(DraftId(int(draft)), int(version), action, person)
                except DeskError as refusal:
                    return _reply(person.language, say(str(refusal)))
                return _reply(person.language, f"{say(ACTIONS[action])} ✓")
            case _:
                return _reply(person.language, say("That is not possible any more, or not yet."))

    async def respond(self, person: Person, *, is_private: bool) -> Reply:
        """The link; where others would read it, only a hint.

        The link is text: Telegram's buttons take no address of this machine (core.telegram.org/bots/api#inlinekeyboardbutton).
        """
        say = phrases_in(person.language).say
        if not is_private:
            return _reply(person.language, say("Ask me that in our private chat."))
        token = token_urlsafe(32)
        await self.sign_ins.invite(token, person)
        link = f"{self.address}/enter/{token}"
        words = say("This link signs you in. It works once, within ten minutes, and is for you alone:")
        return _reply(person.language, words, link)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9


def _reply(language: Language, words: str, link: str = "") -> Reply:
    blocks = [Paragraph((Span(words),))]
    blocks += [Paragraph((Span(link, url=link),))] if link else []
    return Reply(None, language, phrases_in(language).say("Desk"), "🗝", tuple(blocks), private=True)
