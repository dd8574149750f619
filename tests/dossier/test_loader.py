"""Loading a folder: every diagnostic at once, nothing that only follows from another, computed dates, questions."""

from datetime import date
from pathlib import Path

import pytest

from bot.dossier.loader import load
from tests.conftest import TINY, TODAY, Edit, not_none
from tests.dossier.conftest import all_diagnostics_of, diagnostics_of


class TestWholeDossier:
    """A dossier without problems becomes one value."""

    def test_tiny_dossier_is_read_without_a_word(self) -> None:
        """No error, no warning."""
        loading = load(TINY, TODAY)
        assert loading.diagnostics == ()
        assert loading.dossier is not None
        assert set(loading.dossier.commands) == {"fare", "ticket", "tiket"}

    def test_version_changes_with_any_value(self, folder: Path, edit: Edit) -> None:
        """What was rendered from another version is out of date."""
        before = load(folder, TODAY).dossier
        edit("topics/fare.yaml", "A single ticket", "One ticket")
        after = load(folder, TODAY).dossier
        assert before is not None
        assert after is not None
        assert before.version != after.version


class TestFiles:
    """Files that cannot be read as documents."""

    def test_yaml_bomb_is_refused_before_it_unfolds(self, folder: Path) -> None:
        """Nine levels of nine aliases would be 387 million strings."""
        lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
        lines += [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)]
        (folder / "facts.yaml").write_text("\n".join(lines), encoding="utf-8")
        assert any("anchor" in line for line in diagnostics_of(folder))

    def test_deep_nesting_is_refused(self, folder: Path) -> None:
        """Neither the parser nor we go down without end."""
        (folder / "facts.yaml").write_text("[" * 900 + "]" * 900, encoding="utf-8")
        assert "nested too deeply" in diagnostics_of(folder)[0]

    def test_not_utf_8(self, folder: Path) -> None:
        """The line of the first wrong byte."""
        (folder / "facts.yaml").write_bytes(b"fare:\n  type: \xff\n")
        assert diagnostics_of(folder)[0] == "facts.yaml:2: byte 0xff is not UTF-8, expected a file saved as UTF-8"

    def test_too_large(self, folder: Path) -> None:
        """256 KiB is the most."""
        (folder / "facts.yaml").write_text("# " + "x" * 256 * 1024, encoding="utf-8")
        assert diagnostics_of(folder)[0].startswith("facts.yaml:1: larger than 256 KiB")

    def test_link_out_of_the_folder(self, folder: Path, tmp_path: Path) -> None:
        """A link inside the folder is a file of it; one that leads out is not."""
        (tmp_path / "elsewhere.yaml").write_text("x: 1", encoding="utf-8")
        (folder / "topics" / "other.yaml").symlink_to(tmp_path / "elsewhere.yaml")
        assert "topics/other.yaml:1: a link out of the folder, expected a file inside the folder" in diagnostics_of(
            folder
        )

    def test_no_folder(self, tmp_path: Path) -> None:
        """CONTENT_DIR that leads nowhere."""
        assert "no such folder" in diagnostics_of(tmp_path / "nowhere")[0]


