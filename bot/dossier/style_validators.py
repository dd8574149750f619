"""Rules for the style of a dossier: flaws that readers would notice although the files are valid. Warnings only. PURE."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator

from bot.dossier.diagnostics import Diagnostic, Place, warning
from bot.dossier.markdown import CITATION
from bot.dossier.models import Dossier, file_of
from bot.dossier.text_validators import prose, texts_of
from bot.languages import script_of, scripts_of

LONGEST_EXAMPLE = 40
"""The number of words of an example. A longer one also teaches its small talk."""

_LEAST_LETTERS, _LEAST_SHARE = 12, 0.3
"""A text of at least this many letters is in another language if fewer than this share of them are in its language's script."""

_QUOTES = {"“": "”", "‘": "’", "”": "”"}
"""The quotes that word processors write instead of straight ones."""

_INVISIBLE = {
    "\u00ad": "a soft hyphen",
    "\u200b": "a zero-width space",
    "\u2060": "a word joiner",
    "\ufeff": "a byte order mark",
}
"""Invisible characters of texts that were copied from web pages. Emoji and some scripts need zero-width joiners."""

_DOUBLE = re.compile("[“”„‟]")
_INCHES = re.compile('[0-9]"')

_CITED_OR_LINKED = re.compile(r"\]\([^)]{0,2100}\)|https?://\S+")

_WWW = re.compile(r"(?<![\w/.@-])www\.\w[^\s)\]]*")

_Text = tuple[str, Place, str]
"""File, place, and text."""


def check_style(dossier: Dossier) -> Iterator[Diagnostic]:
    """Checks all texts, examples, bulletins and sources."""
    for path, place, text in _texts(dossier):
        yield from _check_text(path, place, text)
    for path, place, text, _ in prose(dossier):
        for match in _WWW.finditer(text):
            message = f"{match[0]!r} is an address without https://"
            fix, offset = f"expected [words](https://{match[0]})", text.count("\n", 0, match.start())
            yield warning(path, place, message, fix, "no-https", offset=offset, address=match[0])
        yield from _check_quotes(path, place, text)
        yield from _check_script(path, place, text)
    yield from _check_examples(dossier)
    yield from check_twins(dossier)
    yield from _check_same_addresses(dossier)
    yield from _check_emoji(dossier)


def _texts(dossier: Dossier) -> Iterator[_Text]:
    for path, place, texts, _ in texts_of(dossier):
        for language, value in texts.items():
            for index, text in enumerate(value if isinstance(value, list) else [value]):
                if isinstance(text, str):
                    yield path, (*place, language, index) if isinstance(value, list) else (*place, language), text


def _check_text(path: str, place: Place, text: str) -> Iterator[Diagnostic]:
    stripped = text.strip()
    closing = _QUOTES.get(stripped[:1])
    inside = stripped[1:-1]
    is_quoted = closing is not None and len(stripped) > 1 and stripped.endswith(closing) and "\n" not in stripped
    if is_quoted and not re.search("[“”‘]", inside):
        message = f"the text is in {stripped[0]}{closing}, which are not quotes in YAML, so readers see them"
        yield warning(path, place, message, 'expected " around it, or no quotes', "smart-quotes")
    for sign, name in _INVISIBLE.items():
        if sign in text:
            message = f"{name} (U+{ord(sign):04X}), which is invisible"
            offset = text.count("\n", 0, text.index(sign))
            yield warning(path, place, message, "expected the word without it", "invisible", offset=offset)


def _check_quotes(path: str, place: Place, text: str) -> Iterator[Diagnostic]:
    """A quotation mark without its other half. A quotation of several paragraphs may begin each of them with one."""
    for pattern in (CITATION, _CITED_OR_LINKED):
        text = pattern.sub("", text)
    paragraphs = [paragraph.strip() for paragraph in text.split("\n\n")]
    if any(paragraph[:1] in '«“„"' for paragraph in paragraphs[1:] if paragraph):
        return
    is_straight_alone = text.count('"') % 2 == 1 and not _INCHES.search(text)
    if text.count("«") != text.count("»") or len(_DOUBLE.findall(text)) % 2 or is_straight_alone:
        yield warning(path, place, "a quotation mark alone", "expected one at each end of a quotation", "lone-quote")


def _check_script(path: str, place: Place, text: str) -> Iterator[Diagnostic]:
    scripts = scripts_of(str(place[-1]))
    signs = Counter(re.sub(r"\{[^{}]*\}|\]\([^)]*\)", "", CITATION.sub("", text)))
    letters = {sign: count for sign, count in signs.items() if sign.isalpha()}
    if not scripts or sum(letters.values()) < _LEAST_LETTERS:
        return
    of_scripts = sum(count for sign, count in letters.items() if script_of(sign) in scripts)
    if of_scripts < _LEAST_SHARE * sum(letters.values()):
        fix = f"expected {' or '.join(sorted(scripts)).title()} letters; it may be the text of another language"
        yield warning(path, place, f"a text for {place[-1]} in another script", fix, "script")


def _check_examples(dossier: Dossier) -> Iterator[Diagnostic]:
    for topic in dossier.topics.values():
        own = dossier.questions.get(topic.id) or dossier.questions.get(topic.id.rpartition(":")[2])
        has_asks = [each.asks for each in (topic, own) if each]
        asked = {code for code in dossier.written_languages if any(asks.get(code) for asks in has_asks)}
        for language in dossier.written_languages if asked else ():
            if language not in asked:
                message = f"no examples in {language!r}, so questions in that language are not recognised"
                fix = f"expected examples in {language}"
                yield warning(file_of(topic), ("asks",), message, fix, "no-examples", language=language)
    for path, place, text in _texts(dossier):
        is_example = "asks" in place or "not_asked" in place
        if is_example and (words := len(text.split())) > LONGEST_EXAMPLE:
            message, fix = f"an example of {words} words", f"expected at most {LONGEST_EXAMPLE}, without small talk"
            yield warning(path, place, message, fix, "long-example", most=LONGEST_EXAMPLE)


def check_twins(dossier: Dossier) -> Iterator[Diagnostic]:
    """Bulletins that say the same. Each is reported, since at the desk one of them is looked at."""
    twins, language = defaultdict[str, list[str]](list), dossier.header.default_language
    for _, bulletin in sorted(dossier.bulletins.items()):
        words = f"{bulletin.title.get(language)}\n{bulletin.body.get(language)}"
        twins[" ".join(words.casefold().split())].append(file_of(bulletin))
    for paths in twins.values():
        for path, other in zip(paths, (*paths[1:], paths[0]), strict=True):
            if path != other:
                message = f"the same title and body as {other}"
                yield warning(path, ("title",), message, "expected each bulletin once", "twin")


def _check_same_addresses(dossier: Dossier) -> Iterator[Diagnostic]:
    first = dict[str, str]()
    for source_id, source in dossier.sources.items():
        owner = first.setdefault(source.url.rstrip("/"), source_id)
        if owner != source_id:
            message, fix = f"the same address as {owner!r}", "expected each page once"
            yield warning("sources.yaml", (source_id, "url"), message, fix, "same-address", name=owner)


def _check_emoji(dossier: Dossier) -> Iterator[Diagnostic]:
    for topic in dossier.topics.values():
        for language, title in topic.title.items() if topic.emoji else ():
            if unicodedata.category(title.strip()[:1] or " ") == "So":
                message, fix = "an emoji before a title that gets the topic's", "expected the words alone"
                yield warning(file_of(topic), ("title", language), message, fix, "second-emoji")
