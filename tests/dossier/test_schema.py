"""The JSON Schemas that editors' programs complete and check by, held to by a validator that is not ours."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from bot.dossier.schema import schemas
from bot.dossier.yaml_reader import parse
from tests.conftest import CONTENT, TINY
from tests.fork_server import nota
from tests.tables import table

FILES = [(folder, pattern) for folder in (CONTENT, TINY) for pattern in schemas()]


GUIDE = CONTENT.parent / "docs" / "editors-files.md"
KINDS = {
    "names": "dossier.yaml",
    "first_term": "facts.yaml",
    "home_line": "facts.yaml",
    "antara": "feeds.yaml",
    "urgent": "bulletins/*.yaml",
    "not_asked": "questions/*.yaml",
    "says": "claims/*.yaml",
    "command": "topics/*.yaml",
    "notes": "topics/*.yaml",
    "figures": "topics/*.yaml",
    "known": "topics/*.yaml",
}
"""A key of an example in the guide → the kind of file it shows."""


class _Texts(yaml.SafeLoader):
    """Reads days and moments as the texts that JSON has for them, as an editor's program does."""


_Texts.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read(file: Path) -> Any:
    """The file's value."""
    return yaml.load(file.read_text("utf-8"), _Texts)


class TestSchemas:
    """Whoever edits sees the same rules as `nota check` has."""

    @pytest.mark.parametrize("pattern", schemas())
    def test_each_is_a_schema(self, pattern: str) -> None:
        """Of the 2020-12 draft."""
        Draft202012Validator.check_schema(schemas()[pattern])

    @pytest.mark.parametrize(("folder", "pattern"), FILES)
    def test_every_file_of_a_good_dossier_passes(self, folder: Path, pattern: str) -> None:
        """No red line under what is right."""
        validator = Draft202012Validator(schemas()[pattern])
        for file in folder.glob(pattern):
            assert [error.message for error in validator.iter_errors(read(file))] == [], file.name

    @table("pattern, file, change")
    def test_what_check_refuses_they_refuse(self, pattern: str, file: str, change: dict[str, Any]) -> None:
        """A key misspelt, a text that is none, a type that does not exist, a scheme that is not allowed.

        topics/*.yaml | topics/duration.yaml | {"tittle": {}}
        topics/*.yaml | topics/duration.yaml | {"title": null}
        facts.yaml | facts.yaml | {"price": {"type": "prize"}}
        sources.yaml | sources.yaml | {"one": {"publisher": "P", "url": "ftp://x.example"}}
        """
        assert list(Draft202012Validator(schemas()[pattern]).iter_errors(read(CONTENT / file) | change))


class TestFiles:
    """`nota check --schema-files FOLDER`."""

    @pytest.mark.slow
    def test_a_file_each_and_where_they_belong(self, tmp_path: Path) -> None:
        """The map that is printed names every file written."""
        given = nota("check", "--schema-files", str(tmp_path / "schemas"))
        printed = json.loads(subprocess.run(given, capture_output=True, text=True, check=True).stdout)
        assert sorted(printed["yaml.schemas"].values()) == sorted(f"content/{pattern}" for pattern in schemas())
        for file, pattern in printed["yaml.schemas"].items():
            assert json.loads(Path(file).read_text("utf-8")) == schemas()[pattern.removeprefix("content/")]


class TestGuide:
    """Every example of docs/editors-files.md is what its file may hold, in block style."""

    @pytest.mark.parametrize("example", re.findall(r"```yaml\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL))
    def test_example(self, example: str) -> None:
        assert not re.search(r": *[\[{](?!\])", example)
        value = parse(example.encode()).value
        assert isinstance(value, dict)
        (kind,) = {kind for key, kind in KINDS.items() if key in value}
        if kind == "topics/*.yaml":
            value = {"title": {"en": "T"}, "summary": {"en": "S"}, "body": {"en": "B"}} | value
        if kind == "dossier.yaml":
            value = read(CONTENT / "dossier.yaml") | value
        Draft202012Validator(schemas()[kind]).validate(value)
