"""Outside a platform's own folder, nothing but the list of platforms names it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import bot
from bot.platforms import PLATFORMS

CODE = Path(bot.__file__).parent
MODULES = {each.settings.__module__ for each in PLATFORMS}
"""Each platform's record."""
FOLDERS = tuple(module.removeprefix("bot.").removesuffix("platform").replace(".", "/") for module in MODULES)
NAMES = re.compile("|".join([*(each.name for each in PLATFORMS), *MODULES]), re.IGNORECASE)
EVERYDAY = re.compile(r"\be-?mails?\b|mailto:", re.IGNORECASE)
"""What everybody says, and what the standard library is called."""
THE_LIST = {"platforms/__init__.py": MODULES}
"""The one place that may import them."""


def names_one(text: str) -> bool:
    """Whether the text names a platform."""
    if any(module.removesuffix(".platform") in text for module in MODULES):
        return True
    return NAMES.search(EVERYDAY.sub("", text)) is not None


def neutral_files() -> Iterator[tuple[str, Path]]:
    """The code, pages, scripts and style sheets outside the platforms' folders, each with its path."""
    for file in sorted(CODE.rglob("*")):
        path = file.relative_to(CODE).as_posix()
        if file.suffix in (".py", ".html", ".css", ".js", ".svg") and not path.startswith(FOLDERS):
            yield path, file


def names_in(source: str, allowed: set[str]) -> Iterator[str]:
    """Texts, imports and names of the code that name a platform. Docstrings may: they are for people."""
    tree = ast.parse(source)
    prose = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.Constant(str(text)) if node not in prose:
                found = text
            case ast.ImportFrom(module) if module not in allowed:
                found = f"{module} {' '.join(each.name for each in node.names)}"
            case ast.Import():
                found = " ".join(each.name for each in node.names)
            case ast.Attribute(_, found) | ast.FunctionDef(found) | ast.AsyncFunctionDef(found) | ast.ClassDef(found):
                pass
            case ast.Name(found) if not allowed:
                pass
            case _:
                continue
        if names_one(found):
            yield f"line {node.lineno}: {found}"


class TestNames:
    """A new platform is a new folder and one line in the list."""

    @pytest.mark.slow
    def test_code(self) -> None:
        """Imports, literals and names of Python."""
        found = {
            path: names
            for path, file in neutral_files()
            if file.suffix == ".py"
            and (names := list(names_in(file.read_text(encoding="utf-8"), THE_LIST.get(path, set()))))
        }
        assert found == {}

    def test_pages(self) -> None:
        """Templates without their comments, style sheets, scripts, and the files' own names."""
        pages = [(path, file) for path, file in neutral_files() if file.suffix != ".py"]
        assert pages
        texts = {
            path: re.sub(r"\{#.*?#\}", "", file.read_text(encoding="utf-8"), flags=re.DOTALL) for path, file in pages
        }
        assert [path for path, text in texts.items() if names_one(path + text)] == []

    def test_what_it_finds(self) -> None:
        """It would find each kind of a name."""
        sources = (
            "x = 'telegram:1'",
            "import bot.platforms.discord.api",
            "from telegram import Bot",
            "def to_discord(): ...",
            "from bot.platforms.email import api",
            "x = 'mail:ann@example.org'",
        )
        for source in sources:
            assert list(names_in(source, set())), source
        assert not list(names_in('"""Telegram does so."""\nx = 1', set()))
