"""Rules for how a dossier is written: what readers would see or miss although everything is valid. Warnings only. PURE."""

import re
import unicodedata
from collections.abc import Iterator

from babel.core import get_global

from bot.dossier.diagnostics import Diagnostic, Place
from bot.dossier.markdown import CITATION
from bot.dossier.models import Dossier, file_of
from bot.dossier.text_validators import prose, texts_of

LONGEST_EXAMPLE = 40
"""Words of an example of how people ask. What is longer teaches its small talk as well."""

_LEAST_LETTERS, _LEAST_SHARE = 12, 0.3
"""A text of at least so many letters, of which fewer than this share are in its language's script, is in another language."""

_QUOTES = {"“": "”", "‘": "’", "”": "”"}
"""What a word processor makes of straight quotes."""

_INVISIBLE = {
    "\u00ad": "a soft hyphen",
    "\u200b": "a zero-width space",
    "\u2060": "a word joiner",
    "\ufeff": "a byte order mark",
}
"""What texts copied from web pages hold. Zero-width joiners are left alone: emoji and some scripts need them."""

_WWW = re.compile(r"(?<![\w/.@-])www\.\w[^\s)\]]*")

_SCRIPTS = {
    "Latn": "LATIN",
    "Cyrl": "CYRILLIC",
    "Arab": "ARABIC",
    "Grek": "GREEK",
    "Hebr": "HEBREW",
    "Deva": "DEVANAGARI",
}
"""Scripts (ISO 15924) → how Unicode's names of their letters begin. Other scripts are not compared."""

_Text = tuple[str, Place, str]
"""File, place, and text."""


def check_style(dossier: Dossier) -> Iterator[Diagnostic]:
    """Every such rule, over all texts, examples, bulletins and sources."""
    for path, place, text in _texts(dossier):
        yield from _check_text(path, place, text)
    for path, place, text, _ in prose(dossier):
        yield from _check_addresses(path, place, text)
        yield from _check_script(path, place, text)
    yield from _check_examples(dossier)
    yield from _check_twins(dossier)
    yield from _check_sources(dossier)


def _texts(dossier: Dossier) -> Iterator[_Text]:
    for path, place, texts, _ in texts_of(dossier):
        for language, value in texts.items():
            for index, text in enumerate(value if isinstance(value, list) else [value]):
                if isinstance(text, str):
                    yield path, (*place, language, index) if isinstance(value, list) else (*place, language), text


def _warning(path: str, place: Place, message: str, fix: str, offset: int = 0) -> Diagnostic:
    return Diagnostic(path, place, message, fix, "warning", offset=offset)


def _check_text(path: str, place: Place, text: str) -> Iterator[Diagnostic]:
    stripped = text.strip()
    closing = _QUOTES.get(stripped[:1])
    inside = stripped[1:-1]
    is_quoted = closing is not None and len(stripped) > 1 and stripped.endswith(closing) and "\n" not in stripped
    if is_quoted and not re.search("[“”‘]", inside):
        message = f"the text stands in {stripped[0]}{closing}, which YAML does not know and readers see"
        yield _warning(path, place, message, 'expected " around it, or no quotes')
    for sign, name in _INVISIBLE.items():
        if sign in text:
            message = f"{name} (U+{ord(sign):04X}) that nobody sees"
            yield _warning(path, place, message, "expected the word without it", text.count("\n", 0, text.index(sign)))


def _check_addresses(path: str, place: Place, text: str) -> Iterator[Diagnostic]:
    for found in _WWW.finditer(text):
        message = f"{found[0]!r} is an address without https://"
        fix = f"expected [words](https://{found[0]})"
        yield _warning(path, place, message, fix, text.count("\n", 0, found.start()))


def _check_script(path: str, place: Place, text: str) -> Iterator[Diagnostic]:
    script = _SCRIPTS.get(_script_of(str(place[-1])))
    letters = [sign for sign in re.sub(r"\{[^{}]*\}|\]\([^)]*\)", "", CITATION.sub("", text)) if sign.isalpha()]
    if script is None or len(letters) < _LEAST_LETTERS:
        return
    if sum(unicodedata.name(sign, "").startswith(script) for sign in letters) < _LEAST_SHARE * len(letters):
        message = f"a text for {place[-1]} in another script"
        yield _warning(
            path, place, message, f"expected {script.capitalize()} letters, or the text of another language is here"
        )


def _script_of(language: str) -> str:
    """The script that a language is usually written in (CLDR's likely subtags), as ``Cyrl``; "" if unknown."""
    likely = str(get_global("likely_subtags").get(language, ""))
    return next((part for part in likely.split("_") if len(part) == 4), "")


def _check_examples(dossier: Dossier) -> Iterator[Diagnostic]:
    for topic in dossier.topics.values():
        own = dossier.questions.get(topic.id) or dossier.questions.get(topic.id.rpartition(":")[2])
        asked = {
            language for language in dossier.languages if topic.asks.get(language) or (own and own.asks.get(language))
        }
        for language in dossier.languages if asked else ():
            if language not in asked:
                message = f"asks has no {language!r}, so nobody is understood who asks in that language"
                yield _warning(file_of(topic), ("asks",), message, f"expected examples in {language}")
    for path, place, text in _texts(dossier):
        is_example = "asks" in place or "not_asked" in place
        if is_example and (words := len(text.split())) > LONGEST_EXAMPLE:
            message = f"an example of {words} words"
            yield _warning(
                path, place, message, f"expected at most {LONGEST_EXAMPLE}: the words that a question turns on"
            )


def _check_twins(dossier: Dossier) -> Iterator[Diagnostic]:
    seen: dict[str, str] = {}
    for _, bulletin in sorted(dossier.bulletins.items()):
        path = file_of(bulletin)
        language = dossier.header.default_language
        words = f"{bulletin.title.get(language)}\n{bulletin.body.get(language)}"
        owner = seen.setdefault(" ".join(words.casefold().split()), path)
        if owner != path:
            yield _warning(path, ("title",), f"title and body of {owner} as well", "expected each bulletin once")


def _check_sources(dossier: Dossier) -> Iterator[Diagnostic]:
    entries = [*dossier.facts.values(), *dossier.topics.values(), *dossier.bulletins.values(), *dossier.claims.values()]
    used = {str(source) for entry in entries for source in entry.sources}
    if any(CITATION.search(text) for _, _, text in _texts(dossier)):
        return  # check_statements names what is not cited in a dossier that cites
    for source in dossier.sources:
        if source not in used:
            message = f"source {source!r} is used nowhere"
            yield _warning("sources.yaml", (source,), message, f"expected [@{source}] in some text, or no such source")
