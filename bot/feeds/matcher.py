"""Decides whether an item concerns the dossier, by the ``match`` groups of a feed in ``feeds.yaml`` and stems of words. PURE."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.dossier.models import Match
from bot.matching.stemmer import stem
from bot.matching.tokenizer import tidy, words

Stems = tuple[str, ...]
MatchGroup = Literal["all", "any", "none"]


@dataclass(frozen=True, slots=True)
class Reason:
    """The result of one group for an item.

    Attributes:
        group: for ``all``, there is one reason per entry.
        wanted: the phrases as the editor wrote them; one of them is enough.
        found: the phrases that the item contains.
    """

    group: MatchGroup
    wanted: tuple[str, ...]
    found: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether the group is satisfied."""
        return bool(self.found) != (self.group == "none")


@dataclass(frozen=True, slots=True)
class FeedVerdict:
    """Whether an item matches, with the reasons for and against."""

    reasons: tuple[Reason, ...]

    @property
    def matches(self) -> bool:
        """Whether every group is satisfied; without groups, every item matches."""
        return all(reason.holds for reason in self.reasons)

    @property
    def found(self) -> tuple[str, ...]:
        """The phrases that were found, without those of the group ``none``."""
        return tuple(dict.fromkeys(phrase for each in self.reasons if each.group != "none" for phrase in each.found))


class FeedMatcher:
    """Compares items with one match, in one language."""

    def __init__(self, match: Match, language: str) -> None:
        self._language = language
        self._groups = [(group, [(each, self._stems(each)) for each in wanted]) for group, wanted in _groups(match)]

    def judge(self, *texts: str) -> FeedVerdict:
        """The verdict on an item with these texts. A phrase must be within one of them."""
        stems = [self._stems(text) for text in texts]
        singles = frozenset(stem for text in stems for stem in text)
        reasons = list[Reason]()
        for group, wanted in self._groups:
            found = tuple(phrase for phrase, its in wanted if _is_in(its, stems, singles))
            reasons.append(Reason(group, tuple(phrase for phrase, _ in wanted), found))
        return FeedVerdict(tuple(reasons))

    def _stems(self, text: str) -> Stems:
        return tuple(stem(word, self._language) for word in words(tidy(text)) if word[:1].isalnum())


def _groups(match: Match) -> Iterator[tuple[MatchGroup, Sequence[str]]]:
    yield from (("all", [entry] if isinstance(entry, str) else entry) for entry in match.all)
    if match.any:
        yield "any", match.any
    if match.none:
        yield "none", match.none


def _is_in(phrase: Stems, texts: Sequence[Stems], singles: frozenset[str]) -> bool:
    if not phrase or not singles.issuperset(phrase):
        return False
    return len(phrase) == 1 or any(
        text[start : start + len(phrase)] == phrase for text in texts for start in range(len(text) - len(phrase) + 1)
    )
