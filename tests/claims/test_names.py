"""Claims without a value: what one sentence of the dossier says of them, or denies."""

from pathlib import Path

import pytest

from bot.claims.names import Found, compare_names
from bot.claims.statement_match import Word
from bot.claims.statements import read_message
from bot.dossier.models import Language
from bot.replies.answer import checker_for
from tests.conftest import CONTENT, loaded

_DOSSIERS = Path(__file__).parents[1] / "dossiers"


def found(name: str, language: str, text: str) -> Found | None:
    """What the dossier says of the claim."""
    checker = checker_for(loaded(CONTENT if name == "content" else _DOSSIERS / name))
    known = checker.facts.languages[Language(language)]
    (claimed,) = read_message(text, known.words, known.reader, known.names_place).statements

    def words_of(part: str) -> list[Word]:
        return [Word(known.keys(word), word) for word in known.split(part) if not known.is_empty(word)]

    return compare_names(
        claimed, words_of(claimed.text), words_of(claimed.rejected_text), known, checker.likely(claimed, known)
    )


class TestWhatASentenceSays:
    """All its words are explained by one sentence, which says the same or the contrary."""

    @pytest.mark.parametrize(
        ("name", "language", "text", "outcome"),
        [
            ("content", "en", "Putin accepted Prabowo's invitation to Indonesia", "agrees"),
            ("content", "en", "a special subcommittee is meant to drive the programmes", "agrees"),
            ("content", "id", "Meutya Hafid ikut dalam delegasi Indonesia di pertemuan St. Petersburg", "agrees"),
            ("content", "ru", "Путин принял приглашение Прабово", "agrees"),
            ("content", "en", "cybersecurity is among the programmes", "agrees"),
            ("content", "en", "The name of the Special Subcommittee's chair has not been made public", "agrees"),
            ("content", "en", "Nota does not speak for either ministry", "agrees"),
            ("content", "en", "artificial intelligence is on the list", "contradicts"),
            ("content", "id", "Tidak ada program 5G dalam nota digital itu", "contradicts"),
        ],
    )
    def test_decides(self, name: str, language: str, text: str, outcome: str) -> None:
        decided = found(name, language, text)
        assert decided is not None
        assert decided.outcome == outcome

    @pytest.mark.parametrize(
        ("name", "language", "text"),
        [
            ("content", "en", "Prabowo accepted Putin's invitation to Indonesia"),
            ("content", "en", "Indonesia offers state scholarships to Russians"),
            ("content", "en", "Shadayev signed for Russia"),
            ("content", "en", "Russian equipment will be used"),
            ("content", "en", "Putin must accept Prabowo's invitation"),
            ("content", "en", "Putin accepted Prabowo's invitation to the moon"),
            ("content", "en", "the documents had been signed beforehand"),
            ("content", "id", "Meutya Hafid menandatangani MoU ini"),
            ("content", "en", "Meutya signed the memorandum for Indonesia"),
            ("content", "en", "scholarships for study in Russia are among the programmes"),
            ("content", "en", "the chair of the subcommittee has been made public"),
        ],
        ids=[
            "roles swapped",
            "countries swapped",
            "said of another clause, which denies that it is known",
            "what no source says",
            "an obligation",
            "an invented part",
            "what one source says, without that source",
            "the same, with a name",
            "what a source has somebody do",
            "said of something else in a programme's text",
            "what is not known",
        ],
    )
    def test_is_not_confirmed(self, name: str, language: str, text: str) -> None:
        decided = found(name, language, text)
        assert decided is None or decided.outcome != "agrees"


class TestPlaces:
    """A place of the dossier, or another one in its stead."""

    @pytest.mark.parametrize(
        ("language", "text", "outcome"),
        [
            ("en", "the memorandum was exchanged in St Petersburg", "agrees"),
            ("en", "the memorandum was exchanged in Moscow", "contradicts"),
            ("en", "the memorandum was not exchanged in Moscow", "agrees"),
            ("id", "MoU dipertukarkan di Jakarta", "contradicts"),
            ("ru", "Меморандумом обменялись в Санкт-Петербурге", "agrees"),
            ("ru", "Меморандумом обменялись в Москве", "contradicts"),
        ],
    )
    def test_where(self, language: str, text: str, outcome: str) -> None:
        decided = found("content", language, text)
        assert decided is not None
        assert decided.outcome == outcome