class TestNothingThatFollows:
    """What may be right as soon as another error is mended is not reported."""

    def test_topic_that_cannot_be_read(self, folder: Path) -> None:
        """A bulletin may name it all the same."""
        (folder / "topics" / "fare.yaml").write_bytes(b"\xff\xfe")
        assert len(all_diagnostics_of(folder)) == 1

    def test_no_dossier_file(self, folder: Path) -> None:
        """What it must hold, and nothing else."""
        (folder / "dossier.yaml").unlink()
        assert [line.split(", ")[0] for line in all_diagnostics_of(folder)] == ["dossier.yaml:1: no such file"]

    def test_a_folder_of_something_else(self, tmp_path: Path) -> None:
        """A checkout, say: that it is no dossier is said once, and not of each file."""
        for name in ("LICENSE", "src/main.py", "topics/notes.txt"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text("x")
        assert [line.split(", ")[0] for line in all_diagnostics_of(tmp_path)] == ["dossier.yaml:1: no such file"]

    def test_topic_in_a_file_of_another_name(self, folder: Path) -> None:
        """Capitals, another ending, another folder: what names the topic is right, and so is its command."""
        for name in ("topics/Fare.yaml", "topics/fare.yml", "topic/fare.yaml", "topics/fare.YAML"):
            file = next(folder.rglob("*are.y*"))
            (folder / name).parent.mkdir(exist_ok=True)
            file.rename(folder / name)
            assert [line.split(":")[0] for line in all_diagnostics_of(folder)] == [name]

    @pytest.mark.parametrize("place", ["topics", "programs"])
    def test_programme_in_a_file_named_after_its_id(self, folder: Path, edit: Edit, place: str) -> None:
        """Where it belongs, and not that it is unknown; beside the right file it does not pass for it."""
        (folder / "programs").mkdir(exist_ok=True)
        edit("topics/fare.yaml", "asks:", "related: [program:ship]\nasks:")
        text = "title: {en: Ship, id: Kapal}\nsummary: {en: s, id: s}\nbody: {en: b, id: b}\n"
        (folder / place / "program:ship.yaml").write_text(text, encoding="utf-8")
        words = f"{place}/program:ship.yaml:1: not a file of a dossier, expected programs/ship.yaml"
        assert all_diagnostics_of(folder) == [words]
        (folder / "programs" / "ship.yaml").write_text(text, encoding="utf-8")
        assert all_diagnostics_of(folder) == [words]

    def test_bulletin_in_a_file_without_its_day(self, folder: Path) -> None:
        """That the days differ goes without saying."""
        old = folder / "bulletins" / "2026-01-05-first-crossing.yaml"
        old.rename(folder / "bulletins" / "crossing.yaml")
        assert all_diagnostics_of(folder) == [
            "bulletins/crossing.yaml:1: file name 'crossing', expected yyyy-mm-dd-slug.yaml, of a-z and 0-9"
        ]

    @pytest.mark.parametrize("places", [4, 5])
    def test_file_that_is_missing(self, folder: Path, edit: Edit, places: int) -> None:
        """Where many places name what would stand in it, it is missing; where few do, they are wrong."""
        (folder / "facts.yaml").unlink()
        edit("topics/fare.yaml", "A single ticket", "A ticket " + " ".join(f"{{fact{n}}}" for n in range(places - 2)))
        if places == 4:
            assert len(all_diagnostics_of(folder)) == 4
            assert all(line.startswith("topics/fare.yaml:") for line in all_diagnostics_of(folder))
        else:
            assert all_diagnostics_of(folder) == [
                "facts.yaml:1: no such file or folder, "
                "expected the entries that 5 places name, first in topics/fare.yaml"
            ]


class TestPlaces:
    """What lies in the folder and is no file."""

    def test_folder_in_place_of_a_file(self, folder: Path) -> None:
        """It is not passed over."""
        (folder / "topics" / "more.yaml").mkdir()
        assert all_diagnostics_of(folder) == ["topics/more.yaml:1: a folder, expected a file of this name"]

    def test_link_to_nothing(self, folder: Path) -> None:
        """Nor is a link whose file is gone, or that leads to itself."""
        (folder / "topics" / "gone.yaml").symlink_to("nothing.yaml")
        (folder / "topics" / "loop.yaml").symlink_to("loop.yaml")
        assert all_diagnostics_of(folder) == [
            "topics/gone.yaml:1: not a file, or a broken link, expected a file",
            "topics/loop.yaml:1: not a file, or a broken link, expected a file",
        ]


class TestComputedDates:
    """``from`` a date ``plus`` a duration."""

    FACTS = (
        "start: {type: date, value: 2024-02-29}\nlength: {type: duration, years: 1}\n"
        "end: {type: date, from: start, plus: length, derived: true}\n"
    )

    def test_end_of_february(self, folder: Path) -> None:
        """A day that the year lacks becomes the month's last."""
        (folder / "facts.yaml").write_text(self.FACTS + "fare: {type: text, value: x}\n", encoding="utf-8")
        loading = load(folder, TODAY)
        assert loading.dossier is not None
        assert getattr(loading.dossier.facts["end"], "value", None) == date(2025, 2, 28)  # type: ignore[index]


MORE = """\
asks:
  en: [what do I pay, is it dear]
not_asked:
  en: [what does a house cost]
"""


@pytest.fixture
def questions(folder: Path) -> Path:
    """The copy of the tiny dossier with a file of questions for its topic."""
    (folder / "questions").mkdir()
    (folder / "questions" / "fare.yaml").write_text(MORE, encoding="utf-8")
    return folder


class TestQuestions:
    """Examples in ``questions/`` count as those of the topic's own file do."""

    def test_asks_are_added_to_those_of_the_topic(self, questions: Path) -> None:
        (topic,) = not_none(load(questions, TODAY).dossier).topics.values()
        assert topic.asks["en"][:1] == ["how much is a ticket"]
        assert topic.asks["en"][-2:] == ["what do I pay", "is it dear"]
        assert topic.not_asked == {"en": ["what does a house cost"]}

    def test_each_example_knows_its_file_and_place(self, questions: Path) -> None:
        dossier = not_none(load(questions, TODAY).dossier)
        (topic,) = dossier.topics.values()
        places = [dossier.place_of_ask(topic, dossier.languages[0], position) for position in (0, 4)]
        assert places == [("topics/fare.yaml", ("asks", "en", 0)), ("questions/fare.yaml", ("asks", "en", 1))]

    @pytest.mark.parametrize("name", ["ship", "program:ship"])
    def test_programme_by_its_slug_or_by_its_id(self, questions: Path, name: str) -> None:
        text = "title: {en: Ship, id: Kapal}\nsummary: {en: s, id: s}\nbody: {en: b, id: b}\n"
        (questions / "programs").mkdir()
        (questions / "programs" / "ship.yaml").write_text(text, encoding="utf-8")
        (questions / "questions" / "fare.yaml").rename(questions / "questions" / f"{name}.yaml")
        dossier = not_none(load(questions, TODAY).dossier)
        assert dossier.programs[0].asks == {"en": ["what do I pay", "is it dear"]}

    def test_a_change_of_questions_is_another_version(self, questions: Path, edit: Edit) -> None:
        before = load(questions, TODAY).dossier
        edit("questions/fare.yaml", "is it dear", "is it cheap")
        after = load(questions, TODAY).dossier
        assert before is not None
        assert after is not None
        assert before.version != after.version
