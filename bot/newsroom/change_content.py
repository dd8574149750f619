"""The entries of a change as content: typed texts, names of new entries, what is wrong with them. PURE."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date

from bot.dossier.diagnostics import Diagnostic
from bot.dossier.entries import (
    ABSENT,
    Content,
    Key,
    content_of,
    fields,
    fitting_bulletin,
    free_name,
    key_at,
    place_of,
    slug,
    with_entries,
)
from bot.dossier.entry_fields import NEXT
from bot.dossier.loader import Loading, checked
from bot.dossier.markdown import CITATION, Items, Paragraph, plain
from bot.dossier.models import Language, is_visible
from bot.dossier.style_validators import check_twins
from bot.dossier.yaml_reader import CONTROL, Value
from bot.replies.formatting import capitalised

Contents = Mapping[Key, Content | None]

NEW = "bulletins/new-"
"""How the key of a bulletin begins that has no day yet: it gets its key when it is approved."""

MAX_CHARACTERS = 100_000
"""Of one text. Longer ones are cut, and far too long for either platform."""

MAX_BYTES = 1024 * 1024
"""Of a change."""

_INVISIBLE = re.compile(f"{CONTROL.pattern}|[\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What no file may hold, spaces without width and marks that reverse the direction of a text: what comes along with pasted text."""

_LINE_END = re.compile("\r\n|[\r\x85\u2028\u2029]")

_UNNAMED = "bulletin"


def clean(text: str) -> str:
    """A typed or pasted text without what nobody sees, "" if that is all of it; line breaks as in files."""
    words = _INVISIBLE.sub("", _LINE_END.sub("\n", text).replace("\xa0", " "))[:MAX_CHARACTERS].strip()
    return words if is_visible(words) else ""


def title_of(content: Content | None, language: Language) -> str:
    """The words by which editors know an entry: its title, what a fact measures, a source's publisher, a claim; "" if it has none."""
    for name in ("title", "of", "publisher", "says", "value"):
        titles = (content or {}).get(name)
        if isinstance(titles, dict):
            titles = titles.get(language) or next((each for each in titles.values() if each), "")
        if isinstance(titles, list):
            titles = titles[0] if titles else ""
        if isinstance(titles, str) and titles:
            return capitalised(titles) if name == "of" else titles
    return ""


def dated(
    contents: Contents, day: date, taken: Collection[str], language: Language, corrected: date | None = None
) -> dict[Key, Content | None]:
    """The contents as they are in force from ``day``, the office's: new bulletins have that date, and a key of it.

    ``taken``: names of bulletins that were ever used. ``corrected``: the day in UTC, which is that of corrections.
    """
    found, used = dict[Key, Content | None](), set(taken)
    for key, content in contents.items():
        if not key.startswith(NEW) or content is None:
            found[key] = corrected_on(content, corrected or day) if content is not None else None
            continue
        title = title_of(content, Language("en")) or title_of(content, language)
        name = free_name(f"{day}-{slug(title, 60) or _UNNAMED}", used)
        used.add(name)
        found[Key(f"bulletins/{name}")] = {"date": day.isoformat(), **without_date(content)}
    return found


def corrected_on(content: Content, day: date) -> Content:
    """The content with what was wrong as said of that day, behind what was said of it before."""
    said = content.get("corrections")
    if not isinstance(said, dict) or not isinstance(new := said.get(NEXT), dict):
        return content
    before = said.get(day.isoformat())
    before = before if isinstance(before, dict) else {}
    texts: dict[str, Value] = {
        code: " ".join(map(str, filter(None, (before.get(code), new.get(code))))) for code in {**before, **new}
    }
    others: dict[str, Value] = {each: texts_of_day for each, texts_of_day in said.items() if each != NEXT}
    return {**content, "corrections": {**others, day.isoformat(): texts}}


def uncorrected(base: Content | None, content: Content, day: date) -> Content:
    """Reverses :func:`corrected_on`, of a content that was made from ``base``."""
    values, before, name = fields(content), fields(base), day.isoformat()
    for place, text in fields(content).items():
        if place[:2] == ("corrections", name) and text != before.get(place):
            former = before.get(place, ABSENT)
            values.pop(place)
            if former is not ABSENT:
                values[place] = former
            values["corrections", NEXT, place[-1]] = str(text).removeprefix(f"{former} ")
    return content_of(values)


def without_date(content: Content) -> dict[str, Value]:
    """A bulletin's content without its date, which a new one gets with its key."""
    return {name: value for name, value in content.items() if name != "date"}


