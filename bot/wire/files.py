"""A published story as a file of the dossier, which says the same until an editor writes more. PURE."""

from datetime import date
from typing import Any

import yaml

from bot.answers.numbers import locale
from bot.dossier.model import Dossier
from bot.store.candidates import Candidate
from bot.wire.listing import bulletin_entry, source_entry, source_of
from bot.wire.publishing import bulletin_of


def file_name(candidate: Candidate) -> str:
    """Below ``content/bulletins/``."""
    return f"{bulletin_of(candidate)}.yaml"


def bulletin_file(candidate: Candidate, dossier: Dossier) -> str:
    """The file: what was sent, in every language of the dossier."""
    story, entry = candidate.story, bulletin_entry(candidate, dossier)
    written = locale("en").languages.get(story.language, story.language)
    fields = {
        "date": "DAY",
        "title": dict(entry.title),
        "body": dict(entry.body),
        "topics": list(entry.topics),
        "sources": list(entry.sources),
    }
    text = _dated(fields, "date", entry.date)
    return f"# From the wire, {story.publisher}, in {written}. Write the texts in every language.\n{text}"


def source_lines(candidate: Candidate) -> str:
    """The entry for ``sources.yaml`` that the file needs."""
    entry = source_entry(candidate)
    assert entry.published  # noqa: S101  a story has a day
    fields = {"publisher": entry.publisher, "title": None, "url": entry.url, "published": "DAY"}
    return _dated({str(source_of(candidate)): fields}, "published", entry.published)


def _dated(fields: dict[str, Any], key: str, day: date) -> str:
    """YAML in which the key's value is a bare date."""
    dumped: str = yaml.safe_dump(fields, allow_unicode=True, sort_keys=False, width=120)
    return dumped.replace(f"{key}: DAY", f"{key}: {day}", 1)
