"""Entries written into the text of a content file: what is not of them stays as it is, with its order and its comments. PURE."""

import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from bot.dossier.entries import ABSENT, FILES_ALONE, HEADER, Content, Key, place_of, without_empties
from bot.dossier.schema import KINDS
from bot.dossier.yaml_reader import MAX_BYTES, ReadError, Value, parse
from bot.dossier.yaml_writer import written

_COMMENT = re.compile(r"(?:^|(?<=\s))#.*")

_Blocks = dict[str, Any]
"""Key of a file → what it has from now on; :data:`~bot.dossier.entries.ABSENT`: it is removed."""


@dataclass(frozen=True, slots=True)
class Edited:
    """A file's text after a change.

    Attributes:
        text: None: the file is removed.
        lost: the comments that stood in what was changed, with their lines before.
    """

    text: str | None
    lost: tuple[tuple[int, str], ...] = ()


def with_contents(path: str, text: str, contents: Mapping[Key, Content | None]) -> Edited:
    """The file's text with these contents of entries that it holds; None removes an entry.

    It may be longer than a file may be, or hold a character that none may.

    Args:
        path: of the file, in the dossier's folder.
        text: "": there is no such file.
        contents: all of this file.

    Raises:
        ReadError: the text cannot be read.
    """
    value = parse(text.encode()).value
    before: dict[str, Value] = value if isinstance(value, dict) else {}
    blocks: _Blocks = {}
    for key, content in contents.items():
        _, place = place_of(key)
        if place:
            blocks[str(place[0])] = ABSENT if content is None else _ordered(key, content)
        elif content is None:
            return Edited(None, tuple(_comments(text)))
        else:
            blocks = _changed_keys(key, before, _ordered(key, content))
    after = {name: each for name, each in (before | blocks).items() if each is not ABSENT}
    try:
        edited = _edited(text, blocks)
        if edited is not None and len((edited.text or "").encode()) > MAX_BYTES:
            return edited  # which the reader refuses
        if edited is not None and _same(parse((edited.text or "").encode()).value, after):
            return edited
    except ReadError:
        pass
    return Edited(written(after), tuple(_comments(text)))  # it is written in another style than one key a line


def _changed_keys(key: Key, before: Mapping[str, Value], content: Mapping[str, Value]) -> _Blocks:
    """The keys of a file of one entry that differ."""
    kept = FILES_ALONE if key == HEADER else ("id",)
    normal = {name: each for name, each in without_empties(before).items() if name not in kept}
    wanted = {name: each for name, each in content.items() if name not in kept}
    changed: _Blocks = {name: each for name, each in wanted.items() if name not in normal or normal[name] != each}
    return changed | {name: ABSENT for name in normal if name not in wanted}


def _ordered(key: Key, content: Content) -> dict[str, Value]:
    kind = key.partition("/")[0]
    order = KINDS[kind].model.model_fields if kind != "facts" and kind in KINDS else ()
    known = {name: content[name] for name in order if name in content}
    return {**known, **{name: each for name, each in content.items() if name not in known}}


def _same(value: Value, wanted: Mapping[str, Value]) -> bool:
    return without_empties(value if isinstance(value, dict) else {}) == without_empties(wanted)


def _edited(text: str, blocks: _Blocks) -> Edited | None:
    """The text with these blocks; None: its map is not one key a line."""
    root = yaml.compose(text, Loader=yaml.CSafeLoader)
    if root is not None and (not isinstance(root, yaml.MappingNode) or root.flow_style):
        return None
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += newline
    column = root.start_mark.column if root else 0
    spans = {name.value: _lines_of(name, value, lines) for name, value in root.value} if root else {}
    comments, lost = list(_comments(text)), list[tuple[int, str]]()

    def block(name: str, value: Any) -> list[str]:
        indented = textwrap.indent(written({name: value}), " " * column)
        return [f"{line}{newline}" for line in indented.split("\n")[:-1]]

    end = max((last + 1 for _, last in spans.values()), default=len(lines))
    new = {name: value for name, value in blocks.items() if value is not ABSENT and name not in spans}
    with_gaps = (_gap(lines, spans, newline) + block(name, value) for name, value in new.items())
    added = [line for of_block in with_gaps for line in of_block]
    lines[end:end] = added
    for name, (first, last) in sorted(spans.items(), key=lambda each: -each[1][0]):
        if name in blocks:
            value = blocks[name]
            lost += [each for each in comments if first < each[0] <= last + 1]
            lines[first : last + 1] = [] if value is ABSENT else block(name, value)
    return Edited("".join(lines), tuple(sorted(lost)))


def _gap(lines: list[str], spans: Mapping[str, tuple[int, int]], newline: str) -> list[str]:
    """An empty line before a new block, if the blocks of the file have one between them."""
    above = max((start for start, _ in spans.values()), default=0) - 1
    while above > 0 and lines[above].lstrip().startswith("#"):
        above -= 1
    return [newline] if len(spans) > 1 and not lines[above].strip() else []


def _lines_of(name: yaml.Node, value: yaml.Node, lines: list[str]) -> tuple[int, int]:
    """The first and the last line (from 0) of a key with its value, without the comments and empty lines below."""
    node = value
    while isinstance(node, yaml.CollectionNode) and node.value and not node.flow_style:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    end = node.end_mark.line - (node.end_mark.column == 0)
    while end > name.start_mark.line and not lines[end].strip():
        end -= 1
    return name.start_mark.line, max(end, name.start_mark.line)


def _comments(text: str) -> Iterator[tuple[int, str]]:
    """The comments, with their lines (from 1)."""
    tokens = [each for each in yaml.scan(text, Loader=yaml.CSafeLoader) if isinstance(each, yaml.ScalarToken)]
    marks = [(each.start_mark, each.end_mark) for each in tokens]
    words = [((start.line, start.column), (end.line, end.column)) for start, end in marks]
    for number, line in enumerate(text.splitlines()):
        for match in _COMMENT.finditer(line):
            if not any(start <= (number, match.start()) < end for start, end in words):
                yield number + 1, match[0].strip()
                break
