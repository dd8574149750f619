"""What readers may be told while trees of files come and go and editors change bulletins: a reference, and the judge by it. PURE.

Every text of a bulletin is a token, ``b3t12`` for a title and ``b3y13`` for a body, so a message says which bulletin it shows, and which
texts. The reference knows the rules of two sides that write one field, in as few lines as possible, and nothing of Nota's code.
"""

import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

TOKEN = re.compile(r"\bb(\d+)([ty])(\d+)\b")

WITHDRAWN = "Withdrawn"

MOST_AT_ONCE = 3
"""So many bulletins are edited by files at once; more wait for a confirmation, which nobody gives here."""

GRACE = 5.0
"""Seconds for which a message that was under way may still show what was meant before, on a machine that is busy."""

_FILE = """\
date: {day}
title: {{en: "Crossing {title}", id: "Pelayaran {title}"}}
body: {{en: "It sails, {body}.", id: "Berlayar, {body}."}}
sources: [harbour]
"""
_MARK = 'withdrawn: {{date: {day}, because: {{en: "It was not so.", id: "Tidak benar."}}}}\n'


@dataclass(frozen=True)
class Words:
    """A bulletin, as somebody means it."""

    title: str
    body: str
    withdrawn: bool = False

    def of(self, field: str) -> str:
        return self.title if field == "t" else self.body

    def with_word(self, token: str) -> "Words":
        return replace(self, title=token) if "t" in token else replace(self, body=token)


Bulletin = int


@dataclass(frozen=True)
class Tree:
    """A tree of files: a folder, and the bulletins in it."""

    number: int
    folder: Path
    words: Mapping[Bulletin, Words]

    def next(self, number: int, day: str, words: Mapping[Bulletin, Words]) -> "Tree":
        """Another tree, with these bulletins."""
        folder = self.folder.parent / f"tree-{number}"
        shutil.copytree(self.folder, folder)
        for old in (folder / "bulletins").glob("*-crossing-*.yaml"):
            old.unlink()
        for bulletin, each in words.items():
            text = _FILE.format(day=day, title=each.title, body=each.body)
            text += _MARK.format(day=day) if each.withdrawn else ""
            (folder / "bulletins" / f"{day}-crossing-{bulletin}.yaml").write_text(text, encoding="utf-8")
        return Tree(number, folder, dict(words))


@dataclass(frozen=True)
class Compared:
    """At this moment the tree was compared, and is in force."""

    at: float
    tree: Tree


@dataclass(frozen=True)
class InForce:
    """At this moment a change came into force: of a bulletin it typed ``tokens``, or withdrew it.

    One of a bulletin that no file had by then, new or corrected while its file went, has both texts.
    """

    at: float
    bulletin: Bulletin
    tokens: tuple[str, ...]
    withdraws: bool = False


Event = Compared | InForce


@dataclass(frozen=True)
class Said:
    """A message to a reader, sent or edited."""

    at: float
    chat: int
    text: str


@dataclass
class Touch:
    """What changes did to one field: it was ``before`` in the files when each of them came into force, the last one first; None: no file."""

    before: list[str | None]
    after: str
    is_settled: bool = False


