"""What a file holds and should not is told as an editor wrote it, with what belongs there."""

from pathlib import Path

import pytest

from bot.dossier.loader import load
from tests.conftest import TODAY, Edit


def said(folder: Path) -> list[str]:
    """The mistakes as an editor reads them."""
    return [str(diagnostic) for diagnostic in load(folder, TODAY).diagnostics]


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
        assert said(folder) == [f"topics/fare.yaml:4: {words}"]

    @pytest.mark.parametrize("value", ["4,500", "4.500", "4_500", "4 500"])
    def test_number_with_separators(self, folder: Path, edit: Edit, value: str) -> None:
        """With the number that was meant."""
        edit("facts.yaml", "amount: 4500", f"amount: {value}")
        expected = "expected a number without separators, as in 4500"
        assert said(folder) == [f"facts.yaml:3: fare.amount: {value!r} is not valid, {expected}"]

    def test_position_in_quotes(self, folder: Path, edit: Edit) -> None:
        """A number all the same everywhere."""
        edit("topics/fare.yaml", "emoji:", 'order: "6"\nemoji:')
        assert said(folder) == ["topics/fare.yaml:1: order: '6' is not valid, expected a whole number, without quotes"]

    def test_day_that_the_calendar_lacks(self, folder: Path, edit: Edit) -> None:
        """Written as days are."""
        edit("sources.yaml", "2026-01-05", "2025-02-29")
        assert "harbour.published: '2025-02-29' is no day of the calendar, expected a day" in said(folder)[0]

    def test_moment_without_an_offset(self, folder: Path, edit: Edit) -> None:
        """Nine o'clock where?"""
        edit("bulletins/2026-01-05-first-crossing.yaml", "topics:", "not_before: 2026-01-05T09:00:00\ntopics:")
        assert said(folder)[0].endswith("not_before: no UTC offset, expected a moment, as in 2026-01-31T09:00:00+07:00")

    def test_colour_that_became_a_comment(self, folder: Path, edit: Edit) -> None:
        """Quotes keep the # from beginning one."""
        edit("dossier.yaml", "default_language: en", "default_language: en\ncolour: #1F4E79")
        assert said(folder) == ['dossier.yaml:10: colour is empty, expected a colour in quotes, as in "#1F4E8C"']

    @pytest.mark.parametrize("url", ["https://a..example/", "https://me:secret@a.example/", "https://me@a.example/"])
    def test_address_that_nobody_should_follow(self, folder: Path, edit: Edit, url: str) -> None:
        """A host with an empty part, and a user name."""
        edit("sources.yaml", "https://harbour.example/timetable", url)
        assert "with a host and no user name" in said(folder)[0]


class TestShapes:
    """Files and entries of another shape."""

    def test_empty_file(self, folder: Path) -> None:
        """What it must hold."""
        (folder / "topics" / "fare.yaml").write_text("", encoding="utf-8")
        assert said(folder) == ["topics/fare.yaml:1: the file is empty, expected title, summary, body"]

    def test_title_in_one_language_only(self, folder: Path, edit: Edit) -> None:
        """A text where a map of them belongs."""
        edit("topics/fare.yaml", "  en: The fare\n  id: Tarif\n", "")
        edit("topics/fare.yaml", "title:", "title: The fare")
        expected = "expected a text for each language, as in en: …"
        assert said(folder) == [f"topics/fare.yaml:3: title: 'The fare' is not a map, {expected}"]

    @pytest.mark.parametrize(("key", "value"), [("sources", ""), ("related", "")])
    def test_list_without_items(self, folder: Path, edit: Edit, key: str, value: str) -> None:
        """A key that nothing follows."""
        edit("topics/fare.yaml", "emoji:", f"{key}: {value}\nemoji:")
        assert said(folder) == [f"topics/fare.yaml:1: {key} is empty, expected - item lines or [a, b]"]

    def test_value_that_may_be_of_two_shapes(self, folder: Path, edit: Edit) -> None:
        """One of them speaks, without a word of the program's own."""
        edit("topics/fare.yaml", "aliases: [ticket, tiket]", "aliases: ticket")
        edit("facts.yaml", "fare:", "dock: {type: place, value: [Dock]}\nfare:")
        assert said(folder) == [
            "facts.yaml:1: dock.value: [Dock] is not valid, expected one text, not a list",
            "topics/fare.yaml:2: aliases: 'ticket' is not a list, expected - item lines or [a, b]",
        ]

    def test_what_looked_furthest_speaks(self, folder: Path, edit: Edit) -> None:
        """An empty list in a map of them is no map in a list's place."""
        edit("topics/fare.yaml", "aliases: [ticket, tiket]", "aliases:\n  en:\n  id: [tiket]")
        assert said(folder) == ["topics/fare.yaml:3: aliases.en is empty, expected - item lines or [a, b]"]

    def test_empty_header(self, folder: Path) -> None:
        """What must stand in it."""
        (folder / "dossier.yaml").write_text("# later\n", encoding="utf-8")
        assert said(folder) == [
            "dossier.yaml:1: the file is empty, expected id, title, summary, languages, default_language"
        ]

    @pytest.mark.parametrize(
        ("years", "expected"), [("-1", "expected 0 or more"), ("2000000", "expected at most 1000000")]
    )
    def test_number_beyond_its_limits(self, folder: Path, edit: Edit, years: str, expected: str) -> None:
        """Which they are."""
        edit("facts.yaml", "fare:", f"term: {{type: duration, years: {years}}}\nfare:")
        assert said(folder)[0].endswith(f"term.years: {years} is not valid, {expected}")


class TestKeys:
    """What an entry may hold."""

    def test_all_of_them_are_named(self, folder: Path, edit: Edit) -> None:
        """Where none is near, the one that was sought is in the list."""
        edit("facts.yaml", "fare:", "term: {type: duration, weeks: 5}\nfare:")
        assert said(folder)[0].endswith(
            "unknown key 'weeks', expected one of: sources, checked, note, derived, type, years, months, days"
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
        assert said(folder)[0].endswith(words)
