"""``/desk``, which signs editors in at the desk, and the decisions that they make by buttons in the chat."""

from dataclasses import dataclass
from secrets import token_urlsafe

from bot.db.changes import ChangeId, Person
from bot.db.sign_ins import SignIns
from bot.dossier.markdown import Paragraph, Span
from bot.dossier.models import Language
from bot.newsroom.change_messages import DONE
from bot.newsroom.desk import Desk, DeskError
from bot.newsroom.editors_chat import EditorsChat
from bot.replies.i18n import phrases_in
from bot.replies.question import is_number
from bot.replies.reply import Reply

DEMO = "demo:0"
"""The account at the desk of a bot without tokens, which only this machine can open."""


@dataclass(frozen=True, slots=True)
class DeskCommand:
    """Answers ``/desk`` to editors with a link that signs them in.

    Attributes:
        desk: makes the decisions.
        address: of the desk, for example https://nota.example/desk.
    """

    editors: EditorsChat
    sign_ins: SignIns
    desk: Desk
    address: str

    async def decide(self, argument: str, person: Person) -> Reply:
        """A press of a button under a message in the editors' chat: ``approve 12 3 5f0a91bc`` approves version 3 of change 12.

        The digits name what the message shows. A button of an earlier release has none, and decides nothing.
        """
        say = phrases_in(person.language).say
        match argument.split():
            case [("approve" | "return" | "take_back") as action, change, version, mark] if is_number(
                change
            ) and is_number(version):
                try:
                    await self.desk.decide(ChangeId(int(change)), int(version), action, person, mark=mark)
                except DeskError as refusal:
                    return _reply(person.language, say(str(refusal), **refusal.values))
                return _reply(person.language, f"{say(DONE[action])} ✓")
            case _:
                return _reply(person.language, say("That is not possible any more, or not yet."))

    async def respond(self, person: Person, *, is_private: bool) -> Reply:
        """The reply with the link; in a chat with others, only a hint."""
        say = phrases_in(person.language).say
        if not is_private:
            return _reply(person.language, say("Ask me that in our private chat."))
        token = token_urlsafe(32)
        await self.sign_ins.invite(token, person)
        # as text: Telegram's buttons do not accept an address of this machine (core.telegram.org/bots/api#inlinekeyboardbutton)
        link = f"{self.address}/enter/{token}"
        words = say("This link signs you in. It works once, within ten minutes, and is for you alone:")
        return _reply(person.language, words, link)


def _reply(language: Language, words: str, link: str = "") -> Reply:
    blocks = [Paragraph((Span(words),))]
    blocks += [Paragraph((Span(link, url=link),))] if link else []
    return Reply(None, language, phrases_in(language).say("Desk"), "🗝", tuple(blocks), private=True)
