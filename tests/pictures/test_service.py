"""The picture service: rendered in a child process, once, stored on disk; and ``nota pictures``."""

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.dossier.loader import Loading
from bot.dossier.models import BulletinId, Dossier, TopicId
from bot.live_dossier import LiveDossier
from bot.pictures.raster import PNG_END, PNG_START, RasterError, is_complete, rasterise
from bot.pictures.service import MAX_PENDING, PictureService, PictureStore, pictures_folder, render_png
from bot.platforms.discord.limits import HTTP_ANSWER_BYTES
from bot.replies.question import AboutBulletin, AboutTopic
from tests.command import Run
from tests.conftest import TINY, TODAY, not_none

DURATION = AboutTopic(TopicId("duration"))
PNG = PNG_START + PNG_END


def service(dossier: Dossier, folder: Path, rasterise: Callable[[str], bytes] = render_png) -> PictureService:
    return PictureService(PictureStore(folder), LiveDossier(dossier), lambda: TODAY, rasterise)


class FakeRenderer:
    """Stands for resvg if its result does not matter: counts, and takes some time."""

    def __init__(self, seconds: float = 0) -> None:
        self.rendered: list[str] = []
        self.seconds = seconds
        self.at_once = 0
        self.most_at_once = 0

    def __call__(self, svg: str) -> bytes:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        time.sleep(self.seconds)
        self.rendered.append(svg)
        self.at_once -= 1
        return PNG


class TestRendering:
    """A PNG from a child process. A failure is None and a line in the log, never an exception."""

    async def test_is_a_png_of_the_size_that_platforms_show(self, dossier: Dossier, tmp_path: Path) -> None:
        """Width and height are bytes 16 to 24 (PNG specification, 11.2.1)."""
        picture = not_none(await service(dossier, tmp_path).of(DURATION, "ru"))
        assert is_complete(picture.png)
        assert (int.from_bytes(picture.png[16:20]), int.from_bytes(picture.png[20:24])) == (
            1080,
            round(picture.height * 0.9),
        )
        assert picture.alt.startswith("Сколько действует меморандум")

    @pytest.mark.parametrize("topic", ["coverage", "pricing", "news"])
    async def test_is_small_enough_for_an_answer_on_discord(self, dossier: Dossier, tmp_path: Path, topic: str) -> None:
        """The largest of them, in the language with the longest words; the rest of the answer takes some 5 kB."""
        picture = not_none(await service(dossier, tmp_path).of(AboutTopic(TopicId(topic)), "id", "dark"))
        assert len(picture.png) < HTTP_ANSWER_BYTES - 10_000

    async def test_answers_go_on_while_it_renders(self, dossier: Dossier, tmp_path: Path) -> None:
        """The event loop runs meanwhile; in a thread, resvg would block it."""
        task = asyncio.create_task(service(dossier, tmp_path).of(DURATION, "en"))
        turns = 0
        while not task.done():
            await asyncio.sleep(0.001)
            turns += 1
        assert task.result() is not None
        assert turns > 10

    def test_broken_svg_and_a_broken_process_are_errors(self) -> None:
        with pytest.raises(RasterError):
            render_png("<svg")
        with pytest.raises(RasterError):
            rasterise("", ["/no/such/font.otf"])

    async def test_a_failure_costs_one_picture(self, dossier: Dossier, tmp_path: Path) -> None:
        """The next request tries again."""
        failures = [RasterError("out of memory")]

        def sometimes(_svg: str) -> bytes:
            if failures:
                raise failures.pop()
            return PNG

        pictures = service(dossier, tmp_path, sometimes)
        assert await pictures.of(DURATION, "en") is None
        assert await pictures.of(DURATION, "en") is not None

    async def test_a_topic_without_a_picture_has_none(self, dossier: Dossier, tmp_path: Path) -> None:
        assert await service(dossier, tmp_path).of(AboutTopic(TopicId("help")), "en") is None


class TestQueue:
    """A picture requested a thousand times is rendered once, one at a time, and the number of pending ones is bounded."""

    async def test_a_thousand_requests_share_one_rendering(self, dossier: Dossier, tmp_path: Path) -> None:
        renderer = FakeRenderer(0.05)
        pictures = service(dossier, tmp_path, renderer)
        found = await asyncio.gather(*(pictures.of(DURATION, "en") for _ in range(1000)))
        assert len(renderer.rendered) == 1
        assert found[0] is not None
        assert {each.digest if each else None for each in found} == {found[0].digest}

    async def test_different_ones_are_rendered_one_after_another(self, dossier: Dossier, tmp_path: Path) -> None:
        """One child process at a time, on a small machine."""
        renderer = FakeRenderer(0.01)
        pictures = service(dossier, tmp_path, renderer)
        await asyncio.gather(*(pictures.of(AboutBulletin(name), "en") for name in list(dossier.bulletins)[:8]))
        assert (len(renderer.rendered), renderer.most_at_once) == (8, 1)

    async def test_a_stored_one_does_not_wait_for_the_others(self, dossier: Dossier, tmp_path: Path) -> None:
        renderer = FakeRenderer()
        pictures = service(dossier, tmp_path, renderer)
        await pictures.of(DURATION, "en")
        renderer.seconds = 0.2
        names = list(dossier.bulletins)[:5]
        others = [asyncio.create_task(pictures.of(AboutBulletin(name), "en")) for name in names]
        await asyncio.sleep(0.05)
        assert await pictures.of(DURATION, "en") is not None
        assert not any(task.done() for task in others[1:])
        await asyncio.gather(*others)

    async def test_beyond_the_bound_there_is_none(self, dossier: Dossier, tmp_path: Path) -> None:
        """The reply is sent as text."""
        item = next(iter(dossier.bulletins.values()))
        many = {BulletinId(f"b{n}"): item for n in range(MAX_PENDING + 20)}
        pictures = service(replace(dossier, bulletins=many), tmp_path, FakeRenderer())
        found = await asyncio.gather(*(pictures.of(AboutBulletin(name), "en") for name in many))
        assert found.count(None) == 20

    async def test_a_cancelled_request_leaves_it_to_the_others(self, dossier: Dossier, tmp_path: Path) -> None:
        pictures = service(dossier, tmp_path, FakeRenderer(0.05))
        first, second = (asyncio.create_task(pictures.of(DURATION, "en")) for _ in range(2))
        await asyncio.sleep(0.01)
        first.cancel()
        assert await second is not None


