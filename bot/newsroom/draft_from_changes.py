"""Drafts a bulletin about the facts that changed, for an editor to finish."""

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from bot.dossier.models import Dossier, Language
from bot.dossier.yaml_writer import written
from bot.newsroom.diff import FactChange
from bot.replies.i18n import phrases_in


class NothingToDraft(Exception):
    """No fact has changed since the dossier that was published last."""


def draft(dossier: Dossier, changes: Iterable[FactChange], today: date) -> dict[str, Any]:
    """The content of the bulletin's file: what changed, from what, to what, in every language.

    Raises:
        NothingToDraft: no fact changed.
    """
    changes = list(changes)
    if not changes:
        raise NothingToDraft
    topics = dict.fromkeys(topic for change in changes for topic in change.topics)
    sources = dict.fromkeys(source for change in changes for source in dossier.facts[change.fact].sources)
    return {
        "date": today,
        "title": {language: str(phrases_in(language).say("What changed")) for language in dossier.languages},
        "body": {language: "\n".join(_lines(dossier, changes, language)) for language in dossier.languages},
        "topics": list(topics),
        "sources": list(sources),
    }


def write(bulletin: dict[str, Any], folder: Path) -> Path:
    """Writes the draft to the dossier in ``folder``, under a file name that is free."""
    stem = f"{bulletin['date']}-what-changed"
    names = [stem, *(f"{stem}-{number}" for number in range(2, 100))]
    file = next(each for name in names if not (each := folder / "bulletins" / f"{name}.yaml").exists())
    file.parent.mkdir(exist_ok=True)
    file.write_text(written(bulletin), "utf-8")
    return file


def _lines(dossier: Dossier, changes: list[FactChange], language: Language) -> Iterator[str]:
    """A line for each fact. The new value is a reference, so it follows later changes."""
    for change in changes:
        topic = dossier.topics[change.topics[0]].title[language] if change.topics else change.fact
        after = f"{{{change.fact}}}"
        words = phrases_in(language).say("from {before} to {after}", before=change.before[language], after=after)
        sources = "; ".join(f"@{source}" for source in dossier.facts[change.fact].sources)
        yield f"- **{topic}:** {words}" + (f" [{sources}]" if sources and dossier.cites else "")
