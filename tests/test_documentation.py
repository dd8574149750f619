"""The documentation names only files, sections, tests, commands and targets that exist."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from bot import cli
from bot.platforms import PLATFORMS

ROOT = Path(__file__).parents[1]
DOCS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "benchmarks/README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]


TEXTS = {document: document.read_text(encoding="utf-8") for document in DOCS}


@cache
def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


class TestThreatModel:
    """Each line of docs/threat-model.md and of tests/FAULTS.md names a test."""

    def test_exists(self) -> None:
        named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", text_of("docs/threat-model.md"))
        named += [
            (f"tests/{file}", test)
            for file, test in re.findall(r"`([\w/]+\.\w+)(?:::(\w+))?`", text_of("tests/FAULTS.md"))
        ]
        assert named
        assert [(file, test) for file, test in named if test and f"def {test}(" not in text_of(file)] == []

    def test_every_line_has_one(self) -> None:
        lines = [line for line in text_of("docs/threat-model.md").splitlines() if line.startswith("|")]
        assert len(lines) > 15
        assert all("`tests/" in line for line in lines[2:])


class TestArchitecture:
    """docs/architecture.md lists every package, and two tables that follow a question and a bulletin through the files."""

    @pytest.mark.parametrize("title", ["From a question to its answer", "From a file to the chats"])
    def test_path_visits_each_place_once(self, title: str) -> None:
        section = text_of("docs/architecture.md").partition(f"## {title}")[2].partition("\n## ")[0]
        rows = re.findall(r"^\| .+ \| (`.+`) \|$", section, re.M)
        assert len(rows) >= 8
        visited = [place for row in rows for place in re.findall(r"`([\w/]+\.py)(?:: (\w+))?`", row)]
        assert len(set(visited)) == len(visited) >= len(rows)
        for name, inside in visited:
            assert re.search(rf"\b{inside}\b", text_of(f"bot/{name}")), (name, inside)

    def test_every_package_and_module_is_listed(self) -> None:
        section = text_of("docs/architecture.md").partition("## Packages")[2].partition("\n## ")[0]
        listed = set(re.findall(r"`([\w/]+(?:/|\.py))`", "\n".join(re.findall(r"^\| (.+?) \|", section, re.M))))
        modules = {path.name for path in (ROOT / "bot").glob("[a-z]*.py")}
        packages = {f"{path.parent.name}/" for path in (ROOT / "bot").glob("*/__init__.py")}
        assert listed == modules | packages

    def test_what_is_called_pure_is_held_to_it(self) -> None:
        """Docstrings say PURE only in modules that `lint-imports` keeps from clock, disk, network and database."""
        contracts = tomllib.loads(text_of("pyproject.toml"))["tool"]["importlinter"]["contracts"]
        held = next(
            contract["source_modules"] for contract in contracts if contract["name"].startswith("The pure core")
        )
        called = {
            ".".join(path.relative_to(ROOT).with_suffix("").parts)
            for path in (ROOT / "bot").rglob("*.py")
            if re.search(r"\bPURE\b", path.read_text("utf-8").partition('"""\n')[0])
        }
        assert called
        assert [
            name for name in sorted(called) if not any(f"{name}.".startswith(f"{module}.") for module in held)
        ] == []


class TestNames:
    """Links and paths in the documentation lead somewhere."""

    def test_exist(self) -> None:
        missing = []
        for document, text in TEXTS.items():
            links = re.findall(r"\]\(([\w./-]+\.\w+)(?:#[\w-]*)?\)", text)
            paths = re.findall(r"`((?:bot|tests|docs|benchmarks)/[\w./-]+\.(?:py|md|yaml|toml))(?:::\w+)?`", text)
            missing += [(document.name, link) for link in links if not (document.parent / link).exists()]
            missing += [(document.name, path) for path in paths if not (ROOT / path).exists()]
        assert missing == []

    def test_of_code_in_decisions(self) -> None:
        """``Class`` and ``Class.attribute``; a record outlives the names of its time otherwise."""
        of_platforms = {"ChatMemberAdministrator"}
        words = set(re.findall(r"\w+", "".join(path.read_text("utf-8") for path in (ROOT / "bot").rglob("*.py"))))
        named = {
            (document.name, name)
            for document, text in TEXTS.items()
            if document.parent.name == "decisions"
            for name in re.findall(r"`([A-Z][a-z]\w+(?:\.\w+)?)`", text)
        }
        assert [each for each in named if not {*each[1].split(".")} <= words | of_platforms] == []

    def test_what_enables_each_platform_is_in_the_readme(self) -> None:
        assert [each.name for each in PLATFORMS if f"`{each.enabled_by.upper()}`" not in text_of("README.md")] == []

    def test_sections_exist(self) -> None:
        """Of links into a document."""
        missing = [
            (document.name, f"{file}#{section}")
            for document, text in TEXTS.items()
            for file, section in re.findall(r"\]\(([\w./-]*\.md)?#([^)]+)\)", text)
            if section not in anchors((document.parent / file).resolve() if file else document)
        ]
        assert missing == []


@cache
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

    @pytest.mark.slow
    def test_are_accepted(self) -> None:
        refused = []
        for document, text in TEXTS.items():
            for command in commands_in(text):
                words = [PLACEHOLDERS.get(word, word) for word in shlex.split(command)]
                try:
                    if words[0] in cli.COMMANDS:
                        cli._parser(words).parse_args(words)
                except SystemExit:
                    refused.append((document.name, command))
        assert refused == []

    def test_there_are_many(self) -> None:
        found = {command.split()[0] for text in TEXTS.values() for command in commands_in(text)}
        assert set(cli.COMMANDS) <= found

    def test_targets_exist(self) -> None:
        """Of `make`."""
        targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.M))
        for document, text in TEXTS.items():
            named = re.findall(r"(?:`|^)make ((?:[a-z]+(?: |(?=[`\s])))+)", text, re.M)
            assert {word for words in named for word in words.split()} <= targets, document.name
