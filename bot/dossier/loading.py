"""``content/`` → a :class:`~bot.dossier.model.Dossier`, or every mistake with its file and line."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from bot.dossier import rules
from bot.dossier.computing import computed
from bot.dossier.documents import Document
from bot.dossier.entries import Entries
from bot.dossier.files import opened
from bot.dossier.mistakes import Fault, Mistake, shown
from bot.dossier.model import Dossier
from bot.dossier.sound import sound_part
from bot.dossier.telling import Telling


@dataclass(frozen=True, slots=True)
class Loading:
    """What came of reading a folder: the dossier (None where mistakes keep it from being used) and all the mistakes.

    ``sound`` is what whoever checks further may go by: the parts of the dossier that nothing is wrong with; None where
    there are none. ``lines`` finds the line of a place in a file.
    """

    dossier: Dossier | None
    mistakes: tuple[Mistake, ...]
    documents: Mapping[str, Document] = field(default_factory=dict, repr=False)
    sound: Dossier | None = field(default=None, repr=False)

    def located(self, fault: Fault) -> Mistake:
        """The fault with its line."""
        document = self.documents.get(fault.path)
        line = document.line(fault.place) + fault.down if document else 1
        return Mistake(fault.path, line, fault.problem, fault.expected, fault.warning, fault.counts)


def load(folder: Path, today: date) -> Loading:
    """Everything under ``folder``; dates after ``today`` are mistakes. Never raises for what a file holds."""
    found = opened(folder)
    if not folder.is_dir():
        return Loading(None, tuple(found.mistakes))
    entries = Entries(found.documents)
    dossier, faults = computed(entries.dossier())
    faults += rules.faults(dossier, today)
    is_whole = not (found.mistakes or entries.faults)
    told = [*Telling(found.mistakes, entries, faults).told()]
    loading = Loading(None, (), found.documents)
    mistakes = (*found.mistakes, *map(loading.located, (*entries.faults, *told)))
    if not any(not mistake.warning for mistake in mistakes):
        mistakes += tuple(_cut_short(found.documents.values()))
    wrong = {mistake.path for mistake in found.mistakes}, [*entries.faults, *faults]
    usable = is_whole and all(fault.warning for fault in faults)
    sound = dossier if usable else sound_part(dossier, *wrong, today)
    return Loading(dossier if usable else None, in_order(mistakes), found.documents, sound)


def _cut_short(documents: Iterable[Document]) -> Iterator[Mistake]:
    for document in documents:
        for line, rest in document.cut:
            problem, expected = (
                f"{shown(rest)} is read as a comment",
                'expected a text that holds " #" to stand in quotes',
            )
            yield Mistake(document.path, line, problem, expected, warning=True)


def in_order(mistakes: Iterable[Mistake]) -> tuple[Mistake, ...]:
    """Each once, by file and line."""
    return tuple(sorted(set(mistakes)))
