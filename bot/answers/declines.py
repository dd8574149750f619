"""Replies that answer no topic: the welcome, unknown commands, and what we cannot tell. PURE."""

from rapidfuzz import fuzz, process

from bot.answers.composing import Composer
from bot.answers.phrases import phrases
from bot.answers.question import HELP, AboutTopic
from bot.answers.reply import Button, Reply
from bot.dossier.model import Dossier, Language, TopicId
from bot.dossier.text import Paragraph, Span

_LIKE = 65
"""From which similarity (0 to 100) a command counts as a slip of the pen for another."""

_OFFERED = 3
_WELCOME_TOPICS = 6


def welcome(dossier: Dossier, language: Language) -> Reply:
    """What ``/start`` shows: what this is, and the first topics to press."""
    composer = Composer(dossier, language)
    first = [topic for topic in dossier.topics.values() if not topic.is_program][:_WELCOME_TOPICS]
    hint = phrases(language).say("Ask with a command, a button or in your own words.")
    return Reply(
        None,
        language,
        composer.line(dossier.header.title[language]),
        "📰",
        (*composer.blocks(dossier.header.summary[language]), Paragraph((Span(hint),))),
        buttons=(*(composer.way_to(topic) for topic in first), _all_commands(dossier, language)),
    )


def ask_what(dossier: Dossier, language: Language) -> Reply:
    """``/ask`` with nothing behind it."""
    tongue = phrases(language)
    words = tongue.say("Write your question behind the command, as in: /ask how long does it last")
    return _plain(language, "💬", tongue.say("Ask in your own words"), words, (_all_commands(dossier, language),))


def unknown_command(dossier: Dossier, name: str, language: Language) -> Reply:
    """A command that nobody knows, with the nearest ones that somebody does."""
    return _offering(dossier, nearest_commands(dossier, name), language, unknown=name[:32])


def cannot_tell(dossier: Dossier, near: tuple[TopicId, ...], language: Language) -> Reply:
    """A question outside the dossier, with the topics nearest to it, if any are near."""
    return _offering(dossier, near, language)


def nearest_commands(dossier: Dossier, name: str) -> tuple[TopicId, ...]:
    """The topics whose commands look most like ``name``."""
    found = process.extract(name[:64].lower(), list(dossier.commands), scorer=fuzz.ratio, score_cutoff=_LIKE, limit=8)
    return tuple(dict.fromkeys(dossier.commands[word] for word, _, _ in found))[:_OFFERED]


def _offering(dossier: Dossier, near: tuple[TopicId, ...], language: Language, unknown: str = "") -> Reply:
    tongue = phrases(language)
    composer = Composer(dossier, language)
    title = (
        tongue.say("I don't know the command /{name}", name=unknown) if unknown else tongue.say("I can't tell you that")
    )
    if unknown:
        words = tongue.say("Did you mean:") if near else tongue.say("Here is what I can tell you about:")
    else:
        words = tongue.say("I only answer from checked sources about this agreement.")
    buttons = tuple(composer.way_to(dossier.topics[name]) for name in near)
    reply = _plain(language, "🤷", title, words, (*buttons, _all_commands(dossier, language)))
    return Reply(None, language, reply.title, reply.emoji, reply.blocks, buttons=reply.buttons, suggestions=near)


def _plain(language: Language, emoji: str, title: str, words: str, buttons: tuple[Button, ...]) -> Reply:
    return Reply(None, language, title, emoji, (Paragraph((Span(words),)),), buttons=buttons)


def _all_commands(dossier: Dossier, language: Language) -> Button:
    if HELP in dossier.topics:
        return Composer(dossier, language).way_to(dossier.topics[HELP])
    return Button(f"❓ {phrases(language).say('Help')}", AboutTopic(HELP))
