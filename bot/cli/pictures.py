"""``nota pictures``: draws every picture in every language and theme."""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tqdm import tqdm

from bot.app.content_check import today
from bot.cli import valid_dossier
from bot.dossier.models import Dossier
from bot.pictures.picture import Picture, Subject, draw
from bot.pictures.raster import RasterError
from bot.pictures.service import render_png
from bot.pictures.theme import THEMES
from bot.replies.question import AboutBulletin, AboutTopic
from bot.settings import Settings

_THREADS = 2


TIMEOUT_SECONDS = 120
"""Time limit for one picture. It is long, because no reader waits for it."""


EXAMPLES = ("nota pictures", "nota pictures folder --svg", "nota pictures folder --json")


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("pictures", help="draw every picture, in every language and theme, into a folder")
    parser.add_argument(
        "folder", nargs="?", type=Path, default=Path("pictures"), help="created if missing (default: pictures)"
    )
    parser.add_argument("--svg", action="store_true", help="write the SVG files, too")
    parser.add_argument("--json", action="store_true", help="print one JSON object per file")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Writes a PNG for each picture. Exits with 1 if one cannot be drawn; the others are written."""
    dossier = valid_dossier(settings, fits=True)
    started = time.perf_counter()
    args.folder.mkdir(parents=True, exist_ok=True)
    pictures = dict(_pictures(dossier))
    files = {args.folder / f"{name}.png": picture.svg for name, picture in pictures.items()}
    with ThreadPoolExecutor(_THREADS) as pool:
        written = pool.map(_write, files, files.values())
        bar = tqdm(written, total=len(files), unit=" pictures", disable=None, leave=False)
        errors = dict(zip(files, bar, strict=True))
    if args.svg:
        for name, picture in pictures.items():
            (args.folder / f"{name}.svg").write_text(picture.svg, encoding="utf-8")
    failed = {file: error for file, error in errors.items() if error}
    if args.json:
        for file, error in errors.items():
            print(json.dumps({"file": str(file), "error": error}))
    else:
        for file, error in failed.items():
            print(f"{file}: {error}", file=sys.stderr)
        print(f"{len(files) - len(failed)} of {len(files)} files in {time.perf_counter() - started:.1f} s")
    return 1 if failed else 0


def _write(file: Path, svg: str) -> str | None:
    """Writes the file. Returns why that failed; None: it is written."""
    try:
        file.write_bytes(render_png(svg, TIMEOUT_SECONDS))
    except (OSError, RasterError) as error:
        return str(error)
    return None


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
