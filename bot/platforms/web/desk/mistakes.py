"""What is wrong with a change, in the words and the language of editors, each at its field of the form."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
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

WORDS: Mapping[str, str] = {
    "no-text": "There is no text in this language: {language}",
    "no-text:title": "The {language} title is missing",
    "no-text:short": "The {language} short title is missing",
    "no-text:body": "The {language} text is missing",
    "no-text:summary": "The {language} summary is missing",
    "no-text:because": "The {language} reason is missing",
    "no-text:note": "The {language} note is missing",
    "missing": "This is missing",
    "future": "{day} is still to come: {last} is the latest day that is possible",
    "undated": "Where does the new value come from, and when was it compared with that? Choose the source, and write the day",
    "no-source": "A verdict needs a source: choose one, and cite it in the reason",
    "unknown-fact": "There is no fact “{name}”",
    "unknown-form": "The fact “{name}” has no form “{form}”",
    "no-fact": "“{written}” is not a fact. “Insert” writes one as it must be",
    "unknown-source": "There is no source “{name}”",
    "unknown-topic": "There is no topic “{name}”",
    "itself": "This leads to the topic itself",
    "no-example": "Write how people say it, in one language at least",
    "twice": "“{text}” stands in {owner}, too: each sentence stands once",
    "progress": "The bar must end later than it begins",
    "command-taken": "The command “{word}” is taken by {owner}",
    "command": "“{word}” is not a command: 1 to 32 small letters, digits or _",
    "several-emoji": "One sign, not several",
    "emoji": "This is not a sign such as 📄",
    "unit-empty": "Between two bars there is no word",
    "unit-forms": "This language counts with {n} forms: write so many, with | between them",
    "several-lines": "This is one line, without a line break",
    "styled": "Here stand plain words, without bold, italic and links",
    "markdown": "No chat can show this: only paragraphs, **bold**, *italic*, lists and links",
    "nested-list": "A list cannot stand inside a list",
    "numbered": "A line that begins with {n}. becomes a numbered list. Write {n}\\. for plain words",
    "fact-in-link": "The address of a link holds a fact: write the address out",
    "empty-link": "This link has no words: [words](https://…)",
    "marks": "Readers will see this mark as it stands here",
    "figures": "The figures differ: {source} in the text in {other}, {target} in the text in {language}",
    "beside": "{written}, but the fact “{name}” has another value",
    "was-wrong": "What was wrong stands in plain words, the figure written out, without facts and citations",
    "typed": "“{value}” is the value of a fact. Write {fact}, and it is corrected together with the fact",
    "contrast": "This colour is hard to read on the page: one that can be read is shown instead",
    "comparable": "These amounts do not compare: they differ in currency or period",
    "unused-fact": "No text prints this fact yet",
    "place": "Behind the comma stands a place in the source, in plain words and at most {most} characters: [@{name}, p. 3]",
    "cited-here": "Sources are cited in the text, not here",
    "unused-source": "No statement cites this source yet",
    "uncited": "A figure, a fact or a quotation has no source behind it",
    "other-source": "The fact “{name}” does not rest on the source cited here: {sources}",
    "fact-first": "The answer should come first: the first paragraph has no fact, a later one has",
    "smart-quotes": "Readers will see the quotation marks around the text",
    "invisible": "An invisible sign stands in a word, as it comes with copied text",
    "no-https": "{address} becomes a link only with https:// before it",
    "script": "This looks like the text of another language",
    "untranslated": "This came from a feed and is not translated yet",
    "lone-quote": "A quotation mark without its other half",
    "percent": "More than 100 percent: say what has grown, or with what it is compared",
    "singular": "This word is the singular alone: write both forms, with | between them",
    "no-examples": "Nobody who asks in this language is understood: there are no examples. Language: {language}",
    "long-example": "At most {most} words, without small talk",
    "twin": "There is a bulletin with this title and text already",
    "same-address": "The source “{name}” has this address already",
    "second-emoji": "The topic’s sign stands before the title already",
    "amount": "Write one amount, or the lowest and the highest",
    "range": "The lowest amount is above the highest",
    "length": "Write years, months or days",
    "one-day": "Write a day, or from which day it is counted and how much later it is",
    "zone": "This is not a time zone such as Asia/Jakarta",
    "number": "This is not a number: only digits, with a point before decimals",
    "whole-number": "This is not a whole number",
    "day": "This is not a day of the calendar",
    "address": "This is not an address: it begins with https://",
    "contact": "This is neither a page, which begins with https://, nor an e-mail address",
    "currency": "These are not the three letters of a currency, such as IDR",
    "colour": "This is not a colour such as #1F4E8C",
    "choice": "Choose one of the list",
    "least": "At least {ge}",
    "most": "At most {le}",
    "too-long": "A text is too long: it may have 10,000 characters.",
    "brackets": "A text has too many brackets: it may have 1,000.",
    "long": "Too long for {platform}: {n} characters, and {most} fit",
    "long-correction": "All that is said of one day may have {most} characters together: it has {n}",
    "high": "Long for a phone: {n} lines on {platform}, and {most} fit on a screen",
    "no-name": "{{it}} stands for a name of the subject, and there is none in this language",
    "value-once": "{{}} must stand in it once, where the value stands",
    "denial": "Say what is so, not what is not: “{word}”",
    "no-of": "Say what it measures, or no verdict can say it",
    "no-list": "{{}} stands for a list of words, and there is none in this language",
    "read-twice": "This reads like a sentence that decides otherwise",
    "states-review": "This states what a review calls something else than true",
    "no-teller": "Say whose figure it is: others have another one",
    "not-recognised": "With its own value, this sentence would not be recognised",
    "other-picture": "No topic of this bulletin has this picture",
    "no-picture": "There is nothing to draw yet",
    "asks-both": "“{text}” is an example of {owner}, too",
}
"""A diagnostic's code, or code and field → what editors read, in English: the catalogues have the rest. All other diagnostics are for files."""


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
        inner = next(
            (f"{diagnostic.code}:{step}" for step in reversed(place) if f"{diagnostic.code}:{step}" in WORDS), ""
        )
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
