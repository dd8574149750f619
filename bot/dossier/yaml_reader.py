"""A content file → plain values with the line of each, or the mistakes that keep it from being read.

YAML 1.2's core schema on libyaml's parser: ``yes``, ``no`` and dates stay strings, duplicate keys are mistakes, and
anchors, aliases and tags are refused, so that a small file can never unfold into a large value (a "YAML bomb").
"""

import re
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from bot.dossier.diagnostics import Diagnostic, Place

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202d\u202e\ufffe\uffff]")
"""What no platform shows and not every database keeps, and what turns the direction of all that follows round."""


_UNWRITTEN = re.compile(rf"[{_CONTROL.pattern[1:-1]}\x85\u2028\u2029]")
"""The same, and line ends that libyaml counts and no editor does; escapes may name them."""


_CONFLICT = re.compile(r"^[ \t]*<{7} ", re.MULTILINE)


_MARKS = re.compile(r"(?:&(?=\S)|!)(?<![^\s,:\[\]{}\"'].)")
"""Where an anchor or a tag may stand."""


_HASH = re.compile(r" #\w")
"""Where a comment may have swallowed words."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The line that is wrong (from 1), what is wrong with it, and what is expected."""

    line: int
    problem: str
    expected: str


def unwanted(text: str) -> Diagnosis | None:
    """The first sign that nobody sees, or the first mark of a conflict."""
    if found := _UNWRITTEN.search(text):
        return _of_sign(found, text, 1)
    if "<<<<<<<" in text and (found := _CONFLICT.search(text)):
        expected = "expected one of the versions, without <<<, === and >>>"
        return Diagnosis(text.count("\n", 0, found.start()) + 1, "a conflict that Git left", expected)
    return None


def control(text: str, line: int) -> Diagnosis | None:
    """The first sign in a value that begins on ``line`` which escapes may not bring in either."""
    found = _CONTROL.search(text)
    return _of_sign(found, text, line) if found else None


def _of_sign(found: re.Match[str], text: str, line: int) -> Diagnosis:
    problem = f"the control character U+{ord(found[0]):04X}"
    return Diagnosis(line + text.count("\n", 0, found.start()), problem, "expected text without it")


def anchored(text: str) -> Diagnosis | None:
    """The first anchor or tag of a text that YAML can read: ``&Co profits`` would be read as "profits"."""
    if not _MARKS.search(text):
        return None
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if anchor or tag:
            written = f"the anchor {'&' + anchor!r}" if anchor else f"the tag {_written(str(tag))!r}"
            expected = "expected values without anchors and tags, and a text that begins with & or ! in quotes"
            return Diagnosis(event.start_mark.line + 1 if event.start_mark else 1, written, expected)
    return None


