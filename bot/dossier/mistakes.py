"""What an editor is told. PURE."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

Place = tuple[str | int, ...]
"""Keys and indexes from the top of a file down to a value; () is the file itself."""


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One mistake of the content. ``line`` counts from 1. A warning does not keep the dossier from being used."""

    path: str
    line: int
    problem: str
    expected: str
    warning: bool = False

    def __str__(self) -> str:
        kind = "warning: " if self.warning else ""
        return f"{self.path}:{self.line}: {kind}{self.problem}, {self.expected}"


@dataclass(frozen=True, slots=True)
class Fault:
    """A mistake found in a value rather than in a file: where it stands, to be turned into a line.

    ``down`` is the number of lines below that place, for a fault inside a text of several lines. ``because`` is another
    place, in a file, on which it hangs: while that is wrong itself, nobody can say whether this is a fault at all.
    """

    path: str
    place: Place
    problem: str
    expected: str
    warning: bool = False
    down: int = 0
    because: tuple[str, Place] | None = None


def did_you_mean(wrong: str, known: Iterable[str], what: str) -> str:
    """What is expected instead of ``wrong``: the nearest known word, or the first few of them."""
    words = sorted(set(known))
    near = get_close_matches(wrong, words, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    if not words:
        return f"expected {what}, of which there is none"
    return f"expected {what}: {', '.join(words[:6])}{' …' if len(words) > 6 else ''}"