@dataclass
class Reference:
    """What is meant to stand in messages.

    Attributes:
        meant: bulletin → its words. What nobody means any more stays here, as it stays in messages.
        lasting: those that are in force; of the others messages stay as they are.
    """

    tree: Tree | None = None
    meant: dict[Bulletin, Words] = field(default_factory=dict)
    lasting: set[Bulletin] = field(default_factory=set)
    _touches: dict[Bulletin, dict[str, Touch]] = field(default_factory=dict)
    _withdrawn: set[Bulletin] = field(default_factory=set)
    _held: set[Bulletin] = field(default_factory=set)

    def apply(self, event: Event) -> None:
        """The event happens."""
        if isinstance(event, Compared):
            self.tree = event.tree
            for bulletin, touches in self._touches.items():
                for name, touch in touches.items():
                    touch.is_settled |= touch.after == self._file(bulletin, name)
            self._mean(self._known())
        else:
            self._change(event)

    def _change(self, event: InForce) -> None:
        bulletin = event.bulletin
        known = dict(self._touches.get(bulletin, {}))
        if self._is_aside(bulletin):  # it was made from what the files say
            self._touches.pop(bulletin, None)
        if event.withdraws:
            self._withdrawn.add(bulletin)
        for token in event.tokens:
            name = "t" if "t" in token else "y"
            self._touches.setdefault(bulletin, {}).pop(name, None)
            there, before = self._file(bulletin, name), known[name].before if name in known else []
            if there != token:
                self._touches[bulletin][name] = Touch([there, *before], token)
        self._held.discard(bulletin)
        self._mean([bulletin], by_files=False)

    def _known(self) -> set[Bulletin]:
        return {*(self.tree.words if self.tree else ()), *self._touches}

    def _file(self, bulletin: Bulletin, name: str) -> str | None:
        words = self.tree.words.get(bulletin) if self.tree else None
        return words.of(name) if words else None

    def _is_aside(self, bulletin: Bulletin) -> bool:
        """Whether a deploy has set a change aside: the files have what they never had when a change came into force, nor said since."""
        return any(
            self._file(bulletin, name) not in (*touch.before, touch.after) and not touch.is_settled
            for name, touch in self._touches.get(bulletin, {}).items()
        )

    def _standing(self, bulletin: Bulletin) -> Words | None:
        """What is in force of a bulletin; None: nothing is, or messages stay as they are until somebody chooses one of two texts.

        Files withdraw it all the same. That sends no text, and nobody wrote otherwise.
        """
        file = self.tree.words.get(bulletin) if self.tree else None
        is_withdrawn = bulletin in self._withdrawn or (file is not None and file.withdrawn)
        if self._is_aside(bulletin):
            known = self.meant.get(bulletin) if file is not None and file.withdrawn else None
            return replace(known, withdrawn=True) if known else None
        words = {name: self._file(bulletin, name) for name in "ty"}
        for name, touch in self._touches.get(bulletin, {}).items():
            if words[name] in (*touch.before, touch.after):
                words[name] = touch.after
        title, body = words["t"], words["y"]
        return Words(title, body, is_withdrawn) if title and body else None

    def _mean(self, bulletins: Iterable[Bulletin], *, by_files: bool = True) -> None:
        found = {each: words for each in bulletins if (words := self._standing(each)) is not None}
        if by_files:
            edited = {each for each, words in found.items() if each in self.meant and _differ(words, self.meant[each])}
            self._held = edited if len(edited) > MOST_AT_ONCE else edited & self._held
            self.lasting = found.keys() - self._held
            found = {each: words for each, words in found.items() if each not in self._held}
        else:
            self.lasting |= found.keys()
        self.meant |= found


def _differ(one: Words, other: Words) -> bool:
    return one != other if one.withdrawn == other.withdrawn is False else one.withdrawn != other.withdrawn


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
        """The messages that nobody meant."""
        for each in said:
            tokens = [found.groups() for found in TOKEN.finditer(each.text)]
            bulletins = {int(bulletin) for bulletin, _, _ in tokens}
            if not bulletins:
                continue
            [bulletin] = bulletins
            allowed = [
                words
                for began, ended, words in self._spans.get(bulletin, [])
                if began - 0.5 <= each.at <= ended + GRACE
            ]
            is_withdrawn = WITHDRAWN in each.text
            shown = [f"b{number}{name}{count}" for number, name, count in tokens]
            if not any(
                words.withdrawn == is_withdrawn
                and (is_withdrawn or all(each in (words.title, words.body) for each in shown))
                for words in allowed
            ):
                yield f"{each.at:.1f} chat {each.chat}: {each.text!r}; meant was {allowed}"
