"""``nota questions add``: an example is written only if every example that is understood now still is."""

from pathlib import Path

import pytest

from bot.dossier.loader import load
from bot.dossier.models import Dossier, Language, TopicId
from bot.replies.example_check import check_example
from tests.command import Run
from tests.conftest import TODAY, not_none

EN = Language("en")
SCHEDULE = """
emoji: "🕰"
title: {en: The timetable, id: Jadwal}
summary: {en: When the ferry leaves, id: Kapan feri berangkat}
body: {en: It leaves at eight., id: Berangkat pukul delapan.}
asks:
  en: [when does it leave, timetable of the ferry, first departure]
  id: [kapan berangkat, jadwal feri, keberangkatan pertama]
"""


@pytest.fixture(autouse=True)
def content(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (folder / "topics" / "schedule.yaml").write_text(SCHEDULE, encoding="utf-8")
    monkeypatch.setenv("CONTENT_DIR", str(folder))
    return folder


@pytest.fixture
def dossier(content: Path) -> Dossier:
    return not_none(load(content, TODAY).dossier)


class TestAdding:
    """In the language that it is written in, and the file keeps its comments."""

    def test_is_written_and_answered(self, content: Path, run: Run) -> None:
        file = content / "questions" / "fare.yaml"
        file.parent.mkdir()
        file.write_text("# ours\nasks:\n  en:\n    - is it dear  # heard in March\n", encoding="utf-8")
        said = run("questions", "add", "fare", "apakah  mahal")
        assert file.read_text("utf-8").startswith("# ours\nasks:\n  en:\n    - is it dear  # heard in March\n")
        assert "  id:\n    - apakah mahal\n" in file.read_text("utf-8")
        assert "questions/fare.yaml: added in id" in said.out

    def test_as_a_file_can_hold_it(self, content: Path, run: Run) -> None:
        run("questions", "add", "fare", "is it\x7f dear\ufffe", "--language", "en")
        assert "    - is it dear\n" in (content / "questions" / "fare.yaml").read_text("utf-8")
        assert "expected a text" in run("questions", "add", "fare", "\u200b", "--language", "en", status=1).err

    def test_topic_by_its_command(self, content: Path, run: Run) -> None:
        run("questions", "add", "/ticket", "is it dear", "--language", "en")
        assert "is it dear" in (content / "questions" / "fare.yaml").read_text("utf-8")

    def test_what_is_there_already(self, content: Path, run: Run) -> None:
        assert "already" in run("questions", "add", "fare", "price of the ferry").out
        assert not (content / "questions").exists()

    @pytest.mark.parametrize(
        ("arguments", "error"), [(("tides", "is it dear"), "no topic 'tides'"), (("fare", " "), "a text")]
    )
    def test_wrong_arguments(self, arguments: tuple[str, ...], error: str, run: Run) -> None:
        assert error in run("questions", "add", *arguments, status=1).err


class TestRefusing:
    """Nothing is written, and the command says what would be answered wrongly."""

    def test_what_would_fall(self, content: Path, run: Run) -> None:
        shown = run("questions", "add", "fare", "first departure", "--language", "en", status=1).out
        assert shown.startswith("not added")
        assert "en  “first departure” should give schedule, would give no certain topic" in shown
        assert not (content / "questions").exists()

    def test_what_would_not_help(self, run: Run) -> None:
        """The example itself would get another topic."""
        said = run("questions", "add", "fare", "timetable", "--language", "en", status=1).out
        assert "“timetable” should give fare, would give schedule" in said

    @pytest.mark.slow
    def test_only_questions_with_a_word_of_it_are_compared(self, dossier: Dossier) -> None:
        checked = check_example(dossier, TopicId("fare"), EN, "first departure")
        assert [each.question for each in checked.wrong] == ["first departure"]

    def test_what_is_not_asked(self, content: Path, run: Run) -> None:
        """A message that the topic must not answer counts, too."""
        (content / "questions").mkdir()
        file = content / "questions" / "fare.yaml"
        file.write_text("not_asked:\n  en:\n    - what does a house cost\n", encoding="utf-8")
        said = run("questions", "add", "fare", "what does a house cost", "--language", "en", status=1).out
        assert "should give no topic, would give fare" in said
        assert "asks:" not in file.read_text("utf-8").replace("not_asked:", "")
