"""``nota new``: writes files of a dossier to start from. It never overwrites a file."""

import argparse
import re
from collections.abc import Iterator, Sequence
from datetime import date
from io import BytesIO
from pathlib import Path
from string import Template
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from bot.app.content_check import today
from bot.cli import CommandError
from bot.cli.proposed_dossier import proposed_files
from bot.commands import RESERVED
from bot.dossier.loader import load
from bot.dossier.models import PROGRAM_PREFIX, Dossier
from bot.dossier.validators import integer_categories
from bot.platforms import PLATFORMS
from bot.replies.i18n import messages_of
from bot.settings import Settings

TEMPLATES = Path(__file__).parent / "templates"

LANGUAGES = ("en", "es", "id", "ru")
"""The languages of the templates. For other languages the English texts are written, to be translated."""

DEFAULT_LANGUAGES = ("en", "id", "ru")
"""Those of a new dossier without ``--languages``."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
CATALOGUE = "catalogue"
_FOLDERS = {"topic": "topics", "programme": "programs", "bulletin": "bulletins"}


EXAMPLES = (
    "nota new dossier my-dossier --languages en,id,ru",
    "nota new dossier my-dossier --from treaty.pdf communique.html   # proposals out of documents, each with its sentence",
    "nota new topic opening-hours",
    "nota new bulletin first-term",
    "nota new vapid-key",
    "nota new catalogue pt",
)


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "new", help="write a dossier, a topic, a programme or a bulletin to start from; or make a key for a setting"
    )
    kinds = ["dossier", CATALOGUE, *_FOLDERS, *sorted(name for platform in PLATFORMS for name in platform.makes)]
    parser.add_argument("kind", metavar="kind", choices=kinds, help=f"one of {', '.join(kinds)}")
    parser.add_argument(
        "name", nargs="?", help="the new folder of a dossier, or an id of a-z, 0-9, - and _; a key has none"
    )
    parser.add_argument(
        "--languages",
        type=_languages,
        help="the languages of a dossier, as in en,id,ru (the default); the first is its default language",
    )
    parser.add_argument(
        "--from",
        dest="documents",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="documents to propose the topics and facts of a dossier from: text, Markdown, HTML, PDF, DOCX. In a terminal each fact is kept or"
        " dropped with one key",
    )
    parser.add_argument(
        "--publisher", default="", help="who published the documents of --from, where they do not say it"
    )
    parser.add_argument(
        "--url",
        dest="addresses",
        nargs="+",
        default=[],
        metavar="URL",
        help="the addresses of the documents of --from, in their order",
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Writes the files and prints their paths. Nothing is written if one exists already or the name cannot be used.

    A key is printed and stored nowhere.
    """
    made = {name: make for platform in settings.platforms for name, make in platform.makes.items()}
    if args.kind in made and args.name is None:
        print(made[args.kind]())
        return 0
    if args.kind == CATALOGUE and args.name is not None:
        return _catalogue(args.name)
    kinds = ["dossier", CATALOGUE, *_FOLDERS]
    if args.kind not in kinds or args.name is None:
        expected = ", ".join([*(f"nota new {kind} NAME" for kind in kinds), *(f"nota new {name}" for name in made)])
        raise CommandError(f"expected one of: {expected}")
    for file in list(_write(_made(args, settings))):  # all of them, whoever stops reading
        print(file)
    if args.kind == "dossier":
        if not args.documents and (untranslated := [each for each in args.languages or () if each not in LANGUAGES]):
            print(f"To be translated: the texts in {', '.join(untranslated)} are English")
        print(f"Check it: nota check {args.name}\nSee it:   CONTENT_DIR={args.name} nota run")
    return 0


def _made(args: argparse.Namespace, settings: Settings) -> dict[Path, str]:
    """The files that the arguments ask for, by path."""
    if args.kind != "dossier" and (args.languages or args.documents):
        raise CommandError("--languages and --from are for a new dossier; other files have the languages of theirs")
    if args.documents:
        name, said = Path(args.name), (args.documents, args.languages, args.publisher, args.addresses)
        return proposed_files(name, _checked(name.name.lower()), *said)
    if args.kind == "dossier":
        return dossier_files(Path(args.name), args.languages or DEFAULT_LANGUAGES, today())
    return entry_file(settings.content_dir, args.kind, args.name, today())


def _catalogue(language: str) -> int:
    """Writes ``LANGUAGE.po`` with every phrase of the bot, to be translated, into the current folder."""
    try:
        catalogue = Catalog(locale=Locale.parse(language), header_comment=f"# The bot's own phrases in {language}.")
    except (UnknownLocaleError, ValueError) as error:
        raise CommandError(f"{language!r}: expected the code of a language, as in pt") from error
    for message in messages_of("es"):
        if message.id:
            catalogue.add(message.id)
    written = BytesIO()
    write_po(written, catalogue, width=0, omit_header=False)
    for file in _write({Path(f"{language}.po"): written.getvalue().decode()}):
        print(file)
    print(f"Translate it, and put it at bot/languages/{language}/phrases.po (docs/languages.md)")
    return 0


