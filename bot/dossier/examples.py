"""Adds an example to ``questions/<topic id>.yaml``. The file keeps its comments and its style."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from bot.dossier.models import PROGRAM_PREFIX, Dossier, Language, Questions, TopicId
from bot.dossier.yaml_reader import ReadError, parse

FOLDER = "questions"


class CannotAdd(Exception):
    """The file cannot be changed. The message says why."""


def file_for_examples(dossier: Dossier, topic: TopicId) -> str:
    """The file for more examples of the topic, relative to the dossier's folder. It may not exist yet."""
    stems = [stem for stem in dossier.questions if dossier.topic_of_questions(stem) == topic]
    slug = topic.removeprefix(PROGRAM_PREFIX)
    stem = stems[0] if stems else slug if dossier.topic_of_questions(slug) == topic else topic
    return f"{FOLDER}/{stem}.yaml"


def is_writable(content: Path) -> bool:
    """Whether examples can be added to the dossier in this folder."""
    folder = content / FOLDER
    return os.access(folder if folder.exists() else content, os.W_OK)


def add_example(file: Path, language: Language, example: str) -> None:
    """Adds the example to the file, which is created if necessary.

    Raises:
        CannotAdd: the file has errors, is written in a way that cannot be kept, or cannot be written.
    """
    try:
        file = file.resolve()
        before = file.read_bytes().decode("utf-8-sig") if file.exists() else ""
        after = with_example(before, language, example)
        file.parent.mkdir(exist_ok=True)
        new = file.with_name(f".{file.name}.new")  # the loader ignores hidden files
        new.write_bytes(after.encode())
        if file.exists():
            shutil.copymode(file, new)
        new.replace(file)
    except OSError as error:
        raise CannotAdd(error.strerror or type(error).__name__) from error
    except UnicodeDecodeError as error:
        raise CannotAdd("it is not UTF-8") from error


def with_example(text: str, language: Language, example: str) -> str:
    """The text of a file with the example as the last one of its language. Nothing else is changed.

    Raises:
        CannotAdd: the text has errors, or is written in a way that cannot be kept.
    """
    wanted = _value_with(_valid(text), language, example)
    newline = "\r\n" if "\r\n" in text else "\n"
    root = yaml.compose(text, Loader=yaml.CSafeLoader)
    asks = _child(root, "asks")
    examples = _child(asks, language)
    quoted = _quoted(example)
    if isinstance(examples, yaml.SequenceNode) and examples.flow_style:
        end = examples.end_mark.index - 1
        after = f"{text[:end].rstrip()}{', ' if examples.value else ''}{quoted}{text[end:]}"
    else:
        if isinstance(examples, yaml.SequenceNode):
            lines = [f"- {quoted}"]
        elif isinstance(asks, yaml.MappingNode):
            lines = [f"{language}:", f"  - {quoted}"]
        else:
            lines = ["asks:", f"  {language}:", f"    - {quoted}"]
        above = examples or asks or root
        indent = above.start_mark.column if above else 0
        existing = text.splitlines(keepends=True)
        if existing and not existing[-1].endswith("\n"):
            existing[-1] += newline
        place = _last_line(above) + 1 if above else len(existing)
        existing[place:place] = [f"{' ' * indent}{line}{newline}" for line in lines]
        after = "".join(existing)
    try:
        is_kept = parse(after.encode()).value == wanted
    except ReadError:
        is_kept = False
    if not is_kept:
        raise CannotAdd("its examples are not written one a line")
    return after


def _valid(text: str) -> Mapping[str, Any]:
    try:
        value = parse(text.encode()).value
        Questions.model_validate({} if value is None else value)
    except ReadError as error:
        raise CannotAdd(f"line {error.line}: {error.message}") from error
    except ValidationError as error:
        raise CannotAdd("it has errors") from error
    return value if isinstance(value, dict) else {}


def _value_with(value: Mapping[str, Any], language: Language, example: str) -> dict[str, Any]:
    asks = dict(value.get("asks", {}))
    return {**value, "asks": {**asks, language: [*asks.get(language, ()), example]}}


def _child(node: yaml.Node | None, key: str) -> yaml.Node | None:
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return next((value for name, value in pairs if name.value == key), None)


def _last_line(node: yaml.Node) -> int:
    """The line (from 0) on which the node ends, without the comments below it."""
    while isinstance(node, yaml.CollectionNode) and node.value and not node.flow_style:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    end = node.end_mark
    return int(end.line) - (end.column == 0)


def _quoted(example: str) -> str:
    """The example as a list entry, in quotes only if YAML or a person would misread it without."""
    try:
        is_plain = parse(f"- [{example}]\n".encode()).value == [[example]] and " #" not in example
    except ReadError:
        is_plain = False
    return example if is_plain else json.dumps(example, ensure_ascii=False)
