"""The form of a change: its fields with the digests of what they show, and what was typed into them.

A field's name is the entry's key and the field's place in it, ``bulletins/new-1|title|en``. Beside it, ``seen|<name>`` holds the digest of
the value that the form was made from, so that a save changes what was typed and nothing else, with a script and without.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, get_args

from bot.db.changes import Change, ChangedEntry
from bot.dossier.entries import ABSENT, Content, Field, Key, alterations, content_of, fields, value_digest
from bot.dossier.entry_fields import Control, ControlKind, Forms, control_of, offered
from bot.dossier.models import Language
from bot.dossier.schema import KINDS
from bot.dossier.written_numbers import read
from bot.dossier.yaml_reader import Value, parse
from bot.newsroom.change_content import MAX_CHARACTERS, Contents, clean, ends_withdrawal, is_withdrawal, title_of
from bot.newsroom.desk import DeskError, Edit
from bot.newsroom.labels import shown
from bot.newsroom.translation import outdated_fields
from bot.platforms.web.forms import Form
from bot.schedule import local_time, zone_of

SEEN = "seen|"
CHOICE = "choice|"
"""Of a field that two have changed: the digest of the other text, if the typed one replaces it, else :data:`KEEP`."""

KEEP = "keep"
"""The other text stays."""

OF_CHANGE = Key("change")
"""Stands for the change itself, of which the form has a title and a planned time."""

OF_CHANGE_FIELDS: Mapping[Field, Control] = {("title",): Control("line"), ("planned",): Control("line")}

NONE = "~"
"""What a control sends that says "none", where that is something else than nothing said."""

_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)")
APOSTROPHES = re.compile(r"(?<=\d)['’٬](?=\d{3})")
"""Between thousands, as in Switzerland and in Arabic."""

_ANY = Control("text")
"""Of a field of an entry that is not there any more: what was typed is shown, and never saved."""

_EVERY = tuple(Control(kind, none=NONE if kind.startswith("pick") else "") for kind in get_args(ControlKind))

_KEY = re.compile(rf"change|header|(?:{'|'.join(KINDS)})/[\w.:-]{{1,100}}")
_PLACE = re.compile(r"[a-z_]+(?:\|[\w-]{1,40}){0,2}")

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
        control: how it is set.
        theirs: what somebody else has saved meanwhile, if ``is_conflict``.
    """

    key: Key
    field: Field
    value: Value
    seen: str
    control: Control
    theirs: Value = ABSENT
    is_conflict: bool = False

    @property
    def name(self) -> str:
        return "|".join((self.key, *self.field))

    @property
    def text(self) -> str:
        """The value as a control of one text has it."""
        return next(iter(self.sent), "")

    @property
    def sent(self) -> list[str]:
        """The values that the field's controls send."""
        return controls(self.control, self.value)

    @property
    def rows(self) -> int:
        """How high a field of several lines is."""
        if self.control.kind == "lines":
            return min(max(3, self.text.count("\n") + 2), 14)
        return 12 if self.field[0] == "body" else 4

    @property
    def shown_theirs(self) -> str:
        return shown(self.theirs)

    @property
    def their_digest(self) -> str:
        return value_digest(self.theirs)

    @property
    def theirs_json(self) -> str:
        """The other value as a script puts it into the field: a list of the values of its controls."""
        return json.dumps(controls(self.control, self.theirs))

    @property
    def is_day(self) -> bool:
        """Whether a browser's field for a day shows the value."""
        return not self.text or bool(_DAY.fullmatch(self.text))


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an entry's form.

    Attributes:
        values: fields of one value.
        sides: language → its fields, side by side.
        lists: lists of other entries.
    """

    values: Sequence[FormField]
    sides: Mapping[str, Sequence[FormField]]
    lists: Sequence[FormField]

    def __bool__(self) -> bool:
        return bool(self.values or self.sides or self.lists)


@dataclass(frozen=True, slots=True)
class EntryForm:
    """An entry of a change.

    Attributes:
        kind: of the entry; "withdrawal"; "removed".
        fields: by their place, joined by dots: ``title.en``.
        fixed: fields that no form can show as they are, with their texts.
        outdated: the languages with a text that was made from an earlier one of the default language.
    """

    key: Key
    kind: str
    base: Content | None
    content: Content | None
    fields: Mapping[str, FormField]
    fixed: Sequence[tuple[Field, str]] = ()
    outdated: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return self.key.partition("/")[2]

    @property
    def ends_withdrawal(self) -> bool:
        """Whether readers get again what was withdrawn."""
        return ends_withdrawal(self.base, self.content)

    @property
    def has_values_first(self) -> bool:
        return self.kind in KINDS and KINDS[self.kind].values_first

    @property
    def main(self) -> Sequence[Part]:
        """What most editors need, in the order of the form."""
        every = self._fields(more=False)
        is_ordered = self.kind in KINDS and KINDS[self.kind].in_order
        runs = [list(run) for _, run in groupby(every, _place)] if is_ordered else [every]
        return [self._part(run) for run in runs]

    @property
    def more(self) -> Part:
        """What few editors need."""
        return self._part(self._fields(more=True))

    @property
    def opens_more(self) -> bool:
        """Whether somebody has set any of it, so that it is not to be overlooked."""
        is_bulletin = self.kind == "bulletins"
        rare = [each for each in self._fields(more=True) if not (is_bulletin and _place(each) == "sides")]
        return self.kind in ("bulletins", "claims") and any(each.sent for each in rare)

    def _fields(self, *, more: bool) -> list[FormField]:
        every = self.fields.values()
        return [each for each in every if each.control.is_rare == more and each.field[0] != "withdrawn"]

    def _part(self, every: Sequence[FormField]) -> Part:
        placed = {place: [each for each in every if _place(each) == place] for place in ("sides", "lists", "values")}
        order = dict.fromkeys(each.field[-1] for each in self.fields.values() if _place(each) == "sides")
        by_language = {code: [each for each in placed["sides"] if each.field[-1] == code] for code in order}
        sides = {code: each for code, each in by_language.items() if each}
        return Part(placed["values"], sides, placed["lists"])


def _place(field: FormField) -> str:
    """Where in a part of a form it stands: "sides" if it is of one language, else "lists" or "values"."""
    is_spoken = len(field.field) > 1 and field.control.kind in ("line", "text", "lines")
    return "sides" if is_spoken else "lists" if field.control.kind == "picks" else "values"


def controls(control: Control, value: Value) -> list[str]:
    """The values that the controls of a field send."""
    if value is None or (value == [] and isinstance(value, list)):
        return [NONE] if control.none else []
    if value is ABSENT:
        return []
    match control.kind:
        case "flag":
            return ["1"] if value else []
        case "picks":
            return list(map(str, value)) if isinstance(value, list) else [str(value)]
        case "lines":
            return ["\n".join(map(str, value)) if isinstance(value, list) else str(value)]
        case "choice" if isinstance(value, bool):
            return [str(value).lower()]
        case _:
            return [shown(value)] if shown(value) else []


@dataclass(frozen=True, slots=True)
class FormRules:
    """What decides which fields the forms of a change have.

    Attributes:
        languages: of the dossier.
        forms: of names, with their languages, that the dossier has.
        language: the one in which numbers are typed.
    """

    languages: Sequence[Language]
    forms: Forms = ()
    language: str = "en"

    def control(self, key: Key, contents: Contents, place: Field) -> Control | None:
        """How a field is set; None: no form has it."""
        if key == OF_CHANGE:
            return OF_CHANGE_FIELDS.get(place)
        content = contents.get(key)
        return _ANY if content is None else control_of(key, content, place, self.languages, self.forms)

    def offered(self, key: Key, content: Content) -> dict[Field, Control]:
        return offered(key, content, self.languages, self.forms)


def edits_in(form: Form, contents: Contents, rules: FormRules) -> list[Edit]:
    """What the form has in each of its fields. ``contents``: of the change, as it is stored."""
    names = [name.removeprefix(SEEN) for name in form if name.startswith(SEEN)]
    return [edit for name in names if (edit := _edit(form, name, contents, rules))]


def _edit(form: Form, name: str, contents: Contents, rules: FormRules) -> Edit | None:
    key, _, steps = name.partition("|")
    place = tuple(steps.split("|"))
    control = rules.control(Key(key), contents, place) if _PLACE.fullmatch(steps) and _KEY.fullmatch(key) else None
    if control is None:
        return None
    seen, raw = form[SEEN + name][0], form.get(name, ())
    choice = form.get(CHOICE + name)
    if choice is not None:
        if choice[0] == KEEP:
            return None
        seen = choice[0]
    is_ended = place[0] == "withdrawn" and _ends_withdrawal(form, key)
    if control.kind == "number":
        raw = [_in_digits(each, rules.language, seen) for each in raw]
    elif place == ("currency",):
        raw = [each.upper() for each in raw]
    value = ABSENT if is_ended else _typed(control, raw, seen)
    # it was made as another control, and nobody may have typed into it
    if control is _ANY and value_digest(value) != seen:
        others = (_typed(each, raw, seen) for each in _EVERY)
        value = next((each for each in others if value_digest(each) == seen), ", ".join(raw) or ABSENT)
    return Edit(Key(key), place, seen, value)


def _ends_withdrawal(form: Form, key: str) -> bool:
    """Whether the box that says that a bulletin is withdrawn was unticked. Its reasons go with it."""
    name = "|".join((key, *WITHDRAWN_ON))
    return SEEN + name in form and not form.get(name)


def _typed(control: Control, raw: Sequence[str], seen: str) -> Value:
    """What was typed; the stored value itself, if it is only shown otherwise."""
    first = (raw[0] if raw else "").replace("\r\n", "\n").strip()
    if control.kind != "picks" and len(first) > MAX_CHARACTERS:
        return first  # it is refused, and stays in the form
    if control.none and NONE in raw and set(raw) == {NONE}:
        return [] if control.kind == "picks" else None
    as_typed, kept = _meant(control.kind, [each for each in raw if each != NONE], first)
    if kept is False or kept == "" or (isinstance(kept, list) and not kept):
        kept = ABSENT
    same = [as_typed, kept]
    if kept is ABSENT:
        same += [False, ""] if control.none else [False, "", None, []]
    return next((value for value in same if value_digest(value) == seen), kept)


def _meant(kind: ControlKind, raw: Sequence[str], first: str) -> tuple[Value, Value]:
    """What the controls of a field sent, as it is, and what is kept of it."""
    match kind:
        case "picks":
            return list(raw), list(dict.fromkeys(filter(None, map(clean, raw))))
        case "lines":
            lines = first.split("\n")
            return list(lines), [line for each in lines if (line := _line(each))]
        case "flag":
            return bool(first), bool(first)
        case "number":
            number = _number(_line(first))
            return number, number
        case "choice" if first in ("true", "false"):
            return first == "true", first
        case "text":
            return first, clean(first)
        case _:
            return first, _line(first)


def _line(text: str) -> str:
    return " ".join(clean(text).split())


def _in_digits(text: str, language: str, seen: str) -> str:
    """A number as people type it, as files have it: "4.500", "4,500" or "4 500"; itself, if it was not typed, or two could be meant."""
    text = APOSTROPHES.sub("", _line(text))
    value, found = _number(text), read(text, language).numbers
    readings = {each for one in found if one.text == text and one.is_sure for each in one.readings}
    is_shown = value_digest(value) == seen and shown(value) == text
    return text if is_shown or len(readings) != 1 else f"{readings.pop():.6f}".rstrip("0").rstrip(".")


def _number(text: str) -> Value:
    """The number, as a file's reader reads it; else the text, which is refused where a number is needed."""
    if not _NUMBER.fullmatch(text):
        return text
    return parse(text.encode()).value


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
    stored = {key: fields(entry.content) for key, entry in entries.items()}
    typed = [edit for edit in edits if is_typed(edit) and edit.key != OF_CHANGE]
    return [edit for edit in typed if edit.key not in stored or stored[edit.key].get(edit.field, ABSENT) != edit.value]


