"""``nota pictures``: draws every picture in every language and theme, and a contact sheet of all."""

import argparse
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tqdm import tqdm

from bot.app.content_check import load_checked, today
from bot.cli.errors import valid_dossier
from bot.dossier.models import Dossier
from bot.pictures.picture import Picture, Subject, draw
from bot.pictures.service import render_png
from bot.pictures.svg import WIDTH, SvgMarkup, element, nested, rect
from bot.pictures.theme import THEMES
from bot.replies.question import AboutBulletin, AboutTopic
from bot.settings import Settings

_ACROSS = 6
"""Pictures in a row of the contact sheet."""

_SCALE = 0.4
_CELL_RATIO = 0.8
"""Height to width. Higher pictures are shown smaller."""

_GAP = 16
_THREADS = 2


def contact_sheet(svgs: Sequence[str]) -> str:
    """One SVG with all the pictures, six in a row."""
    width, height = WIDTH * _SCALE, WIDTH * _SCALE * _CELL_RATIO
    rows = -(-len(svgs) // _ACROSS)
    whole = (_GAP + _ACROSS * (width + _GAP), _GAP + rows * (height + _GAP))
    cells: list[SvgMarkup] = []
    for index, svg in enumerate(svgs):
        down, across = divmod(index, _ACROSS)
        cells.append(nested(svg, _GAP + across * (width + _GAP), _GAP + down * (height + _GAP), width, height))
    ground = rect(0, 0, *whole, "#8A8F98")
    return element("svg", ground, *cells, xmlns="http://www.w3.org/2000/svg", width=whole[0], height=whole[1])


EXAMPLES = (
    "nota pictures",
    "nota pictures folder --svg",
)


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("pictures", help="draw every picture, in every language and theme, into a folder")
    parser.add_argument(
        "folder", nargs="?", type=Path, default=Path("pictures"), help="created if missing (default: pictures)"
    )
    parser.add_argument("--svg", action="store_true", help="write the SVG files, too")
    parser.set_defaults(run=run)


def run(given: argparse.Namespace, settings: Settings) -> int:
    """Writes a PNG for each picture, and ``contact-sheet.png``."""
    dossier = valid_dossier(load_checked(settings.content_dir, today()))
    started = time.perf_counter()
    given.folder.mkdir(parents=True, exist_ok=True)
    pictures = dict(_pictures(dossier))
    with ThreadPoolExecutor(_THREADS) as pool:
        drawn = pool.map(lambda picture: render_png(picture.svg), pictures.values())
        bar = tqdm(drawn, total=len(pictures), unit=" pictures", disable=None, leave=False)
        for name, png in zip(pictures, bar, strict=True):
            (given.folder / f"{name}.png").write_bytes(png)
    if given.svg:
        for name, picture in pictures.items():
            (given.folder / f"{name}.svg").write_text(picture.svg, encoding="utf-8")
    sheet = given.folder / "contact-sheet.png"
    sheet.write_bytes(render_png(contact_sheet([picture.svg for picture in pictures.values()])))
    print(f"{len(pictures)} pictures in {time.perf_counter() - started:.1f} s; all of them are in {sheet}")
    return 0


def _pictures(dossier: Dossier) -> Iterator[tuple[str, Picture]]:
    """Pairs of file name and picture; the languages and themes of one subject follow each other."""
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
