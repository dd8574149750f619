"""What YAML's parser cannot read, in an editor's words, and at the line where it went wrong. PURE.

The parser's own words (libyaml's) speak of tokens and contexts, and may stand many lines below a quote that was never
closed.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import yaml


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The line that is wrong (from 1), what is wrong with it, and what is expected."""

    line: int
    problem: str
    expected: str


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
