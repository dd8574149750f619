"""What readers may be told while trees of files come and go and editors change bulletins: a reference, and the judge by it. PURE.

Every text of a bulletin is a token, ``b3t12`` for a title and ``b3y13`` for a body, so a message says which bulletin it shows, and which
texts. What is in force of each is :class:`tests.model.entries.Entry`, in no code of Nota's.
"""

import copy
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.model.entries import MARK, Entry
from tests.model.offices import Fields

TOKEN = re.compile(r"\bb(\d+)([ty])(\d+)\b")

WITHDRAWN = "Withdrawn"

EARLIER_COPY = "the earlier copy, above, no longer holds"
"""Stands in a message that says nothing but this of a text that its chat may have twice."""

CORRECTED = re.compile(r"Corrected on [^<:]+: ([^<]+)\.(?=<)")
"""What a correction says that was wrong."""

PAIR = re.compile(r"(\S+), not (\S+)")

MOST_AT_ONCE = 3
"""So many bulletins are edited by files at once; more wait for an owner, who takes none here."""

GRACE = 5.0
"""Seconds for which a message that was under way may still show what was meant before, on a machine that is busy."""

_FILE = """\
date: {day}
title: {{en: "Crossing {title}", id: "Pelayaran {title}"}}
body: {{en: "It sails, {body}.", id: "Berlayar, {body}."}}
sources: [harbour]
"""
_WAS = "was: [{was}]\n"
_MARK = 'withdrawn: {{date: {day}, because: {{en: "It was not so.", id: "Tidak benar."}}}}\n'

Bulletin = int


@dataclass(frozen=True)
class Words:
    """A bulletin, as somebody means it. ``withdrawn``: by what; "": it is not."""

    title: str
    body: str
    withdrawn: str = ""

    def with_word(self, token: str) -> "Words":
        return replace(self, title=token) if "t" in token else replace(self, body=token)

    @property
    def fields(self) -> Fields:
        """As the reference has it: both texts are read together."""
        return {"en": (self.title, self.body)} | ({MARK: self.withdrawn} if self.withdrawn else {})


@dataclass(frozen=True)
class Tree:
    """A tree of files: a folder, the bulletins in it, and the names of those whose files had others, the present one first."""

    number: int
    folder: Path
    words: Mapping[Bulletin, Words]
    names: Mapping[Bulletin, tuple[str, ...]] = field(default_factory=dict)

    def next(self, number: int, day: str, words: Mapping[Bulletin, Words], renamed: Bulletin | None = None) -> "Tree":
        """Another tree, with these bulletins."""
        folder = self.folder.parent / f"tree-{number}"
        shutil.copytree(self.folder, folder, ignore=lambda _, names: [each for each in names if "-crossing-" in each])
        names = {each: self.names.get(each, (f"{day}-crossing-{each}",)) for each in words}
        if renamed in names:
            names[renamed] = (f"{day}-crossing-{renamed}-{number}", *names[renamed])
        for bulletin, each in words.items():
            name, *was = names[bulletin]
            text = _FILE.format(day=day, title=each.title, body=each.body)
            text += _WAS.format(was=", ".join(was)) if was else ""
            text += _MARK.format(day=day) if each.withdrawn else ""
            (folder / "bulletins" / f"{name}.yaml").write_text(text, encoding="utf-8")
        return Tree(number, folder, dict(words), names)


@dataclass(frozen=True)
class Imported:
    """At this moment the tree was imported. ``is_former``: it was before, and no owner said that it is the newest."""

    at: float
    tree: Tree
    is_former: bool = False


@dataclass(frozen=True)
class InForce:
    """At this moment a change came into force, with this of a bulletin."""

    at: float
    bulletin: Bulletin
    words: Words


Event = Imported | InForce


@dataclass(frozen=True)
class Said:
    """A message to a reader, sent or edited."""

    at: float
    chat: int
    text: str

    @property
    def bulletin(self) -> Bulletin | None:
        """The one that it shows; None: it is about something else."""
        found = TOKEN.search(self.text)
        return int(found[1]) if found else None


