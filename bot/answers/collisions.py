"""Examples of questions that say the same for two topics, so that neither can be answered for sure. PURE."""

from collections.abc import Iterator

from bot.answers.phrasings import spelt
from bot.answers.reading.lexicography import lexicon
from bot.answers.reading.stemming import root, stem
from bot.dossier.mistakes import Fault
from bot.dossier.model import Dossier, Language
from bot.dossier.rules import file_of


def collision_faults(dossier: Dossier) -> Iterator[Fault]:
    """Warns of every example that another topic has too, whatever its word order, endings, hasty spellings and fillers."""
    for language in dossier.languages:
        first: dict[tuple[str, ...], tuple[str, str]] = {}
        for topic in dossier.topics.values():
            for position, ask in enumerate(topic.asks.get(language, ())):
                owner, said = first.setdefault(_meaning(ask, language), (topic.id, ask))
                if owner != topic.id:
                    problem = f"{ask!r} asks for {owner} as well" + (f" (there: {said!r})" if said != ask else "")
                    expected = "expected words that only one of them is asked with"
                    yield Fault(file_of(topic), ("asks", language, position), problem, expected, warning=True)


def _meaning(ask: str, language: Language) -> tuple[str, ...]:
    known = lexicon(language)
    found = known.telling(spelt(ask, known))
    return tuple(sorted({f"{stem(word, language)} {root(word, language)}" for word in found}))
