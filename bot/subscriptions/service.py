"""We are added to a chat, for the first time or again."""

from collections import Counter
from dataclasses import dataclass

from bot.db.idempotency import AlreadyApplied
from bot.db.readers import Kind
from bot.db.store import Store
from bot.dossier.markdown import Paragraph, Span
from bot.dossier.models import Dossier, Language
from bot.live_dossier import LiveDossier
from bot.reader import Address
from bot.replies.composer import Composer
from bot.replies.formatting import number
from bot.replies.i18n import phrases
from bot.replies.question import HELP, AboutBulletin, AboutTopic, Command
from bot.replies.reply import Button, Reply
from bot.schedule import Subscription
from bot.subscriptions.delivery_report import why
from bot.subscriptions.settings_panel import first_subscription, panel, step, when_in_words

COMMANDS = frozenset({"subscribe", "unsubscribe", "settings", "why"})
"""The commands that are answered here; in a group they are its admins'."""


@dataclass(frozen=True, slots=True)
class Place:
    """A chat that is being set up: where, of what kind, under what name, spoken to in which language, by what cause.

    ``parent_id`` is as :class:`~bot.conversation.Message` has it.
    """

    address: Address
    kind: Kind
    title: str
    language: Language
    cause: str | None = None
    parent_id: int | None = None


@dataclass(frozen=True, slots=True)
class Subscribing:
    """Answers the commands, for somebody whose right to give them has been seen to."""

    live: LiveDossier
    store: Store

    async def respond(self, command: Command, place: Place) -> Reply:
        """The reply, its changes made. Raises KeyError for a command that is none of :data:`COMMANDS`."""
        match command.name:
            case "subscribe":
                return await self.subscribe(place)
            case "unsubscribe":
                return await self._unsubscribe(place)
            case "settings":
                return await self._settings(command.argument, place)
            case "why":
                return await why(self.store, self.live.dossier, place.address, place.language)
            case other:
                raise KeyError(other)

    async def subscribe(self, place: Place) -> Reply:
        """Subscribes the chat; one that is subscribed already keeps what it set."""
        address = place.address
        await self._meet(place)
        await self.store.readers.restore(address.platform, address.chat_id)
        first = first_subscription(place.language)
        changed = await self.store.subscriptions.change(address, lambda current: current or first, place.cause)
        current, tongue = changed.after or first, phrases(place.language)
        when = when_in_words(current, place.language)
        words = tongue.say("From now on bulletins come here {when}. Earlier ones are not sent.", when=when)
        if so_far := _so_far(self.live.dossier, place.language):
            words = f"{words} {tongue.say('So far they were about: {topics}.', topics=so_far)}"
        return _said(place.language, "✅", tongue.say("Subscribed"), words, self._after_subscribing(place.language))

    def _after_subscribing(self, language: Language) -> tuple[Button, ...]:
        tongue = phrases(language)
        latest = next(iter(self.live.dossier.bulletins), None)
        first = (Button(f"📰 {tongue.say('The latest bulletin')}", AboutBulletin(latest)),) if latest else ()
        topics = Button(f"🏷 {tongue.say('Topics')}", Command("settings", "topics"))
        return (*first, topics, Button(f"⚙️ {tongue.say('Settings')}", Command("settings")))

    async def _unsubscribe(self, place: Place) -> Reply:
        tongue = phrases(place.language)
        was = await self.store.subscriptions.remove(place.address, place.cause)
        title = tongue.say("Unsubscribed") if was else tongue.say("Not subscribed")
        words = tongue.say("No bulletins come to this chat. You can still ask.")
        return _said(place.language, "🚫", title, words, (subscribe_button(place.language),))

    async def _settings(self, argument: str, place: Place) -> Reply:
        dossier = self.live.dossier
        current = await self.store.subscriptions.get(place.address)
        asked = step(argument, current, dossier) if current else None
        if asked is not None and asked.wanted is not None:
            current = await self._change(argument, place)
        if asked is None or current is None:
            return self._not_subscribed(place.language)
        return panel(asked, current, dossier, place.language)

    async def _change(self, argument: str, place: Place) -> Subscription | None:
        """Carries out the request on what holds at that moment, which another admin may just have changed; what holds then."""
        dossier = self.live.dossier

        def change(current: Subscription | None) -> Subscription | None:
            return (step(argument, current, dossier).wanted or current) if current else None

        await self._meet(place)
        return (await self.store.subscriptions.change(place.address, change, place.cause)).after

    def _not_subscribed(self, language: Language) -> Reply:
        tongue = phrases(language)
        words = tongue.say("This chat is not subscribed to bulletins. Subscribe first, then choose topics and times.")
        buttons = subscribe_button(language), Button(f"🌐 {tongue.say('Language')}", Command("language"))
        return _said(language, "⚙️", tongue.say("Settings"), words, buttons)

    async def _meet(self, place: Place) -> None:
        await self.store.readers.meet(place.address, place.kind, place.title, place.language, place.parent_id)


def subscribe_button(language: Language) -> Button:
    """The one tap."""
    return Button(f"🔔 {phrases(language).say('Subscribe')}", Command("subscribe"))


def _so_far(dossier: Dossier, language: Language) -> str:
    """What the bulletins have been about and how many each, by the first topic of each; empty where none names one."""
    counted = Counter(bulletin.topics[0] for bulletin in dossier.bulletins.values() if bulletin.topics)
    composer = Composer(dossier, language)
    return ", ".join(
        f"{composer.way_to(dossier.topics[name]).label} ({number(times, language)})"
        for name, times in counted.most_common(3)
    )


def _said(language: Language, emoji: str, title: str, words: str, buttons: tuple[Button, ...]) -> Reply:
    return Reply(None, language, title, emoji, (Paragraph((Span(words),)),), buttons=buttons)


@dataclass(frozen=True, slots=True)
class Membership:
    """Keeps up with the chats we are in."""

    live: LiveDossier
    store: Store

    async def joined(self, place: Place) -> Reply | None:
        """A chat added us, or lets us write again. The greeting; None where we were greeted before, for another cause."""
        try:
            entry = await self.store.readers.enter(place.address, place.kind, place.title, place.language, place.cause)
        except AlreadyApplied:  # told again after we were removed
            return None
        if place.kind == "private" or not entry.is_new:
            return None
        return self._welcome_back(place) if entry.is_subscribed else self._greeting(place)

    def _greeting(self, place: Place) -> Reply:
        dossier, tongue = self.live.dossier, phrases(place.language)
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
