"""What an editor is told. PURE."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

Place = tuple[str | int, ...]
"""Keys and indexes from the top of a file down to a value; () is the file itself."""

Where = tuple[str, Place]
"""A file, and a place in it."""


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One mistake of the content. ``line`` counts from 1.

    A ``warning`` does not keep the dossier from being used. ``counts``: one for which ``nota check`` fails all the same,
    because it is surely wrong, though it costs no answer.
    """

    path: str
    line: int
    problem: str
    expected: str
    warning: bool = False
    counts: bool = False

    @property
    def is_mild(self) -> bool:
        """Whether it is a warning and no more."""
        return self.warning and not self.counts

    def __str__(self) -> str:
        kind = "warning: " if self.is_mild else ""
        return f"{self.path}:{self.line}: {kind}{self.problem}, {self.expected}"


@dataclass(frozen=True, slots=True)
class Fault:
    """A mistake found in a value rather than in a file: where it stands, to be turned into a line.

    ``down`` is the number of lines below that place, for a fault inside a text of several lines. ``because`` is another
    place, in a file, on which it hangs: while that is wrong itself, nobody can say whether this is a fault at all.
    ``warning`` and ``counts`` are a mistake's.
    """

    path: str
    place: Place
    problem: str
    expected: str
    warning: bool = False
    down: int = 0
    because: Where | None = None
    counts: bool = False

    @property
    def is_mild(self) -> bool:
        """As a mistake's."""
        return self.warning and not self.counts


def nearest(wrong: str, known: Iterable[str]) -> str | None:
    """The known word that was most likely meant, whatever its case; None where none is near."""
    words = {word.casefold(): word for word in sorted(set(known), reverse=True)}
    near = get_close_matches(wrong.casefold(), words, n=1, cutoff=0.6)
    return words[near[0]] if near else None


def did_you_mean(wrong: str, known: Iterable[str], what: str, whole: bool = False) -> str:
    """What is expected instead of ``wrong``: the nearest known word, or the first few of them (``whole``: all)."""
    words = list(known) if whole else sorted(set(known))
    near = nearest(wrong, words)
    if near:
        return f"did you mean {near!r}?"
    if not words:
        return f"expected {what}, of which there is none"
    return f"expected {what}: {', '.join(words if whole else words[:6])}{' …' if len(words) > 6 and not whole else ''}"


def shown(given: object) -> str:
    """A value as the file has it, at most 40 characters of it."""
    text = repr(given) if isinstance(given, str) else _in_yaml(given)
    return text if len(text) <= 40 else text[:39] + "…"


def _in_yaml(given: object) -> str:
    match given:
        case None | bool():
            return {None: "null", True: "true", False: "false"}[given]
        case list():
            return f"[{', '.join(map(_in_yaml, given))}]"
        case dict():
            return f"{{{', '.join(f'{key}: {_in_yaml(value)}' for key, value in given.items())}}}"
        case _:
            return str(given)
