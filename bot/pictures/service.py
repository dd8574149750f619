"""The pictures of replies: drawn from the dossier in force, rendered in a child process, stored on disk."""

import asyncio
import hashlib
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from tempfile import NamedTemporaryFile

import structlog

from bot.db.engine import folder_of
from bot.dossier.models import Dossier, Language
from bot.live_dossier import LiveDossier
from bot.pictures.fonts import FACES
from bot.pictures.picture import Picture, Subject, draw
from bot.pictures.raster import TIMEOUT_SECONDS, RasterError, is_complete, rasterise
from bot.pictures.theme import Theme
from bot.replies.cache import VersionedCache
from bot.replies.question import AboutTopic
from bot.replies.reply import Reply

log = structlog.get_logger("bot.pictures")

MAX_PENDING = 100
"""The most pictures that are made at once. Further requests get None, and the reply is sent as text."""

MAX_STORED = 500
"""The most files in the store. At about 120 KB each they take 60 MB."""

MAX_DRAWN = 512
"""The most SVG pictures in memory."""


@dataclass(frozen=True, slots=True)
class RenderedPicture:
    """A rendered picture.

    Attributes:
        png: the PNG.
        alt: its alternative text.
        language: the language of both.
        digest: the hash of the SVG. Pictures with the same hash look the same.
        height: its height, if its width is 1200.
    """

    png: bytes
    alt: str
    language: Language
    digest: str
    height: int


def render_png(svg: str, timeout_seconds: float = TIMEOUT_SECONDS) -> bytes:
    """Renders an SVG with our typefaces. Blocks until the child process has ended.

    Raises:
        RasterError: resvg failed.
    """
    return rasterise(svg, [str(face.path) for face in FACES], timeout_seconds)


def pictures_folder(database_url: str | None) -> Path:
    """The folder for pictures: beside the SQLite file, which is writable; for another database, under ``data/``."""
    return (folder_of(database_url) or Path("data")) / "pictures"


@dataclass(slots=True)
class PictureStore:
    """A folder of PNG files, named by digest. If it cannot be written, every picture is rendered again."""

    folder: Path
    max_files: int = MAX_STORED

    def get(self, digest: str) -> bytes | None:
        """The PNG; None if it is not stored, or the file is incomplete."""
        file = self._picture_file(digest)
        try:
            png = file.read_bytes()
            file.touch()
        except OSError:
            return None
        return png if is_complete(png) else None

    def put(self, digest: str, png: bytes) -> None:
        """Writes a temporary file and renames it, because other processes may read the folder at the same time."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=self.folder, suffix=".part", delete=False) as part:
                part.write(png)
            Path(part.name).replace(self._picture_file(digest))
        except OSError as error:
            log.warning("a picture could not be stored", error=str(error))
        self._remove_oldest()

    def _picture_file(self, digest: str) -> Path:
        return self.folder / f"{digest}.png"

    def _remove_oldest(self) -> None:
        try:
            files = sorted(self.folder.iterdir(), key=lambda file: file.stat().st_mtime)
            for file in files[: max(0, len(files) - self.max_files)]:
                file.unlink(missing_ok=True)
        except OSError as error:
            log.warning("an old picture could not be removed", error=str(error))


@dataclass(slots=True)
class PictureService:
    """Draws pictures of the dossier in force as of ``today()``, and renders one at a time.

    Concurrent requests for the same picture share one rendering.
    """

    store: PictureStore
    live: LiveDossier
    today: Callable[[], date]
    rasterise: Callable[[str], bytes] = render_png
    _render_lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _pending: dict[Hashable, asyncio.Task[RenderedPicture | None]] = field(default_factory=dict)
    _drawn: VersionedCache[Picture] = field(default_factory=lambda: VersionedCache(MAX_DRAWN))

    @property
    def is_full(self) -> bool:
        """Whether MAX_PENDING pictures are being made, so that another request gets None for now."""
        return len(self._pending) >= MAX_PENDING

    async def of_reply(self, reply: Reply, theme: Theme = "light") -> RenderedPicture | None:
        """The reply's picture; None if it has none, or it cannot be made now. The reply is then sent as text."""
        return await self.of(AboutTopic(reply.picture_topic), reply.language, theme) if reply.picture_topic else None

    async def of(self, subject: Subject, language: str, theme: Theme = "light") -> RenderedPicture | None:
        """A topic's picture, or a bulletin's title card.

        None if there is no picture, if rendering fails (which is logged), or if too many pictures are pending.
        """
        today = self.today()
        version, dossier = (self.live.version, today), self.live.dossier
        key = (version, subject, language, theme)
        task = self._pending.get(key)
        if task is None:
            if self.is_full:
                log.warning("a picture was not drawn: too many are pending", subject=str(subject), pending=MAX_PENDING)
                return None
            task = asyncio.create_task(self._make(version, dossier, today, subject, language, theme))
            self._pending[key] = task
            task.add_done_callback(lambda _: self._pending.pop(key, None))
        return await asyncio.shield(task)

    def drawn(self, subject: Subject, language: str, theme: Theme = "light") -> Picture | None:
        """The picture as SVG; None if there is no picture."""
        return draw(self.live.dossier, subject, language, self.today(), theme)

    async def _make(
        self, version: Hashable, dossier: Dossier, today: date, subject: Subject, language: str, theme: Theme
    ) -> RenderedPicture | None:
        try:
            picture = self._drawn.get(version, (subject, language, theme))
            if picture is None:
                picture = await asyncio.to_thread(draw, dossier, subject, language, today, theme)
                if picture is None:
                    return None
                self._drawn.put(version, (subject, language, theme), picture)
            return await self._render(picture)
        except RasterError as error:
            log.error("a picture could not be rendered", subject=str(subject), language=language, error=str(error))
        except Exception:
            log.exception("a picture could not be drawn", subject=str(subject), language=language)
        return None

    async def _render(self, picture: Picture) -> RenderedPicture:
        """The PNG: from the store, or rendered once no other picture is being rendered."""
        digest = hashlib.blake2b(picture.svg.encode(), digest_size=16).hexdigest()
        png = await asyncio.to_thread(self.store.get, digest)
        if png is None:
            async with self._render_lock:
                png = await asyncio.to_thread(self.rasterise, picture.svg)
                await asyncio.to_thread(self.store.put, digest, png)
        return RenderedPicture(png, picture.alt, picture.language, digest, picture.height)
