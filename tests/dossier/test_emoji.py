"""The sign before a topic's title."""

from pathlib import Path

import pytest

from bot.cli import main
from bot.dossier.loader import load
from tests.conftest import TODAY, Edit


def said(folder: Path, edit: Edit, emoji: str) -> list[str]:
    """What is said of a topic that has it."""
    edit("topics/fare.yaml", 'emoji: "🎫"', f'emoji: "{emoji}"')
    return [str(diagnostic) for diagnostic in load(folder, TODAY).diagnostics]


class TestOne:
    """Whatever a phone's keyboard writes as one sign is one, however many characters it has."""

    @pytest.mark.parametrize(
        "emoji", ["📄", "🇮🇩", "1️⃣", "✏️", "☎", "🕵🏽‍♂️", "👩‍👩‍👧‍👦", "❤️‍🔥", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "⛹🏽", "Ⓜ️", "🫩", "🪉"]
    )
    def test_an_emoji(self, folder: Path, edit: Edit, emoji: str) -> None:
        """Flags, keys, skin tones, joined people, those newer than this Python."""
        assert said(folder, edit, emoji) == []

    @pytest.mark.parametrize("sign", ["★", "→", "₽", "№", "©"])
    def test_a_plain_symbol(self, folder: Path, edit: Edit, sign: str) -> None:
        """Every platform shows it."""
        assert said(folder, edit, sign) == []


class TestNone:
    """Words are told with the line of the key."""

    @pytest.mark.parametrize("words", ["A", "ticket", ":ticket:", "1", "#", "—", "🎫a", "🇮", "<b>", r"\u200d"])
    def test_letters_and_signs_of_writing(self, folder: Path, edit: Edit, words: str) -> None:
        """Half a flag and a bare joiner are none, either."""
        [line] = said(folder, edit, words)
        assert line.startswith("topics/fare.yaml:1: ")
        assert line.endswith(" is no emoji, expected one, as in 📄")

    def test_it_costs_no_answer(self, folder: Path, edit: Edit) -> None:
        """``nota check`` fails for it, and the dossier is used."""
        said(folder, edit, "ticket")
        assert load(folder, TODAY).dossier is not None
        assert main(["check", str(folder)]) == 1

    def test_beside_another_mistake(self, folder: Path, edit: Edit) -> None:
        """It is told as others are, and not left for later as warnings are."""
        edit("topics/fare.yaml", "asks:", "sources: [harbor]\nasks:")
        assert len(said(folder, edit, "ticket")) == 2

    def test_a_long_text(self, folder: Path, edit: Edit) -> None:
        """Is shown in part, and found out at once."""
        assert said(folder, edit, "🎫" * 50_000 + "x") == [
            f"topics/fare.yaml:1: '{'🎫' * 19}…' is no emoji, expected one, as in 📄"
        ]

    @pytest.mark.parametrize("several", ["🎫🎫", "🇮🇩🤝🇷🇺", "🎫 🚢"])
    def test_several(self, folder: Path, edit: Edit, several: str) -> None:
        """A warning: it is more than wanted, and still shown."""
        assert said(folder, edit, several) == [f"topics/fare.yaml:1: warning: several emoji, {several!r}, expected one"]
