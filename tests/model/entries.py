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
        before: what the files had in its place when each of them came into force, the last one first.
        is_settled: whether files in force ever said the same since.
    """

    now: Any
    before: list[Any]
    is_settled: bool = False


class Standing(NamedTuple):
    """``fields``: what is in force, None: there is no such entry. ``aside``: what the files and changes both changed."""

    fields: Fields | None
    aside: frozenset[str] = frozenset()


@dataclass
class Entry:
    """A bulletin of files, of changes, or of both."""

    said: dict[str, Said] = field(default_factory=dict)
    is_new: bool = False
    """It was written at the desk: no file had it then."""

    def beside(self, file: Mapping[str, Any] | None) -> Standing:
        """What is in force beside what the file says (None: there is no file).

        A field that the file has as it was before keeps what changes made of it. A withdrawal by a change is ended by a change alone.
        Otherwise the file has the last word: without more ado if it once said the same, else about the whole entry. A file under the
        name of a bulletin of the desk that none ever had is another bulletin.
        """
        found: Fields = dict(file or {})
        has_come = self.is_new and file is not None
        is_another = has_come and not any(said.is_settled or said.before[0] is not None for said in self.said.values())
        aside = set[str]()
        for name, said in self.said.items():
            there = found.get(name)
            is_dropped = has_come and said.is_settled and there is None
            if name == MARK and said.now:
                found[MARK] = True
            elif there == said.now:
                continue
            elif there in said.before and not is_another and not is_dropped:
                found[name] = said.now
            elif not said.is_settled:
                aside.add(name)
        if aside:
            found = dict(file or {})
            if file is not None and MARK in self.said and self.said[MARK].now:
                found[MARK] = True
        found = {name: value for name, value in found.items() if value is not None}
        return Standing(found if "en" in found and "id" in found else None, frozenset(aside))

    def is_in_files(self, file: Mapping[str, Any] | None) -> None:
        """These files are in force from now on."""
        for name, said in self.said.items():
            if (file or {}).get(name) == said.now:
                said.is_settled = True

    def changes(self, file: Mapping[str, Any] | None, fields: Fields) -> None:
        """A change puts this in force. What is set aside stays so until a change chooses: another text, or the whole file's."""
        before, known = self.beside(file), dict(self.said)
        if before.aside:
            is_open = fields != before.fields
            self.said = {
                name: said
                for name, said in known.items()
                if (name == MARK and said.now)
                or (is_open and name in before.aside and (file or {}).get(name) not in said.before)
            }
        for name in ("en", "id", MARK):
            there, now = (file or {}).get(name), fields.get(name)
            if (before.fields or {}).get(name) == now:
                continue
            self.said.pop(name, None)
            if there != now:
                earlier = known[name].before if name in known else []
                self.said[name] = Said(now, [there, *(each for each in earlier if each != there)])
        self.is_new = file is None or (self.is_new and bool(known) and not before.aside)
