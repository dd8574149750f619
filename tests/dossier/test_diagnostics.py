"""What is wrong with the shape of a file is reported in an editor's words, with the value as the file has it and the fix."""

from pathlib import Path

import pytest

from bot.dossier.loader import load
from tests.conftest import TODAY, Edit
from tests.dossier.conftest import diagnostics_of


class TestKeysAndTypes:
    """The shape of entries."""

    def test_unknown_key_has_a_did_you_mean(self, folder: Path, edit: Edit) -> None:
        """The nearest key of that place."""
        edit("topics/fare.yaml", "summary:", "sumary:")
        assert "topics/fare.yaml:6: unknown key 'sumary', did you mean 'summary'?" in diagnostics_of(folder)

    def test_wrong_type_names_what_is_expected(self, folder: Path, edit: Edit) -> None:
        """A word where a number belongs."""
        edit("facts.yaml", "amount: 4500", "amount: cheap")
        assert diagnostics_of(folder) == [
            "facts.yaml:3: fare.amount: 'cheap' is not valid, expected a number, as in 95000 or 86.4"
        ]

    def test_missing_key_that_is_also_a_type(self, folder: Path, edit: Edit) -> None:
        """A bulletin's ``date`` is a key, a fact's may be a type."""
        edit("bulletins/2026-01-05-first-crossing.yaml", "date: 2026-01-05\n", "")
        assert "bulletins/2026-01-05-first-crossing.yaml:1: date is missing" in diagnostics_of(folder)[0]

    def test_unknown_type_of_fact(self, folder: Path, edit: Edit) -> None:
        """Types are few and named."""
        edit("facts.yaml", "type: money", "type: mony")
        assert diagnostics_of(folder) == ["facts.yaml:2: fare: unknown type 'mony', did you mean 'money'?"]

    def test_range_upside_down(self, folder: Path, edit: Edit) -> None:
        """Min above max."""
        edit("facts.yaml", "amount: 4500", "min: 5\n  max: 4")
        assert "expected min not above max" in diagnostics_of(folder)[0]

    @pytest.mark.parametrize("value", ['"4500"', "true", ".inf", "1e400", "1e300", "4,500", "4.500,00"])
    def test_what_is_no_number(self, folder: Path, edit: Edit, value: str) -> None:
        """Digits in quotes, truth values, what has no end, and what nobody could read."""
        edit("facts.yaml", "amount: 4500", f"amount: {value}")
        assert diagnostics_of(folder)[0].startswith("facts.yaml:3: fare.amount: ")

    def test_quotes_around_a_number(self, folder: Path, edit: Edit) -> None:
        """The remedy names them."""
        edit("facts.yaml", "amount: 4500", 'amount: "4500"')
        assert diagnostics_of(folder) == [
            "facts.yaml:3: fare.amount: '4500' is not valid, expected a number, without quotes"
        ]

    @pytest.mark.parametrize("value", ["yes", '"true"', "1"])
    def test_what_is_no_truth_value(self, folder: Path, edit: Edit, value: str) -> None:
        """YAML 1.2 knows true and false; an urgent bulletin is too much to guess at."""
        edit("bulletins/2026-01-05-first-crossing.yaml", "topics:", f"urgent: {value}\ntopics:")
        assert "expected true or false" in diagnostics_of(folder)[0]

    @pytest.mark.parametrize("value", ["20260105", "1767571200", "2026-02-30", "05.01.2026", "January 2026"])
    def test_what_is_no_day(self, folder: Path, edit: Edit, value: str) -> None:
        """A number is never taken for seconds since 1970."""
        edit("sources.yaml", "2026-01-05", value)
        assert "expected a day, as in 2026-01-31" in diagnostics_of(folder)[0]

    def test_currency_that_nobody_pays_with(self, folder: Path, edit: Edit) -> None:
        """Three letters are not enough."""
        edit("facts.yaml", "IDR", "XQZ")
        assert diagnostics_of(folder) == [
            "facts.yaml:4: fare.currency: 'XQZ' is not valid, expected one of ISO 4217, as in IDR, EUR or RUB"
        ]

    @pytest.mark.parametrize(
        "url",
        ["https:///path", "http://?q=1", "https://:80/", "https://a.example:99999/", '"https://[::1/"'],
    )
    def test_address_without_a_host(self, folder: Path, edit: Edit, url: str) -> None:
        """Nobody could open it."""
        edit("sources.yaml", "https://harbour.example/timetable", url)
        assert "with a host" in diagnostics_of(folder)[0]

    def test_control_character_in_a_text(self, folder: Path, edit: Edit) -> None:
        """YAML's escapes let in what PostgreSQL does not take."""
        edit("topics/fare.yaml", "en: The fare", 'en: "The\\0fare"')
        assert diagnostics_of(folder) == ["topics/fare.yaml:4: the control character U+0000, expected text without it"]

    def test_bad_url_scheme(self, folder: Path, edit: Edit) -> None:
        """Sources are pages of the web."""
        edit("sources.yaml", "https://", "javascript:")
        assert "expected an http:// or https:// address" in diagnostics_of(folder)[0]

    def test_bare_words_of_yaml_1_1_stay_words(self, folder: Path, edit: Edit) -> None:
        """``no`` is Norwegian, not false."""
        edit("sources.yaml", "title: Timetable", "title: no")
        loading = load(folder, TODAY)
        assert loading.dossier is not None
        assert next(iter(loading.dossier.sources.values())).title == "no"


