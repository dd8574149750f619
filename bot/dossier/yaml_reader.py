"""Reads a content file as plain values with their lines, or raises a :class:`ReadError` that says what is wrong.

YAML 1.2's core schema on libyaml's parser: ``yes``, ``no`` and dates stay strings and duplicate keys are errors. Anchors,
aliases and tags are refused, so a small file never expands into a large value (a "YAML bomb").
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf
from pathlib import Path

import yaml

from bot.dossier.diagnostics import Place

MAX_BYTES = 256 * 1024
MAX_DEPTH = 12

Value = None | bool | int | float | str | list["Value"] | dict[str, "Value"]


class ReadError(Exception):
    """A file cannot be read. ``line`` counts from 1; ``message`` says what is wrong, ``fix`` what is expected."""

    def __init__(self, line: int, message: str, fix: str) -> None:
        super().__init__(f"{line}: {message}, {fix}")
        self.line, self.message, self.fix = line, message, fix


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """The value of a file, and the lines of its parts.

    Attributes:
        value: maps, lists and scalars; None for an empty file.
        lines: the line (from 1) on which each part starts; for a block text (``|``) the line of its first words.
        comments: lines with words that YAML reads as a comment (``Deal #1 signed``), and those words.
    """

    value: Value
    lines: dict[Place, int]
    comments: tuple[tuple[int, str], ...] = ()

    def line(self, place: Place) -> int:
        """The line of ``place``, or of the nearest part around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def read(file: Path) -> YamlDocument:
    """Reads a file.

    Raises:
        ReadError: the file is not readable, too large, not UTF-8, not YAML, nested too deeply, or has anchors or tags.
    """
    try:
        with file.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ReadError(1, f"cannot be read ({error.strerror})", "expected a readable file") from error
    return parse(raw)


def parse(raw: bytes) -> YamlDocument:
    """Parses a file's bytes; raises as :func:`read` does."""
    if len(raw) > MAX_BYTES:
        raise ReadError(1, "larger than 256 KiB", "expected a smaller file")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ReadError(
            line, f"byte 0x{raw[error.start]:02x} is not UTF-8", "expected a file saved as UTF-8"
        ) from error
    _refuse_control_characters(text, 1, _CONTROL_IN_FILES)
    _refuse_conflicts(text)
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        raise explain_yaml_error(error, text) from error
    except yaml.YAMLError as error:
        line = text.encode()[: getattr(error, "position", 0)].count(b"\n") + 1
        raise ReadError(line, "not YAML: a character that YAML does not allow", "expected text") from error
    _refuse_anchors_and_tags(text)
    lines: dict[Place, int] = {(): 1}
    if node is None:
        return YamlDocument(None, lines)
    return YamlDocument(_value(node, (), lines), lines, tuple(_accidental_comments(text)))


class _Loader(yaml.CSafeLoader):
    """Leaves the type of plain scalars to :func:`_scalar`."""

    def resolve(self, kind: type[yaml.Node], _value: object, _implicit: object) -> str:
        return f"tag:yaml.org,2002:{kind.__name__}"


def _value(node: yaml.Node, place: Place, lines: dict[Place, int]) -> Value:
    """The node's value; records the lines of its parts in ``lines``."""
    line = node.start_mark.line + 1
    lines[place] = line + (isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"))
    if len(place) > MAX_DEPTH:
        raise ReadError(line, "nested too deeply", f"expected at most {MAX_DEPTH} levels")
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*place, index), lines) for index, item in enumerate(node.value)]
    entries: dict[str, Value] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise ReadError(line, "a key that is not plain text", "expected key: value")
        if key.value in entries:
            raise ReadError(line, f"the key {key.value!r} is given twice", "expected each key once")
        entries[key.value] = _value(value, (*place, key.value), lines)
        if not isinstance(value, yaml.ScalarNode) or value.style not in ("|", ">"):
            lines[*place, key.value] = line
    return entries


_SCALARS: list[tuple[re.Pattern[str], Callable[[str], Value]]] = [
    (re.compile(r"(?:~|null|Null|NULL|)$"), lambda _: None),
    (re.compile(r"(?:true|True|TRUE)$"), lambda _: True),
    (re.compile(r"(?:false|False|FALSE)$"), lambda _: False),
    (re.compile(r"[-+]?[0-9]+$"), int),
    (re.compile(r"0o[0-7]+$"), lambda text: int(text, 0)),
    (re.compile(r"0x[0-9a-fA-F]+$"), lambda text: int(text, 0)),
    (re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$"), float),
]
"""YAML 1.2.2, section 10.3.2 (core schema), without infinities and NaN."""

_MAYBE_NO_TEXT = frozenset("~nNtTfF+-.0123456789")
"""The first characters of plain scalars that may not be text."""

_THOUSANDS = re.compile(r"[-+]?[1-9][0-9]{0,2}\.[0-9]{2}0")
"""``95.000`` means 95,000 in Indonesian and Russian, so it stays text and the model refuses it."""


def _scalar(node: yaml.ScalarNode) -> Value:
    text = str(node.value)
    if node.style == '"':  # escapes may produce any character
        _refuse_control_characters(text, node.start_mark.line + 1, CONTROL)
    if node.style or (text and text[0] not in _MAYBE_NO_TEXT) or _THOUSANDS.fullmatch(text):
        return text
    for pattern, convert in _SCALARS:
        if pattern.match(text):
            try:
                value = convert(text)
                return text if value in (inf, -inf) else value  # JSON has no infinity
            except ValueError:  # more digits than Python converts
                return text
    return text


CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202d\u202e\ufffe\uffff]")
"""Characters that platforms do not show or PostgreSQL does not store, and overrides of the writing direction."""

