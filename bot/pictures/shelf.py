"""Drawn pictures on disk, by their content's digest; the oldest make room for new ones."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

import structlog

from bot.pictures.raster import whole

log = structlog.get_logger("bot.pictures")

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
        """Keeps a picture: whole or not at all, for another process may read the folder."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=self.folder, suffix=".part", delete=False) as part:
                part.write(png)
            Path(part.name).replace(self._file(digest))
            self._make_room()
        except OSError as error:
            log.warning("a picture could not be kept", error=str(error))

    def _file(self, digest: str) -> Path:
        return self.folder / f"{digest}.png"

    def _make_room(self) -> None:
        files = list(self.folder.glob("*.png"))
        if len(files) > self.most:
            for file in sorted(files, key=lambda file: file.stat().st_mtime)[: len(files) - self.most]:
                file.unlink(missing_ok=True)
