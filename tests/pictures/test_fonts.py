"""The typefaces: widths of characters, what they can print, and text fitted into a width."""

import struct

import pytest
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

from bot.pictures.fonts import (
    BOLD,
    FACES,
    SANS,
    SERIF,
    Face,
    MissingGlyph,
    advances,
    fit,
    parse_advances,
    printable,
    width,
)
from tests.tables import cases

EVERY_FACE = pytest.mark.parametrize("face", FACES, ids=lambda face: face.name)


class TestAdvances:
    """What is read from a font file is what a font library reads."""

    @EVERY_FACE
    def test_every_character_as_fonttools_has_it(self, face: Face) -> None:
        """Of the Basic Multilingual Plane, where all that we print is."""
        with TTFont(face.path) as font:
            known = {chr(code): font["hmtx"].metrics[glyph][0] / 1000 for code, glyph in font.getBestCmap().items()}
        assert advances(face) == {char: wide for char, wide in known.items() if ord(char) < 0x10000}

    def test_a_file_that_is_no_font_is_refused(self) -> None:
        with pytest.raises(struct.error):
            parse_advances(b"no font")


class TestPrintable:
    """Latin and Cyrillic, and the signs around them; a missing letter is an error, a missing symbol is left out."""

    @EVERY_FACE
    @cases("text")
    def test_the_alphabets(self, face: Face, text: str) -> None:
        """
        ABCXYZabcxyz0123456789
        АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ
        абвгдеёжзийклмнопрстуфхцчшщъыьэюя
        """
        assert printable(text, face) == text

    @EVERY_FACE
    def test_the_signs(self, face: Face) -> None:
        assert all(sign in advances(face) for sign in "–—«»“”’·…%$€₽№\u00a0")

    @pytest.mark.parametrize("text", ["日本", "தமிழ்", "عربي", "๑๒๓"])
    def test_a_missing_letter_or_digit_is_an_error(self, text: str) -> None:
        """The caller takes another language."""
        with pytest.raises(MissingGlyph):
            printable(text, SANS)

    def test_symbols_and_spaces_are_substituted_or_left_out(self) -> None:
        """Narrow spaces and the non-breaking hyphen are common in CLDR's formats."""
        assert printable("1\u202f303 co\u2011op 🚀", SERIF) == "1\u00a0303 co-op"
        assert printable("и\u0306", SANS) == "й"


class TestFit:
    """The largest size that fits, whole lines, and an ellipsis only at the end."""

    def test_takes_the_largest_size_that_fits(self) -> None:
        block = fit("Сколько действует меморандум", SERIF, 800, (60, 50, 40), 1)
        assert block.size == 50
        assert block.width <= 800

    def test_wraps_between_words(self) -> None:
        """No word is lost."""
        block = fit("one two three four five six", SANS, 120, (30,), 9)
        assert " ".join(block.lines).split() == ["one", "two", "three", "four", "five", "six"]
        assert all(width(line, SANS, 30) <= 120 for line in block.lines)

    def test_cuts_with_an_ellipsis_at_the_smallest_size(self) -> None:
        block = fit("word " * 60, SANS, 300, (40, 20), 2)
        assert (block.size, len(block.lines), block.is_cut) == (20, 2, True)
        assert block.width <= 300

    def test_breaks_a_word_that_is_too_wide(self) -> None:
        """Nothing of it is lost if there are enough lines."""
        block = fit("Penyelenggaraan" * 4, BOLD, 200, (24,), 9)
        assert "".join(block.lines) == "Penyelenggaraan" * 4
        assert block.width <= 200

    def test_leaves_no_short_word_at_the_end_of_a_line(self) -> None:
        """«и», «в», "of" go with the next word."""
        for line in fit("вот и я в том же доме и с тем же котом", SANS, 130, (24,), 9).lines[:-1]:
            assert line.split()[-1] not in {"и", "в", "с"}

    def test_starts_no_line_with_a_dash(self) -> None:
        for wide in range(140, 400, 20):
            lines = fit("Москва — столица — и город", SANS, wide, (24,), 9).lines
            assert not any(line.startswith("—") for line in lines)

    def test_balances_the_lines_of_a_headline(self) -> None:
        words = "Cybersecurity and inclusive internet"
        assert fit(words, BOLD, 400, (31,), 2).lines != ("Cybersecurity and", "inclusive internet")
        assert fit(words, BOLD, 400, (31,), 2, balanced=True).lines == ("Cybersecurity and", "inclusive internet")
