"""Editors are warned where two topics are asked for in the same words."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.cli import main
from bot.dossier.diagnostics import Diagnostic
from bot.dossier.loader import load
from bot.matching.decision import check_collisions
from tests.conftest import CONTENT, TODAY

Edit = Callable[[str, str, str], None]

SECOND = """\
emoji: "🌊"
title: {en: The crossing, id: Penyeberangan}
summary: {en: How the crossing goes, id: Bagaimana menyeberang}
body: {en: It takes an hour., id: Satu jam.}
asks:
  en: [the crossing, %s]
  id: [menyeberang]
"""


def collisions(folder: Path) -> list[Diagnostic]:
    dossier = load(folder, TODAY).dossier
    assert dossier is not None
    return list(check_collisions(dossier))


def second(folder: Path, ask: str) -> None:
    (folder / "topics" / "crossing.yaml").write_text(SECOND % ask, encoding="utf-8")


class TestCollisions:
    """The same words, however they are written."""

    def test_none_where_topics_differ(self, folder: Path) -> None:
        """Words may be shared, whole questions may not."""
        second(folder, "how much time does the ferry take")
        assert collisions(folder) == []

    def test_same_but_for_order_endings_spelling_and_fillers(self, folder: Path) -> None:
        """Says where, which other topic, and in what words there."""
        second(folder, "just tickets how much is pls")
        (diagnostic,) = collisions(folder)
        assert (diagnostic.path, diagnostic.place, diagnostic.severity) == (
            "topics/fare.yaml",
            ("asks", "en", 0),
            "warning",
        )
        assert "crossing as well (there: 'just tickets how much is pls')" in diagnostic.message

    def test_a_topic_may_repeat_itself(self, folder: Path, edit: Edit) -> None:
        """That is untidy and nothing worse."""
        edit("topics/fare.yaml", "[how much is a ticket, fare", "[how much is a ticket, how much is the ticket, fare")
        assert collisions(folder) == []

    @pytest.mark.slow
    def test_the_real_dossier_has_none(self) -> None:
        """Every example is somebody's alone."""
        assert collisions(CONTENT) == []

    def test_check_says_so_with_file_and_line(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """As a warning: the dossier goes on answering."""
        second(folder, "how much is the ticket")
        monkeypatch.setenv("CONTENT_DIR", str(folder))
        assert main(["check"]) == 0
        assert (
            "topics/fare.yaml:13: warning: 'how much is a ticket' asks for crossing as well" in capsys.readouterr().out
        )
        assert main(["check", "--strict"]) == 1
