"""The questions of the evaluation sets, read from their files; README.md says what each key means."""

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.dossier.models import Language, TopicId
from bot.matching.index import MatcherTexts, TopicTexts

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[1]


@dataclass(frozen=True, slots=True)
class Question:
    """A question and what should become of it.

    Attributes:
        text: as somebody typed it.
        language: the reader's language setting.
        kind: "" where the set names none.
        wanted: ids of topics; empty where it should be declined.
        every: whether all of ``wanted`` belong in the answer, rather than any one of them.
    """

    text: str
    language: str
    kind: str
    wanted: frozenset[str]
    every: bool


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Questions on one dossier.

    Attributes:
        name: how ``make evaluate`` calls it.
        dossier: the folder of the content.
        files: where the questions are, relative to this folder; a pattern.
        blind: whether its questions are only counted, never shown and never tuned to.
        shipped: whether the targets of the shipped dossier hold for it, rather than those of foreign ones.
    """

    name: str
    dossier: Path
    files: str
    blind: bool = False
    shipped: bool = False

    def questions(self) -> Iterator[Question]:
        """Every question of the set, file by file."""
        for file in sorted(_HERE.glob(self.files)):
            for line in file.read_text(encoding="utf-8").splitlines():
                given = json.loads(line)
                if "note" not in given:
                    yield _question(given)


def _question(given: dict[str, object]) -> Question:
    alternatives = given.get("expect_any", given.get("topic"))
    expected = given.get("expect") if alternatives is None else alternatives
    ids = [expected] if isinstance(expected, str) else expected or []
    assert isinstance(ids, list)
    wanted = frozenset(map(str, ids))
    every = len(wanted) > 1 and alternatives is None
    return Question(str(given["q"]), str(given["language"]), str(given.get("kind", "")), wanted, every)


_DOSSIERS = _ROOT / "tests" / "dossiers"

SETS = (
    QuestionSet("develop", _ROOT / "content", "develop.jsonl", shipped=True),
    QuestionSet("report", _ROOT / "content", "report/*.jsonl", shipped=True),
    QuestionSet("lindhaven", _DOSSIERS / "lindhaven-allotments", "foreign/lindhaven-allotments.jsonl"),
    QuestionSet("tamaro", _DOSSIERS / "tamaro-repair-act", "foreign/tamaro-repair-act.jsonl"),
    QuestionSet("orra", _DOSSIERS / "orra-lighthouse-museum", "foreign/orra-lighthouse-museum.jsonl"),
    QuestionSet("orra-second", _DOSSIERS / "orra-lighthouse-museum", "foreign/orra-second.jsonl"),
    QuestionSet("lindhaven-near", _DOSSIERS / "lindhaven-allotments", "foreign/lindhaven-near.jsonl"),
    QuestionSet("tamaro-near", _DOSSIERS / "tamaro-repair-act", "foreign/tamaro-near.jsonl"),
    QuestionSet("orra-near", _DOSSIERS / "orra-lighthouse-museum", "foreign/orra-near.jsonl"),
    QuestionSet("moorbach", _DOSSIERS / "moorbach-lido", "foreign/moorbach-lido.jsonl"),
    QuestionSet("sotoluna", _DOSSIERS / "sotoluna-residuos", "foreign/sotoluna-residuos.jsonl"),
    QuestionSet("portnahaven", _DOSSIERS / "portnahaven-ferry", "foreign/portnahaven-ferry.jsonl"),
    QuestionSet("earlier", _ROOT / "content", "foreign/shipped-earlier.jsonl", shipped=True),
    QuestionSet("second", _ROOT / "content", "foreign/shipped-second.jsonl", shipped=True),
    QuestionSet("third", _ROOT / "content", "foreign/shipped-third.jsonl", shipped=True),
    QuestionSet("fourth", _ROOT / "content", "foreign/shipped-fourth.jsonl", shipped=True),
    QuestionSet("sixth", _ROOT / "content", "foreign/shipped-sixth.jsonl", shipped=True),
    QuestionSet("fifth", _ROOT / "content", "foreign/shipped-fifth.jsonl", blind=True, shipped=True),
    QuestionSet("orra-third", _DOSSIERS / "orra-lighthouse-museum", "foreign/orra-third.jsonl", blind=True),
    QuestionSet("orra-fourth", _DOSSIERS / "orra-lighthouse-museum", "foreign/orra-fourth.jsonl", blind=True),
    QuestionSet("high-seas", _ROOT / "examples" / "high-seas", "foreign/high-seas.jsonl", blind=True),
)
"""Every set, in the order in which they are printed."""


def small_dossier(language: str, folder: str = "spaceless") -> tuple[MatcherTexts, list[tuple[str, TopicId | None]]]:
    """A dossier in one language from a folder here, and its questions with the topic that is meant; None: none."""
    written = tomllib.loads((_HERE / folder / f"{language}.toml").read_text(encoding="utf-8"))
    own, parts = Language(language), {name: part for name, part in written.items() if isinstance(part, dict)}
    topics = {
        TopicId(name): {
            own: TopicTexts([part["title"], part["summary"], *part["asks"]], part["body"].replace("。", "。\n"))
        }
        for name, part in parts.items()
        if name
    }
    asked = [(text, TopicId(name) if name else None) for name, part in parts.items() for text in part["questions"]]
    return MatcherTexts({own: written["title"]}, topics), asked


SMALL = {
    "spaceless": ("ja", "th", "zh"),
    "spaced": ("pt",),
    "young": ("zh", "ja", "th", "ar", "hi", "tr", "fr", "pt", "es", "en"),
}
"""Folder → the languages of its small dossiers. Those of ``young`` are blind."""


def question_set(name: str) -> QuestionSet:
    """The set of that name. Raises StopIteration if there is none."""
    return next(each for each in SETS if each.name == name)
