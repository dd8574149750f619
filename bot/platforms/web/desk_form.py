"""The form of a change: its fields with the digests of what they show, and what was typed into them.

A field's name is the entry's key and the field's place in it, ``bulletins/new-1|title|en``. Beside it, ``seen|<name>`` holds the digest of
the value that the form was made from, so that a save changes what was typed and nothing else, with a script and without.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from bot.db.changes import Change, ChangedEntry
from bot.dossier.entries import ABSENT, Content, Field, Key, content_of, fields
from bot.dossier.models import Language
from bot.dossier.yaml_reader import Value
from bot.newsroom.change_content import MAX_CHARACTERS, Contents, clean, ends_withdrawal, is_withdrawal, title_of
from bot.newsroom.desk import DeskError, Edit, is_outdated, value_digest
from bot.platforms.web.forms import Form
from bot.schedule import local_time, zone_of

SEEN = "seen|"
CHOICE = "choice|"
"""Of a field that two have changed: the digest of the other text, if the typed one replaces it, else :data:`KEEP`."""

KEEP = "keep"
"""The other text stays."""

OF_CHANGE = Key("change")
"""Stands for the change itself, of which the form has a title and a planned time."""

FieldKind = Literal["line", "text", "list", "flag"]

_KINDS: Mapping[str, Mapping[str, FieldKind]] = {
    "change": {"title": "line", "planned": "line"},
    "bulletins": {
        "title": "line",
        "short": "line",
        "body": "text",
        "topics": "list",
        "sources": "list",
        "picture": "line",
        "urgent": "flag",
        "withdrawn": "text",
    },
    "sources": {
        "publisher": "line",
        "title": "line",
        "url": "line",
        "published": "line",
        "kind": "line",
        "archived": "line",
    },
}

_TEXTS = ("title", "short", "body")
_PLACE = re.compile(r"[a-z_]+(?:\|[a-z]{2,8}(?:-[A-Za-z0-9]+)*){0,2}")

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

WITHDRAWN_ON = ("withdrawn", "date")

MAX_REASON = 2000
"""Characters of the reason of a withdrawal, in one language. It stands in a message."""

REASON_TOO_LONG = "A reason may have 2,000 characters."


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of an entry, as a form shows it.

    Attributes:
        value: that is stored, or was typed and could not be saved; :data:`~bot.dossier.entries.ABSENT`: it is empty.
        seen: the digest of the stored value that it was made from.
        theirs: what somebody else has saved meanwhile, if ``is_conflict``.
    """

    key: Key
    field: Field
    value: Value
    seen: str
    theirs: Value = ABSENT
    is_conflict: bool = False

    @property
    def name(self) -> str:
        return "|".join((self.key, *self.field))

    @property
    def text(self) -> str:
        """The value as a text field shows it."""
        return shown(self.value)

    @property
    def their_digest(self) -> str:
        return value_digest(self.theirs)

    @property
    def theirs_json(self) -> str:
        """The other value as a script puts it into the field: a list of the values of its controls."""
        return json.dumps(controls(self.theirs))

    @property
    def is_day(self) -> bool:
        """Whether a browser's field for a day shows the value."""
        return not self.text or bool(_DAY.fullmatch(self.text))


@dataclass(frozen=True, slots=True)
class EntryForm:
    """An entry of a change.

    Attributes:
        kind: "bulletins", "withdrawal", "sources"; or another kind, of which there is no form yet; "removed".
        fields: by their place, joined by dots: ``title.en``.
        outdated: the languages whose texts were made from an earlier text of the default language.
    """

    key: Key
    kind: str
    base: Content | None
    content: Content | None
    fields: Mapping[str, FormField]
    outdated: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return self.key.partition("/")[2]

    @property
    def ends_withdrawal(self) -> bool:
        """Whether readers get again what was withdrawn."""
        return ends_withdrawal(self.base, self.content)


