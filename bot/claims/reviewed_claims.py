"""Claims that editors reviewed, and messages that repeat them. PURE."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.claims.facts import Facts, Keys, LanguageFacts, all_keys
from bot.claims.words import normal
from bot.dossier.models import Claim

_REPEATED = 0.8
"""From this share of common words on a message repeats a claim: of five words one may differ."""


@dataclass(frozen=True, slots=True)
class _Example:
    """How people say a claim: its words without values, its values, whether it denies something."""

    claim: Claim | None
    words: tuple[Keys, ...]
    values: tuple[object, ...]
    denies: bool


class ReviewedClaims:
    """The reviewed claims of a dossier."""

    def __init__(self, facts: Facts) -> None:
        self._examples = [
            _example(claim, example, facts.languages[language])
            for claim in facts.dossier.claims.values()
            for language, examples in claim.says.items()
            for example in examples
        ]

    def repeated(self, text: str, known: LanguageFacts) -> Claim | None:
        """The claim that a message repeats: the same values and denials, and nearly the same words; None if there is none."""
        if not self._examples:
            return None
        said = _example(None, text, known)
        alike = [(_alike(each, said), each.claim) for each in self._examples if _is_comparable(each, said)]
        likeness, best = max(alike, key=lambda pair: pair[0], default=(0.0, None))
        return best if likeness >= _REPEATED else None


def _is_comparable(one: _Example, other: _Example) -> bool:
    return (one.values, one.denies) == (other.values, other.denies)


def _example(claim: Claim | None, text: str, known: LanguageFacts) -> _Example:
    plain = normal(text)
    values = known.reader.read(plain)
    for each in reversed(values):
        plain = plain[: each.start] + " " + plain[each.end :]
    plain = known.words.opening.sub(" ", known.words.asking.sub(" ", plain))
    denials = sum(word in known.words.negation for word in plain.split())
    words = tuple(known.keys(word) for word in known.split(plain) if not known.is_empty(word))
    stated = tuple((v.kind, v.low, v.high, v.bound, v.currency, v.year, v.month, v.day) for v in values)
    return _Example(claim, words, stated, denials % 2 == 1)


def _alike(first: _Example, second: _Example) -> float:
    """0 to 1: the share of the words of both that the other has, too."""

    def common(words: Sequence[Keys], others: Sequence[Keys]) -> int:
        return sum(not keys.isdisjoint(all_keys(others)) for keys in words)

    total = len(first.words) + len(second.words)
    return (common(first.words, second.words) + common(second.words, first.words)) / total if total else 0.0
