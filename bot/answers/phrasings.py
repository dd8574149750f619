"""The words by which a dossier speaks of its topics: examples of questions, titles, texts, names. PURE."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.answers.composing import Composer
from bot.answers.formats import in_language
from bot.answers.reading.lexicography import lexicon
from bot.answers.reading.lexicon import Lexicon
from bot.answers.reading.romanizing import is_foreign, skeleton
from bot.answers.reading.spelling import sounds
from bot.answers.reading.stemming import stem
from bot.answers.reading.tidying import tidy, words, words_of
from bot.dossier import text
from bot.dossier.facts import Name, Place
from bot.dossier.model import Dossier, Language, Topic, TopicId
from bot.dossier.text import Items

_REFERENCE = re.compile(r"\{[^}]*\}")
"""A fact's place in a text: its id says nothing about how its value is written."""

_NAME_WORDS = 3
"""Up to so many words, all with capitals, are somebody's or something's name rather than a description."""


@dataclass(frozen=True, slots=True)
class Phrasing:
    """One way to name a topic or to ask for it."""

    text: str
    words: tuple[str, ...]


def phrasings(dossier: Dossier, name: TopicId, language: Language) -> Iterator[Phrasing]:
    """A topic's title, summary, commands and examples; of a list that the bot itself has, how people ask for it."""
    known = lexicon(language)
    composer = Composer(dossier, language)
    topic = dossier.topics.get(name)
    if topic is None:
        said = list(known.roles.get(name, ()))
    else:
        said = [composer.line(topic.title[language]), composer.line(topic.summary[language])]
        said += [word.replace("_", " ") for word in (topic.command_word, *_aliases(topic, language))]
        said += topic.asks.get(language, [])
    for phrase in dict.fromkeys(said):
        yield Phrasing(phrase, known.telling(spelt(phrase, known)))


def in_own_letters(
    said: Sequence[Sequence[Phrasing]], known: Lexicon, language: Language, abroad: frozenset[str]
) -> list[list[Phrasing]]:
    """The examples with words in other letters put in the language's own, wherever it has a word that sounds so.

    But for those that the dossier's other languages have: they are meant to be foreign ("iot").
    """
    own = {word for each in said for phrasing in each for word in phrasing.words if not is_foreign(word, language)}
    heard = sounds([*known.spelt, *sorted(own), *sorted(known.light)])

    def native(word: str) -> tuple[str, ...]:
        found = heard.get(skeleton(word), word) if is_foreign(word, language) and word not in abroad else word
        return known.spell(found)

    return [
        [replace(each, words=tuple(part for word in each.words for part in native(word))) for each in examples]
        for examples in said
    ]


def text_words(dossier: Dossier, name: TopicId, language: Language) -> list[str]:
    """The words of a topic's text, facts filled in; none for a list that has no text of its own."""
    topic = dossier.topics.get(name)
    if topic is None:
        return []
    known = lexicon(language)
    blocks = Composer(dossier, language).blocks(topic.body[language])
    lines = [spans for block in blocks for spans in (block.items if isinstance(block, Items) else (block.spans,))]
    return [word for spans in lines for piece in _pieces(text.plain(spans)) for word in spelt(piece, known)]


def asked(dossier: Dossier, language: Language) -> frozenset[str]:
    """The words of the topics' examples, as they are written."""
    asks = (ask for topic in dossier.topics.values() for ask in topic.asks.get(language, ()))
    return frozenset(word for ask in asks for word in words(tidy(ask)))


def names(dossier: Dossier, language: Language) -> frozenset[str]:
    """Stems of the facts that are names, but for words that the texts write small as well."""
    texts = [
        _REFERENCE.sub("", said)
        for topic in dossier.topics.values()
        for said in (topic.body[language], topic.summary[language])
    ]
    small = {stem(word, language) for said in texts for word in words_of(said) if word in said}
    found = {
        stem(word, language)
        for fact in dossier.facts.values()
        if isinstance(fact, (Name, Place))
        for word in _proper(in_language(fact.value, language))
    }
    return frozenset(found - small)


def spelt(phrase: str, known: Lexicon) -> list[str]:
    """The words of a phrase, hasty spellings made good."""
    return [part for word in words(tidy(phrase)) for part in known.spell(word)]


def _aliases(topic: Topic, language: Language) -> Sequence[str]:
    return topic.aliases if isinstance(topic.aliases, list) else topic.aliases.get(language, [])


def _proper(name: str) -> list[str]:
    parts = name.split()
    if len(parts) > _NAME_WORDS or not all(part[0].isupper() for part in parts):
        return []
    return words(tidy(name))


def _pieces(plain: str) -> list[str]:
    return plain.replace(". ", ".\n").splitlines()
