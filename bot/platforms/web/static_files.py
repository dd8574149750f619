"""The style sheets, scripts, typefaces and icons of the pages, compressed once and kept in memory.

The typefaces are subsets of the packaged ones, made by ``make fonts``.
"""

import mimetypes
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.platforms.platform import Platform
from bot.platforms.web.app_markup import look_files
from bot.platforms.web.page_cache import CachedPage, make_page

STATIC = Path(__file__).parent / "static"

_MAX_AGE, _FONT_MAX_AGE = 3600, 30 * 24 * 3600
"""The seconds that browsers keep a file, or a typeface, without asking. Typefaces hardly ever change."""

_TYPES = {".woff": "font/woff", ".svg": "image/svg+xml", ".ico": "image/x-icon", ".js": "text/javascript"}


def static_files(platforms: Sequence[Platform[Any]] = (), scripts: Iterable[Path] = ()) -> dict[str, CachedPage]:
    """Name → file; the style sheet of each platform's look is ``<platform>.css``. ``scripts``: further files."""
    files = {path.name: _file(path) for path in sorted(STATIC.iterdir()) if path.is_file()}
    looks = {platform.name: look_files(platform) for platform in platforms}
    files |= {path.name: _file(path) for path in scripts}
    return files | {f"{name}.css": _file(look.folder / look.style) for name, look in looks.items()}


def _file(path: Path) -> CachedPage:
    content_type = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if content_type.startswith("text/"):
        content_type += "; charset=utf-8"
    max_age = _FONT_MAX_AGE if path.suffix == ".woff" else _MAX_AGE
    return make_page(path.read_bytes(), content_type, None, max_age=max_age)


def add_static_files(
    app: web.Application, platforms: Sequence[Platform[Any]] = (), scripts: Iterable[Path] = ()
) -> None:
    """Adds ``/static/<name>`` and ``/favicon.ico``, which feed readers and some browsers request by themselves."""
    files = static_files(platforms, scripts)

    async def static(request: web.Request) -> web.Response:
        file = files.get(request.match_info.get("name", "favicon.ico"))
        if file is None:
            raise web.HTTPNotFound
        return file.response(request)

    app.router.add_get("/static/{name}", static)
    app.router.add_get("/favicon.ico", static)
