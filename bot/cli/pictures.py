"""``nota pictures``: every picture in every language and theme into a folder, with one sheet of them all."""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bot.app.reload import load_checked, today
from bot.dossier.models import Dossier
from bot.pictures.drawing import Picture, Subject, draw
from bot.pictures.service import render_png
from bot.pictures.svg import HEIGHT, WIDTH, SvgMarkup, element, nested, rect
from bot.pictures.theme import THEMES
from bot.replies.question import AboutBulletin, AboutTopic
from bot.settings import Settings

_ACROSS = 6


_SCALE = 0.4


_GAP = 16


def contact_sheet(svgs: Sequence[str]) -> str:
    """The pictures side by side, six in a row."""
    width, height = WIDTH * _SCALE, HEIGHT * _SCALE
    rows = -(-len(svgs) // _ACROSS)
    whole = (_GAP + _ACROSS * (width + _GAP), _GAP + rows * (height + _GAP))
    cells: list[SvgMarkup] = []
    for index, svg in enumerate(svgs):
        down, across = divmod(index, _ACROSS)
        cells.append(nested(svg, _GAP + across * (width + _GAP), _GAP + down * (height + _GAP), width, height))
    ground = rect(0, 0, *whole, "#8A8F98")
    return element("svg", ground, *cells, xmlns="http://www.w3.org/2000/svg", width=whole[0], height=whole[1])


_AT_ONCE = 2


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("pictures", help="draw every picture in every language, light and dark, into a folder")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("pictures"), help="default: pictures")
    parser.add_argument("--svg", action="store_true", help="write what they are drawn from, too")
    parser.set_defaults(run=run)


def run(given: argparse.Namespace, settings: Settings) -> int:
    """Draws; exit 1 where the content has mistakes."""
    loading = load_checked(settings.content_dir, today())
    if loading.dossier is None:
        print("\n".join(map(str, loading.diagnostics)), file=sys.stderr)
        return 1
    started = time.perf_counter()
    given.folder.mkdir(parents=True, exist_ok=True)
    pictures = dict(_pictures(loading.dossier))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for name, png in zip(
            pictures, pool.map(lambda picture: render_png(picture.svg), pictures.values()), strict=True
        ):
            (given.folder / f"{name}.png").write_bytes(png)
    if given.svg:
        for name, picture in pictures.items():
            (given.folder / f"{name}.svg").write_text(picture.svg, encoding="utf-8")
    sheet = given.folder / "contact-sheet.png"
    sheet.write_bytes(render_png(contact_sheet([picture.svg for picture in pictures.values()])))
    print(f"{len(pictures)} pictures in {time.perf_counter() - started:.1f} s; look at {sheet}")
    return 0


def _pictures(dossier: Dossier) -> Iterator[tuple[str, Picture]]:
    """File name → picture: side by side the languages and themes of one subject."""
    for name, subject in _subjects(dossier):
        for language in dossier.languages:
            for theme in THEMES:
                picture = draw(dossier, subject, language, today(), theme)
                if picture is not None:
                    yield f"{name}-{language}-{theme}", picture


def _subjects(dossier: Dossier) -> Iterator[tuple[str, Subject]]:
    for topic in dossier.topics.values():
        if topic.picture:
            yield topic.id.replace(":", "-"), AboutTopic(topic.id)
    for bulletin in dossier.bulletins.values():
        yield bulletin.id, AboutBulletin(bulletin.id)