def _languages(text: str) -> list[str]:
    languages = [language.strip() for language in text.split(",")]
    if len(set(languages)) < len(languages) or not all(re.fullmatch("[a-z]{2,3}", code) for code in languages):
        raise argparse.ArgumentTypeError(f"{text!r}: expected codes of two or three letters, as in en,id,ru")
    return languages


def dossier_files(folder: Path, languages: Sequence[str], day: date) -> dict[Path, str]:
    """The files of a small complete dossier, by path.

    Raises:
        CommandError: the folder's name cannot be an id.
    """
    name = _checked(folder.name.lower())
    values = {
        "id": name,
        "languages": "\n".join(f"  - {language}" for language in languages),
        "default": languages[0],
        "today": str(day),
    }
    source = TEMPLATES / "dossier"
    files: dict[Path, str] = {}
    for template in sorted(source.rglob("*.yaml")):
        path = template.relative_to(source)
        if path.parent.name == "bulletins":
            path = path.with_name(f"{day}-{path.name}")
        files[folder / path] = _filled(template, languages, values)
    return files


def entry_file(content: Path, kind: str, name: str, day: date) -> dict[Path, str]:
    """The file of a new topic, programme or bulletin of the dossier in ``content``.

    Raises:
        CommandError: there is no dossier, or the name cannot be used.
    """
    loading = load(content, day)
    dossier = loading.dossier or loading.valid_part
    if dossier is None:
        raise CommandError(f"{content}: the dossier cannot be read (nota check says why)")
    slug = _checked(name.lower())
    words = re.sub("[-_]+", " ", slug).strip()
    text = _filled(
        TEMPLATES / f"{kind}.yaml",
        dossier.languages,
        {"title": words[:1].upper() + words[1:], "words": words, "today": str(day)},
    )
    if kind == "bulletin":
        topics = [topic.id for topic in dossier.topics.values()][:1]
        return {content / "bulletins" / f"{day}-{slug}.yaml": text + _list("topics", topics) + _sources(dossier)}
    command = slug.replace("-", "_")
    taken_by = "the bot itself" if command in RESERVED else dossier.commands.get(command)
    own_id = slug if kind == "topic" else PROGRAM_PREFIX + slug
    if taken_by not in (None, own_id):
        raise CommandError(f"{name}: the command /{command} is taken by {taken_by}")
    if kind == "topic" and command != slug:
        text = f"command: {command}\n{text}"
    return {content / _FOLDERS[kind] / f"{slug}.yaml": text + _sources(dossier)}


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise CommandError(f"{name!r}: expected a name of a-z, 0-9, - and _, at most 40")
    return name


def _sources(dossier: Dossier) -> str:
    return _list("sources", list(dossier.sources)[:1])


def _list(key: str, items: Sequence[str]) -> str:
    return f"{key}:\n" + "".join(f"  - {item}\n" for item in items) if items else ""


def _write(files: dict[Path, str]) -> Iterator[Path]:
    if existing := [str(file) for file in files if file.exists()]:
        raise CommandError(f"{', '.join(existing)}: exists already; nothing is written")
    for file, text in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
        yield file


def _filled(template: Path, languages: Sequence[str], values: dict[str, str]) -> str:
    """The template with its values, and with its texts in the languages."""
    lines = template.read_text("utf-8").splitlines(keepends=True)
    return Template("".join(_in_languages(lines, languages))).substitute(values)


_LANGUAGE_KEY = re.compile(rf"( +)({'|'.join(LANGUAGES)}):(.*\n)")


def _in_languages(lines: list[str], languages: Sequence[str]) -> Iterator[str]:
    """The lines with each map of languages reduced or extended to ``languages``."""
    at = 0
    while at < len(lines):
        first = _LANGUAGE_KEY.fullmatch(lines[at])
        if not first:
            yield lines[at]
            at += 1
            continue
        is_unit = lines[at - 1].strip() == "unit:"
        texts: dict[str, str] = {}
        while at < len(lines) and (key := _LANGUAGE_KEY.fullmatch(lines[at])):
            end = at + 1
            while end < len(lines) and (not lines[end].strip() or lines[end].startswith(key[1] + " ")):
                end += 1
            texts[key[2]] = key[3] + "".join(lines[at + 1 : end])
            at = end
        for language in languages:
            text = texts.get(language) or (_unit(texts["en"], language) if is_unit else texts["en"])
            yield f"{first[1]}{language}:{text}"


def _unit(forms: str, language: str) -> str:
    """The English forms of a unit, repeated for the number of forms in the language."""
    one, many = forms.strip().split("|")
    return f" {'|'.join([one, *[many] * (len(integer_categories(language)) - 1)])}\n"
