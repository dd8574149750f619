"""Replies that do not answer a topic: the welcome, unknown commands, questions without an answer, small talk. PURE."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from babel.lists import format_list
from rapidfuzz import fuzz, process

from bot.commands import MISTAKE, OWN, OwnCommand
from bot.dossier.markdown import Paragraph, Span
from bot.dossier.models import Dossier, Language, TopicId
from bot.matching.lexicon import wish
from bot.replies.dossier_texts import DossierTexts
from bot.replies.formatting import locale
from bot.replies.i18n import Phrases, phrases_in
from bot.replies.listings import TITLES, own_names
from bot.replies.question import HELP, NEWS, AboutBulletin, AboutTopic, Command, Rate
from bot.replies.reply import Button, Reply, distinct, said_reply, text_reply

_LIKE = 65
"""The similarity (0 to 100) from which a command counts as a misspelling of another."""


_OFFERED = 3


_WELCOME_TOPICS = 6


_SMALLTALK_OFFERED = 3


_NAMED = 3
"""At most this many words that no topic has are named. If there are more, the important ones are not known."""


def welcome(dossier: Dossier, language: Language) -> Reply:
    """The reply to ``/start``: the dossier's summary, and buttons for the first topics."""
    texts = DossierTexts(dossier, language)
    hint = phrases_in(language).say("Ask with a command, a button or in your own words.")
    return Reply(
        None,
        language,
        texts.line(dossier.header.title[language]),
        "📰",
        (*texts.blocks(dossier.header.summary[language]), Paragraph((Span(hint),))),
        buttons=distinct(
            *_ways(dossier, _first(dossier), language),
            _way(dossier, NEWS, language),
            subscribe_button(language),
        ),
    )


def subscribe_button(language: Language) -> Button:
    """The button that subscribes the chat."""
    return Button(f"🔔 {phrases_in(language).say('Subscribe')}", Command("subscribe"))


def latest_bulletin(dossier: Dossier, language: Language) -> tuple[Button, ...]:
    """The button for the latest bulletin, as a sample; () without bulletins."""
    label = f"📰 {phrases_in(language).say('The latest bulletin')}"
    return tuple(Button(label, AboutBulletin(name)) for name in list(dossier.bulletins)[:1])


def subscription_offer(text: str, dossier: Dossier, language: Language) -> Reply | None:
    """The reply to a message that asks to get or to stop bulletins; None for other messages."""
    words = " ".join(re.findall(r"\w+", text.lower()))
    if wish("stop").fullmatch(words):
        button = Button(f"🚫 {phrases_in(language).say('Unsubscribe')}", Command("unsubscribe"))
        sentence = "One press, and no more bulletins come to this chat. You can still ask."
        return said_reply(language, "🔕", "No more bulletins?", sentence, button)
    if wish("subscribe").fullmatch(words):
        sentence = "One press, and bulletins come to this chat. You can choose topics and times, and stop at any time."
        buttons = (subscribe_button(language), *latest_bulletin(dossier, language))
        return said_reply(language, "🔔", "Bulletins in this chat", sentence, *buttons)
    return None


def nothing_to_cancel(dossier: Dossier, language: Language) -> Reply:
    """The reply to ``/cancel``, which people know from other bots."""
    to_help = help_button(dossier, language)
    return said_reply(language, "👌", "Nothing to cancel", "Just ask your next question.", to_help)


def _first(dossier: Dossier) -> tuple[TopicId, ...]:
    """The first topics, which are shown to newcomers."""
    return tuple(topic.id for topic in dossier.topics.values() if not topic.is_program)[:_WELCOME_TOPICS]


def ask_what(dossier: Dossier, language: Language) -> Reply:
    """The reply to ``/ask`` without a question."""
    text = "Write your question after the command, as in: /ask how long does it last"
    return said_reply(language, "💬", "Ask in your own words", text, help_button(dossier, language))


