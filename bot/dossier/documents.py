"""A content file → plain values with the line of each, or the mistakes that keep it from being read.

YAML 1.2's core schema on libyaml's parser: ``yes``, ``no`` and dates stay strings, duplicate keys are mistakes, and
anchors, aliases and tags are refused, so that a small file can never unfold into a large value (a "YAML bomb").
"""

import re
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from bot.dossier.mistakes import Mistake, Place
from bot.dossier.syntax import Diagnosis, diagnosed
from bot.dossier.unwanted import anchored, control, cut_short, unwanted

MAX_BYTES = 256 * 1024
MAX_DEPTH = 12

Value = None | bool | int | float | str | list["Value"] | dict[str, "Value"]

_SCALARS: list[tuple[re.Pattern[str], Callable[[str], Value]]] = [
    (re.compile(r"(?:~|null|Null|NULL|)$"), lambda _: None),
    (re.compile(r"(?:true|True|TRUE)$"), lambda _: True),
    (re.compile(r"(?:false|False|FALSE)$"), lambda _: False),
    (re.compile(r"[-+]?[0-9]+$"), int),
    (re.compile(r"0o[0-7]+$"), lambda text: int(text, 0)),
    (re.compile(r"0x[0-9a-fA-F]+$"), lambda text: int(text, 0)),
    (re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$"), float),
]
_NO_WORD = frozenset("~nNtTfF+-.0123456789")
"""What a plain scalar begins with that may be anything but a text."""


_THOUSANDS = re.compile(r"[-+]?[1-9][0-9]{0,2}\.[0-9]{2}0")
"""What half the world means by 95.000 is no 95; nobody writes the last zero of a fraction."""


class _Loader(yaml.CSafeLoader):
    """Leaves it to :meth:`_Reading._scalar` what a plain scalar is, which libyaml's loader would find out as well."""

    def resolve(self, kind: type[yaml.Node], _value: object, _implicit: object) -> str:
        return f"tag:yaml.org,2002:{kind.__name__}"


@dataclass(frozen=True, slots=True)
class Document:
    """A file's value, and the line (from 1) on which each of its parts starts; a block text's first line of words.

    ``cut`` are the words after which the rest of a line was taken for a comment and looks like text (``Deal #1 signed``).
    """

    path: str
    value: Value
    lines: dict[Place, int]
    cut: tuple[tuple[int, str], ...] = ()

    def line(self, place: Place) -> int:
        """The line of the deepest part of ``place`` that stands in the file."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


class Unreadable(Exception):
    """A content file cannot be read as a document; carries the one mistake that says why."""

    def __init__(self, mistake: Mistake) -> None:
        super().__init__(str(mistake))
        self.mistake = mistake


def read(file: Path, name: str) -> Document:
    """The document in ``file``, called ``name`` in mistakes.

    Raises:
        Unreadable: too large, not UTF-8, not YAML, or YAML that unfolds (anchors, aliases, tags, deep nesting).
    """
    try:
        with file.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise Unreadable(Mistake(name, 1, f"cannot be read ({error.strerror})", "expected a readable file")) from error
    return parse(raw, name)


def parse(raw: bytes, name: str) -> Document:
    """The document in ``raw``; raises as :func:`read` does."""
    if len(raw) > MAX_BYTES:
        raise Unreadable(Mistake(name, 1, "larger than 256 KiB", "expected a smaller file"))
    return _Reading(name).document(_decoded(raw, name))


def _decoded(raw: bytes, name: str) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problem = f"byte 0x{raw[error.start]:02x} is not UTF-8"
        raise Unreadable(Mistake(name, line, problem, "expected a file saved as UTF-8")) from error


@dataclass(slots=True)
class _Reading:
    name: str

    def document(self, text: str) -> Document:
        self._refuse(unwanted(text))
        node = self._compose(text)
        self._refuse(anchored(text))
        lines: dict[Place, int] = {(): 1}
        if node is None:
            return Document(self.name, None, lines)
        return Document(self.name, self._value(node, (), lines), lines, tuple(cut_short(text)))

    def _compose(self, text: str) -> yaml.Node | None:
        try:
            return yaml.compose(text, Loader=_Loader)
        except yaml.MarkedYAMLError as error:
            found = diagnosed(error, text)
            raise self._refusal(found.line, f"not YAML: {found.problem}", found.expected) from error
        except yaml.YAMLError as error:
            line = text.encode()[: getattr(error, "position", 0)].count(b"\n") + 1
            raise self._refusal(line, "not YAML: a character that YAML does not allow", "expected text") from error

    def _refuse(self, found: Diagnosis | None) -> None:
        if found:
            raise self._refusal(found.line, found.problem, found.expected)

    def _refusal(self, line: int, problem: str, expected: str) -> Unreadable:
        return Unreadable(Mistake(self.name, line, problem, expected))

    def _value(self, node: yaml.Node, place: Place, lines: dict[Place, int]) -> Value:
        line = node.start_mark.line + 1
        lines[place] = line + (isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"))
        if len(place) > MAX_DEPTH:
            raise self._refusal(line, "nested too deeply", f"expected at most {MAX_DEPTH} levels")
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        if isinstance(node, yaml.MappingNode):
            return dict(self._pairs(node, place, lines))
        return [self._value(item, (*place, index), lines) for index, item in enumerate(node.value)]

    def _pairs(self, node: yaml.MappingNode, place: Place, lines: dict[Place, int]) -> Iterator[tuple[str, Value]]:
        keys: set[Hashable] = set()
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise self._refusal(line, "a key that is not plain text", "expected key: value")
            if key.value in keys:
                raise self._refusal(line, f"{key.value!r} stands twice", "expected each key once")
            keys.add(key.value)
            yield key.value, self._value(value, (*place, key.value), lines)
            if not isinstance(value, yaml.ScalarNode) or value.style not in ("|", ">"):
                lines[(*place, key.value)] = line

    def _scalar(self, node: yaml.ScalarNode) -> Value:
        text = str(node.value)
        if node.style == '"':  # whose escapes may hold anything
            self._refuse(control(text, node.start_mark.line + 1))
        if node.style or (text and text[0] not in _NO_WORD) or _THOUSANDS.fullmatch(text):
            return text
        for pattern, make in _SCALARS:
            if pattern.match(text):
                return _number(make, text)
        return text


def _number(make: Callable[[str], Value], text: str) -> Value:
    try:
        return make(text)
    except ValueError:  # longer than Python converts
        return text
