"""The command line, as a person calls it."""

import json
from pathlib import Path

import pytest

from bot.cli import main

TINY = Path(__file__).parent / "dossiers" / "tiny"


class TestAsk:
    """``nota ask`` answers from whatever dossier CONTENT_DIR names."""

    @pytest.fixture(autouse=True)
    def tiny(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CONTENT_DIR", str(TINY))

    def test_answers_a_command_in_the_language_asked_for(self, capsys: pytest.CaptureFixture[str]) -> None:
        """The fact is formatted for the language."""
        assert main(["ask", "/fare", "--language", "id"]) == 0
        assert "Rp4.500" in capsys.readouterr().out

    def test_prints_one_json_object_with_the_contracted_keys(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Others read these keys."""
        main(["ask", "/fare", "--json"])
        fields = json.loads(capsys.readouterr().out)
        assert set(fields) == {"question", "language", "topic", "suggestions", "text", "sources", "buttons"}
        assert fields["topic"] == "fare"