# ---- The form


def entry_forms(
    entries: Mapping[Key, ChangedEntry], rules: FormRules, default: Language, edits: Iterable[Edit] = ()
) -> list[EntryForm]:
    """The forms of the entries, bulletins first; with what was typed, where that could not be saved."""
    typed = {(edit.key, edit.field): edit for edit in edits if is_typed(edit)}
    order = sorted(entries.values(), key=lambda each: (not each.key.startswith("bulletins/"), each.key))
    return [_entry_form(each, rules, default, typed) for each in order]


def _entry_form(
    entry: ChangedEntry, rules: FormRules, default: Language, typed: Mapping[tuple[Key, Field], Edit]
) -> EntryForm:
    if entry.content is None:
        return EntryForm(entry.key, "removed", entry.base, None, {})
    values = fields(entry.content)
    found, fixed = dict[str, FormField](), list[tuple[Field, str]]()
    for place, control in rules.offered(entry.key, entry.content).items():
        stored = values.get(place, ABSENT)
        if place == ("was",) and entry.base is None and stored is ABSENT:
            continue  # what is new had no other id
        shown_as = next((each for each in (control, *_WIDER.get(control.kind, ())) if _fits(each, stored)), None)
        if shown_as is None:
            fixed.append((place, shown(stored)))
        else:
            found[".".join(place)] = _field(entry.key, place, stored, shown_as, typed)
    outdated = frozenset(each for each in rules.languages if outdated_fields(entry, each, default))
    kind = "withdrawal" if is_withdrawal(entry.base, entry.content) else entry.key.partition("/")[0]
    return EntryForm(entry.key, kind, entry.base, entry.content, found, fixed, outdated)


