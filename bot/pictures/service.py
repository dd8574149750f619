"""The pictures that go with replies: of the edition in force, as of today."""

import asyncio
import hashlib
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile

import structlog

from bot.db.engine import folder_of
from bot.dossier.models import Dossier, Language
from bot.live_dossier import LiveDossier
from bot.pictures.drawing import draw
from bot.pictures.fonts import FACES
from bot.pictures.raster import RasterFailure, rasterise, whole
from bot.pictures.theme import Picture, Subject, Theme
from bot.replies.question import AboutTopic
from bot.replies.reply import Reply

log = structlog.get_logger("bot.pictures")


MOST_WAITING = 100
"""Different pictures under way at once; who comes beyond gets none (and has the text)."""


_REMEMBERED = 512


Pictures = dict[Hashable, Picture | None]


Drawing = Callable[[], Picture | None]


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture ready to be sent: 1200×675 pixels of PNG, and its words in ``language``.

    ``digest`` names its content: what has the same one looks the same.
    """

    png: bytes
    alt: str
    language: Language
    digest: str


def png_of(svg: str) -> bytes:
    """Rasterises with our typefaces."""
    return rasterise(svg, [str(face.path) for face in FACES])


MOST_PICTURES = 500
"""At about 60 KB each, 30 MB."""


@dataclass(slots=True)
class Shelf:
    """A folder of pictures. Where it cannot be written, nothing is kept and every picture is drawn anew."""

    folder: Path
    most: int = MOST_PICTURES

    def get(self, digest: str) -> bytes | None:
        """The picture; None where it is not there, or not whole."""
        file = self._file(digest)
        try:
            png = file.read_bytes()
            file.touch()
        except OSError:
            return None
        return png if whole(png) else None

    def put(self, digest: str, png: bytes) -> None:
        """Keeps a picture."""
        self._write(self._file(digest), png)
        self._make_room()

    def name_at(self, place: str, digest: str) -> str | None:
        """What a platform's bot calls the picture that was uploaded there; None where that is not known."""
        try:
            return self._name_file(place, digest).read_text(encoding="ascii") or None
        except (OSError, ValueError):
            return None

    def name(self, place: str, digest: str, name: str) -> None:
        """Keeps what it is called there, as long as the picture itself; ``place`` is a part of the file's name."""
        self._write(self._name_file(place, digest), name.encode("ascii"))

    def forget_name(self, place: str, digest: str) -> None:
        """It is no longer called so there."""
        with suppress(OSError):
            self._name_file(place, digest).unlink()

    def _write(self, file: Path, content: bytes) -> None:
        """Whole or not at all, for another process may read the folder."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=self.folder, suffix=".part", delete=False) as part:
                part.write(content)
            Path(part.name).replace(file)
        except OSError as error:
            log.warning("a picture could not be kept", error=str(error))

    def _file(self, digest: str) -> Path:
        return self.folder / f"{digest}.png"

    def _name_file(self, place: str, digest: str) -> Path:
        return self.folder / f"{digest}.{place}.name"

    def _make_room(self) -> None:
        """Takes the oldest pictures away, and the names beside them."""
        try:
            files = sorted(self.folder.glob("*.png"), key=lambda file: file.stat().st_mtime)
            for file in files[: max(0, len(files) - self.most)]:
                file.unlink(missing_ok=True)
                for name in self.folder.glob(f"{file.stem}.*.name"):
                    name.unlink(missing_ok=True)
        except OSError as error:
            log.warning("a picture could not be taken away", error=str(error))


@dataclass(slots=True)
class Studio:
    """Draws one picture at a time in a process of its own; the same one asked for twice is drawn once."""

    shelf: Shelf
    rasterise: Callable[[str], bytes] = png_of
    _one_at_a_time: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    _under_way: dict[Hashable, asyncio.Task[Shown | None]] = field(default_factory=dict)
    _dossier: Dossier | None = None
    _pictures: Pictures = field(default_factory=dict)

    @property
    def is_full(self) -> bool:
        """Whether as many pictures are under way as may be: another one gets none now, and may be asked for later."""
        return len(self._under_way) >= MOST_WAITING

    async def show(
        self, dossier: Dossier, subject: Subject, language: str, today: date, theme: Theme = "light"
    ) -> Shown | None:
        """The picture of a subject; None where there is none, or it cannot be drawn now. Never raises for either."""
        if dossier is not self._dossier:
            self._dossier, self._pictures = dossier, {}
        wanted = (id(dossier), subject, language, today, theme)
        task = self._under_way.get(wanted)
        if task is None:
            if self.is_full:
                log.warning("too many pictures at once", waiting=MOST_WAITING)
                return None
            drawing = partial(_draw, dossier, subject, language, today, theme)
            task = asyncio.create_task(self._shown(wanted, drawing, self._pictures))
            self._under_way[wanted] = task
            task.add_done_callback(lambda _: self._under_way.pop(wanted, None))
        return await asyncio.shield(task)

    async def _shown(self, wanted: Hashable, drawing: Drawing, pictures: Pictures) -> Shown | None:
        try:
            picture = await asyncio.to_thread(_drawn, wanted, drawing, pictures)
            return await self._finished(picture) if picture else None
        except RasterFailure as failure:
            log.error("a picture failed", wanted=str(wanted), error=str(failure))
        except Exception:
            log.exception("a picture failed", wanted=str(wanted))
        return None

    async def _finished(self, picture: Picture) -> Shown:
        """From the shelf, where nobody waits for what is being drawn; else drawn, in turn."""
        digest = hashlib.blake2b(picture.svg.encode(), digest_size=16).hexdigest()
        png = await asyncio.to_thread(self.shelf.get, digest)
        if png is None:
            async with self._one_at_a_time:
                png = await asyncio.to_thread(self.rasterise, picture.svg)
                await asyncio.to_thread(self.shelf.put, digest, png)
        return Shown(png, picture.alt, picture.language, digest)


def _draw(dossier: Dossier, subject: Subject, language: str, today: date, theme: Theme) -> Picture | None:
    return draw(dossier, subject, language, today, theme)


def _drawn(wanted: Hashable, drawing: Drawing, pictures: Pictures) -> Picture | None:
    if wanted not in pictures:
        if len(pictures) >= _REMEMBERED:
            pictures.clear()
        pictures[wanted] = drawing()
    return pictures.get(wanted)


@dataclass(frozen=True, slots=True)
class Gallery:
    """What platforms and pages ask for pictures."""

    studio: Studio
    live: LiveDossier
    today: Callable[[], date]

    async def of_reply(self, reply: Reply, theme: Theme = "light") -> Shown | None:
        """The picture that the reply shows; None where it shows none, or none can be had now: its words remain."""
        return await self.of(AboutTopic(reply.shows), reply.language, theme) if reply.shows else None

    async def of(self, subject: Subject, language: str, theme: Theme = "light") -> Shown | None:
        """A topic's picture, or a bulletin's title card."""
        return await self.studio.show(self.live.dossier, subject, language, self.today(), theme)


def gallery_of(live: LiveDossier, today: Callable[[], date], database_url: str | None = None) -> Gallery:
    """The gallery that keeps its pictures beside the database's file: where one may be written, so may the others.

    A database that is no file has them where the default one would lie. They can be lost at any time.
    """
    folder = folder_of(database_url) or Path("data")
    return Gallery(Studio(Shelf(folder / "pictures")), live, today)
