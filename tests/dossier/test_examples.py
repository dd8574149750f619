"""Adding an example to a file of questions: the line is added, and nothing else changes."""

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from bot.dossier.examples import CannotAdd, add_example, file_for_examples, is_writable, with_example
from bot.dossier.loader import load
from bot.dossier.models import Language, Questions, TopicId
from tests.conftest import TINY, TODAY, not_none
from tests.tables import table

EN = Language("en")

ADDED = [
    ("", "asks:\n  en:\n    - is it dear\n"),
    ("# mine\n", "# mine\nasks:\n  en:\n    - is it dear\n"),
    (
        "asks:\n  en:\n    - fare # short\n    # below\n  id:\n    - ongkos\n",
        "asks:\n  en:\n    - fare # short\n    - is it dear\n    # below\n  id:\n    - ongkos\n",
    ),
    ("asks:\n  en:\n  - fare\n", "asks:\n  en:\n  - fare\n  - is it dear\n"),
    ("asks:\n  id:\n    - ongkos", "asks:\n  id:\n    - ongkos\n  en:\n    - is it dear\n"),
    ("asks:\n  en: [fare]\n", "asks:\n  en: [fare, is it dear]\n"),
    (
        "not_asked:\n  en:\n    - a house\n",
        "not_asked:\n  en:\n    - a house\nasks:\n  en:\n    - is it dear\n",
    ),
    (
        "asks:\n  en:\n    - 'two\n      lines'\n\n# end\n",
        "asks:\n  en:\n    - 'two\n      lines'\n    - is it dear\n\n# end\n",
    ),
    ("asks:\r\n  en:\r\n    - fare\r\n", "asks:\r\n  en:\r\n    - fare\r\n    - is it dear\r\n"),
]


class TestText:
    """Comments, order, indentation and line ends stay."""

    @pytest.mark.parametrize(("before", "after"), ADDED)
    def test_the_example_is_the_last_of_its_language(self, before: str, after: str) -> None:
        assert with_example(before, EN, "is it dear") == after

    @table("example, written")
    def test_quotes_only_where_needed(self, example: str, written: str) -> None:
        r"""
        сколько стоит? | сколько стоит?
        "2030" | "\"2030\""
        no: why | "\"no: why\""
        deal #1 | "\"deal #1\""
        "\"so\"" | "\"\\\"so\\\"\""
        {fare}, or | "\"{fare}, or\""
        - dash | "\"- dash\""
        """
        assert with_example("", EN, example) == f"asks:\n  en:\n    - {written}\n"

    @table("before, why")
    def test_what_cannot_be_kept_is_refused(self, before: str, why: str) -> None:
        r"""
        "asks:\n  en:\n" | it has errors
        "asks: [a]\n" | it has errors
        "asks:\n\ten: x\n" | line 2: not YAML: a tab
        "asks: {id: [a]}\n" | not written one a line
        """
        with pytest.raises(CannotAdd, match=why):
            with_example(before, EN, "is it dear")


class TestFile:
    """The file belongs to the topic, and the loader takes the example from it."""

    def test_is_created_and_loaded(self, folder: Path) -> None:
        name = file_for_examples(not_none(load(folder, TODAY).dossier), TopicId("fare"))
        add_example(folder / name, EN, "is it dear")
        add_example(folder / name, EN, "is it cheap")
        loading = load(folder, TODAY)
        assert not loading.diagnostics
        assert loading.dossier is not None
        assert loading.dossier.topics[TopicId("fare")].asks[EN][-2:] == ["is it dear", "is it cheap"]
        assert [each.name for each in (folder / "questions").iterdir()] == ["fare.yaml"]

    def test_keeps_its_permissions(self, tmp_path: Path) -> None:
        file = tmp_path / "fare.yaml"
        file.touch(mode=0o600)
        add_example(file, EN, "is it dear")
        assert stat.S_IMODE(file.stat().st_mode) == 0o600

    def test_of_a_programme_is_named_by_its_slug(self) -> None:
        """Unless a topic is called the same, or the file is there under another name."""
        dossier = not_none(load(TINY, TODAY).dossier)
        fare = dossier.topics[TopicId("fare")]
        programme = TopicId("program:fare")
        alone = replace(dossier, topics={programme: fare.model_copy(update={"id": programme})})
        assert file_for_examples(alone, programme) == "questions/fare.yaml"
        both = replace(dossier, topics={**dossier.topics, **alone.topics})
        assert file_for_examples(both, programme) == "questions/program:fare.yaml"
        there = replace(alone, questions={"program:fare": Questions()})
        assert file_for_examples(there, programme) == "questions/program:fare.yaml"

    def test_that_cannot_be_written(self, folder: Path) -> None:
        (folder / "questions").touch()
        with pytest.raises(CannotAdd, match=r"directory|exists"):
            add_example(folder / "questions" / "fare.yaml", EN, "is it dear")

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write into every folder")
    def test_folder_that_cannot_be_written(self, folder: Path) -> None:
        assert is_writable(folder)
        folder.chmod(0o500)
        assert not is_writable(folder)