def is_withdrawal(base: Content | None, content: Content | None) -> bool:
    """Whether a change of an entry does nothing but withdraw a bulletin: one that is in force, or one that was sent and is not any more."""
    if content is None or "withdrawn" not in content or "withdrawn" in (base or {}):
        return False
    return base is None or {**content, "withdrawn": None} == {**base, "withdrawn": None}


def ends_withdrawal(base: Content | None, content: Content | None) -> bool:
    """Whether a change gives readers a bulletin again that was withdrawn."""
    return content is not None and "withdrawn" in (base or {}) and "withdrawn" not in content


def as_markdown(blocks: Iterable[Paragraph | Items]) -> str:
    """The words of a message's blocks as a text of the content."""
    parts = [
        "\n".join(f"- {escaped(plain(item))}" for item in block.items)
        if isinstance(block, Items)
        else escaped(plain(block.spans))
        for block in blocks
    ]
    return "\n\n".join(parts)


def escaped(words: str) -> str:
    """The words as a text of the content, without styles."""
    return re.sub(r"([\\`*_\[\]<>#~|&])", r"\\\1", without_braces(words))


def as_title(words: str) -> str:
    """The words as a title of the content, on one line, where they name no fact and cite no source."""
    return CITATION.sub(r"(@\1)", " ".join(without_braces(words).split()))


def without_braces(words: str) -> str:
    """The words without what would be a fact in a text of the content."""
    return words.replace("{", "(").replace("}", ")")


def problems(
    in_force: Loading, contents: Contents, day: date, *, alone: bool = False
) -> tuple[list[Diagnostic], Loading]:
    """What is wrong with the contents as part of the dossier in force, or becomes wrong elsewhere by them; and that dossier.

    A bulletin that has no key yet is called ``<day>-new-1`` and the like in it.

    Args:
        in_force: the dossier in force, with its documents.
        contents: the entries of a change.
        day: from which it would be in force.
        alone: other bulletins are left out. They refer to nothing of it, and there may be thousands.
    """
    dossier = in_force.dossier
    if dossier is None:
        return [], in_force
    unnamed = [key for key in contents if key.startswith(NEW)]
    stand_ins = {key: Key(f"bulletins/{day}-{key.removeprefix('bulletins/')}") for key in unnamed}
    named: dict[Key, Content | None] = {}
    found: list[Diagnostic] = []
    for key, content in contents.items():
        name = stand_ins.get(key, key)
        named[name] = content
        if content is not None and name.startswith("bulletins/"):
            is_new = key in stand_ins
            whole = {"date": day.isoformat(), **without_date(content)} if is_new else corrected_on(content, day)
            # of what was sent, one may be gone
            topics = dossier.topics if f"{key}.yaml" in in_force.documents else None
            named[name], _, notes = fitting_bulletin(name, whole, dossier.header, topics)
            found += notes
    documents = in_force.documents
    if alone:
        documents = {path: each for path, each in documents.items() if not path.startswith("bulletins/")}
    loading = checked(with_entries(documents, named), max(day, in_force.day))
    known = {_what(each) for each in in_force.diagnostics}
    new = [each for each in loading.diagnostics if _what(each) not in known]
    if alone:  # without the other bulletins, their sources seem to be cited nowhere
        every = {**dossier.bulletins, **(loading.dossier or dossier).bulletins}
        new = [each for each in new if each.code != "twin"] + [*check_twins(replace(dossier, bulletins=every))]
        new = [each for each in new if each.blocks or key_at(each.path, each.place) in named]
    return [_called(each, stand_ins) for each in (*found, *new)], loading


def _what(diagnostic: Diagnostic) -> tuple[object, ...]:
    return diagnostic.path, diagnostic.place, diagnostic.message


def _called(diagnostic: Diagnostic, stand_ins: Mapping[Key, Key]) -> Diagnostic:
    """The diagnostic with the entry's key in the change as its path."""
    for key, stand_in in stand_ins.items():
        if diagnostic.path == place_of(stand_in)[0]:
            return replace(diagnostic, path=place_of(key)[0])
    return diagnostic


def entry_of(diagnostic: Diagnostic) -> tuple[Key | None, tuple[str | int, ...]]:
    """The entry that a diagnostic is about, and the place in it."""
    key = key_at(diagnostic.path, diagnostic.place)
    place = diagnostic.place
    return key, place[len(place_of(key)[1]) :] if key else place


def bytes_of(contents: Iterable[Content | None]) -> int:
    """How much the contents of a change take."""
    return sum(len(repr(each).encode("utf-8", "replace")) for each in contents)
