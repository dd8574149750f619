"""Text in a given space: wrapped, shrunk, and cut only where nothing else helps. PURE."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.pictures.fonts import Face, width, writable

_NBSP = "\u00a0"
_SHORT = re.compile(r"(?<![^\s«“(])([^\W\d_]{1,2}) (?=\S)")
"""A word of one or two letters, which Russian typesetting does not leave at a line's end (nor does good English)."""

_ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class Setting:
    """Lines of one size; ``leading`` is the distance of their baselines."""

    lines: tuple[str, ...]
    face: Face
    size: float
    leading: float

    @property
    def height(self) -> float:
        """From the first line's cap height to the last baseline, with its descenders."""
        return self.leading * (len(self.lines) - 1) + self.size

    @property
    def cut(self) -> bool:
        """Whether it does not say all."""
        return bool(self.lines) and self.lines[-1].endswith(_ELLIPSIS)

    @property
    def width(self) -> float:
        return max((width(line, self.face, self.size) for line in self.lines), default=0)


def fit(
    text: str, face: Face, room: float, sizes: Sequence[float], most: int, *, spacing: float = 1.2, even: bool = False
) -> Setting:
    """The text at the largest of the sizes at which it takes at most ``most`` lines of ``room`` width.

    At the smallest size what is too much is cut with an ellipsis, and a word wider than the room is broken.
    ``even``: lines of a like width, as a headline has.

    Raises:
        Unwritable: the face lacks a letter of it.
    """
    words = _SHORT.sub(rf"\1{_NBSP}", writable(text, face).replace(" —", f"{_NBSP}—"))
    for size in sizes:
        lines = _wrapped(words, face, size, room)
        if len(lines) <= most and all(width(line, face, size) <= room for line in lines):
            return Setting(_evened(lines, words, face, size, room) if even else lines, face, size, size * spacing)
    size = sizes[-1]
    lines = tuple(part for line in _wrapped(words, face, size, room) for part in _broken(line, face, size, room))
    if len(lines) > most:
        lines = (*lines[: most - 1], _cut(" ".join(lines[most - 1 :]), face, size, room))
    return Setting(lines, face, size, size * spacing)


def _wrapped(words: str, face: Face, size: float, room: float) -> tuple[str, ...]:
    lines: list[str] = []
    for word in words.split(" "):
        if lines and width(f"{lines[-1]} {word}", face, size) <= room:
            lines[-1] += f" {word}"
        elif word:
            lines.append(word)
    return tuple(lines)


def _evened(lines: tuple[str, ...], words: str, face: Face, size: float, room: float) -> tuple[str, ...]:
    """As many lines, as narrow as they can be."""
    narrow, wide = room / max(1, len(lines)), room
    for _ in range(6):
        middle = (narrow + wide) / 2
        tried = _wrapped(words, face, size, middle)
        if len(tried) <= len(lines) and all(width(line, face, size) <= middle for line in tried):
            lines, wide = tried, middle
        else:
            narrow = middle
    return lines


def _broken(line: str, face: Face, size: float, room: float) -> list[str]:
    parts = [""]
    for sign in line:
        if parts[-1] and width(parts[-1] + sign, face, size) > room:
            parts.append("")
        parts[-1] += sign
    return parts


def _cut(line: str, face: Face, size: float, room: float) -> str:
    while line and width(line + _ELLIPSIS, face, size) > room:
        line = line[:-1]
    return line.rstrip(f" {_NBSP}.,;:–—") + _ELLIPSIS