_CONTROL_IN_FILES = re.compile(rf"[{CONTROL.pattern[1:-1]}\x85\u2028\u2029]")
"""Also line ends that libyaml counts and editors do not; escapes may name them."""


def _refuse_control_characters(text: str, line: int, pattern: re.Pattern[str]) -> None:
    if match := pattern.search(text):
        line += text.count("\n", 0, match.start())
        raise ReadError(line, f"the control character U+{ord(match[0]):04X}", "expected text without it")


def _refuse_conflicts(text: str) -> None:
    if match := re.search(r"^[ \t]*<{7} ", text, re.MULTILINE):
        line = text.count("\n", 0, match.start()) + 1
        raise ReadError(line, "an unresolved Git conflict", "expected one of the versions, without <<<, === and >>>")


_MAYBE_ANCHOR_OR_TAG = re.compile(r"(?:&(?=\S)|!)(?<![^\s,:\[\]{}\"'].)")


def _refuse_anchors_and_tags(text: str) -> None:
    """Refuses anchors and tags. YAML would read ``&Co profits`` as "profits"."""
    if not _MAYBE_ANCHOR_OR_TAG.search(text):
        return
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if anchor or tag:
            written = str(tag).replace("tag:yaml.org,2002:", "!!")
            message = f"the anchor {'&' + anchor!r}" if anchor else f"the tag {written!r}"
            fix = "expected values without anchors and tags, and a text that begins with & or ! in quotes"
            raise ReadError(event.start_mark.line + 1 if event.start_mark else 1, message, fix)


def _accidental_comments(text: str) -> Iterator[tuple[int, str]]:
    """Lines (from 1) where a comment follows plain text and has no space after its ``#``."""
    if not re.search(r" #\w", text):
        return
    lines = text.splitlines()
    for token in _tokens(text):
        if isinstance(token, yaml.ScalarToken) and token.plain and token.end_mark.line < len(lines):
            rest = lines[token.end_mark.line][token.end_mark.column :]
            if re.match(r"\s+#\w", rest) and not re.fullmatch(r"[\d.,-]*", token.value):
                yield token.end_mark.line + 1, rest.strip()


