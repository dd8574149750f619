"""What each language brings: a folder of ``bot/languages``."""

import re
from pathlib import Path

import pytest
from babel import Locale
from babel.numbers import is_currency

from bot.dossier.validators import categories
from bot.languages import SPOKEN, direction, file_of, languages_with, record, scripts_of
from bot.matching.stemmer import is_foreign
from bot.schedule import zones
from tests.tables import table

RECORDS = languages_with("language.toml")


class TestSpokenLanguage:
    """A language that Nota speaks itself is complete."""

    @pytest.mark.parametrize("language", SPOKEN)
    def test_has_all_of_its_files(self, language: str) -> None:
        """English stands in the code."""
        parts = ["language.toml", "questions.toml", "claims.toml", *(["phrases.po"] if language != "en" else [])]
        assert [part for part in parts if file_of(language, part) is None] == []

    @pytest.mark.parametrize("language", SPOKEN)
    def test_has_what_readers_see(self, language: str) -> None:
        own = record(language)
        assert own.locale.startswith(f"{language}_")
        assert own.flag
        assert own.about != "~"
        assert own.number_words
        assert own.million
        assert own.growth


@pytest.mark.parametrize("language", RECORDS)
class TestRecord:
    """What a record says is so in CLDR and in the tz database."""

    def test_names_zones_that_exist(self, language: str) -> None:
        own = record(language)
        assert {own.zone, *own.cities} <= {*zones(), "UTC"}

    def test_names_currencies_with_as_many_forms_as_the_language(self, language: str) -> None:
        """One form never changes."""
        own = record(language)
        assert all(map(is_currency, (*own.nouns, *own.signs)))
        assert {forms.count("|") + 1 for forms in own.nouns.values()} <= {1, 2, len(categories(language))}

    def test_begins_a_scale_with_the_largest(self, language: str) -> None:
        sizes = [size for size, _ in record(language).scales]
        assert sizes == sorted(sizes, reverse=True)

    def test_has_patterns_of_cldr(self, language: str) -> None:
        own = record(language)
        assert not own.locale or Locale.parse(own.locale)
        for pattern in (own.day_format, own.short_day_format, own.month_format):
            assert pattern in ("long", "medium") or "y" in re.sub("'[^']*'", "", pattern)


def test_a_folder_has_no_other_files() -> None:
    """A file that nobody reads would be a list that does not count."""
    known = {"language.toml", "questions.toml", "claims.toml", "phrases.po"}
    folder = Path(str(file_of("en", "language.toml"))).parents[1]
    assert {file.name for file in folder.glob("*/*") if file.suffix in (".toml", ".po")} <= known


@pytest.mark.parametrize("language", ["qqq", "../ru", "", "pt-BR"])
def test_another_language_has_the_defaults(language: str) -> None:
    """No name of a language leads out of the folder."""
    assert record(language) == record("xx")
    assert file_of(language, "language.toml") is None


class TestScripts:
    """What a text of a language is surely not written in."""

    @pytest.mark.parametrize(
        ("language", "scripts"),
        [
            ("en", {"LATIN"}),
            ("ru", {"CYRILLIC"}),
            ("sr", {"CYRILLIC", "LATIN"}),
            ("bn", {"BENGALI"}),
            ("ja", {"CJK", "HIRAGANA", "KATAKANA"}),
            ("ko", {"CJK", "HANGUL"}),
            ("qqq", set()),
        ],
    )
    def test_are_those_of_cldr(self, language: str, scripts: set[str]) -> None:
        assert scripts_of(language) == scripts

    @table("language, word")
    def test_no_word_is_foreign_in_a_language_that_is_written_so(self, language: str, word: str) -> None:
        """
        bn | ফেরি
        sr | trajekt
        km | សាឡាង
        qqq | паром
        """
        assert not is_foreign(word, language)

    @pytest.mark.parametrize(("language", "word"), [("bn", "ferry"), ("ru", "ferry"), ("en", "паром"), ("sr", "ফেরি")])
    def test_others_are(self, language: str, word: str) -> None:
        assert is_foreign(word, language)

    @pytest.mark.parametrize("language", [each for each in languages_with("language.toml") if each not in SPOKEN])
    def test_letters_of_a_script_begin_with_its_name(self, language: str) -> None:
        assert scripts_of(language)


@table("language, written")
def test_direction_is_that_of_cldr(language: str, written: str) -> None:
    """
    ar | rtl
    fa | rtl
    he | rtl
    ur | rtl
    en | ltr
    ru | ltr
    qqq | ltr
    """
    assert direction(language) == written
