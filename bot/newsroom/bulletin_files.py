"""Published bulletins as files of a dossier, and files as drafts.

A folder is that of a dossier, or its ``bulletins``. In any other one the bulletins and ``sources.yaml`` stand side by side.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bot.dossier.diagnostics import explain_validation_error
from bot.dossier.models import Bulletin, BulletinId, Dossier, Source
from bot.dossier.yaml_reader import ReadError, Value, parse, read
from bot.dossier.yaml_writer import written
from bot.newsroom.draft_content import Content, file_content, in_every_language, new_sources, source_names

SOURCES = "sources.yaml"


class UnusableFolder(Exception):
    """Nothing was written or imported. The message has a line for each reason."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a folder has its bulletins, and their sources."""

    bulletins: Path
    sources: Path

    @classmethod
    def of(cls, folder: Path) -> "Layout":
        if (folder / "dossier.yaml").exists():
            return cls(folder / "bulletins", folder / SOURCES)
        if folder.name == "bulletins" and (folder.parent / "dossier.yaml").exists():
            return cls(folder, folder.parent / SOURCES)
        return cls(folder, folder / SOURCES)


def export(folder: Path, published: Iterable[tuple[BulletinId, date, Content]], dossier: Dossier) -> list[Path]:
    """Writes bulletins as files, with the sources that no file has. Returns the paths that changed.

    Files with the same content are not written, and neither are bulletins that the dossier has as files.

    Raises:
        UnusableFolder: a file or a source of that name has another content.
    """
    layout, files, sources = Layout.of(folder), dict[Path, str](), dict[str, Any]()
    for name, day, content in published:
        if name in dossier.from_files.bulletins:
            continue
        files[layout.bulletins / f"{name}.yaml"] = written(file_content(in_every_language(content, dossier), day))
        sources |= {name: source for name, source in new_sources(content).items() if name in source_names(content)}
    present = _sources(layout)
    problems = [
        f"{file}: has another content, expected no such file"
        for file, text in files.items()
        if file.exists() and _value(file) != parse(text.encode()).value
    ]
    problems += [
        f"{layout.sources}: has another source {name!r}, expected the desk's"
        for name, source in sources.items()
        if name in present and _source(present[name]) != _source(source)
    ]
    if problems:
        raise UnusableFolder("\n".join(problems))
    new = {file: text for file, text in files.items() if not file.exists()}
    layout.bulletins.mkdir(parents=True, exist_ok=True)
    for file, text in new.items():
        file.write_text(text, encoding="utf-8")
    added = {name: source for name, source in sources.items() if name not in present}
    if added:
        before = layout.sources.read_text("utf-8").rstrip("\n") if layout.sources.exists() else ""
        layout.sources.write_text(f"{before}\n{written(added)}".lstrip("\n"), encoding="utf-8")
    return [*new, *([layout.sources] if added else [])]


def contents(folder: Path, dossier: Dossier) -> dict[BulletinId, Content]:
    """The bulletin files of a folder as contents of drafts, with the sources that the dossier does not have.

    Raises:
        UnusableFolder: there are no bulletins, or a file cannot be read as one.
    """
    layout = Layout.of(folder)
    files = [file for file in sorted(layout.bulletins.glob("*.yaml")) if file.name != SOURCES]
    sources = {name: source for name, source in _sources(layout).items() if name not in dossier.sources}
    found, problems = dict[BulletinId, Content](), list[str]()
    for file in files:
        try:
            found[BulletinId(file.stem)] = _content(_value(file), sources)
        except ValidationError as error:
            problems += [
                f"{file}: {diagnostic.message}, {diagnostic.fix}"
                for diagnostic in explain_validation_error(file.name, error, ())
            ]
        except UnusableFolder as error:
            problems.append(str(error))
    if problems or not files:
        raise UnusableFolder("\n".join(problems) or f"{layout.bulletins}: no bulletins, expected <date>-<slug>.yaml")
    return found


def _content(value: Value, sources: Mapping[str, Any]) -> Content:
    """The content of a draft.

    Raises:
        ValidationError: the value is no bulletin.
    """
    bulletin = Bulletin.model_validate(value)
    content = bulletin.model_dump(mode="json", exclude={"id", "date"}, exclude_defaults=True)
    if bulletin.not_before is not None:
        content["not_before"] = bulletin.not_before.isoformat()
    return {**content, "new_sources": {name: sources[name] for name in source_names(content) if name in sources}}


def _sources(layout: Layout) -> Mapping[str, Any]:
    value = _value(layout.sources) if layout.sources.exists() else None
    return value if isinstance(value, dict) else {}


def _source(value: Any) -> Source | None:
    try:
        return Source.model_validate(value)
    except ValidationError:
        return None


def _value(file: Path) -> Value:
    try:
        return read(file).value
    except ReadError as error:
        raise UnusableFolder(f"{file}:{error.line}: {error.message}, {error.fix}") from error
