"""Where drawn pictures are kept."""

import asyncio
from pathlib import Path

import pytest

from bot.dossier.loader import load
from bot.dossier.models import TopicId
from bot.live_dossier import LiveDossier
from bot.pictures.service import gallery_of
from bot.replies.question import AboutTopic
from tests.conftest import CONTENT, TODAY


def folders_of_pictures(place: Path) -> list[Path]:
    return [file.parent for file in place.rglob("*.png")]


class TestPlace:
    """Where the database lies, so that one folder or volume is all that must be writable, and both outlive a release."""

    @pytest.mark.parametrize(
        ("url", "folder"),
        [("sqlite:///{}/volume/nota.sqlite3", "volume"), (None, "data")],
        ids=["a file", "the default", "no file"],
    )
    async def test_is_beside_the_database(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str | None, folder: str
    ) -> None:
        """A database that is no file has them where the default one would be."""
        monkeypatch.chdir(tmp_path)
        dossier = load(CONTENT, TODAY).dossier
        assert dossier is not None
        gallery = gallery_of(LiveDossier(dossier), lambda: TODAY, url and url.format(tmp_path))
        assert await gallery.of(AboutTopic(TopicId("duration")), "en")
        assert await asyncio.to_thread(folders_of_pictures, tmp_path) == [tmp_path / folder / "pictures"]
