"""The documentation names only files, tests and records that exist."""

import re
from pathlib import Path

import pytest

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
