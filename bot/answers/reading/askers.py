"""Who asks, and from where: no part of the question. PURE."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from bot.answers.reading.lexicon import Lexicon
from bot.answers.reading.token import Token

_WINDOW = 5
"""So many words behind "I am" may still say who somebody is; among so many first ones may stand that somebody asks."""

_DOUBTFUL = 0.75
"""What is no surer to be a word of the dossier is rather a name, where it stands as a name does."""

Lexicons = Mapping[str, Lexicon]


def with_askers_aside(tokens: Sequence[Token], breaks: Collection[int], lexicons: Lexicons) -> tuple[Token, ...]:
    """The tokens, those put aside which only say who asks.

    That is all of "my teacher asks", where a message begins so; and behind "I am" or "my uncle in" names that nobody knows,
    and places. Where nothing else is left that may be a question, they are not put aside ("I am bored").
    """
    aside = {*range(_reported(tokens, breaks, lexicons)), *_introduced(tokens, breaks, lexicons)}
    rest = [token for at, token in enumerate(tokens) if at not in aside]
    if not any(
        token.kind == "known" or (len(rest) > 1 and token.word in lexicons[token.language].asking) for token in rest
    ):
        return tuple(tokens)
    return tuple(replace(token, kind="aside") if at in aside else token for at, token in enumerate(tokens))


def _reported(tokens: Sequence[Token], breaks: Collection[int], lexicons: Lexicons) -> int:
    """How many words at the beginning say no more than that somebody asks."""
    somebody = False
    for at, token in enumerate(tokens[:_WINDOW]):
        lexicon = lexicons[token.language]
        if somebody and at + 1 < len(tokens) and token.word in lexicon.reporting:
            return at + 1
        somebody |= token.word in lexicon.askers or "=people" in token.senses or token.kind == "unknown"
        if token.word in lexicon.asking or (at and at in breaks):
            break
    return 0


def _introduced(tokens: Sequence[Token], breaks: Collection[int], lexicons: Lexicons) -> Iterator[int]:
    """The positions of names and places that belong to whoever asks.

    What follows "I am" says that no longer from a word that asks, from one that carries a subject, unless it comes first or is
    somebody ("I am a student in"), or at the end of a sentence. One word alone speaks of the asker only where a sentence begins
    with it.
    """
    opening = True
    for start in range(len(tokens)):
        opening = start in breaks or start == 0 or (opening and _is_greeting(tokens[start - 1], lexicons))
        lengths = [length for length in _opened(tokens, start, lexicons) if opening or length > 1]
        first = end = start + max(lengths, default=-start)
        for at in range(end, min(end + _WINDOW, len(tokens)) if end else 0):
            token, lexicon = tokens[at], lexicons[tokens[at].language]
            if at in breaks or token.word in lexicon.asking or (at > first and _is_subject(token)):
                break
            first += token.word in lexicon.fillers
            if _is_name(token) or (token.kind == "elsewhere" and (at == end or token.is_place)):
                yield at


def _is_name(token: Token) -> bool:
    doubtful = token.word != token.typed and token.sureness <= _DOUBTFUL
    return token.kind in ("town", "unknown") or (token.kind == "known" and doubtful)


def _is_subject(token: Token) -> bool:
    return token.kind == "known" and "=people" not in token.senses and not _is_name(token)


def _is_greeting(token: Token, lexicons: Lexicons) -> bool:
    lexicon = lexicons[token.language]
    return token.word in lexicon.fillers or token.word in lexicon.chat


def _opened(tokens: Sequence[Token], start: int, lexicons: Lexicons) -> list[int]:
    """How many words long the phrases are that speak of the asker and begin here."""
    askers = lexicons[tokens[start].language].askers
    return [
        len(said)
        for said in askers.get(tokens[start].word, ())
        if tuple(each.word for each in tokens[start : start + len(said)]) == said
    ]