def shown(value: Value) -> str:
    """A value as text."""
    if value is ABSENT or value is None:
        return ""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def controls(value: Value) -> list[str]:
    """The values that the controls of a field send."""
    if isinstance(value, bool):
        return ["1"] if value else []
    if isinstance(value, list):
        return list(map(str, value))
    return [shown(value)] if shown(value) else []


def edits_in(form: Form) -> list[Edit]:
    """What the form has in each of its fields."""
    return [edit for name in form if name.startswith(SEEN) and (edit := _edit(form, name.removeprefix(SEEN)))]


def _edit(form: Form, name: str) -> Edit | None:
    key, _, place = name.partition("|")
    kind = _KINDS.get(key.partition("/")[0], {}).get(place.partition("|")[0])
    if kind is None or not _PLACE.fullmatch(place):
        return None
    field, seen, raw = tuple(place.split("|")), form[SEEN + name][0], form.get(name, ())
    choice = form.get(CHOICE + name)
    if choice is not None:
        if choice[0] == KEEP:
            return None
        seen = choice[0]
    is_ended = field[0] == "withdrawn" and _ends_withdrawal(form, key)
    return Edit(Key(key), field, seen, ABSENT if is_ended else _typed(kind, raw, seen))


def _ends_withdrawal(form: Form, key: str) -> bool:
    """Whether the box that says that a bulletin is withdrawn was unticked. Its reasons go with it."""
    name = "|".join((key, *WITHDRAWN_ON))
    return SEEN + name in form and not form.get(name)


def _typed(kind: FieldKind, raw: Sequence[str], seen: str) -> Value:
    """What was typed; the stored value itself, if it is only shown otherwise."""
    typed: list[Value]
    kept: Value
    first = (raw[0] if raw else "").replace("\r\n", "\n").strip()
    match kind:
        case "list":
            typed, kept = [list(raw)], list(dict.fromkeys(filter(None, map(clean, raw))))
        case "flag":
            typed, kept = [], bool(first)
        case "line":
            typed, kept = [first], " ".join(clean(first).split())
        case "text":
            typed, kept = [first], clean(first)
    if kind in ("line", "text") and len(first) > MAX_CHARACTERS:
        return first  # it is refused, and stays in the form
    kept = kept or ABSENT
    same = [*typed, kept] if kept is not ABSENT else [*typed, ABSENT, None, False, "", []]
    return next((value for value in same if value_digest(value) == seen), kept)


def is_typed(edit: Edit) -> bool:
    """Whether the field has something else than the form showed."""
    return value_digest(edit.value) != edit.seen


def refuse_long(edit: Edit) -> None:
    """Refuses what is longer than a text of its kind may be.

    Raises:
        DeskError: it is.
    """
    length = len(edit.value) if isinstance(edit.value, str) else 0
    if edit.field[0] == "withdrawn" and length > MAX_REASON:
        raise DeskError(REASON_TOO_LONG, "|".join((edit.key, *edit.field)))
    if length > MAX_CHARACTERS:
        raise DeskError("A text is too long: it may have 100,000 characters.", "|".join((edit.key, *edit.field)))


def with_edits(contents: Contents, edits: Iterable[Edit]) -> dict[Key, Content | None]:
    """The contents with what was typed, saved or not."""
    found = dict(contents)
    for edit in filter(is_typed, edits):
        content = found.get(edit.key)
        if content is None:
            continue
        values = {place: value for place, value in fields(content).items() if not _clash(place, edit.field)}
        if edit.value is not ABSENT:
            values[edit.field] = edit.value
        found[edit.key] = content_of(values)
    return found


def _clash(one: Field, other: Field) -> bool:
    length = min(len(one), len(other))
    return one[:length] == other[:length]


def unsaved(entries: Mapping[Key, ChangedEntry], edits: Iterable[Edit]) -> list[Edit]:
    """What was typed into entries and is not stored."""
    return [
        edit
        for edit in filter(is_typed, edits)
        if edit.key != OF_CHANGE
        and (edit.key not in entries or fields(entries[edit.key].content).get(edit.field, ABSENT) != edit.value)
    ]


# ---- The form


