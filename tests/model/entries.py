"""What must be in force of a bulletin that files and decisions change, as :mod:`tests.model.reference` states it: part by part, in no code of ours.

What one side alone changed comes into force. What both changed stays as it was decided, and so does what files bring back after a
decision replaced it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.model.offices import LANGUAGES, Fields

MARK, MOMENT = "mark", "not_before"

Part = Any
"""What is read together: the words in all languages, the withdrawal, the end of the embargo; None: it is not there."""

ALL = "all"


def _parts(said: Mapping[str, Any] | None) -> dict[str, Part]:
    """A bulletin by its parts; without any where there is none."""
    if said is None:
        return {}
    words = tuple(said.get(language) for language in LANGUAGES)
    found = {"words": words, MARK: said.get(MARK), MOMENT: said.get(MOMENT)}
    return {name: part for name, part in found.items() if part is not None}


def _whole(said: Mapping[str, Any] | None) -> Part:
    return None if said is None else tuple(sorted(_parts(said).items()))


def _fields(parts: Mapping[str, Part]) -> Fields:
    words = zip(LANGUAGES, parts.get("words") or (None, None), strict=True)
    said: Fields = {language: number for language, number in words if number is not None}
    return said | {name: parts[name] for name in (MARK, MOMENT) if parts.get(name) is not None}


@dataclass
class Entry:
    """A bulletin of files, of decisions, or of both.

    Attributes:
        fields: what is in force; None: it is not.
        file: what files last said; None: nothing.
        last: what was in force last.
        former: part → what decisions put something else in place of; None among them: it was not there.
    """

    fields: Fields | None = None
    file: Fields | None = None
    last: Fields | None = None
    former: dict[str, list[Part]] = field(default_factory=dict)

    @property
    def is_edited(self) -> bool:
        """Whether a decision made something of it."""
        return any(self.former.values())

    def is_deployed(self, file: Fields | None, *, is_former: bool) -> None:
        """Files are imported, which were imported before or not."""
        if self.fields is None or file is None:
            fields, said = self._whole(file)
        else:
            fields, said = self._by_parts(self.fields, file)
        if fields is not None and MARK in (self.last or {}) and MARK not in fields:
            is_decided = None in self.former.get(MARK, ())
            if is_former or is_decided:  # a withdrawal is ended by a decision, or by files that are new
                fields = {**fields, MARK: (self.last or {})[MARK]}
                said = said if is_decided or said is None else {**said, MARK: fields[MARK]}
        own, last, self.fields, self.file = self.fields, self.file, fields, said
        if self.is_edited:
            self._replaces(self._ended(own, file, last), fields)
        self._holds()

    def _ended(self, own: Fields | None, file: Fields | None, last: Fields | None) -> Fields | None:
        """A difference ends with files that say what was decided: what they said last does not come back either."""
        if own is None or file is None:
            return last if own is file else self.fields
        mine, theirs, base, merged = map(_parts, (own, file, last, self.fields))
        parts = {name: base if mine.get(name) == theirs.get(name) else merged for name in {*base, *merged}}
        return _fields({name: side.get(name) for name, side in parts.items()})

    def _whole(self, file: Fields | None) -> tuple[Fields | None, Fields | None]:
        own, there, before = _whole(self.fields), _whole(file), _whole(self.file)
        if there in (own, before):
            return self.fields, file
        if there in self.former.get(ALL, ()):
            return self.fields, self.file
        if own != before or (file is None and self.is_edited):
            return self.fields, file
        return file, file

    def _by_parts(self, own: Fields, file: Fields) -> tuple[Fields, Fields]:
        mine, theirs, base = _parts(own), _parts(file), _parts(self.file)
        parts, said, differs = dict(mine), dict(theirs), False
        for name in ("words", MARK, MOMENT):
            if theirs.get(name) in (mine.get(name), base.get(name)):
                continue
            if theirs.get(name) in self.former.get(name, ()):
                said[name] = base.get(name)
            elif mine.get(name) != base.get(name):
                differs = True
            else:
                parts[name] = theirs.get(name)
        if differs and self.file is None:  # two that were given one name are not mixed
            return own, file
        return _fields(parts), _fields(said)

    def is_decided(self, fields: Fields | None) -> None:
        """A change puts this in force."""
        self._replaces(self.fields, fields)
        self.fields = fields
        self._holds()

    def is_taken(self, fields: Fields) -> None:
        """An owner takes what files say: it replaces what was decided, and nobody decided what files said before."""
        mine, theirs, parts = _parts(self.fields), _parts(self.file), _parts(fields)
        said = {name: theirs.get(name) if mine.get(name) == part else part for name, part in parts.items()}
        if self.fields is None or self.file is None:
            former = fields if self.fields is self.file else self.fields
        else:
            names = {*mine, *parts}
            former = _fields(
                {each: (parts if mine.get(each) == theirs.get(each) else mine).get(each) for each in names}
            )
        self._replaces(former, fields)
        self.fields, self.file = fields, _fields(said)
        self._holds()

    def _replaces(self, former: Fields | None, fields: Fields | None) -> None:
        before, after = {ALL: _whole(former), **_parts(former)}, {ALL: _whole(fields), **_parts(fields)}
        for name in {*before, *after}:
            gone, present = before.get(name), after.get(name)
            if gone != present and (name == ALL or former is not None):
                known = self.former.setdefault(name, [])
                known += [gone] if gone not in known else []

    def _holds(self) -> None:
        """What is in force is no former value."""
        self.last = self.fields or self.last
        present = {ALL: _whole(self.fields), **_parts(self.fields)}
        for name, known in self.former.items():
            if name == ALL or self.fields is not None:
                self.former[name] = [each for each in known if each != present.get(name)]
