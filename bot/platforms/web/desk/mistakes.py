"""What is wrong with a change, in the words and the language of editors, each at its field of the form."""

import tomllib
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from importlib.resources import files
from itertools import compress
from typing import Any

from bot.dossier.diagnostics import Diagnostic, Place
from bot.dossier.entries import Key
from bot.dossier.models import Language
from bot.languages import cldr
from bot.newsroom.change_content import Contents, entry_of
from bot.newsroom.labels import Say, label
from bot.platforms.web.desk.form import EntryForm
from bot.replies.formatting import day as written_day

WORDS: Mapping[str, str] = tomllib.loads(files(__package__).joinpath("mistakes.toml").read_text("utf-8"))
"""A diagnostic's code, or code and field → what editors read, in English."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is missing or wrong.

    Attributes:
        at: the id of the form's field or entry; "": none.
        where: what that is called.
        words: what is wrong; ``is_said``: in the editor's language; ``names_field``: they say where.
        is_shown: whether it is marked before the field was left.
    """

    at: str
    where: str
    words: str
    is_said: bool
    names_field: bool
    is_warning: bool
    is_shown: bool


@dataclass(frozen=True, slots=True)
class Wording:
    """How an editor reads it.

    Attributes:
        language: the editor's.
        names: language → its name in itself.
        titles: entry → its title.
    """

    say: Say
    language: Language
    names: Mapping[str, str]
    titles: Mapping[Key, str]

    def words(self, diagnostic: Diagnostic, place: Place) -> tuple[str, bool]:
        """What is wrong, and whether that is in the editor's words."""
        of_fields = (f"{diagnostic.code}:{step}" for step in reversed(place))
        inner = next((each for each in of_fields if each in WORDS), "")
        phrase = WORDS.get(inner or diagnostic.code)
        if phrase is None:
            return f"{diagnostic.message}, {diagnostic.fix}", False
        values = dict(diagnostic.values)
        for name in ("language", "other"):
            if name in values:
                values[name] = self._named(values[name])
        for name in ("day", "last"):
            if name in values:
                values[name] = written_day(date.fromisoformat(values[name]), self.language)
        words = self.say(phrase).format(**values)
        if values.get("near"):
            words += f". {self.say('Did you mean “{near}”?').format(near=values['near'])}"
        return words, True

    def _named(self, language: str) -> str:
        """A language in the editor's language: Russian, русский, Rusia."""
        known = cldr(language)
        return known.get_display_name(self.language) or language if known else self.names.get(language, language)

    def where(self, diagnostic: Diagnostic, *, with_title: bool) -> str:
        key, place = entry_of(diagnostic)
        if key is None:
            return " ".join((diagnostic.path, ".".join(map(str, diagnostic.place)))).strip()
        steps = tuple(each for each in place if isinstance(each, str))
        parts = [self.titles.get(key) or key] if with_title or not steps else []
        return " · ".join((*parts, *([label(key, steps, self.say, self.names)] if steps else [])))


def mistakes(
    diagnostics: Sequence[Diagnostic],
    contents: Contents,
    forms: Sequence[EntryForm],
    default: Language,
    wording: Wording,
    *,
    is_refused: bool,
    is_saved: bool,
) -> list[Mistake]:
    """What is missing or wrong, in the order of the diagnostics.

    Args:
        diagnostics: of the change.
        contents: of its entries.
        forms: of its entries.
        default: the dossier's default language.
        wording: how the editor reads it.
        is_refused: whether approval was asked for: then all of it is marked.
        is_saved: whether the contents are stored. What is wrong in them is marked, what is missing is not.
    """
    names = {field.name for form in forms for field in form.fields.values()}
    found = []
    for each in _at_their_texts(_of_withdrawals(diagnostics, forms), contents, names, default):
        _, place = entry_of(each)
        words, is_said = wording.words(each, place)
        is_missing = each.code in ("missing", "no-text")
        is_shown = not each.is_warning and (is_refused or (is_saved and not is_missing))
        names_field = each.code == "no-text" and len(forms) == 1
        where = wording.where(each, with_title=len(forms) > 1)
        found.append(Mistake(field_of(each, names), where, words, is_said, names_field, each.is_warning, is_shown))
    return found


def field_of(diagnostic: Diagnostic, names: Container[str]) -> str:
    """The id of the form's field or entry that a diagnostic is about; "" if it is about none. ``names``: of the fields."""
    key, place = entry_of(diagnostic)
    if key is None:
        return ""
    steps = [str(part) for part in place]
    found = ("|".join((key, *steps[:end])) for end in range(len(steps), 0, -1))
    return next((name for name in found if name in names), f"entry-{key}")


def _of_withdrawals(diagnostics: Sequence[Diagnostic], forms: Sequence[EntryForm]) -> list[Diagnostic]:
    """Without what is wrong with the texts of bulletins that are only withdrawn: of those the reason alone is checked."""
    withdrawn = {form.key for form in forms if form.kind == "withdrawal"}
    entries = map(entry_of, diagnostics)
    is_checked = (key not in withdrawn or place[:1] == ("withdrawn",) for key, place in entries)
    return [*compress(diagnostics, is_checked)]


def _at_their_texts(
    diagnostics: Sequence[Diagnostic], contents: Contents, names: Container[str], default: Language
) -> list[Diagnostic]:
    """What is wrong with the words that a language has from another one, at the text that has the mistake.

    A text that is missing in every language is asked for in the default language.
    """
    found = dict[tuple[object, ...], Diagnostic]()
    for each in diagnostics:
        key, place = entry_of(each)
        texts = (contents.get(key) or {}).get(str(place[0])) if key and len(place) == 2 else None
        moved = each
        if isinstance(texts, Mapping) and texts and place[-1] not in texts and each.code != "no-text":
            if each.code == "script":
                continue
            spoken = default if default in texts else next(iter(texts))
            moved = replace(each, place=(*each.place[:-1], spoken))
        elif each.code == "missing" and key and "|".join((key, *map(str, place), default)) in names:
            spoken_in: dict[str, Any] = {"code": "no-text", "values": {"language": str(default)}}
            moved = replace(each, place=(*each.place, default), **spoken_in)
        found[moved.path, moved.place, moved.message] = moved
    return list(found.values())