def _is_edited(before: Fields | None, after: Fields | None) -> bool:
    if not before or not after or before.get(MARK) or after.get(MARK):
        return bool(before and after) and bool(before.get(MARK)) != bool(after.get(MARK))  # type: ignore[union-attr]
    return before != after


@dataclass
class Reference:
    """What is meant to stand in messages.

    Attributes:
        entries: what is in force, as files and decisions move it.
        meant: bulletin → its words. What nobody means any more stays here, as it stays in messages.
    """

    entries: dict[Bulletin, Entry] = field(default_factory=dict)
    meant: dict[Bulletin, Words] = field(default_factory=dict)
    _many: set[Bulletin] = field(default_factory=set)

    @property
    def lasting(self) -> set[Bulletin]:
        """Those that are in force."""
        return {each for each, entry in self.entries.items() if entry.fields is not None}

    def apply(self, event: Event) -> None:
        """The event happens."""
        if isinstance(event, InForce):
            self.entries.setdefault(event.bulletin, Entry()).is_decided(event.words.fields)
        else:
            before, words = copy.deepcopy(self.entries), event.tree.words
            for bulletin in {*words, *before}:
                said = words[bulletin].fields if bulletin in words else None
                self.entries.setdefault(bulletin, Entry()).is_deployed(said, is_former=event.is_former)
            edited = {each for each in before if _is_edited(before[each].fields, self.entries[each].fields)}
            self._many = edited if len(edited) > MOST_AT_ONCE else edited & self._many
            self.entries |= {each: before[each] for each in self._many}
        for bulletin in self.lasting:
            fields = self.entries[bulletin].fields or {}
            self.meant[bulletin] = Words(*fields["en"], fields.get(MARK, ""))


@dataclass
class Judge:
    """Compares what readers were told with what was meant then.

    Attributes:
        events: what happened, in order.
    """

    events: list[Event]
    _spans: dict[Bulletin, list[tuple[float, float, Words]]] = field(default_factory=dict)
    last: Reference = field(default_factory=Reference)

    def __post_init__(self) -> None:
        self.events.sort(key=lambda event: event.at)
        since: dict[Bulletin, tuple[float, Words]] = {}
        for event in self.events:
            self.last.apply(event)
            for bulletin, words in self.last.meant.items():
                began, former = since.get(bulletin, (event.at, words))
                if former != words:
                    self._spans.setdefault(bulletin, []).append((began, event.at, former))
                    began = event.at
                since[bulletin] = began, words
        for bulletin, (began, words) in since.items():
            self._spans.setdefault(bulletin, []).append((began, float("inf"), words))

    def wrong(self, said: Iterable[Said]) -> Iterator[str]:
        """The messages that nobody meant. What one says that was wrong had been said in its chat; the right word stands in it."""
        told: dict[int, set[str]] = {}
        for each in said:
            text = CORRECTED.sub("", each.text)
            shown = {found[0] for found in TOKEN.finditer(text)}
            if not shown:
                continue
            pairs = PAIR.findall("; ".join(CORRECTED.findall(each.text)).replace(";", " "))
            before = told.setdefault(each.chat, set())
            if not all(new in shown and old in before - shown for new, old in pairs):
                yield f"{each.at:.1f} chat {each.chat}: {each.text!r}; it had been told {sorted(before)}"
            if EARLIER_COPY in text and shown <= before:
                continue
            before |= shown
            bulletin = each.bulletin or 0
            allowed = [
                words
                for began, ended, words in self._spans.get(bulletin, [])
                if began - 0.5 <= each.at <= ended + GRACE
            ]
            is_withdrawn = WITHDRAWN in each.text
            if not any(
                bool(words.withdrawn) == is_withdrawn and (is_withdrawn or shown <= {words.title, words.body})
                for words in allowed
            ):
                yield f"{each.at:.1f} chat {each.chat}: {each.text!r}; meant was {allowed}"
