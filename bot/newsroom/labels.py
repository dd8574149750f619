"""What editors read of entries: their titles and values, and what kinds, fields and choices are called, in English: the catalogues have the rest."""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from typing import cast

from pydantic import ValidationError

from bot.dossier.entries import ABSENT, Content, Field, Key
from bot.dossier.entry_fields import NEXT, label_of
from bot.dossier.models import Dossier, Fact, FactEntry, FactId, Language
from bot.dossier.schema import FACT_TYPES, KINDS
from bot.dossier.yaml_reader import Value
from bot.newsroom.change_content import Contents, title_of
from bot.replies.citations import KIND_NAMES
from bot.replies.claims import EDITORS_VERDICTS
from bot.replies.dossier_texts import DossierTexts
from bot.replies.formatting import day as written_day
from bot.replies.formatting import fact_text

FORMS: Mapping[str, str] = {
    "short": "short",
    "full": "in full",
    "spoken": "as people say it",
    "gen": "genitive",
    "dat": "dative",
    "acc": "accusative",
    "ins": "instrumental",
    "prep": "prepositional",
}
"""Form of a name → what it is called."""

CHOICES: Mapping[str, Mapping[str, str]] = {
    "kind": {str(kind): name for kind, name in KIND_NAMES.items()},
    "verdict": EDITORS_VERDICTS,
    "period": {"hour": "hour", "day": "day", "week": "week", "month": "month", "year": "year"},
}
"""Field → what can be chosen, and what that is called."""

MAX_PATH = 40
"""Characters of an address behind its host, where it names a source."""

Say = Callable[[str], str]


def kind_of(key: Key, content: Content | None, say: Say) -> str:
    """What an entry is."""
    kind = key.partition("/")[0]
    one = say(KINDS[kind].one) if kind in KINDS else kind
    of_type = FACT_TYPES.get(str((content or {}).get("type"))) if kind == "facts" else None
    return f"{one}: {say(of_type.called)}" if of_type else one


def label(key: Key, place: Field, say: Say, languages: Mapping[str, str]) -> str:
    """What a field is called, with its language."""
    about, steps = label_of(key.partition("/")[0], place)
    name = place[0] if place else ""
    parts = [say(about.label) if about else name]
    if name == "forms":
        parts += [say(FORMS[each]) if each in FORMS else each for each in place[1:2]]
    if name == "corrections":
        parts += [each for each in place[1:2] if each != NEXT]
    if len(place) > 1 and place[-1] in languages:
        parts.append(languages[place[-1]])
    elif len(place) > steps and name not in ("forms", "corrections"):
        parts += place[1:]
    return " · ".join(parts)


def hint(key: Key, place: Field, say: Say) -> str:
    """What to write into a field; "" if that needs no word."""
    about, _ = label_of(key.partition("/")[0], place)
    return say(about.hint) if about and about.hint else ""


def shown(value: Value) -> str:
    """A value as text."""
    if value is ABSENT or value is None:
        return ""
    if isinstance(value, bool):
        return "✓" if value else "–"
    if isinstance(value, list):
        is_many = any(" " in str(each) for each in value)
        return ("\n" if is_many else ", ").join(map(str, value))
    return str(value)


@dataclass(frozen=True, slots=True)
class Titles:
    """What entries are called in an editor's language."""

    dossier: Dossier
    language: Language
    contents: Contents

    def read(self, text: str) -> str:
        """A title or a sentence that people say, with its facts and names filled in, as far as they are there."""
        name = next(iter(self.dossier.header.names.get(self.language, ())), "…")
        text = text.replace("{it}", name).replace("{}", "…")
        try:
            return DossierTexts(self.dossier, self.language).line(text)
        except (KeyError, ValueError):
            return text

    def of(self, key: Key) -> str:
        """The title of an entry; its name, if it has none."""
        kind, _, name = key.partition("/")
        content = self.contents.get(key)
        if kind == "questions":
            topics = map(Key, (f"topics/{name}", f"programs/{name}"))
            topic = next((each for each in topics if each in self.contents), None)
            return self.of(topic) if topic else name
        if (
            kind == "sources"
            and content
            and (publisher := title_of({"publisher": content.get("publisher")}, self.language))
        ):
            return ": ".join(filter(None, (publisher, about_source(content, self.language))))
        return self.read(title_of(content, self.language)) or name or key

    def value(self, key: Key) -> str:
        """The value of a fact in force."""
        fact = self.dossier.facts.get(FactId(key.removeprefix("facts/"))) if key.startswith("facts/") else None
        try:
            return fact_text(fact, self.language) if fact else ""
        except (KeyError, ValueError):
            return ""


def about_source(content: Content, language: Language) -> str:
    """What tells a source from others of its publisher: headline and day; without both the end of its address."""
    about = ", ".join(filter(None, (shown(content.get("title")), day_in(content.get("published"), language))))
    host, _, path = re.sub(r"^https?://(?:www\.)?", "", shown(content.get("url"))).rstrip("/").partition("/")
    return about or "/".join(filter(None, (host, path if len(path) <= MAX_PATH else f"…{path[-MAX_PATH:]}")))


def day_in(value: Value, language: Language) -> str:
    """A day of a content in words; "": it has none."""
    try:
        return written_day(date.fromisoformat(str(value)), language) if value else ""
    except ValueError:
        return ""


def with_facts(dossier: Dossier, contents: Contents) -> Dossier:
    """The dossier with the facts of a change, as far as they have a value."""
    facts = dict(dossier.facts)
    for key, content in contents.items():
        model = FACT_TYPES.get(str((content or {}).get("type"))) if key.startswith("facts/") else None
        with suppress(ValidationError):
            fact = model.model_validate(content) if model else None
            if isinstance(fact, FactEntry) and getattr(fact, "value", 0) is not None:  # else a day that is computed
                facts[FactId(key.partition("/")[2])] = cast(Fact, fact)
    return replace(dossier, facts=facts)
