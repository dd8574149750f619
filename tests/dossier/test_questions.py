"""Files of ``questions/``: many more examples for a topic, beside its own."""

from pathlib import Path

import pytest

from bot.dossier.loader import load
from tests.conftest import TODAY, Edit
from tests.dossier.test_loading import said

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
        dossier = load(questions, TODAY).dossier
        assert dossier is not None
        (topic,) = dossier.topics.values()
        assert topic.asks["en"][:1] == ["how much is a ticket"]
        assert topic.asks["en"][-2:] == ["what do I pay", "is it dear"]
        assert topic.not_asked == {"en": ["what does a house cost"]}

    def test_each_example_knows_its_file_and_place(self, questions: Path) -> None:
        dossier = load(questions, TODAY).dossier
        assert dossier is not None
        (topic,) = dossier.topics.values()
        places = [dossier.place_of_ask(topic, dossier.languages[0], position) for position in (0, 4)]
        assert places == [("topics/fare.yaml", ("asks", "en", 0)), ("questions/fare.yaml", ("asks", "en", 1))]

    @pytest.mark.parametrize("name", ["ship", "program:ship"])
    def test_programme_by_its_slug_or_by_its_id(self, questions: Path, name: str) -> None:
        text = "title: {en: Ship, id: Kapal}\nsummary: {en: s, id: s}\nbody: {en: b, id: b}\n"
        (questions / "programs").mkdir()
        (questions / "programs" / "ship.yaml").write_text(text, encoding="utf-8")
        (questions / "questions" / "fare.yaml").rename(questions / "questions" / f"{name}.yaml")
        dossier = load(questions, TODAY).dossier
        assert dossier is not None
        assert dossier.programs[0].asks == {"en": ["what do I pay", "is it dear"]}

    def test_a_change_of_questions_is_another_version(self, questions: Path, edit: Edit) -> None:
        before = load(questions, TODAY).dossier
        edit("questions/fare.yaml", "is it dear", "is it cheap")
        after = load(questions, TODAY).dossier
        assert before is not None
        assert after is not None
        assert before.version != after.version

    @pytest.mark.parametrize(
        ("old", "new", "line"),
        [
            ("asks:\n  en", "ask:\n  en", "questions/fare.yaml:1: unknown key 'ask', did you mean 'asks'?"),
            ("asks:\n  en", "asks:\n  eng", "questions/fare.yaml:2: unknown language 'eng', did you mean 'en'?"),
            ("[what do I pay, is it dear]", "what do I pay", "asks.en: 'what do I pay' is not a list"),
        ],
    )
    def test_diagnostics_have_line_and_remedy(self, questions: Path, edit: Edit, old: str, new: str, line: str) -> None:
        edit("questions/fare.yaml", old, new)
        assert any(line in diagnostic for diagnostic in said(questions)), said(questions)

    def test_file_of_no_topic(self, questions: Path) -> None:
        (questions / "questions" / "fare.yaml").rename(questions / "questions" / "fares.yaml")
        assert said(questions) == ["questions/fares.yaml:1: unknown topic 'fares', did you mean 'fare'?"]
