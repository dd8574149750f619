"""Text in a given space."""

import pytest

from bot.pictures.fonts import BOLD, FACES, SANS, SERIF, Unwritable, advances, fit, width, writable


class TestFit:
    """The largest size that fits, whole lines, and a cut only at the last."""

    def test_takes_the_largest_size_that_fits(self) -> None:
        """And stays inside the room."""
        setting = fit("Сколько действует меморандум", SERIF, 800, (60, 50, 40), 1)
        assert setting.size == 50
        assert setting.width <= 800

    def test_wraps_between_words(self) -> None:
        """No word is lost."""
        setting = fit("one two three four five six", SANS, 120, (30,), 9)
        assert " ".join(setting.lines).split() == ["one", "two", "three", "four", "five", "six"]
        assert all(width(line, SANS, 30) <= 120 for line in setting.lines)

    def test_cuts_with_an_ellipsis_at_the_smallest_size(self) -> None:
        """Never over the room."""
        setting = fit("word " * 60, SANS, 300, (40, 20), 2)
        assert setting.size == 20
        assert len(setting.lines) == 2
        assert setting.lines[-1].endswith("…")
        assert setting.width <= 300

    def test_breaks_a_word_wider_than_the_room(self) -> None:
        """Nothing of it is lost where the lines suffice."""
        setting = fit("Penyelenggaraan" * 4, BOLD, 200, (24,), 9)
        assert "".join(setting.lines) == "Penyelenggaraan" * 4
        assert setting.width <= 200

    def test_leaves_no_short_word_at_a_lines_end(self) -> None:
        """«и», «в», "of" go with the next word."""
        for line in fit("вот и я в том же доме и с тем же котом", SANS, 130, (24,), 9).lines[:-1]:
            assert line.split()[-1] not in {"и", "в", "с"}

    def test_starts_no_line_with_a_dash(self) -> None:
        """It stays with the word before it."""
        for room in range(140, 400, 20):
            assert not any(
                line.startswith("—") for line in fit("Москва — столица — и город", SANS, room, (24,), 9).lines
            )

    def test_evens_a_headlines_lines(self) -> None:
        """As many lines, of a like width."""
        words = "Cybersecurity and inclusive internet"
        plain, even = fit(words, BOLD, 400, (31,), 2), fit(words, BOLD, 400, (31,), 2, even=True)
        assert len(plain.lines) == len(even.lines)
        assert even.width < plain.width
        assert even.lines == ("Cybersecurity and", "inclusive internet")


class TestWhatTheTypefacesCanWrite:
    """Latin and Cyrillic, and the signs around them."""

    @pytest.mark.parametrize("face", FACES, ids=lambda face: face.name)
    @pytest.mark.parametrize(
        "text", ["ABCXYZabcxyz0123456789", "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ", "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"]
    )
    def test_the_alphabets(self, face: object, text: str) -> None:
        """Every letter of our languages, in every cut."""
        assert writable(text, face) == text  # type: ignore[arg-type]

    @pytest.mark.parametrize("face", FACES, ids=lambda face: face.name)
    def test_the_signs(self, face: object) -> None:
        """Dashes, quotes, currencies, the space that does not break."""
        assert all(sign in advances(face) for sign in "–—«»“”’·…%$€₽№\u00a0")  # type: ignore[arg-type]

    def test_a_missing_letter_or_digit_is_said(self) -> None:
        """Whoever draws takes another language."""
        for text in ("日本", "தமிழ்", "عربي", "๑๒๓"):
            with pytest.raises(Unwritable):
                writable(text, SANS)

    def test_missing_signs_and_spaces_have_a_stand_in_or_none(self) -> None:
        """Narrow spaces and the hyphen that does not break are common in CLDR's formats."""
        assert writable("1\u202f303 co\u2011op 🚀", SERIF) == "1\u00a0303 co-op"

    def test_composes_what_came_in_parts(self) -> None:
        """й as и and breve."""
        assert writable("и\u0306", SANS) == "й"
