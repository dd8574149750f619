"""Finds texts that stand in the slot of another language, and stories of feeds that nobody translated. PURE."""

import re
from collections.abc import Iterator
from functools import cache

from bot.dossier.diagnostics import Diagnostic, Place
from bot.dossier.markdown import CITATION, PLACEHOLDER
from bot.dossier.models import Dossier, Language, file_of
from bot.dossier.text_validators import prose
from bot.languages import languages_with, record
from bot.matching.lexicon import lexicon
from bot.matching.stemmer import is_foreign
from bot.matching.tokenizer import tidy, words_of
from bot.replies.i18n import phrases_in

LISTED = languages_with("questions.toml")
"""The languages that have word lists, by whose words without a subject a text is recognised."""

_LEAST_WORDS = 8
_LEAST_SHARE, _LEAST_OWN = 0.25, 4
"""A text is in another language if at least this share of its words, and at least that many, are words without a subject of that language alone,
four times as many as of its own. In 1,531 texts of the shipped and the test dossiers at most 0.09 are, and of texts put into the slot of another
listed language 0.84 to 0.97 are found. Lower finds more short texts, until names and loan words are taken for a language."""

_LEAST_SHARE_UNLISTED = 0.5
"""The same where the slot's own language has no lists, so that nothing speaks for it: German and French texts have up to 0.24 of English words."""

_LEAST_OF_EXAMPLE = 3
"""The same for an example question, none of whose words is of its own language alone: of 11,583 examples of the shipped and the test dossiers
none is, and a third of them (of English ones half) in the slot of another listed language. With two words "internet of things" is one."""

_LEAST_COPIED = 3
"""A text of at least this many words in small letters that two listed languages share word for word is not translated."""

_QUOTED = re.compile(r"«[^»]*»|[“„][^”“]*[”“]|\"[^\"]*\"|(?<!\*)\*[^*]+\*(?!\*)|\]\([^)]*\)|https?://\S+")
"""Quotations, titles in italics, and addresses: they may be in any language."""

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


def check_languages(dossier: Dossier) -> Iterator[Diagnostic]:
    """Warns of texts that are surely in another language than their slot's, and of untranslated stories."""
    for path, place, text, _ in prose(dossier):
        language = str(place[-1])
        if other := language_of(text, language):
            message = f"a text for {language} in another language, {other}"
            yield _warning(path, place, message, f"expected the text in {language}", "script")
    yield from _check_copies(dossier)
    yield from _check_examples(dossier)
    yield from _check_stories(dossier)


def language_of(text: str, expected: str) -> str:
    """The listed language that the text is surely in, if that is not ``expected``; else "". Names and quotations do not count."""
    for pattern in (CITATION, PLACEHOLDER, _QUOTED):
        text = pattern.sub(" ", text)
    found = [word for word in _WORD.findall(text) if word[0].islower()]
    words = words_of(tidy(" ".join(found)))
    if len(words) < _LEAST_WORDS or sum(is_foreign(word, expected) for word in words) * 2 > len(words):
        return ""  # the other script is said already
    own = _light(expected)
    others = [code for code in LISTED if code != expected and expected not in record(code).near]
    counts = {code: sum(word in _light(code) and word not in own for word in words) for code in others}
    if not counts:
        return ""
    best = max(counts, key=lambda other: counts[other])
    if not own:
        return best if counts[best] >= _LEAST_SHARE_UNLISTED * len(words) else ""
    spoken = sum(word in own and word not in _light(best) for word in words)
    is_sure = counts[best] >= max(_LEAST_OWN, _LEAST_SHARE * len(words)) and counts[best] >= 4 * spoken
    return best if is_sure else ""


def _check_copies(dossier: Dossier) -> Iterator[Diagnostic]:
    """Short texts that are the same in two languages; of longer ones :func:`language_of` says which language it is."""
    first = dict[tuple[str, Place, str], str]()
    for path, place, text, _ in prose(dossier):
        language = str(place[-1])
        words = _WORD.findall(_QUOTED.sub(" ", PLACEHOLDER.sub(" ", CITATION.sub(" ", text))))
        if language not in LISTED or sum(word[0].islower() for word in words) < _LEAST_COPIED:
            continue
        other = first.setdefault((path, place[:-1], text.strip()), language)
        if other != language and not language_of(text, language) and not language_of(text, other):
            message = f"the same text for {language} as for {other}"
            yield _warning(path, place, message, f"expected the text in {language}", "script")


def _check_examples(dossier: Dossier) -> Iterator[Diagnostic]:
    for topic in dossier.topics.values():
        for language, examples in topic.asks.items():
            for position, example in enumerate(examples):
                if other := _language_of_example(example, language):
                    path, place = dossier.place_of_ask(topic, language, position)
                    message = f"an example for {language} in another language, {other}"
                    yield _warning(path, place, message, f"expected it among those for {other}", "script")


def _language_of_example(text: str, expected: str) -> str:
    """The listed language that an example is surely in, if that is not ``expected``; else ""."""
    own, words = _light(expected), words_of(tidy(text))
    others = [other for other in LISTED if other != expected and expected not in record(other).near]
    if not own or any(word in own and not any(word in _light(other) for other in others) for word in words):
        return ""
    counts = {other: sum(word in _light(other) and word not in own for word in words) for other in others}
    best = max(counts, key=lambda other: counts[other])
    return best if counts[best] >= max(_LEAST_OF_EXAMPLE, len(words) / 2) else ""


@cache
def _light(language: str) -> frozenset[str]:
    lists = lexicon(language)
    return lists.light | lists.fillers


def _check_stories(dossier: Dossier) -> Iterator[Diagnostic]:
    """A bulletin that was made from a feed's story in a language that the dossier has not says so in its last line."""
    for bulletin in dossier.bulletins.values():
        for language, body in bulletin.body.items():
            if is_untranslated(body, language):
                yield _warning(
                    file_of(bulletin),
                    ("body", language),
                    "a feed’s story in the language of its publisher",
                    "expected a translation, without the line on the language of the publication",
                    "untranslated",
                )


def is_untranslated(body: str, language: Language) -> bool:
    """Whether the text ends with the line that a story of a feed has in another language than the dossier's."""
    line = phrases_in(language).say("Language of the publication: {language}").partition("{")[0]
    return body.rstrip().rpartition("\n")[2].startswith(f"*{line}")


def _warning(path: str, place: Place, message: str, fix: str, code: str) -> Diagnostic:
    return Diagnostic(path, place, message, fix, "warning", code=code)
