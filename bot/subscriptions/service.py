"""Subscribing a chat, its settings, and the greeting of a chat that adds the bot."""

from collections import Counter
from dataclasses import dataclass
from itertools import islice

from bot.db.applied_updates import AlreadyApplied
from bot.db.readers import Reader
from bot.db.retention import READER_DAYS
from bot.db.store import Store
from bot.db.subscriptions import Resumed
from bot.dossier.models import Dossier, Language
from bot.languages import record
from bot.live_dossier import LiveDossier
from bot.message import Chat
from bot.replies.claims import rumour_button
from bot.replies.dossier_texts import DossierTexts
from bot.replies.fallbacks import latest_bulletin, subscribe_button
from bot.replies.formatting import number
from bot.replies.i18n import phrases_in
from bot.replies.language_panel import bulletins_language
from bot.replies.question import Command
from bot.replies.reply import Button, Reply, said_reply, text_reply
from bot.replies.topics import short_form
from bot.schedule import Subscription, Timing
from bot.subscriptions.settings_panel import (
    CHAT_SETTINGS,
    apply_argument,
    more_buttons,
    panel,
    when_in_words,
)
from bot.subscriptions.why import delivery_report

TOPICS_NAMED = 3
"""The number of topics of earlier bulletins that the reply to ``/subscribe`` names."""


def first_subscription(language: Language) -> Subscription:
    """The settings of a new subscriber: every bulletin, at once, with a sound, in the time zone of the language's home."""
    return Subscription(timing=Timing(zone=record(language).zone))


@dataclass(frozen=True, slots=True)
class SubscriptionCommands:
    """Answers commands about a chat's subscription, for somebody who may give them, and greets new chats."""

    live: LiveDossier
    store: Store

    async def respond(self, command: Command, chat: Chat) -> Reply:
        """Makes the changes of the command, and returns the reply.

        Raises:
            KeyError: the command is not about the subscription.
            AlreadyApplied: a change of the same ``cause`` was made before.
        """
        match command.name:
            case "subscribe":
                return await self._subscribe(chat)
            case "unsubscribe":
                return await self._unsubscribe(chat)
            case "settings":
                return await self._settings(command.argument, chat)
            case "why":
                return await delivery_report(self.store, self.live.dossier, chat.address, chat.language)
            case other:
                raise KeyError(other)

    async def on_joined(self, chat: Chat) -> Reply | None:
        """The greeting of a chat that added the bot, or lets it write again; None: the chat is not to be greeted (again)."""
        try:
            entry = await self.store.readers.join(chat.address, chat.kind, chat.title, chat.language, chat.cause)
        except AlreadyApplied:  # delivered again after the bot was removed
            return None
        if chat.kind == "private" or not entry.is_new:
            return None
        if not entry.is_subscribed:
            return greeting(self.live.dossier, chat.language)
        reader = await self.store.readers.get(chat.address)  # the person who adds the bot may read another language
        spoken = (reader.language or reader.detected_language) if reader else None
        text = "This chat’s settings apply again, and bulletins come as before."
        return said_reply(self.live.dossier.language(spoken or chat.language), "👋", "Here again", text)

    async def _subscribe(self, chat: Chat) -> Reply:
        """Subscribes the chat. If it is subscribed already, it keeps its settings."""
        address = chat.address
        reader = await self._store_reader(chat)
        await self.store.readers.restore(address.platform, address.chat_id, address.thread_id)
        resumed = await self.store.subscriptions.resume(address, first_subscription(chat.language), chat.cause)
        spoken = self.store.readers.language(address) or reader.detected_language or chat.language
        return _subscribed(resumed, self.live.dossier, chat, self.live.dossier.language(spoken))

    async def _unsubscribe(self, chat: Chat) -> Reply:
        phrases = phrases_in(chat.language)
        was_subscribed = await self.store.subscriptions.remove(chat.address, chat.cause)
        title = phrases.say("Unsubscribed") if was_subscribed else phrases.say("Not subscribed")
        if chat.kind == "channel":
            text = phrases.say("No bulletins come to this channel.")
        else:
            text = phrases.say("No bulletins come to this chat. You can still ask.")
        if was_subscribed:
            kept = phrases.say(
                "Its settings are kept for {days} days: subscribe again, and they hold again.", days=READER_DAYS
            )
            text = f"{text} {kept}"
        return text_reply(chat.language, "🚫", title, text, subscribe_button(chat.language))

    async def _settings(self, argument: str, chat: Chat) -> Reply:
        dossier, readers = self.live.dossier, self.store.readers
        name, _, word = argument.partition(" ")
        if name in chat.more_settings and (setting := CHAT_SETTINGS.get(name)):
            if choice := setting.choices.get(word):
                await readers.set_for_group(chat.address, choice[1], chat.cause)
            return setting.panel(chat.language, readers.of_group(chat.address))
        current = await self.store.subscriptions.get(chat.address)
        if current is not None and apply_argument(argument, current, dossier) is not None:
            current = await self._change(argument, chat)
        more = more_buttons(chat.more_settings, chat.language)
        if current is None:
            return _not_subscribed(dossier, chat, *more)
        return panel(argument, current, dossier, chat.language, *more, is_channel=chat.kind == "channel")

    async def _change(self, argument: str, chat: Chat) -> Subscription | None:
        """Applies the argument to the stored subscription, which another admin may have changed meanwhile."""
        dossier = self.live.dossier

        def change(current: Subscription | None) -> Subscription | None:
            return (apply_argument(argument, current, dossier) or current) if current else None

        await self._store_reader(chat)
        return (await self.store.subscriptions.change(chat.address, change, chat.cause)).after

    async def _store_reader(self, chat: Chat) -> Reader:
        return await self.store.readers.meet(chat.address, chat.kind, chat.title, chat.language, chat.parent_id)


