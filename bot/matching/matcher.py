"""A dossier made ready to be asked in words: built once, kept as long as the dossier. PURE."""

from collections.abc import Sequence
from threading import Lock
from weakref import finalize

from bot.dossier.models import Dossier, Language
from bot.matching.analyzer import Reader, Reading, Token, Tongue
from bot.matching.index import WEIGHTS, Index, Weights, asked
from bot.matching.scorer import Candidate, candidates
from bot.matching.speller import Speller
from bot.matching.stemmer import stem


class Understanding:
    """Reads questions about one dossier and finds the topics that may be meant."""

    def __init__(self, dossier: Dossier, weights: Weights = WEIGHTS) -> None:
        self.weights = weights
        said = {language: asked(dossier, language) for language in dossier.languages}
        self.indexes = {
            language: Index(
                dossier, language, weights, frozenset().union(*(said[each] for each in said if each != language))
            )
            for language in dossier.languages
        }
        self._reader = Reader({language: _tongue(index) for language, index in self.indexes.items()})

    def read(self, text: str, language: Language) -> Reading:
        """The words of a message from somebody who reads ``language``."""
        return self._reader.read(text, language)

    def candidates(self, tokens: Sequence[Token]) -> list[Candidate]:
        """The topics that explain some of the words, the likeliest first."""
        return candidates(self.indexes, tokens, self.weights)


_KEPT: dict[int, Understanding] = {}


_BUILDING = Lock()


def understanding(dossier: Dossier) -> Understanding:
    """The dossier's, built when it is first asked for; bulletins that come to it change nothing.

    Whoever asks for it while another thread builds one waits rather than building it again.
    """
    dossier = dossier.from_files
    found = _KEPT.get(id(dossier))
    if found is None:
        with _BUILDING:
            found = _KEPT.get(id(dossier))
            if found is None:
                found = _KEPT[id(dossier)] = Understanding(dossier)
                finalize(dossier, _KEPT.pop, id(dossier), None)
    return found


def take_over(dossier: Dossier, before: Dossier) -> None:
    """Has the dossier understood as the one before it was, where that was made of the same: a bulletin that comes changes nothing of it."""
    found, wanted = _KEPT.get(id(before.from_files)), dossier.from_files
    if found is None or _asked_by(dossier) != _asked_by(before):
        return
    with _BUILDING:
        if id(wanted) not in _KEPT:
            _KEPT[id(wanted)] = found
            finalize(wanted, _KEPT.pop, id(wanted), None)


def _asked_by(dossier: Dossier) -> tuple[object, ...]:
    """All of a dossier that questions are understood by."""
    return dossier.header, dossier.facts, tuple(dossier.topics.items())


def is_understood(dossier: Dossier) -> bool:
    """Whether the dossier can be asked in words at once."""
    return id(dossier.from_files) in _KEPT


def _tongue(index: Index) -> Tongue:
    lexicon = index.lexicon
    stems = frozenset(stem(word, index.language) for word in lexicon.everyday)
    return Tongue(
        index.language,
        lexicon,
        index.vocabulary,
        index.untold,
        terms=index.strengths.keys(),
        strange=stems - lexicon.everyday,
        home=index.home.keys(),
        speller=Speller(index.vocabulary, lexicon.light, lexicon.spelt, lexicon.everyday),
    )