def _tokens(text: str) -> Iterator[yaml.Token]:
    """The parser's tokens, up to the first error."""
    try:
        yield from yaml.scan(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        return


@dataclass(frozen=True, slots=True)
class _Failure:
    """Where libyaml failed: its ``problem``, the line (from 1) and column (from 0), and where the construct starts."""

    text: str
    problem: str
    line: int
    column: int
    start: int

    def line_text(self, line: int) -> str:
        lines = self.text.splitlines()
        return lines[line - 1] if 0 < line <= len(lines) else ""

    def last_token(self) -> yaml.Token | None:
        """The last token before the failure."""
        last = None
        for token in _tokens(self.text):
            if (token.start_mark.line + 1, token.start_mark.column) >= (self.line, self.column):
                break
            last = token
        return last


_Finding = tuple[int, str, str]
"""The line to fix, what is wrong there, and the fix."""


def explain_yaml_error(error: yaml.MarkedYAMLError, text: str) -> ReadError:
    """Finds the line that an editor has to fix, which is often before the one where libyaml failed."""
    mark, start = error.problem_mark or error.context_mark, error.context_mark or error.problem_mark
    line, column = (mark.line + 1, mark.column) if mark else (1, 0)
    failure = _Failure(text, error.problem or error.context or "", line, column, start.line + 1 if start else line)
    line, message, fix = _finding(failure)
    return ReadError(line, f"not YAML: {message}", fix)


def _finding(failure: _Failure) -> _Finding:
    for line in (failure.line, failure.line - 1):
        if space := _ODD_SPACE.match(failure.line_text(line)):
            what = "a tab" if space[1] == "\t" else "an unusual space"
            return line, f"{what} at the start of the line", "expected ordinary spaces"
    for words, explanation in _EXPLANATIONS.items():
        if words in failure.problem:
            return explanation(failure) if callable(explanation) else (failure.line, *explanation)
    return failure.line, failure.problem, "expected key: value lines with the same indentation"


_ODD_SPACE = re.compile(r" *([\t\u00a0\u2000-\u200b\u202f\u3000])")

_KEY_WITHOUT_SPACE = re.compile(r"\s*(?:- )?[\w.-]+:[^\s/]")

_ALIGN = "expected key: value lines of one level in the same column"


def _fix_quotes(which: str) -> str:
    return f"expected quotes around a text that {which}"


def _unclosed_quote(failure: _Failure) -> _Finding:
    return failure.start, "a quote that opens here is never closed", "expected the same quote at the end"


def _missing_colon(failure: _Failure) -> _Finding:
    line, text = failure.start, failure.line_text(failure.start)
    if _KEY_WITHOUT_SPACE.match(text):
        return line, "no space after the colon", "expected key: value"
    if re.match(r"\s*-[^\s-]", text):
        return line, "no space after the dash", "expected - item"
    return _too_far_left(failure, line) or (line, "a line without a key", "expected key: value")


def _too_far_left(failure: _Failure, line: int) -> _Finding | None:
    last, text = failure.last_token(), failure.line_text(line).strip()
    if isinstance(last, yaml.ScalarToken) and (last.style in ("|", ">") or last.value.startswith(text)):
        message = "begins further left than the text it seems to belong to"
        return line, message, "expected the same indentation for all lines of a text"
    return None


def _missing_key(failure: _Failure) -> _Finding:
    if not failure.line_text(failure.line)[: failure.column].strip():
        odd = failure.line, "not indented like the lines around it", _ALIGN
        return _too_far_left(failure, failure.line) or odd
    last = failure.last_token()
    if isinstance(last, (yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)):
        return _begins_with(failure, "{" if isinstance(last, yaml.FlowMappingEndToken) else "[")
    if isinstance(last, yaml.ScalarToken) and last.start_mark.line < last.end_mark.line:
        return last.start_mark.line + 1, *_unclosed_quote(failure)[1:]
    return failure.line, "words after a closing quote", "expected different quotes inside a quoted text, as “…”"


def _second_colon(failure: _Failure) -> _Finding:
    last = failure.last_token()
    start = last.start_mark.line + 1 if isinstance(last, yaml.ScalarToken) else failure.line
    if start == failure.line:
        return failure.line, "a second colon", _fix_quotes('contains ": "') + ", and one key a line"
    if _KEY_WITHOUT_SPACE.match(failure.line_text(start)):
        return start, "no space after the colon", "expected key: value"
    return failure.line, "indented further than the value above it allows", _ALIGN


def _unclosed_bracket(failure: _Failure) -> _Finding:
    opening, closing = "[]" if "]" in failure.problem else "{}"
    if opening == "{" and re.search(r"\{.*:\s.*:\s", failure.line_text(failure.line)):
        return failure.line, "a second colon inside { }", _fix_quotes('contains ": "')
    return failure.start, f"{opening} is not closed", f"expected {closing}, and commas between entries"


def _begins_with(failure: _Failure, character: str) -> _Finding:
    return failure.line, f"a text that begins with {character}", _fix_quotes(f"begins with {character}")


def _bad_start(failure: _Failure) -> _Finding:
    return _begins_with(failure, failure.line_text(failure.line)[failure.column : failure.column + 1])


def _star_or_ampersand(failure: _Failure) -> _Finding:
    has_star = re.search(r"(?:^|[\s,\[{])\*", failure.line_text(failure.line))
    return _begins_with(failure, "*" if has_star else "&")


_BACKSLASH = ("a backslash in double quotes", "expected \\\\ for one, or the text in single quotes")
_SECOND_DOCUMENT = ("a second document", "expected one in a file, without --- or ... inside")
_MISSING_ENTRY = ("a missing entry in [ ] or { }", "expected [a, b] or {key: value}, closed")

_EXPLANATIONS: dict[str, Callable[[_Failure], _Finding] | tuple[str, str]] = {
    "found unexpected end of stream": _unclosed_quote,
    "could not find expected ':'": _missing_colon,
    "did not find expected key": _missing_key,
    "mapping values are not allowed": _second_colon,
    "did not find expected ',' or": _unclosed_bracket,
    "found character that cannot start any token": _bad_start,
    "found undefined alias": _star_or_ampersand,
    "did not find expected alphabetic or numeric character": _star_or_ampersand,
    "unknown escape character": _BACKSLASH,
    "escape code": _BACKSLASH,
    "hexdecimal number": _BACKSLASH,
    "did not find expected comment or line break": (
        "words after | or >",
        "expected the words on the next line, or the text in quotes",
    ),
    "found another document": _SECOND_DOCUMENT,
    "<document start>": _SECOND_DOCUMENT,
    "did not find expected '-' indicator": (
        "not an item of the list above",
        "expected - item lines that begin in the same column",
    ),
    "did not find expected node content": _MISSING_ENTRY,
    "found unexpected ':'": _MISSING_ENTRY,
}
"""Words of libyaml's messages (scanner.c, parser.c) → message and fix, or a function that finds them."""
