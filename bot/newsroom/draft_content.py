"""The content of a draft: what the desk's form gives, what the dossier and the ledger get of it, and its file.

The content is a map like that of a bulletin's file, with ``new_sources`` besides: entries for ``sources.yaml``.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from pydantic import BaseModel, ValidationError

from bot.db.desk import Draft
from bot.dossier.diagnostics import Diagnostic, Place, explain_validation_error
from bot.dossier.markdown import PLACEHOLDER, citations
from bot.dossier.models import Bulletin, BulletinId, Dossier, Language, Source, SourceId, file_of
from bot.dossier.validators import validate

Content = Mapping[str, Any]

TEXTS = ("title", "short", "body")
"""The keys that have a text for each language."""

MAX_CHARACTERS = 100_000
"""Of one text. Longer ones are cut, and far too long for either platform."""

_INVISIBLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, spaces without width and marks that reverse the direction of a text: what comes along with pasted text."""

_UNNAMED = "bulletin"


def clean(text: str) -> str:
    """A typed or pasted text without what nobody sees; line breaks as in files."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\xa0", " ")
    return _INVISIBLE.sub("", lines)[:MAX_CHARACTERS].strip()


def title_of(content: Content, language: Language) -> str:
    """The title by which editors know the draft."""
    titles = content.get("title", {})
    return str(titles.get(language) or next((each for each in titles.values() if each), ""))


def moment_of(content: Content) -> datetime | None:
    """``not_before``; None if it has none that can be read."""
    try:
        moment = datetime.fromisoformat(str(content.get("not_before") or ""))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def bulletin_id(day: date, content: Content, language: Language, taken: Iterable[str]) -> BulletinId:
    """A new id: the day and words of the title, with a number if that is taken."""
    title = title_of(content, Language("en")) or title_of(content, language)
    return BulletinId(free_name(f"{day}-{slug(title, 60) or _UNNAMED}", frozenset(taken)))


def slug(text: str, most: int) -> str:
    """The Latin letters and digits of a text, at most so many, with hyphens between the words; "" if it has none."""
    letters = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:most].strip("-")


def free_name(stem: str, taken: Collection[str]) -> str:
    """The stem; with -2, -3 … behind it if that is taken."""
    return next(name for name in (stem, *(f"{stem}-{n}" for n in range(2, len(taken) + 3))) if name not in taken)


def file_content(content: Content, day: date) -> dict[str, Any]:
    """The content of the bulletin's file: what is empty is left out."""
    texts = {key: {name: text for name, text in content.get(key, {}).items() if text} for key in TEXTS}
    fields: dict[str, Any] = {
        "date": day,
        "title": texts["title"],
        "short": texts["short"],
        "body": texts["body"],
        "topics": list(content.get("topics", ())),
        "sources": list(content.get("sources", ())),
        "urgent": bool(content.get("urgent")),
        "not_before": content.get("not_before") or None,
        "picture": content.get("picture") or None,
    }
    required = ("date", "title", "body")
    return {key: value for key, value in fields.items() if value or key in required}


def new_sources(content: Content) -> dict[str, dict[str, Any]]:
    """The entries for ``sources.yaml``, without what is empty."""
    entries: Mapping[str, Mapping[str, Any]] = content.get("new_sources", {})
    return {name: {key: value for key, value in each.items() if value} for name, each in entries.items()}


def with_draft(
    dossier: Dossier, content: Content, name: BulletinId, day: date
) -> tuple[Dossier, Bulletin | None, list[Diagnostic]]:
    """The dossier with the draft among its bulletins; None and why, if it cannot be one."""
    found: list[Diagnostic] = []
    sources = {}
    for key, entry in new_sources(content).items():
        if (source := _valid("sources.yaml", Source, entry, found, (key,))) is not None:
            sources[SourceId(key)] = source
    path = f"bulletins/{name}.yaml"
    bulletin = _valid(path, Bulletin, {**file_content(content, day), "id": name}, found)
    if bulletin is None:
        return dossier, None, found
    return dossier.with_news([bulletin], sources), bulletin, found


def _valid(
    path: str, model: type[BaseModel], value: Mapping[str, Any], found: list[Diagnostic], place: Place = ()
) -> Any:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        found += explain_validation_error(path, error, place)
        return None


def diagnostics(dossier: Dossier, content: Content, name: BulletinId, day: date, today: date) -> list[Diagnostic]:
    """What ``nota check`` says of the draft as a file of the dossier, without the platforms' limits."""
    whole, bulletin, found = with_draft(dossier, content, name, day)
    if bulletin is None:
        return found
    alone = replace(whole, bulletins={name: bulletin}, feeds={}, questions={}, claims={}, files=None)
    path, own = file_of(bulletin), new_sources(content)
    for each in validate(alone, today):
        if each.path == path or (each.path == "sources.yaml" and each.place[:1] in {(key,) for key in own}):
            found.append(each)
    return found


def with_sent(dossier: Dossier, sent: Iterable[tuple[Draft, Content]]) -> tuple[Dossier, list[str]]:
    """The dossier with what the desk sent among its bulletins, and the ids of those that do not fit it any more.

    A bulletin that has become a file is there already. What does not fit names a source or a fact that is gone from the dossier; it
    stays as it was sent, and is in no list. A language that was added since gets the text of the default language.
    """
    left_out: list[str] = []
    for draft, content in sent:
        if draft.bulletin_id is None or draft.day is None or draft.bulletin_id in dossier.from_files.bulletins:
            continue
        name, day = draft.bulletin_id, date.fromisoformat(draft.day)
        complete = timed(in_every_language(content, dossier), draft.send_at)
        complete = {**complete, "topics": [each for each in content.get("topics", ()) if each in dossier.topics]}
        whole, bulletin, _ = with_draft(dossier, complete, name, day)
        if bulletin is None or not _has_references(whole, complete):
            left_out.append(name)
        else:
            dossier = whole
    return dossier, left_out


def _has_references(dossier: Dossier, content: Content) -> bool:
    """Whether every source and fact that the texts need is there."""
    texts = [text for key in TEXTS for text in content.get(key, {}).values()]
    facts = {match[1] for text in texts for match in PLACEHOLDER.finditer(text)}
    return facts <= dossier.facts.keys() and set(source_names(content)) <= dossier.sources.keys()


def timed(content: Content, send_at: float | None) -> Content:
    """The content with the moment from which it shows."""
    if send_at is None:
        return content
    return {**content, "not_before": datetime.fromtimestamp(send_at, UTC).isoformat()}


def in_every_language(content: Content, dossier: Dossier) -> Content:
    """The content with the text of the default language where a language of the dossier has none, and without other languages."""
    filled = {}
    for key in TEXTS:
        texts = content.get(key, {})
        fallback = texts.get(dossier.header.default_language) or next((each for each in texts.values() if each), "")
        filled[key] = {each: texts.get(each) or fallback for each in dossier.languages} if fallback else {}
    return {**content, **filled}


def source_names(content: Content) -> list[str]:
    """The sources that the draft names or cites."""
    cited = [source for text in content.get("body", {}).values() for _, source in citations(text)]
    return list(dict.fromkeys([*content.get("sources", ()), *cited]))
