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
from bot.replies.i18n import phrases_in
from bot.replies.question import HELP, AboutBulletin, AboutTopic, Command
from bot.replies.reply import Button, Reply
from bot.schedule import Subscription
from bot.subscriptions.delivery_report import delivery_report
from bot.subscriptions.settings_panel import first_subscription, panel, step, when_in_words

COMMANDS = frozenset({"subscribe", "unsubscribe", "settings", "why"})
"""The commands that are answered here; in a group they are its admins'."""


@dataclass(frozen=True, slots=True)
class Chat:
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
class SubscriptionCommands:
    """Answers the commands, for somebody whose right to give them has been seen to."""

    live: LiveDossier
    store: Store

    async def respond(self, command: Command, chat: Chat) -> Reply:
        """The reply, its changes made. Raises KeyError for a command that is none of :data:`COMMANDS`."""
        match command.name:
            case "subscribe":
                return await self.subscribe(chat)
            case "unsubscribe":
                return await self._unsubscribe(chat)
            case "settings":
                return await self._settings(command.argument, chat)
            case "why":
                return await delivery_report(self.store, self.live.dossier, chat.address, chat.language)
            case other:
                raise KeyError(other)

    async def subscribe(self, chat: Chat) -> Reply:
        """Subscribes the chat; one that is subscribed already keeps what it set."""
        address = chat.address
        await self._meet(chat)
        await self.store.readers.restore(address.platform, address.chat_id)
        first = first_subscription(chat.language)
        changed = await self.store.subscriptions.change(address, lambda current: current or first, chat.cause)
        current, phrases = changed.after or first, phrases_in(chat.language)
        when = when_in_words(current, chat.language)
        words = phrases.say("From now on bulletins come here {when}. Earlier ones are not sent.", when=when)
        if so_far := _so_far(self.live.dossier, chat.language):
            words = f"{words} {phrases.say('So far they were about: {topics}.', topics=so_far)}"
        return _said(chat.language, "✅", phrases.say("Subscribed"), words, self._after_subscribing(chat.language))

    def _after_subscribing(self, language: Language) -> tuple[Button, ...]:
        phrases = phrases_in(language)
        latest = next(iter(self.live.dossier.bulletins), None)
        first = (Button(f"📰 {phrases.say('The latest bulletin')}", AboutBulletin(latest)),) if latest else ()
        topics = Button(f"🏷 {phrases.say('Topics')}", Command("settings", "topics"))
        return (*first, topics, Button(f"⚙️ {phrases.say('Settings')}", Command("settings")))

    async def _unsubscribe(self, chat: Chat) -> Reply:
        phrases = phrases_in(chat.language)
        was = await self.store.subscriptions.remove(chat.address, chat.cause)
        title = phrases.say("Unsubscribed") if was else phrases.say("Not subscribed")
        words = phrases.say("No bulletins come to this chat. You can still ask.")
        return _said(chat.language, "🚫", title, words, (subscribe_button(chat.language),))

    async def _settings(self, argument: str, chat: Chat) -> Reply:
        dossier = self.live.dossier
        current = await self.store.subscriptions.get(chat.address)
        asked = step(argument, current, dossier) if current else None
        if asked is not None and asked.wanted is not None:
            current = await self._change(argument, chat)
        if asked is None or current is None:
            return self._not_subscribed(chat.language)
        return panel(asked, current, dossier, chat.language)

    async def _change(self, argument: str, chat: Chat) -> Subscription | None:
        """Carries out the request on what holds at that moment, which another admin may just have changed; what holds then."""
        dossier = self.live.dossier

        def change(current: Subscription | None) -> Subscription | None:
            return (step(argument, current, dossier).wanted or current) if current else None

        await self._meet(chat)
        return (await self.store.subscriptions.change(chat.address, change, chat.cause)).after

    def _not_subscribed(self, language: Language) -> Reply:
        phrases = phrases_in(language)
        words = phrases.say("This chat is not subscribed to bulletins. Subscribe first, then choose topics and times.")
        buttons = subscribe_button(language), Button(f"🌐 {phrases.say('Language')}", Command("language"))
        return _said(language, "⚙️", phrases.say("Settings"), words, buttons)

    async def _meet(self, chat: Chat) -> None:
        await self.store.readers.meet(chat.address, chat.kind, chat.title, chat.language, chat.parent_id)


def subscribe_button(language: Language) -> Button:
    """The one tap."""
    return Button(f"🔔 {phrases_in(language).say('Subscribe')}", Command("subscribe"))


def _so_far(dossier: Dossier, language: Language) -> str:
    """What the bulletins have been about and how many each, by the first topic of each; empty where none names one."""
    counted = Counter(bulletin.topics[0] for bulletin in dossier.bulletins.values() if bulletin.topics)
    composer = Composer(dossier, language)
    return ", ".join(
        f"{composer.topic_button(dossier.topics[name]).label} ({number(times, language)})"
        for name, times in counted.most_common(3)
    )


def _said(language: Language, emoji: str, title: str, words: str, buttons: tuple[Button, ...]) -> Reply:
    return Reply(None, language, title, emoji, (Paragraph((Span(words),)),), buttons=buttons)


@dataclass(frozen=True, slots=True)
class Membership:
    """Keeps up with the chats we are in."""

    live: LiveDossier
    store: Store

    async def joined(self, chat: Chat) -> Reply | None:
        """A chat added us, or lets us write again. The greeting; None where we were greeted before, for another cause."""
        try:
            entry = await self.store.readers.enter(chat.address, chat.kind, chat.title, chat.language, chat.cause)
        except AlreadyApplied:  # told again after we were removed
            return None
        if chat.kind == "private" or not entry.is_new:
            return None
        return self._welcome_back(chat) if entry.is_subscribed else self._greeting(chat)

    def _greeting(self, chat: Chat) -> Reply:
        dossier, phrases = self.live.dossier, phrases_in(chat.language)
        summary = dossier.header.title[chat.language]
        words = phrases.say(
            "I answer questions about it from checked sources, and bring bulletins if an admin subscribes."
        )
        help_ = Button(f"❓ {phrases.say('Help')}", AboutTopic(HELP))
        blocks = (Paragraph((Span(words),)),)
        return Reply(None, chat.language, summary, "👋", blocks, buttons=(subscribe_button(chat.language), help_))

    def _welcome_back(self, chat: Chat) -> Reply:
        phrases = phrases_in(chat.language)
        words = phrases.say("This chat’s settings apply again, and bulletins come as before.")
        return Reply(None, chat.language, phrases.say("Here again"), "👋", (Paragraph((Span(words),)),))
