"""Languages to choose from."""

import pytest

from bot.conversation import language_label, language_name


class TestNames:
    """A language is called as its readers call it, in a dossier of whatever languages."""

    @pytest.mark.parametrize(
        ("language", "name"),
        [("en", "English"), ("id", "Bahasa Indonesia"), ("ru", "Русский"), ("fr", "Français"), ("zz", "zz"), ("", "")],
    )
    def test_name(self, language: str, name: str) -> None:
        """The code itself where there is no such language."""
        assert language_name(language) == name

    def test_a_button_has_the_flag_too(self) -> None:
        """Where we know one: not every language is a country's."""
        assert language_label("ru") == "🇷🇺 Русский"
        assert language_label("fr") == "Français"