def unknown_command(dossier: Dossier, name: str, language: Language) -> Reply:
    """The reply to an unknown command: similar commands, or the first topics if no command is similar."""
    own = OWN.get(name)
    if own is not None and own.is_for_readers:
        return _of_chats(dossier, name, language)
    if not name:  # "/@nota"
        return cannot_tell(dossier, (), language)
    near, phrases = _nearest(dossier, name), phrases_in(language)
    title = phrases.say("I don’t know the command “{name}”", name=name[:32])
    text = phrases.say("Is it one of these?") if near else phrases.say("Here is what I can tell you about:")
    reply = text_reply(language, "🤷", title, text, *_ways(dossier, near or _first(dossier), language))
    return replace(reply, suggestions=tuple(way for way in near if not isinstance(way, OwnCommand)))


def _of_chats(dossier: Dossier, name: str, language: Language) -> Reply:
    """The reply to a command about a chat where there is no chat, such as on the command line."""
    text = "Send it to Nota in a chat, or in the preview."
    return said_reply(language, "💬", "/{name} needs a chat", text, help_button(dossier, language), name=name)


def cannot_tell(dossier: Dossier, near: tuple[TopicId, ...], language: Language) -> Reply:
    """The reply to a question outside the dossier. ``near``: the topics to offer."""
    subject, buttons = dossier.header.title[language], _ways(dossier, near, language)
    text = "I only answer from checked sources, and only about this: {subject}."
    reply = said_reply(language, "🤷", "I have no answer to that", text, *buttons, subject=subject)
    return replace(reply, suggestions=near, unanswered=True)


def did_you_mean(
    dossier: Dossier, near: tuple[TopicId, ...], language: Language, unknown: tuple[str, ...] = ()
) -> Reply:
    """The reply to a question that may be about one of several topics: it asks which.

    ``unknown``: the question's words that no topic has. A few of them are named, so that the asker sees what was not understood.
    """
    phrases = phrases_in(language)
    title = phrases.say("Is it one of these?") if len(near) > 1 else phrases.say("Is it this?")
    mentioned = phrases.say("None of my topics mentions {words}.", words=quoted_words(unknown, language))
    blocks = (Paragraph((Span(mentioned),)),) if 0 < len(unknown) <= _NAMED else ()
    buttons = _ways(dossier, near, language)
    return Reply(None, language, title, "🤔", blocks, buttons=buttons, suggestions=near, unanswered=True)


def quoted_words(words: Sequence[str], language: Language) -> str:
    """The words as a list in a sentence: “ferry” or “tram”."""
    marked = [phrases_in(language).say("“{word}”", word=word) for word in words]
    return format_list(marked, style="or", locale=locale(language))


_Way = TopicId | OwnCommand


def _nearest(dossier: Dossier, name: str) -> tuple[_Way, ...]:
    """The topics and the bot's own commands whose names are most similar to ``name``."""
    own = {word: own for word, own in own_names().items() if own.is_listed and own.is_for_readers}
    words: dict[str, _Way] = {**own, **dossier.commands}
    matches = process.extract(name[:64].lower(), list(words), scorer=fuzz.ratio, score_cutoff=_LIKE, limit=8)
    return tuple(dict.fromkeys(words[word] for word, _, _ in matches))[:_OFFERED]


def _ways(dossier: Dossier, near: Sequence[_Way], language: Language) -> tuple[Button, ...]:
    """Buttons for the topics and commands, and for the list of all commands."""
    ways = (_way(dossier, name, language) for name in near if name != HELP)
    return (*ways, help_button(dossier, language))


def _way(dossier: Dossier, name: _Way, language: Language) -> Button:
    if isinstance(name, OwnCommand):
        return Button(f"/{name.name} · {phrases_in(language).say(name.summary)}", Command(name.name))
    if name in dossier.topics:
        return DossierTexts(dossier, language).topic_button(dossier.topics[name])
    emoji, title = TITLES[name]
    return Button(f"{emoji} {phrases_in(language).say(title)}", AboutTopic(name))