def entry_forms(
    entries: Mapping[Key, ChangedEntry], languages: Sequence[Language], default: Language, edits: Iterable[Edit] = ()
) -> list[EntryForm]:
    """The forms of the entries, bulletins first; with what was typed, where that could not be saved."""
    typed = {(edit.key, edit.field): edit for edit in edits if is_typed(edit)}
    order = sorted(entries.values(), key=lambda each: (not each.key.startswith("bulletins/"), each.key))
    return [_entry_form(each, languages, default, typed) for each in order]


def _entry_form(
    entry: ChangedEntry, languages: Sequence[Language], default: Language, typed: Mapping[tuple[Key, Field], Edit]
) -> EntryForm:
    kind = entry.key.partition("/")[0]
    if entry.content is None:
        return EntryForm(entry.key, "removed", entry.base, None, {})
    values = fields(entry.content)
    found = {
        ".".join(place): _field(entry.key, place, values.get(place, ABSENT), typed)
        for place in _places(kind, entry.content, languages)
    }
    outdated = frozenset(each for each in languages if is_outdated(entry, each, default))
    shown_as = "withdrawal" if is_withdrawal(entry.base, entry.content) else kind
    return EntryForm(entry.key, shown_as, entry.base, entry.content, found, outdated)


def _places(kind: str, content: Content, languages: Sequence[Language]) -> Iterator[Field]:
    if kind == "bulletins":
        if "withdrawn" in content:
            yield WITHDRAWN_ON
            yield from (("withdrawn", "because", language) for language in languages)
        yield from ((name, language) for language in languages for name in _TEXTS)
        yield from (("topics",), ("sources",), ("picture",), ("urgent",))
    elif kind == "sources":
        publisher = content.get("publisher")
        names = dict.fromkeys((*languages, *publisher)) if isinstance(publisher, Mapping) else ()
        yield from (("publisher", language) for language in names)
        yield from () if names else (("publisher",),)
        yield from (("title",), ("url",), ("published",), ("kind",), ("archived",))


def _field(key: Key, place: Field, stored: Value, typed: Mapping[tuple[Key, Field], Edit]) -> FormField:
    edit = typed.get((key, place))
    if edit is None or edit.value == stored:
        return FormField(key, place, stored, value_digest(stored))
    return FormField(key, place, edit.value, edit.seen, stored, is_conflict=value_digest(stored) != edit.seen)


def change_fields(change: Change, zone: str, edits: Iterable[Edit] = ()) -> dict[str, FormField]:
    """The title and the planned time, in the office's zone."""
    typed = {(edit.key, edit.field): edit for edit in edits if is_typed(edit)}
    stored: dict[str, Any] = {"title": change.title or ABSENT, "planned": local(change.planned, zone) or ABSENT}
    return {name: _field(OF_CHANGE, (name,), value, typed) for name, value in stored.items()}


def local(moment: float | None, zone: str) -> str:
    """A moment as a browser's field has it."""
    return "" if moment is None else local_time(moment, zone).isoformat(timespec="minutes")[:16]


def moment_of(typed: str, zone: str) -> float:
    """The reverse of :func:`local`.

    Raises:
        ValueError: it is no time.
    """
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=zone_of(zone)).timestamp()
    except OverflowError as error:
        raise ValueError(typed) from error


def title_of_change(change: Change, contents: Mapping[Key, Content | None], language: Language) -> str:
    """What a change is called: its own title, else that of its first bulletin or entry; "" if it has none."""
    if change.title:
        return change.title
    titles = [title_of(content, language) for _, content in sorted(contents.items(), key=lambda each: each[0])]
    return next(filter(None, titles), "")


def differences(base: Content | None, content: Content | None) -> list[tuple[str, str, str]]:
    """Field, text before and text now, of each field that differs."""
    before, after = fields(base), fields(content)
    return [
        (".".join(place), shown(before.get(place, ABSENT)), shown(after.get(place, ABSENT)))
        for place in dict.fromkeys((*after, *before))
        if before.get(place, ABSENT) != after.get(place, ABSENT)
    ]
