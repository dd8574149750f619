"""``nota pictures``: every picture in every language and theme into a folder, with one sheet of them all."""

import argparse
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bot.answers.question import AboutBulletin, AboutTopic
from bot.dossier.model import Dossier
from bot.pictures.contactsheet import contact_sheet
from bot.pictures.drawing import draw
from bot.pictures.palette import THEMES
from bot.pictures.picture import Picture, Subject
from bot.pictures.studio import png_of
from bot.rereading import proofread_for_all, today
from bot.settings import Settings

_AT_ONCE = 2


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("pictures", help="draw every picture in every language, light and dark, into a folder")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("pictures"), help="default: pictures")
    parser.add_argument("--svg", action="store_true", help="write what they are drawn from, too")
    parser.set_defaults(run=run)


def run(given: argparse.Namespace, settings: Settings) -> int:
    """Draws; exit 1 where the content has mistakes."""
    loading = proofread_for_all(settings.content_dir, today())
    if loading.dossier is None:
        print("\n".join(map(str, loading.mistakes)), file=sys.stderr)
        return 1
    started = time.perf_counter()
    given.folder.mkdir(parents=True, exist_ok=True)
    pictures = dict(_pictures(loading.dossier))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for name, png in zip(pictures, pool.map(lambda picture: png_of(picture.svg), pictures.values()), strict=True):
            (given.folder / f"{name}.png").write_bytes(png)
    if given.svg:
        for name, picture in pictures.items():
            (given.folder / f"{name}.svg").write_text(picture.svg, encoding="utf-8")
    sheet = given.folder / "contact-sheet.png"
    sheet.write_bytes(png_of(contact_sheet([picture.svg for picture in pictures.values()])))
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
