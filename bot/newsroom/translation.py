"""Translating a change: which texts wait for it, what the original said then, and sentences that were translated before."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz import fuzz, process

from bot.db.changes import ChangedEntry
from bot.dossier.entries import ABSENT, Content, Field, Key, fields, value_digest
from bot.dossier.markdown import CITATION, PLACEHOLDER
from bot.dossier.models import Header, Language

LIKENESS = 88
"""How alike two sentences must be (rapidfuzz, 0 to 100): one or two words of ten may differ."""

MOST_OFFERS = 6
"""Of one text."""

MEMORY_KINDS = ("bulletins", "topics", "programs")
"""Kinds of entries whose sentences are remembered."""

_CITED = re.compile(rf"([ \n]?){CITATION.pattern}")
_END = re.compile(rf"[.!?…][”»\")*]*(?:[ \n]?{CITATION.pattern})*(?=\s)|\n\s*\n|\n(?=[-*] )")


def source_of(field: Field, default: Language) -> Field:
    """The same text in the default language."""
    return (*field[:-1], default)


def made_key(field: Field) -> str:
    """Under which an entry keeps the digest of the text from which this one was made (:attr:`ChangedEntry.made_from`)."""
    return "|".join(("from", *field))


def left_out_key(language: str) -> str:
    """Under which an entry keeps that it is sent without this language for now (:attr:`ChangedEntry.made_from`)."""
    return f"without|{language}"


def untranslated(entry: ChangedEntry, languages: Sequence[Language]) -> list[Language]:
    """The languages in which a bulletin has no title or no text, and had both if it is in force already."""
    content, base = entry.content, entry.base
    if not entry.key.startswith("bulletins/") or content is None or "withdrawn" in content:
        return []
    texts = [fields(each).keys() for each in (content, base)]
    now, before = ({each for each in languages if {("title", each), ("body", each)} <= side} for side in texts)
    if not now:  # it has no text at all, which is a mistake whatever is chosen
        return []
    return [language for language in languages if language not in now and (base is None or language in before)]


@dataclass(frozen=True, slots=True)
class Translation:
    """A text of an entry in a language.

    Attributes:
        is_missing: the original has a text, and this language has none.
        is_outdated: the original was changed since this was translated.
        before: the original then, as far as that is known; "": it is not.
    """

    is_missing: bool = False
    is_outdated: bool = False
    before: str = ""


def translation(entry: ChangedEntry, field: Field, default: Language, versions: Iterable[Content] = ()) -> Translation:
    """How a text stands to its original. ``versions``: earlier contents of the entry, among which the original of then is looked for."""
    place, values, base = source_of(field, default), fields(entry.content), fields(entry.base)
    now, own = values.get(place, ABSENT), values.get(field, ABSENT)
    if now is ABSENT or own is ABSENT:
        return Translation(is_missing=now is not ABSENT)
    made = entry.made_from.get(made_key(field))
    if made is None:  # nobody typed into it here: it belongs to the original in force, if it stands there with it
        then = base.get(place, ABSENT)
        is_outdated = then is not ABSENT and then != now and base.get(field, ABSENT) == own
        return Translation(is_outdated=is_outdated, before=str(then) if is_outdated else "")
    if made == value_digest(now):
        return Translation()
    earlier = (fields(each).get(place, ABSENT) for each in (entry.base, *versions))
    then = next((each for each in earlier if each is not ABSENT and value_digest(each) == made), ABSENT)
    return Translation(is_outdated=True, before="" if then is ABSENT else str(then))


def made_from_base(entry: ChangedEntry, header: Header) -> dict[str, str]:
    """From which texts those of an entry were made, also where nobody typed into them: for the same content without its base."""
    made, values, base = dict(entry.made_from), fields(entry.content), fields(entry.base)
    for field, value in values.items():
        original = base.get(source_of(field, header.default_language), ABSENT) if len(field) > 1 else ABSENT
        is_translation = field[-1] in header.languages and field[-1] != header.default_language
        if is_translation and original is not ABSENT and base.get(field) == value and not isinstance(value, list):
            made.setdefault(made_key(field), value_digest(original))
    return made


def outdated_fields(entry: ChangedEntry, language: str, default: Language) -> list[Field]:
    """The texts of a language of which the original was changed since. Lists are examples, which nobody translates."""
    return [
        field
        for field, value in fields(entry.content).items()
        if len(field) > 1 and field[-1] == language and not isinstance(value, list)
        if translation(entry, field, default).is_outdated
    ]


# ---- Sentences that were translated before

Memory = Mapping[str, str]
"""A sentence of the default language, without its citations → the sentence of the other language, as it stands in the dossier."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A sentence that was translated before.

    Attributes:
        source: of the text that is to be translated.
        known: the one that was translated; the same, or nearly.
        target: its translation.
        likeness: 0 to 100.
    """

    source: str
    known: str
    target: str
    likeness: int


def sentences(text: str) -> list[str]:
    """The sentences of a text, with their citations. A point before a small letter ends none."""
    cuts = [0]
    for found in _END.finditer(text):
        behind = text[found.end() :].lstrip()
        if behind[:1] and not behind[0].islower():
            cuts.append(found.end())
    parts = (text[start:end].strip() for start, end in pairwise([*cuts, len(text)]))
    return [part for part in parts if part]


def bare(sentence: str) -> str:
    """The sentence without citations, marks and line breaks."""
    return " ".join(re.sub(r"\*\*|^[-*] ", "", _CITED.sub("", sentence)).split())


def memory(contents: Mapping[Key, Content], default: Language, language: Language) -> Memory:
    """Sentences that correspond: paragraph by paragraph and sentence by sentence, where both languages have as many and name the same facts."""
    found = dict[str, str]()
    for key, content in contents.items():
        if key.partition("/")[0] not in MEMORY_KINDS or "withdrawn" in content:
            continue
        values = fields(content)
        for place, text in values.items():
            other = values.get((*place[:-1], language))
            if len(place) == 2 and place[-1] == default and isinstance(text, str) and isinstance(other, str):
                found |= dict(_aligned(text, other))
    return found


def _aligned(text: str, other: str) -> Iterable[tuple[str, str]]:
    one, two = (re.split(r"\n\s*\n", each) for each in (text, other))
    if len(one) != len(two):
        return
    for paragraphs in zip(one, two, strict=True):
        ours, theirs = map(sentences, paragraphs)
        if len(ours) != len(theirs):
            continue
        for sentence, translated in zip(ours, theirs, strict=True):
            if _facts(sentence) == _facts(translated) and len(bare(sentence).split()) > 1:
                yield bare(sentence), translated


def _facts(sentence: str) -> Counter[str]:
    return Counter(found[1] for found in PLACEHOLDER.finditer(sentence))


def offers(source: str, target: str, known: Memory) -> list[Offer]:
    """What was translated before of a text, without what its translation has already."""
    found, there = list[Offer](), bare(target)
    for sentence in sentences(source):
        words = bare(sentence)
        if words in known:
            match, likeness = words, 100.0
        else:
            best = process.extractOne(words, known.keys(), scorer=fuzz.ratio, score_cutoff=LIKENESS)
            if best is None:
                continue
            match, likeness = best[0], best[1]
        translated = known[match]
        if bare(translated) not in there and len(found) < MOST_OFFERS:
            likeness = 100 if match == words else min(int(likeness), 99)
            found.append(Offer(words, match, _cited_as(sentence, translated), likeness))
    return found


def _cited_as(sentence: str, translated: str) -> str:
    """The translation with the citations of this sentence, where it had its own."""
    cited = "".join(found[0] for found in CITATION.finditer(sentence))
    first = _CITED.search(translated)
    if first is None:
        return " ".join(translated.split()) + cited
    before, behind = translated[: first.start()], _CITED.sub("", translated[first.end() :])
    return " ".join(f"{before}{first[1] if cited else ''}{cited}{behind}".split())
