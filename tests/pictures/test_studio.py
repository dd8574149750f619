"""Pictures for whoever shows them: drawn once, off the loop, kept on disk."""

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.dossier.models import BulletinId, Dossier, TopicId
from bot.live_dossier import LiveDossier
from bot.pictures.raster import PNG_START, RasterError, rasterise
from bot.pictures.service import MAX_PENDING, PictureService, PictureStore, render_png
from bot.replies.question import AboutBulletin, AboutTopic
from tests.conftest import TODAY

DURATION = AboutTopic(TopicId("duration"))
PNG = PNG_START + b"IEND\xaeB`\x82"


def service(dossier: Dossier, folder: Path, rasterise: Callable[[str], bytes] = render_png) -> PictureService:
    return PictureService(PictureStore(folder), LiveDossier(dossier), lambda: TODAY, rasterise)


class Easel:
    """Stands for resvg where it is not the question what it draws: counts, and takes its time."""

    def __init__(self, seconds: float = 0) -> None:
        self.drawn: list[str] = []
        self.seconds = seconds
        self.at_once = 0
        self.most_at_once = 0

    def __call__(self, svg: str) -> bytes:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        time.sleep(self.seconds)
        self.drawn.append(svg)
        self.at_once -= 1
        return PNG


class TestDrawing:
    """A real PNG of 1200 × 675, from a process of its own."""

    async def test_is_a_png_of_the_size_that_platforms_show(self, dossier: Dossier, tmp_path: Path) -> None:
        """Width and height stand at bytes 16 to 24 (PNG specification, 11.2.1)."""
        shown = await service(dossier, tmp_path).of(DURATION, "ru")
        assert shown is not None
        assert shown.png.startswith(PNG_START)
        assert (int.from_bytes(shown.png[16:20]), int.from_bytes(shown.png[20:24])) == (1200, 675)
        assert shown.alt.startswith("Сколько действует меморандум")

    async def test_answers_go_on_while_it_draws(self, dossier: Dossier, tmp_path: Path) -> None:
        """The loop turns all the time that a drawing takes; in a thread, resvg would hold it from first to last."""
        task = asyncio.create_task(service(dossier, tmp_path).of(DURATION, "en"))
        turns = 0
        while not task.done():
            await asyncio.sleep(0.001)
            turns += 1
        assert task.result() is not None
        assert turns > 10

    def test_what_cannot_be_drawn_is_said(self) -> None:
        """Broken SVG, and a process that does not start."""
        with pytest.raises(RasterError):
            render_png("<svg")
        with pytest.raises(RasterError):
            rasterise("", ["/no/such/font.otf"])


class TestOnceAndBounded:
    """The same picture asked for a thousand times is drawn once, and what waits is bounded."""

    async def test_a_thousand_at_once_are_drawn_once(self, dossier: Dossier, tmp_path: Path) -> None:
        """All get the same."""
        easel = Easel(0.05)
        pictures = service(dossier, tmp_path, easel)
        shown = await asyncio.gather(*(pictures.of(DURATION, "en") for _ in range(1000)))
        assert len(easel.drawn) == 1
        assert {each.digest for each in shown if each} == {shown[0].digest if shown[0] else ""}
        assert None not in shown

    async def test_different_ones_are_drawn_one_after_another(self, dossier: Dossier, tmp_path: Path) -> None:
        """One process at a time, on a small machine."""
        easel = Easel(0.01)
        pictures = service(dossier, tmp_path, easel)
        names = list(dossier.bulletins)[:8]
        await asyncio.gather(*(pictures.of(AboutBulletin(name), "en") for name in names))
        assert len(easel.drawn) == 8
        assert easel.most_at_once == 1

    async def test_a_kept_one_does_not_wait_for_those_being_drawn(self, dossier: Dossier, tmp_path: Path) -> None:
        """It comes from the shelf at once."""
        easel = Easel()
        pictures = service(dossier, tmp_path, easel)
        await pictures.of(DURATION, "en")
        easel.seconds = 0.2
        names = list(dossier.bulletins)[:5]
        others = [asyncio.create_task(pictures.of(AboutBulletin(name), "en")) for name in names]
        await asyncio.sleep(0.05)
        assert await pictures.of(DURATION, "en") is not None
        assert not any(task.done() for task in others[1:])
        await asyncio.gather(*others)

    async def test_beyond_a_hundred_waiting_there_is_none(self, dossier: Dossier, tmp_path: Path) -> None:
        """The text remains; nothing grows without bound."""
        item = next(iter(dossier.bulletins.values()))
        many = {BulletinId(f"b{n}"): item for n in range(MAX_PENDING + 20)}
        flooded = replace(dossier, bulletins=many)
        pictures = service(flooded, tmp_path, Easel())
        shown = await asyncio.gather(*(pictures.of(AboutBulletin(name), "en") for name in many))
        assert shown.count(None) == 20

    async def test_who_goes_away_does_not_take_it_from_the_others(self, dossier: Dossier, tmp_path: Path) -> None:
        """A cancelled request leaves the drawing to those who wait for it."""
        pictures = service(dossier, tmp_path, Easel(0.05))
        first = asyncio.create_task(pictures.of(DURATION, "en"))
        second = asyncio.create_task(pictures.of(DURATION, "en"))
        await asyncio.sleep(0.01)
        first.cancel()
        assert await second is not None


