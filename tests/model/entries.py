"""What must be in force of an entry beside files that move, as :mod:`tests.model.reference` states it: field by field, and in no code of ours."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.model.offices import Fields

MARK = "mark"


@dataclass
class Said:
    """What changes made of a field.

    Attributes:
        now: what the last of them made of it; None: nothing.
        before: what the files had in its place when one of them came into force.
        is_settled: whether files in force ever said the same since.
    """

    now: Any
    before: set[Any]
    is_settled: bool = False


class Standing(NamedTuple):
    """``fields``: what is in force, None: there is no such entry. ``is_aside``: the files changed what changes had changed."""

    fields: Fields | None
    is_aside: bool = False


@dataclass
class Entry:
    """A bulletin of files, of changes, or of both."""

    said: dict[str, Said] = field(default_factory=dict)
    is_new: bool = False
    """No file had it when it was changed last."""

    def beside(self, file: Mapping[str, Any] | None) -> Standing:
        """What is in force beside what the file says (None: there is no file).

        A field that the file has as it was before keeps what changes made of it. A withdrawal by a change is ended by a change alone.
        Otherwise the file has the last word: without more ado if it once said the same, else about the whole entry.
        """
        found: Fields = dict(file or {})
        is_aside = False
        for name, said in self.said.items():
            there = found.get(name)
            if name == MARK and said.now:
                found[MARK] = True
            elif there == said.now:
                continue
            elif there in said.before and not (self.is_new and file is not None):
                found[name] = said.now
            elif not said.is_settled:
                is_aside = True
        if is_aside:
            found = dict(file or {})
            if file is not None and MARK in self.said and self.said[MARK].now:
                found[MARK] = True
        found = {name: value for name, value in found.items() if value is not None}
        return Standing(found if "en" in found and "id" in found else None, is_aside)

    def is_in_files(self, file: Mapping[str, Any] | None) -> None:
        """These files are in force from now on."""
        for name, said in self.said.items():
            if (file or {}).get(name) == said.now:
                said.is_settled = True

    def changes(self, file: Mapping[str, Any] | None, fields: Fields) -> None:
        """A change puts this in force. What was set aside is forgotten by that."""
        before = self.beside(file)
        if before.is_aside:
            self.said.clear()
        for name in ("en", "id", MARK):
            there, now = (file or {}).get(name), fields.get(name)
            if (before.fields or {}).get(name) == now:
                continue
            earlier = self.said.pop(name, None)
            if there != now:
                self.said[name] = Said(now, {there} | (earlier.before if earlier else set()))
        self.is_new = file is None