class TestStore:
    """Stored by digest beside the database, across restarts, within bounds."""

    @pytest.mark.parametrize(
        ("url", "folder"),
        [("sqlite:///{}/volume/nota.sqlite3", "volume"), (None, "data"), ("postgresql://u:p@db/nota", "data")],
        ids=["a file", "the default", "no file"],
    )
    def test_is_beside_the_database(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str | None, folder: str
    ) -> None:
        """One folder or volume is all that must be writable. For a database without a file it is the default one."""
        monkeypatch.chdir(tmp_path)
        assert pictures_folder(url and url.format(tmp_path)).absolute() == tmp_path / folder / "pictures"

    async def test_a_restart_renders_nothing_again(self, dossier: Dossier, tmp_path: Path) -> None:
        renderer = FakeRenderer()
        for _ in range(2):
            await service(dossier, tmp_path, renderer).of(DURATION, "en")
        assert len(renderer.rendered) == 1

    async def test_changed_content_is_rendered_again(self, dossier: Dossier, tmp_path: Path) -> None:
        renderer = FakeRenderer()
        live = LiveDossier(dossier)
        pictures = PictureService(PictureStore(tmp_path), live, lambda: TODAY, renderer)
        before = await pictures.of(DURATION, "en")
        topic = dossier.topics[TopicId("duration")]
        edited = topic.model_copy(update={"title": dict.fromkeys(dossier.languages, "Another")})
        live.update(Loading(replace(dossier, topics={**dossier.topics, topic.id: edited}, version="another"), ()))
        after = await pictures.of(DURATION, "en")
        assert before is not None
        assert after is not None
        assert before.digest != after.digest
        assert len(renderer.rendered) == 2

    async def test_an_incomplete_file_is_rendered_again(self, dossier: Dossier, tmp_path: Path) -> None:
        """As after a full disk."""
        renderer = FakeRenderer()
        pictures = service(dossier, tmp_path, renderer)
        picture = await pictures.of(DURATION, "en")
        assert picture
        (tmp_path / f"{picture.digest}.png").write_bytes(picture.png[:9])
        assert await pictures.of(DURATION, "en") == picture
        assert len(renderer.rendered) == 2

    def test_the_oldest_files_are_removed(self, tmp_path: Path) -> None:
        store = PictureStore(tmp_path, max_files=2)
        for index in range(5):
            store.put(f"{index}", PNG)
            os.utime(tmp_path / f"{index}.png", (index, index))
        store.put("last", PNG)
        assert {file.name for file in tmp_path.iterdir()} == {"4.png", "last.png"}

    async def test_a_folder_that_cannot_be_written_stores_nothing(self, dossier: Dossier, tmp_path: Path) -> None:
        """The picture is made all the same."""
        (tmp_path / "taken").write_text("")
        assert await service(dossier, tmp_path / "taken", FakeRenderer()).of(DURATION, "en") is not None


class TestCommand:
    """``nota pictures``: every picture in every language, light and dark."""

    @pytest.mark.slow
    def test_of_any_dossier(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
        """The tiny one has a bulletin and two languages."""
        monkeypatch.setenv("CONTENT_DIR", str(TINY))
        run("pictures", tmp_path, "--svg")
        files = list(tmp_path.glob("*.png"))
        card = "2026-01-05-first-crossing"
        expected = {f"{card}-{language}-{theme}.png" for language in ("en", "id") for theme in ("light", "dark")}
        assert {file.name for file in files} == expected
        assert all(is_complete(file.read_bytes()) for file in files)
        assert len(list(tmp_path.glob("*.svg"))) == 4

    @pytest.mark.slow
    def test_one_that_cannot_be_written_is_named_and_the_others_are_written(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run
    ) -> None:
        monkeypatch.setenv("CONTENT_DIR", str(TINY))
        taken = tmp_path / "2026-01-05-first-crossing-id-dark.png"
        taken.mkdir()
        printed = run("pictures", tmp_path, status=1)
        assert [line.partition(":")[0] for line in printed.err.splitlines()] == [str(taken)]
        assert "3 of 4 files" in printed.out

    def test_broken_content_is_an_error(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
        monkeypatch.setenv("CONTENT_DIR", str(tmp_path / "none"))
        run("pictures", tmp_path / "out", status=1)