def help_button(dossier: Dossier, language: Language) -> Button:
    """The button for the list of all commands."""
    return _way(dossier, HELP, language)


def rating_buttons(topic: TopicId, language: Language, answer: str) -> tuple[Button, Button]:
    """The buttons that rate an answer about the topic. ``answer``: the name of that answer."""
    good, bad = _rating_labels(language)
    return Button(good, Rate(topic, True, answer)), Button(bad, Rate(topic, False, answer))


@cache
def _rating_labels(language: Language) -> tuple[str, str]:
    say = phrases_in(language).say
    return f"👍 {say('This helped')}", f"👎 {say('It did not')}"


def none_of_these(dossier: Dossier, language: Language) -> Reply:
    """The reply to a reader who says that nothing that was offered was meant."""
    text = "Then I have nothing on it yet. You can ask in other words."
    return said_reply(language, "🤷", "None of these", text, help_button(dossier, language))


def thanks_for_rating(language: Language, *, helped: bool) -> Reply:
    """The reply to a rating."""
    phrases = phrases_in(language)
    words = phrases.say("The editors see how often each answer helps, and nothing about who says so.")
    if not helped:
        words = way_to_editors(language)
    return text_reply(language, "🙏", phrases.say("Thank you"), words, private=True)


def way_to_editors(language: Language) -> str:
    return phrases_in(language).say(
        "Is something wrong with it? Write /{command} and what it is: it goes to the editors.", command=MISTAKE
    )


_REACTIONS = {"thanks": "❤", "cheer": "👏", "laughter": "😁", "farewell": "🤝"}
"""Kind of small talk → a reaction that every bot may use on Telegram (core.telegram.org/bots/api#reactiontypeemoji)."""


def no_words(dossier: Dossier, language: Language) -> Reply:
    """The reply to a sticker or a voice message."""
    words = "I read text only. Write your question, or pick a topic:"
    buttons = _ways(dossier, _first(dossier)[:_SMALLTALK_OFFERED], language)
    return said_reply(language, "🙈", "I cannot hear or see that", words, *buttons)


def small_talk(dossier: Dossier, kind: str, language: Language) -> Reply:
    """The reply to small talk: a short sentence, and buttons for topics."""
    emoji, title, words = _small_talk_phrases(kind, dossier, phrases_in(language))
    texts = DossierTexts(dossier, language)
    topics = [topic for topic in dossier.topics.values() if not topic.is_program][:_SMALLTALK_OFFERED]
    ways = [texts.topic_button(topic) for topic in topics] if kind == "greeting" else []
    reply = text_reply(language, emoji, title, words, *ways, help_button(dossier, language))
    return replace(reply, reaction=_REACTIONS.get(kind, ""))


def _small_talk_phrases(kind: str, dossier: Dossier, phrases: Phrases) -> tuple[str, str, str]:
    match kind:
        case "greeting":
            title = dossier.header.title[Language(phrases.language)]
            return "👋", phrases.say("Hello!"), phrases.say("My subject: {title}. Ask away.", title=title)
        case "thanks":
            return "🙂", phrases.say("You’re welcome!"), phrases.say("If there is anything else, just ask.")
        case "wellbeing":
            return "🙂", phrases.say("All well, thank you."), phrases.say("What would you like to know?")
        case "farewell":
            return "👋", phrases.say("See you!"), phrases.say("I’ll be here.")
        case "cheer":
            return "🙌", phrases.say("Good to hear."), phrases.say("If there is anything else, just ask.")
        case "insult":
            words = phrases.say("Tell me what you want to know, and I’ll say what the sources say.")
            return "🕊️", phrases.say("Sorry to have been no help."), words
        case _:
            return "😄", phrases.say("Ha!"), phrases.say("If there is anything else, just ask.")
