"""Whether an item is ours, and why: its words against a feed's groups of words and phrases. PURE.

Words are tidied and stemmed as those of questions are, so that other forms of a word count too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.answers.reading.stemming import stem
from bot.answers.reading.tidying import tidy, words
from bot.dossier.feeds import Match

Stems = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """What one group made of an item.

    Attributes:
        group: the group; of ``all``, there is a reason for each entry.
        wanted: the entry as the editor wrote it; several phrases where one of them is enough.
        found: those of them that are there.
    """

    group: Literal["all", "any", "none"]
    wanted: tuple[str, ...]
    found: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether the group has what it asks for."""
        return bool(self.found) != (self.group == "none")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an item is taken, with the reasons for and against."""

    reasons: tuple[Reason, ...]

    @property
    def taken(self) -> bool:
        """Whether every group has what it asks for; where there is none, everything is taken."""
        return all(reason.holds for reason in self.reasons)

    @property
    def found(self) -> tuple[str, ...]:
        """The phrases that speak for it, each once."""
        return tuple(dict.fromkeys(each for reason in self.reasons if reason.group != "none" for each in reason.found))


class Matcher:
    """Judges items by one match, in one language."""

    def __init__(self, match: Match, language: str) -> None:
        self._language = language
        self._groups = [(group, [(each, self._stems(each)) for each in wanted]) for group, wanted in _groups(match)]

    def judge(self, *texts: str) -> Verdict:
        """What the match says of an item that consists of these texts."""
        stems = [self._stems(text) for text in texts]
        singles = frozenset(stem for text in stems for stem in text)
        return Verdict(tuple(self._reason(group, wanted, stems, singles) for group, wanted in self._groups))

    def _reason(
        self,
        group: Literal["all", "any", "none"],
        wanted: Sequence[tuple[str, Stems]],
        texts: Sequence[Stems],
        singles: frozenset[str],
    ) -> Reason:
        found = tuple(phrase for phrase, stems in wanted if _is_in(stems, texts, singles))
        return Reason(group, tuple(phrase for phrase, _ in wanted), found)

    def _stems(self, text: str) -> Stems:
        found = (word for word in words(tidy(text)) if word[:1].isalnum())
        return tuple(stem(word, self._language) for word in found)


def _groups(match: Match) -> Iterator[tuple[Literal["all", "any", "none"], Sequence[str]]]:
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
