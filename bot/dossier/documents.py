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


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
"""What no platform shows and not every database keeps; YAML lets it in by escapes alone."""


class _Loader(yaml.CSafeLoader):
    """Leaves it to :meth:`_Reading._scalar` what a plain scalar is, which libyaml's loader would find out as well."""

    def resolve(self, kind: type[yaml.Node], _value: object, _implicit: object) -> str:
        return f"tag:yaml.org,2002:{kind.__name__}"


@dataclass(frozen=True, slots=True)
class Document:
    """A file's value, and the line (from 1) on which each of its parts starts; a block text's first line of words."""

    path: str
    value: Value
    lines: dict[Place, int]

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
        node = self._compose(text)
        lines: dict[Place, int] = {(): 1}
        if node is None:
            return Document(self.name, None, lines)
        return Document(self.name, self._value(node, (), lines, set()), lines)

    def _compose(self, text: str) -> yaml.Node | None:
        try:
            return yaml.compose(text, Loader=_Loader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else 1
            raise self._refusal(
                line, f"not YAML: {error.problem or error.context}", _syntax_remedy(text, line)
            ) from error
        except yaml.YAMLError as error:
            position = getattr(error, "position", 0)
            line = text.count("\n", 0, position) + 1
            raise self._refusal(line, "not YAML: a character that YAML does not allow", "expected text") from error

    def _refusal(self, line: int, problem: str, expected: str) -> Unreadable:
        return Unreadable(Mistake(self.name, line, problem, expected))

    def _value(self, node: yaml.Node, place: Place, lines: dict[Place, int], seen: set[int]) -> Value:
        line = node.start_mark.line + 1
        lines[place] = line + (isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"))
        if id(node) in seen:
            raise self._refusal(
                line, "an anchor is used here", "expected values written out, without anchors or aliases"
            )
        if len(place) > MAX_DEPTH:
            raise self._refusal(line, "nested too deeply", f"expected at most {MAX_DEPTH} levels")
        seen.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        if isinstance(node, yaml.MappingNode):
            return dict(self._pairs(node, place, lines, seen))
        return [self._value(item, (*place, index), lines, seen) for index, item in enumerate(node.value)]

    def _pairs(
        self, node: yaml.MappingNode, place: Place, lines: dict[Place, int], seen: set[int]
    ) -> Iterator[tuple[str, Value]]:
        keys: set[Hashable] = set()
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise self._refusal(line, "a key that is not plain text", "expected key: value")
            if key.value in keys:
                raise self._refusal(line, f"{key.value!r} stands twice", "expected each key once")
            keys.add(key.value)
            yield key.value, self._value(value, (*place, key.value), lines, seen)
            if not isinstance(value, yaml.ScalarNode) or value.style not in ("|", ">"):
                lines[(*place, key.value)] = line

    def _scalar(self, node: yaml.ScalarNode) -> Value:
        text = str(node.value)
        if node.tag.startswith("!"):
            raise self._refusal(node.start_mark.line + 1, f"the tag {node.tag!r}", "expected values without tags")
        if control := _CONTROL.search(text):
            line = node.start_mark.line + 1
            raise self._refusal(line, f"the control character U+{ord(control[0]):04X}", "expected text without it")
        if node.style or (text and text[0] not in _NO_WORD):
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


def _syntax_remedy(text: str, line: int) -> str:
    lines = text.splitlines()
    here = lines[line - 1] if 0 < line <= len(lines) else ""
    if "\t" in here[: len(here) - len(here.lstrip())]:
        return "expected spaces, not tabs, at the start of a line"
    if here.count(": ") > 1 or (": " in here and '"' not in here and "'" not in here):
        return 'expected a text that holds ": " to stand in quotes, and one key a line'
    return "expected key: value lines, indented alike"
