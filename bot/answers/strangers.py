"""Words that nobody knows, and what they speak against. PURE.

Mostly they are names of what a dossier does not speak of: a station behind "radio", a town behind "in".
"""

from collections.abc import Mapping, Sequence

from bot.answers.indexing import Index
from bot.answers.reading.lexicon import Lexicon
from bot.answers.reading.token import Token
from bot.answers.weighing import Weights
from bot.dossier.model import Language

_MIN_LETTERS = 3
"""Shorter words say nothing by themselves."""

DOUBTFUL = 0.75
"""What is no surer to be a word of the dossier is rather a place, where it stands as a place does."""

_LOUDEST = 1.5
"""How much more it counts at most in a shorter one."""

_NEAR = 2
"""So many words away from one that the dossier has, a stranger may belong to it ("radio X", "X on 5G")."""

_SHORT = 6
"""In a message of so many words a stranger counts in full; in a longer one less, as much as the message is longer."""


def strangers(indexes: Mapping[Language, Index], tokens: Sequence[Token], weights: Weights) -> float:
    """By what the scores of a message are multiplied for the words in it that nobody knows."""
    factor = 1.0
    for at, token in enumerate(tokens):
        lexicon = indexes[token.language].lexicon
        before = tokens[at - 1] if at else None
        behind = before is not None and before.word in lexicon.places
        if behind and (_is_strange(token, lexicon) or (token.kind == "known" and token.sureness <= DOUBTFUL)):
            factor *= weights.somewhere
        elif _is_strange(token, lexicon) or (before is not None and _is_model(before, token)):
            beside = any(each.kind == "known" for each in tokens[max(0, at - _NEAR) : at + _NEAR + 1])
            factor *= weights.beside if beside else weights.stranger
    return float(factor ** brevity(tokens))


def brevity(tokens: Sequence[Token]) -> float:
    """The power to which one word of the message may speak against all of it: 1 for :data:`_SHORT` words."""
    return min(_LOUDEST, _SHORT / max(1, len(tokens)))


def is_doubtful(token: Token, lexicon: Lexicon) -> bool:
    """Whether the word may rather be a name than the known word that it was taken for."""
    return token.word != token.typed and token.sureness <= DOUBTFUL and not lexicon.is_ordinary(token.typed)


def _is_model(before: Token, token: Token) -> bool:
    """Whether two words are a model's name, as "S 400"."""
    return before.kind == token.kind == "unknown" and len(before.word) < _MIN_LETTERS and token.word.isdigit()


def _is_strange(token: Token, lexicon: Lexicon) -> bool:
    named = token.kind == "unknown" and len(token.word) >= _MIN_LETTERS and not token.word[0].isdigit()
    return named and not lexicon.is_ordinary(token.word)
