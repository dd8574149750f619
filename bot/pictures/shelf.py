"""Drawn pictures on disk, by their content's digest, and what platforms call them; the oldest make room for new ones."""

from contextlib import suppress
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