def _subscribed(resumed: Resumed, dossier: Dossier, chat: Chat, spoken: Language) -> Reply:
    """``spoken``: the language of bulletins, which may be that of whoever added the bot."""
    current, language = resumed.subscription, chat.language
    say = phrases_in(language).say
    when = when_in_words(current, language)
    if chat.kind == "channel":
        text = say("From now on bulletins come to this channel {when}. Earlier ones are not sent.", when=when)
    else:
        text = say("From now on bulletins come here {when}. Earlier ones are not sent.", when=when)
    if resumed.is_earlier:
        text = f"{text} {say('The settings are those from before you unsubscribed.')}"
    # the commonest first topics of bulletins, each with its number; "" if bulletins have no topics
    count = Counter(bulletin.topics[0] for bulletin in dossier.bulletins.values() if bulletin.topics)
    texts = DossierTexts(dossier, language)
    if topics := ", ".join(
        f"{texts.topic_button(dossier.topics[name]).label} ({number(times, language)})"
        for name, times in count.most_common(TOPICS_NAMED)
    ):
        text = f"{text} {say('So far they have been about: {topics}.', topics=topics)}"
    zone = say("Hours are those of {zone}; another zone is one press away.", zone=current.timing.zone)
    text, to_language = f"{text} {zone}", list[Button]()
    if spoken != language:
        text = f"{text} {bulletins_language(spoken, language, is_channel=chat.kind == 'channel')}"
        to_language.append(_to_language(language))
    buttons = (
        *latest_bulletin(dossier, language),
        Button(f"🕰 {say('Time zone')}", Command("settings", "zone")),
        Button(f"🏷 {say('Topics')}", Command("settings", "topics")),
        *to_language,
        Button(f"⚙️ {say('Settings')}", Command("settings")),
    )
    return text_reply(language, "✅", say("Subscribed"), text, *buttons)


def _not_subscribed(dossier: Dossier, chat: Chat, *more: Button) -> Reply:
    language = chat.language
    say = phrases_in(language).say
    if chat.kind == "channel":
        text = say("This channel is not subscribed to bulletins. Subscribe it first, then choose topics and times.")
    else:
        text = say("This chat is not subscribed to bulletins. Subscribe first, then choose topics and times.")
    buttons = (subscribe_button(language), *latest_bulletin(dossier, language), _to_language(language), *more)
    return text_reply(language, "⚙️", say("Settings"), text, *buttons)


def _to_language(language: Language) -> Button:
    return Button(f"🌐 {phrases_in(language).say('Language')}", Command("language"))


def greeting(dossier: Dossier, language: Language) -> Reply:
    """The greeting of a group: how to ask, a topic, a rumour that the editors have found wrong, and bulletins."""
    say, texts = phrases_in(language).say, DossierTexts(dossier, language)
    first = (topic for topic in dossier.topics.values() if not topic.is_program)
    text = say("Mention me in a question, or in a reply to a rumour: I answer from checked sources.")
    title = texts.line(dossier.header.title[language])
    to_bulletins = Button(f"🔔 {say('Bulletins here')}", Command("subscribe"))
    to_topic = (texts.topic_button(topic) for topic in islice(first, 1))
    buttons = (*to_topic, *rumour_button(dossier, language), to_bulletins)
    return short_form(text_reply(language, "👋", title, text, *buttons))
