"""What a file must not hold, whatever YAML makes of it: signs nobody sees, what YAML would drop, and what Git left. PURE."""

import re
from collections.abc import Iterator

import yaml

from bot.dossier.syntax import Diagnosis, tokens

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202d\u202e\ufffe\uffff]")
"""What no platform shows and not every database keeps, and what turns the direction of all that follows round."""

_UNWRITTEN = re.compile(rf"[{_CONTROL.pattern[1:-1]}\x85\u2028\u2029]")
"""The same, and line ends that libyaml counts and no editor does; escapes may name them."""

_CONFLICT = re.compile(r"^[ \t]*<{7} ", re.MULTILINE)
_MARKS = re.compile(r"(?:&(?=\S)|!)(?<![^\s,:\[\]{}\"'].)")
"""Where an anchor or a tag may stand."""

_HASH = re.compile(r" #\w")
"""Where a comment may have swallowed words."""


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
