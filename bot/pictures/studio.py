"""Pictures for whoever shows them: drawn once, off the loop, a bounded number of them waiting."""

import asyncio
import hashlib
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import date
from functools import partial

import structlog

from bot.dossier.model import Dossier, Language
from bot.pictures.picture import Picture, Subject, Theme
from bot.pictures.raster import RasterFailure, rasterise
from bot.pictures.shelf import Shelf

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
    from bot.pictures.fonts import FACES  # noqa: PLC0415  as below

    return rasterise(svg, [str(face.path) for face in FACES])


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
    from bot.pictures.drawing import draw  # noqa: PLC0415  a megabyte for whoever shows no picture

    return draw(dossier, subject, language, today, theme)


def _drawn(wanted: Hashable, drawing: Drawing, pictures: Pictures) -> Picture | None:
    if wanted not in pictures:
        if len(pictures) >= _REMEMBERED:
            pictures.clear()
        pictures[wanted] = drawing()
    return pictures.get(wanted)