def _written(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!")


def cut_short(text: str) -> Iterator[tuple[int, str]]:
    """Lines (from 1) on which what follows an unquoted text is read as a comment, without a space after its ``#``."""
    if not _HASH.search(text):
        return
    lines = text.splitlines()
    for token in tokens(text):
        if isinstance(token, yaml.ScalarToken) and token.plain and token.end_mark.line < len(lines):
            rest = lines[token.end_mark.line][token.end_mark.column :]
            if re.match(r"\s+#\w", rest) and not re.fullmatch(r"[\d.,-]*", token.value):
                yield token.end_mark.line + 1, rest.strip()


@dataclass(frozen=True, slots=True)
class _Case:
    """Where the parser gave up (``line`` from 1, ``column`` from 0), and the line on which what it was reading starts."""

    text: str
    problem: str
    line: int
    column: int
    start: int

    def words(self, line: int) -> str:
        lines = self.text.splitlines()
        return lines[line - 1] if 0 < line <= len(lines) else ""

    def last(self) -> yaml.Token | None:
        """The last value or sign before that place."""
        found = None
        for token in tokens(self.text):
            if (token.start_mark.line + 1, token.start_mark.column) >= (self.line, self.column):
                break
            found = token
        return found


def diagnosed(error: yaml.MarkedYAMLError, text: str) -> Diagnosis:
    """What is wrong where the parser gave up."""
    mark, start = error.problem_mark or error.context_mark, error.context_mark or error.problem_mark
    line, column = (mark.line + 1, mark.column) if mark else (1, 0)
    case = _Case(text, error.problem or error.context or "", line, column, start.line + 1 if start else line)
    for near in (line, line - 1):
        if odd := _ODD_SPACE.match(case.words(near)):
            what = "a tab" if odd[1] == "\t" else "a space that is no ordinary one"
            return Diagnosis(near, f"{what} at the start of the line", "expected spaces, not tabs or others")
    told = next((tell for sign, tell in _CASES.items() if sign in case.problem), _otherwise)
    return told(case)


def tokens(text: str) -> Iterator[yaml.Token]:
    """The parser's tokens, as far as it can read the text."""
    try:
        yield from yaml.scan(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:  # the end of what can be read
        return


_ODD_SPACE = re.compile(r" *([\t\u00a0\u2000-\u200b\u202f\u3000])")


_UNSPACED = re.compile(r"\s*(?:- )?[\w.-]+:[^\s/]")
"""A key whose colon no space follows."""


_ALIKE = "expected key: value lines of one level to begin in the same column"


def _in_quotes(which: str) -> str:
    return f"expected a text that {which} to stand in quotes"


def _otherwise(case: _Case) -> Diagnosis:
    return Diagnosis(case.line, case.problem, "expected key: value lines, indented alike")


def _unclosed_quote(case: _Case) -> Diagnosis:
    return Diagnosis(case.start, "a quote that opens here is never closed", "expected the same quote at the end")


def _no_colon(case: _Case) -> Diagnosis:
    words = case.words(case.start)
    if _UNSPACED.match(words):
        return Diagnosis(case.start, "no space after the colon", "expected key: value")
    if re.match(r"\s*-[^\s-]", words):
        return Diagnosis(case.start, "no space after the dash", "expected - item")
    return _too_far_left(case, case.start) or Diagnosis(case.start, "a line without a key", "expected key: value")


def _too_far_left(case: _Case, line: int) -> Diagnosis | None:
    last = case.last()
    words = case.words(line).strip()
    if isinstance(last, yaml.ScalarToken) and (last.style in ("|", ">") or last.value.startswith(words)):
        problem = "begins further left than the text that it seems to belong to"
        return Diagnosis(line, problem, "expected all lines of a text to be indented alike")
    return None


def _no_key(case: _Case) -> Diagnosis:
    if not case.words(case.line)[: case.column].strip():
        odd = Diagnosis(case.line, "indented unlike the lines around it", _ALIKE)
        return _too_far_left(case, case.line) or odd
    return _after_value(case, case.last())


def _after_value(case: _Case, last: yaml.Token | None) -> Diagnosis:
    if isinstance(last, (yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)):
        sign = "{" if isinstance(last, yaml.FlowMappingEndToken) else "["
        return _starts_with(case, sign)
    if isinstance(last, yaml.ScalarToken) and last.start_mark.line < last.end_mark.line:
        return _unclosed_quote(replace(case, start=last.start_mark.line + 1))
    return Diagnosis(case.line, "words after a closing quote", "expected other quotes inside a text in quotes, as “…”")


def _second_colon(case: _Case) -> Diagnosis:
    last = case.last()
    start = last.start_mark.line + 1 if isinstance(last, yaml.ScalarToken) else case.line
    if start == case.line:
        return Diagnosis(case.line, "a second colon", _in_quotes('holds ": "') + ", and one key a line")
    if _UNSPACED.match(case.words(start)):
        return Diagnosis(start, "no space after the colon", "expected key: value")
    return Diagnosis(case.line, "indented further than the value above it allows", _ALIKE)


def _unclosed_bracket(case: _Case) -> Diagnosis:
    sign = "[" if "]" in case.problem else "{"
    closing = "]" if sign == "[" else "}"
    return Diagnosis(case.start, f"what {sign} began is not closed", f"expected {closing}, and commas between entries")


def _bad_start(case: _Case) -> Diagnosis:
    return _starts_with(case, case.words(case.line)[case.column : case.column + 1])


def _starts_with(case: _Case, sign: str) -> Diagnosis:
    return Diagnosis(case.line, f"a text that begins with {sign}", _in_quotes(f"begins with {sign}"))


def _star(case: _Case) -> Diagnosis:
    return _starts_with(case, "*" if re.search(r"(?:^|[\s,\[{])\*", case.words(case.line)) else "&")


def _escape(case: _Case) -> Diagnosis:
    return Diagnosis(case.line, "a backslash in double quotes", "expected \\\\ for one, or the text in single quotes")


def _after_bar(case: _Case) -> Diagnosis:
    return Diagnosis(case.line, "words after | or >", "expected them on the next line, or all of it in quotes")


def _second_document(case: _Case) -> Diagnosis:
    return Diagnosis(case.line, "a second document", "expected one in a file, without --- or ... inside")


def _no_item(case: _Case) -> Diagnosis:
    return Diagnosis(case.line, "no item of the list above it", "expected - item lines that begin in the same column")


def _no_entry(case: _Case) -> Diagnosis:
    return Diagnosis(case.line, "an entry missing in [ ] or { }", "expected [a, b] or {key: value}, closed")


_CASES: dict[str, Callable[[_Case], Diagnosis]] = {
    "found unexpected end of stream": _unclosed_quote,
    "could not find expected ':'": _no_colon,
    "did not find expected key": _no_key,
    "mapping values are not allowed": _second_colon,
    "did not find expected ',' or": _unclosed_bracket,
    "found character that cannot start any token": _bad_start,
    "found undefined alias": _star,
    "did not find expected alphabetic or numeric character": _star,
    "unknown escape character": _escape,
    "escape code": _escape,
    "hexdecimal number": _escape,
    "did not find expected comment or line break": _after_bar,
    "found another document": _second_document,
    "<document start>": _second_document,
    "did not find expected '-' indicator": _no_item,
    "did not find expected node content": _no_entry,
    "found unexpected ':'": _no_entry,
}
"""Words of libyaml's (scanner.c, parser.c) → what to make of them."""


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

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(str(diagnostic))
        self.diagnostic = diagnostic


def read(file: Path, name: str) -> Document:
    """The document in ``file``, called ``name`` in mistakes.

    Raises:
        Unreadable: too large, not UTF-8, not YAML, or YAML that unfolds (anchors, aliases, tags, deep nesting).
    """
    try:
        with file.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise Unreadable(
            Diagnostic(name, 1, f"cannot be read ({error.strerror})", "expected a readable file")
        ) from error
    return parse(raw, name)


def parse(raw: bytes, name: str) -> Document:
    """The document in ``raw``; raises as :func:`read` does."""
    if len(raw) > MAX_BYTES:
        raise Unreadable(Diagnostic(name, 1, "larger than 256 KiB", "expected a smaller file"))
    return _Reading(name).document(_decoded(raw, name))


def _decoded(raw: bytes, name: str) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problem = f"byte 0x{raw[error.start]:02x} is not UTF-8"
        raise Unreadable(Diagnostic(name, line, problem, "expected a file saved as UTF-8")) from error


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
        return Unreadable(Diagnostic(self.name, line, problem, expected))

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
