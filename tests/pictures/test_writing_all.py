"""``nota pictures``: all of them into a folder."""

from pathlib import Path

import pytest

from bot.cli import main
from bot.cli.pictures import contact_sheet
from bot.pictures.raster import is_complete
from tests.conftest import TINY


class TestEveryPictureIntoAFolder:
    """Every picture in every language, light and dark, and one sheet of them all."""

    def test_of_whatever_dossier(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The tiny one has a bulletin and two languages."""
        monkeypatch.setenv("CONTENT_DIR", str(TINY))
        assert main(["pictures", str(tmp_path), "--svg"]) == 0
        names = {file.name for file in tmp_path.glob("*.png")}
        card = "2026-01-05-first-crossing"
        expected = {f"{card}-{language}-{theme}.png" for language in ("en", "id") for theme in ("light", "dark")}
        assert names == expected | {"contact-sheet.png"}
        assert all(is_complete(file.read_bytes()) for file in tmp_path.glob("*.png"))
        assert len(list(tmp_path.glob("*.svg"))) == 4

    def test_the_sheet_holds_each_of_them(self) -> None:
        """Six in a row."""
        svg = '<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="675" viewBox="0 0 1200 675"></svg>'
        sheet = contact_sheet([svg] * 7)
        assert sheet.count("<svg") == 8
        assert sheet.count('width="480" height="270"') == 7

    def test_broken_content_is_said(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Exit 1, and the mistakes."""
        monkeypatch.setenv("CONTENT_DIR", str(tmp_path / "none"))
        assert main(["pictures", str(tmp_path / "out")]) == 1