class TestFailure:
    """A failed picture is none, and a line in the log; never an exception to whoever asked."""

    async def test_a_broken_renderer_costs_the_picture_alone(self, dossier: Dossier, tmp_path: Path) -> None:
        """And the next one is tried again."""
        broken = [True]

        def sometimes(_svg: str) -> bytes:
            if broken.pop() if broken else False:
                raise RasterError("out of paint")
            return PNG

        pictures = service(dossier, tmp_path, sometimes)
        assert await pictures.of(DURATION, "en") is None
        assert await pictures.of(DURATION, "en") is not None

    async def test_nothing_to_draw(self, dossier: Dossier, tmp_path: Path) -> None:
        """A topic without a picture."""
        assert await service(dossier, tmp_path).of(AboutTopic(TopicId("help")), "en") is None


class TestShelf:
    """Kept by content and language, across restarts, within bounds."""

    async def test_a_restart_draws_nothing_again(self, dossier: Dossier, tmp_path: Path) -> None:
        """The content's digest names the file."""
        easel = Easel()
        for _ in range(2):
            await service(dossier, tmp_path, easel).of(DURATION, "en")
        assert len(easel.drawn) == 1

    async def test_changed_content_is_drawn_anew(self, dossier: Dossier, tmp_path: Path) -> None:
        """An edited title, at once."""
        easel = Easel()
        topic = dossier.topics[TopicId("duration")]
        edited = topic.model_copy(update={"title": dict.fromkeys(dossier.languages, "Another")})
        other = replace(dossier, topics={**dossier.topics, topic.id: edited})
        one, two = [await service(each, tmp_path, easel).of(DURATION, "en") for each in (dossier, other)]
        assert one
        assert two
        assert one.digest != two.digest
        assert len(easel.drawn) == 2

    async def test_a_torn_file_is_drawn_anew(self, dossier: Dossier, tmp_path: Path) -> None:
        """As after a full disk."""
        easel = Easel()
        pictures = service(dossier, tmp_path, easel)
        shown = await pictures.of(DURATION, "en")
        assert shown
        (tmp_path / f"{shown.digest}.png").write_bytes(shown.png[:9])
        assert await pictures.of(DURATION, "en") == shown
        assert len(easel.drawn) == 2

    def test_the_oldest_make_room(self, tmp_path: Path) -> None:
        """The number of files is bounded."""
        store = PictureStore(tmp_path, max_files=3)
        for index in range(10):
            store.put(f"{index}", PNG)
            (tmp_path / f"{index}.png").touch()
        assert len(list(tmp_path.iterdir())) == 3
        assert store.get("9") == PNG

    def test_names_go_with_their_pictures(self, tmp_path: Path) -> None:
        """What platforms call a picture is forgotten with it."""
        store = PictureStore(tmp_path, max_files=2)
        for index in range(5):
            store.put(f"{index}", PNG)
            store.put_file_id("telegram-1", f"{index}", f"photo-{index}")
            os.utime(tmp_path / f"{index}.png", (index, index))
        store.put("last", PNG)
        assert [store.file_id("telegram-1", f"{index}") for index in range(5)] == [None, None, None, None, "photo-4"]
        assert store.file_id("telegram-1", "last") is None

    async def test_a_folder_that_cannot_be_written_keeps_nothing_and_breaks_nothing(
        self, dossier: Dossier, tmp_path: Path
    ) -> None:
        """A file stands where the folder should."""
        (tmp_path / "taken").write_text("")
        shown = await service(dossier, tmp_path / "taken", Easel()).of(DURATION, "en")
        assert shown is not None
