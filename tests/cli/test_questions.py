"""``nota questions add``: an example is written only if every example that is understood now still is."""

from pathlib import Path

import pytest

from bot.cli import main
from bot.dossier.loader import load
from bot.dossier.models import Dossier, Language, TopicId
from bot.replies.example_check import check_example
from tests.conftest import TODAY

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
    dossier = load(content, TODAY).dossier
    assert dossier is not None
    return dossier


def add(*arguments: str) -> int:
    return main(["questions", "add", *arguments])


class TestAdding:
    """In the language that it is written in, and the file keeps its comments."""

    def test_is_written_and_answered(self, content: Path, capsys: pytest.CaptureFixture[str]) -> None:
        file = content / "questions" / "fare.yaml"
        file.parent.mkdir()
        file.write_text("# ours\nasks:\n  en:\n    - is it dear  # heard in March\n", encoding="utf-8")
        assert add("fare", "apakah  mahal") == 0
        assert file.read_text("utf-8").startswith("# ours\nasks:\n  en:\n    - is it dear  # heard in March\n")
        assert "  id:\n    - apakah mahal\n" in file.read_text("utf-8")
        assert "questions/fare.yaml: added in id" in capsys.readouterr().out

    def test_as_a_file_can_hold_it(self, content: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert add("fare", "is it\x7f dear\ufffe", "--language", "en") == 0
        assert "    - is it dear\n" in (content / "questions" / "fare.yaml").read_text("utf-8")
        assert add("fare", "\u200b", "--language", "en") == 1
        assert "expected a text" in capsys.readouterr().err

    def test_topic_by_its_command(self, content: Path) -> None:
        assert add("/ticket", "is it dear", "--language", "en") == 0
        assert "is it dear" in (content / "questions" / "fare.yaml").read_text("utf-8")

    def test_what_is_there_already(self, content: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert add("fare", "price of the ferry") == 0
        assert "already" in capsys.readouterr().out
        assert not (content / "questions").exists()

    @pytest.mark.parametrize(
        ("arguments", "error"), [(("tides", "is it dear"), "no topic 'tides'"), (("fare", " "), "a text")]
    )
    def test_wrong_arguments(self, arguments: tuple[str, ...], error: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert add(*arguments) == 1
        assert error in capsys.readouterr().err


class TestRefusing:
    """Nothing is written, and the command says what would be answered wrongly."""

    def test_what_would_fall(self, content: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert add("fare", "first departure", "--language", "en") == 1
        shown = capsys.readouterr().out
        assert shown.startswith("not added")
        assert "en  “first departure” should give schedule, would give no certain topic" in shown
        assert not (content / "questions").exists()

    def test_what_would_not_help(self, capsys: pytest.CaptureFixture[str]) -> None:
        """The example itself would get another topic."""
        assert add("fare", "timetable", "--language", "en") == 1
        assert "“timetable” should give fare, would give schedule" in capsys.readouterr().out

    @pytest.mark.slow
    def test_only_questions_with_a_word_of_it_are_compared(self, dossier: Dossier) -> None:
        checked = check_example(dossier, TopicId("fare"), EN, "first departure")
        assert [each.question for each in checked.wrong] == ["first departure"]

    def test_what_is_not_asked(self, content: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """A message that the topic must not answer counts, too."""
        (content / "questions").mkdir()
        file = content / "questions" / "fare.yaml"
        file.write_text("not_asked:\n  en:\n    - what does a house cost\n", encoding="utf-8")
        assert add("fare", "what does a house cost", "--language", "en") == 1
        assert "should give no topic, would give fare" in capsys.readouterr().out
        assert "asks:" not in file.read_text("utf-8").replace("not_asked:", "")
