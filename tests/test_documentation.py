"""The documentation names only files, sections, tests, commands and targets that exist."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import cli

ROOT = Path(__file__).parents[1]
DOCS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "benchmarks/README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


class TestThreatModel:
    """Each line of docs/threat-model.md names a test."""

    NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", text_of("docs/threat-model.md"))))

    @pytest.mark.parametrize(("file", "test"), NAMED, ids=[f"{file}::{test}" for file, test in NAMED])
    def test_exists(self, file: str, test: str) -> None:
        assert not test or f"def {test}(" in text_of(file)

    def test_every_line_has_one(self) -> None:
        lines = [line for line in text_of("docs/threat-model.md").splitlines() if line.startswith("|")]
        assert len(lines) > 15
        assert all("`tests/" in line for line in lines[2:])


class TestArchitecture:
    """docs/architecture.md lists every package, and two tables that follow a question and a bulletin through the files."""

    @pytest.mark.parametrize("title", ["From a question to its answer", "From a file to the chats"])
    def test_path_visits_each_file_once(self, title: str) -> None:
        section = text_of("docs/architecture.md").partition(f"## {title}")[2].partition("\n## ")[0]
        visited = re.findall(r"\| `([\w/]+\.py)` \|$", section, re.M)
        assert len(visited) >= 8
        assert len(set(visited)) == len(visited)
        assert [name for name in visited if not (ROOT / "bot" / name).is_file()] == []

    def test_every_package_and_module_is_listed(self) -> None:
        section = text_of("docs/architecture.md").partition("## Packages")[2].partition("\n## ")[0]
        listed = set(re.findall(r"`([\w/]+(?:/|\.py))`", "\n".join(re.findall(r"^\| (.+?) \|", section, re.M))))
        modules = {path.name for path in (ROOT / "bot").glob("[a-z]*.py")}
        packages = {f"{path.parent.name}/" for path in (ROOT / "bot").glob("*/__init__.py")}
        assert listed == modules | packages


class TestNames:
    """Links and paths in the documentation lead somewhere."""

    @pytest.mark.parametrize("document", DOCS, ids=lambda path: path.relative_to(ROOT).as_posix())
    def test_exist(self, document: Path) -> None:
        text = document.read_text(encoding="utf-8")
        links = re.findall(r"\]\(([\w./-]+\.\w+)(?:#[\w-]*)?\)", text)
        assert [link for link in links if not (document.parent / link).exists()] == []
        paths = re.findall(r"`((?:bot|tests|docs|benchmarks)/[\w./-]+\.(?:py|md|yaml|toml))(?:::\w+)?`", text)
        assert [path for path in paths if not (ROOT / path).exists()] == []

    @pytest.mark.parametrize("document", DOCS, ids=lambda path: path.relative_to(ROOT).as_posix())
    def test_sections_exist(self, document: Path) -> None:
        """Of links into a document."""
        links = re.findall(r"\]\(([\w./-]*\.md)?#([^)]+)\)", document.read_text(encoding="utf-8"))
        missing = [
            f"{file}#{section}"
            for file, section in links
            if section not in anchors(document.parent / file if file else document)
        ]
        assert missing == []


def anchors(document: Path) -> set[str]:
    """Of each heading, as a code host makes it."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


PLACEHOLDERS = {"ID": "1", "FILE": "file", "…": "word"}


def commands_in(text: str) -> Iterator[str]:
    """What comes behind `nota` or `python -m bot` in a line of code."""
    blocks, rest = (
        re.findall(r"^```\w*\n(.*?)^```", text, re.M | re.S),
        re.sub(r"^```.*?^```", "", text, flags=re.M | re.S),
    )
    code = [line for block in blocks for line in block.splitlines()] + re.findall(r"`([^`\n]+)`", rest)
    for line in code:
        for found in re.findall(r"(?:^|[\s(])(?:nota|-m bot) ([a-z]+(?: [^#|&;>)]*)?)", line.partition("  #")[0]):
            command = found.partition(" <")[0].strip()
            is_cut = command.count("'") % 2 or command.count('"') % 2  # it stood inside of quotation marks
            yield command.rstrip("'\"") if is_cut else command


class TestCommands:
    """Commands in the documentation have the options that they name."""

    @pytest.mark.parametrize("document", DOCS, ids=lambda path: path.relative_to(ROOT).as_posix())
    def test_are_accepted(self, document: Path) -> None:
        for command in commands_in(document.read_text(encoding="utf-8")):
            words = [PLACEHOLDERS.get(word, word) for word in shlex.split(command)]
            if words[0] in cli.COMMANDS:
                assert cli._parser(words).parse_args(words), command

    def test_there_are_many(self) -> None:
        found = {command.split()[0] for path in DOCS for command in commands_in(path.read_text(encoding="utf-8"))}
        assert set(cli.COMMANDS) <= found

    @pytest.mark.parametrize("document", DOCS, ids=lambda path: path.relative_to(ROOT).as_posix())
    def test_targets_exist(self, document: Path) -> None:
        """Of `make`."""
        named = re.findall(r"(?:`|^)make ((?:[a-z]+(?: |(?=[`\s])))+)", document.read_text(encoding="utf-8"), re.M)
        targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.M))
        assert {word for words in named for word in words.split()} <= targets
