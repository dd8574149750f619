"""We are added to a chat, for the first time or again."""

from dataclasses import dataclass

from bot.answers.phrases import phrases
from bot.answers.question import HELP, AboutTopic
from bot.answers.reply import Button, Reply
from bot.dossier.text import Paragraph, Span
from bot.edition import Edition
from bot.store.applied import AlreadyApplied
from bot.store.store import Store
from bot.subscribing.subscribing import Place, subscribe_button


@dataclass(frozen=True, slots=True)
class Membership:
    """Keeps up with the chats we are in."""

    edition: Edition
    store: Store

    async def joined(self, place: Place) -> Reply | None:
        """A chat added us, or lets us write again. The greeting; None where we were greeted before, for another cause."""
        try:
            entry = await self.store.chats.enter(place.address, place.kind, place.title, place.language, place.cause)
        except AlreadyApplied:  # told again after we were removed
            return None
        if place.kind == "private" or not entry.is_news:
            return None
        return self._welcome_back(place) if entry.is_subscribed else self._greeting(place)

    def _greeting(self, place: Place) -> Reply:
        dossier, tongue = self.edition.dossier, phrases(place.language)
        summary = dossier.header.title[place.language]
        words = tongue.say(
            "I answer questions about it from checked sources, and bring bulletins if an admin subscribes."
        )
        help_ = Button(f"❓ {tongue.say('Help')}", AboutTopic(HELP))
        blocks = (Paragraph((Span(words),)),)
        return Reply(None, place.language, summary, "👋", blocks, buttons=(subscribe_button(place.language), help_))

    def _welcome_back(self, place: Place) -> Reply:
        tongue = phrases(place.language)
        words = tongue.say("This chat’s settings apply again, and bulletins come as before.")
        return Reply(None, place.language, tongue.say("Here again"), "👋", (Paragraph((Span(words),)),))
