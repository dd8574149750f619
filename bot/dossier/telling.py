"""Which faults an editor is told of: not those that only follow from others, and no warnings beside mistakes. PURE."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from bot.dossier.entries import Entries
from bot.dossier.mistakes import Fault, Mistake, Where
from bot.dossier.model import PROGRAM_PREFIX

_MANY = 5
"""So many places that name what stands in no file say that the file is missing, not that each of them is wrong."""


class Telling:
    """Goes by the ``unreadable`` files, what ``entries`` could not take as it is, and the ``faults`` of the rules."""

    def __init__(self, unreadable: Iterable[Mistake], entries: Entries, faults: list[Fault]) -> None:
        self._faults = faults
        self._documents = entries.documents
        files = {mistake.path for mistake in unreadable}
        self._files = {(path, ()) for path in files}
        self._stems = {_stem(path) for path in files} | {_stem(fault.path) for fault in faults if not fault.place}
        self._entries = {(other.path, other.place) for other in entries.faults} | entries.left_out
        self._unsure = (
            entries.unsure | entries.left_out | {_whole(fault) for fault in faults if fault.place[:1] == ("languages",)}
        )
        self._is_whole = not (files or entries.faults or any(not fault.warning for fault in faults))

    def told(self) -> Iterator[Fault]:
        """What is said of the rules' faults."""
        absent: dict[str, list[Fault]] = defaultdict(list)
        for fault in self._faults:
            if self._is_said(fault) or (fault.is_mild and not self._is_whole):
                continue
            missing = self._missing(fault)
            if missing:
                absent[missing].append(fault)
            else:
                yield fault
        for path, hanging in absent.items():
            if len(hanging) < _MANY:
                yield from hanging
            else:
                expected = f"expected what {len(hanging)} places name, the first of them in {hanging[0].path}"
                problem = "the file is empty" if path in self._documents else "no such file or folder"
                yield Fault(path, (), problem, expected)

    def _is_said(self, fault: Fault) -> bool:
        """Whether it only follows from what is said already: of the place itself, or of what it hangs on."""
        if any(where in self._files | self._entries for where in _above((fault.path, fault.place))):
            return True
        if fault.because is None:
            return False
        path, place = fault.because
        misnamed = "/" in path and (_stem(path) in self._stems or (path.split("/")[0], ()) in self._files)
        return misnamed or any(where in self._files | self._unsure for where in _above((path, place)))

    def _missing(self, fault: Fault) -> str | None:
        """The file or folder that nothing stands in of all that the fault hangs on; None where there is one."""
        path = fault.because[0] if fault.because else fault.path
        place = path.split("/")[0]
        written = (name for name, document in self._documents.items() if document.value is not None)
        within = (name == path or ("/" in path and name.startswith(f"{place}/")) for name in written)
        return None if path == fault.path or any(within) else place


def _stem(path: str) -> str:
    """What stays the same of a file's path when it is put into another folder, or its name written otherwise."""
    return PurePosixPath(path).name.split(".")[0].casefold().removeprefix(PROGRAM_PREFIX)


def _whole(fault: Fault) -> Where:
    return fault.path, fault.place[:1]


def _above(where: Where) -> list[Where]:
    path, place = where
    return [(path, place[:length]) for length in range(len(place) + 1)]