class TestValues:
    """Shown as the file has them, not as the program sees them."""

    @pytest.mark.parametrize(
        ("value", "words"),
        [
            ("", "title.en is empty, expected text"),
            ('"  "', "title.en is empty, expected text"),
            ("true", "title.en: true is not valid, expected text, in quotes"),
            ("2025", "title.en: 2025 is not valid, expected text, in quotes"),
            ("[a, b]", "title.en: [a, b] is not valid, expected one text, not a list"),
            (
                "{Price: high}",
                'title.en: {Price: high} is not valid, expected text; one that holds ": " stands in quotes',
            ),
        ],
    )
    def test_text(self, folder: Path, edit: Edit, value: str, words: str) -> None:
        """Empty, a truth value, a number, a list, and a text that was taken for a key."""
        edit("topics/fare.yaml", "en: The fare", f"en: {value}")
        assert diagnostics_of(folder) == [f"topics/fare.yaml:4: {words}"]

    @pytest.mark.parametrize("value", ["4,500", "4.500", "4_500", "4 500"])
    def test_number_with_separators(self, folder: Path, edit: Edit, value: str) -> None:
        """With the number that was meant."""
        edit("facts.yaml", "amount: 4500", f"amount: {value}")
        expected = "expected a number without separators, as in 4500"
        assert diagnostics_of(folder) == [f"facts.yaml:3: fare.amount: {value!r} is not valid, {expected}"]

    def test_position_in_quotes(self, folder: Path, edit: Edit) -> None:
        """A number all the same everywhere."""
        edit("topics/fare.yaml", "emoji:", 'order: "6"\nemoji:')
        assert diagnostics_of(folder) == [
            "topics/fare.yaml:1: order: '6' is not valid, expected a whole number, without quotes"
        ]

    def test_day_that_the_calendar_lacks(self, folder: Path, edit: Edit) -> None:
        """Written as days are."""
        edit("sources.yaml", "2026-01-05", "2025-02-29")
        assert "harbour.published: '2025-02-29' is no day of the calendar, expected a day" in diagnostics_of(folder)[0]

    def test_moment_without_an_offset(self, folder: Path, edit: Edit) -> None:
        """Nine o'clock where?"""
        edit("bulletins/2026-01-05-first-crossing.yaml", "topics:", "not_before: 2026-01-05T09:00:00\ntopics:")
        assert diagnostics_of(folder)[0].endswith(
            "not_before: no UTC offset, expected a moment, as in 2026-01-31T09:00:00+07:00"
        )

    def test_colour_that_became_a_comment(self, folder: Path, edit: Edit) -> None:
        """Quotes keep the # from beginning one."""
        edit("dossier.yaml", "default_language: en", "default_language: en\ncolour: #1F4E79")
        assert diagnostics_of(folder) == [
            'dossier.yaml:10: colour is empty, expected a colour in quotes, as in "#1F4E8C"'
        ]

    @pytest.mark.parametrize("url", ["https://a..example/", "https://me:secret@a.example/", "https://me@a.example/"])
    def test_address_that_nobody_should_follow(self, folder: Path, edit: Edit, url: str) -> None:
        """A host with an empty part, and a user name."""
        edit("sources.yaml", "https://harbour.example/timetable", url)
        assert "with a host and no user name" in diagnostics_of(folder)[0]