_WIDER: Mapping[str, Sequence[Control]] = {"line": (_ANY,)}
"""The control that a value gets which does not fit into its own: a title of two lines."""


def _fits(control: Control, stored: Value) -> bool:
    """Whether a form that nobody typed into says what is stored, so that saving it changes nothing."""
    if control.kind == "line" and "\n" in shown(stored):
        return False  # a browser would join the lines
    seen = value_digest(stored)
    sent = controls(control, stored)
    return value_digest(_typed(control, sent, seen)) == seen


def _field(
    key: Key, place: Field, stored: Value, control: Control, typed: Mapping[tuple[Key, Field], Edit]
) -> FormField:
    edit = typed.get((key, place))
    if edit is None or edit.value == stored:
        return FormField(key, place, stored, value_digest(stored), control)
    is_conflict = value_digest(stored) != edit.seen
    return FormField(key, place, edit.value, edit.seen, control, stored, is_conflict=is_conflict)


def change_fields(change: Change, zone: str, edits: Iterable[Edit] = ()) -> dict[str, FormField]:
    """The title and the planned time, in the office's zone."""
    typed = {(edit.key, edit.field): edit for edit in edits if is_typed(edit)}
    stored: dict[str, Any] = {"title": change.title or ABSENT, "planned": local(change.planned, zone) or ABSENT}
    return {name: _field(OF_CHANGE, (name,), value, Control("line"), typed) for name, value in stored.items()}


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


def differences(base: Content | None, content: Content | None) -> list[tuple[Field, str, str]]:
    """Field, text before and text now, of each field that differs."""
    return [(place, shown(before), shown(after)) for place, (before, after) in alterations(base, content).items()]
