"""Greetings, thanks, insults: what is said to a bot without asking it anything. PURE."""

from collections.abc import Sequence
from itertools import combinations

from bot.answers.composing import Composer
from bot.answers.declines import help_button, plain_reply
from bot.answers.phrases import Phrases, phrases
from bot.answers.reading.lexicon import Lexicon
from bot.answers.reading.token import Token
from bot.answers.reply import Reply
from bot.dossier.model import Dossier, Language

_KINDS = ("insult", "thanks", "wellbeing", "farewell", "greeting", "cheer", "laughter")
"""In the order in which they decide where languages disagree."""

EXCLAMATIONS = frozenset({"cheer", "laughter"})
"""What is called out; the same words may be how people ask for a topic."""

_MAX_WORDS = 10
_OFFERED = 3


def kind_of_talk(tokens: Sequence[Token], lexicons: Sequence[Lexicon]) -> str | None:
    """What kind of small talk a message is; None where it holds more than that."""
    if not 0 < len(tokens) <= _MAX_WORDS:
        return None
    typed, meant = tuple(token.typed for token in tokens), tuple(token.word for token in tokens)
    kinds = [kind for each in lexicons for words in (typed, meant) if (kind := _kind(words, each))]
    return min(kinds, key=_KINDS.index, default=None)


def small_talk(dossier: Dossier, kind: str, language: Language) -> Reply:
    """A short answer, with a way to something to ask about."""
    emoji, title, words = _said(kind, dossier, phrases(language))
    composer = Composer(dossier, language)
    topics = [topic for topic in dossier.topics.values() if not topic.is_program][:_OFFERED]
    ways = [composer.way_to(topic) for topic in topics] if kind == "greeting" else []
    return plain_reply(language, emoji, title, words, (*ways, help_button(dossier, language)))


def _said(kind: str, dossier: Dossier, tongue: Phrases) -> tuple[str, str, str]:
    match kind:
        case "greeting":
            title = dossier.header.title[Language(tongue.language)]
            return "👋", tongue.say("Hello!"), tongue.say("My subject: {title}. Ask away.", title=title)
        case "thanks":
            return "🙂", tongue.say("You’re welcome!"), tongue.say("If there is anything else, just ask.")
        case "wellbeing":
            return "🙂", tongue.say("All well, thank you."), tongue.say("What would you like to know?")
        case "farewell":
            return "👋", tongue.say("See you!"), tongue.say("I’ll be here.")
        case "cheer":
            return "🙌", tongue.say("Good to hear."), tongue.say("If there is anything else, just ask.")
        case "insult":
            words = tongue.say("Tell me what you want to know, and I’ll say what the sources say.")
            return "🕊️", tongue.say("Sorry to have been no help."), words
        case _:
            return "😄", tongue.say("Ha!"), tongue.say("If there is anything else, just ask.")


def _kind(words: tuple[str, ...], lexicon: Lexicon) -> str | None:
    for start, end in combinations(range(len(words) + 1), 2):
        kind = lexicon.smalltalk.get(words[start:end])
        if kind and all(word in lexicon.around or word in lexicon.fillers for word in words[:start] + words[end:]):
            return kind
    return None