class TestShapes:
    """Files and entries of another shape."""

    def test_empty_file(self, folder: Path) -> None:
        """What it must hold."""
        (folder / "topics" / "fare.yaml").write_text("", encoding="utf-8")
        assert diagnostics_of(folder) == ["topics/fare.yaml:1: the file is empty, expected title, summary, body"]

    def test_title_in_one_language_only(self, folder: Path, edit: Edit) -> None:
        """A text where a map of them belongs."""
        edit("topics/fare.yaml", "  en: The fare\n  id: Tarif\n", "")
        edit("topics/fare.yaml", "title:", "title: The fare")
        expected = "expected a text for each language, as in en: …"
        assert diagnostics_of(folder) == [f"topics/fare.yaml:3: title: 'The fare' is not a map, {expected}"]

    @pytest.mark.parametrize(("key", "value"), [("sources", ""), ("related", "")])
    def test_list_without_items(self, folder: Path, edit: Edit, key: str, value: str) -> None:
        """A key that nothing follows."""
        edit("topics/fare.yaml", "emoji:", f"{key}: {value}\nemoji:")
        assert diagnostics_of(folder) == [f"topics/fare.yaml:1: {key} is empty, expected - item lines or [a, b]"]

    def test_value_that_may_be_of_two_shapes(self, folder: Path, edit: Edit) -> None:
        """One of them speaks, without a word of the program's own."""
        edit("topics/fare.yaml", "aliases: [ticket, tiket]", "aliases: ticket")
        edit("facts.yaml", "fare:", "dock: {type: place, value: [Dock]}\nfare:")
        assert diagnostics_of(folder) == [
            "facts.yaml:1: dock.value: [Dock] is not valid, expected one text, not a list",
            "topics/fare.yaml:2: aliases: 'ticket' is not a list, expected - item lines or [a, b]",
        ]

    def test_what_looked_furthest_speaks(self, folder: Path, edit: Edit) -> None:
        """An empty list in a map of them is no map in a list's place."""
        edit("topics/fare.yaml", "aliases: [ticket, tiket]", "aliases:\n  en:\n  id: [tiket]")
        assert diagnostics_of(folder) == ["topics/fare.yaml:3: aliases.en is empty, expected - item lines or [a, b]"]

    def test_empty_header(self, folder: Path) -> None:
        """What must stand in it."""
        (folder / "dossier.yaml").write_text("# later\n", encoding="utf-8")
        assert diagnostics_of(folder) == [
            "dossier.yaml:1: the file is empty, expected id, title, summary, languages, default_language"
        ]

    @pytest.mark.parametrize(
        ("years", "expected"), [("-1", "expected 0 or more"), ("2000000", "expected at most 1000000")]
    )
    def test_number_beyond_its_limits(self, folder: Path, edit: Edit, years: str, expected: str) -> None:
        """Which they are."""
        edit("facts.yaml", "fare:", f"term: {{type: duration, years: {years}}}\nfare:")
        assert diagnostics_of(folder)[0].endswith(f"term.years: {years} is not valid, {expected}")


class TestKeys:
    """What an entry may hold."""

    def test_all_of_them_are_named(self, folder: Path, edit: Edit) -> None:
        """Where none is near, the one that was sought is in the list."""
        edit("facts.yaml", "fare:", "term: {type: duration, weeks: 5}\nfare:")
        assert diagnostics_of(folder)[0].endswith(
            "unknown key 'weeks', expected one of: sources, checked, note, stated_by, derived, type, years, months, days"
        )

    @pytest.mark.parametrize(
        ("key", "words"),
        [
            ("  currency: IDR\n", "fare.currency is missing, expected one of ISO 4217, as in IDR, EUR or RUB"),
            ("  amount: 4500\n", "fare: neither one amount nor a range, expected amount, or both min and max"),
        ],
    )
    def test_what_is_missing(self, folder: Path, edit: Edit, key: str, words: str) -> None:
        """And what it is for."""
        edit("facts.yaml", key, "")
        assert diagnostics_of(folder)[0].endswith(words)
