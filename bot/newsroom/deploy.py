"""A deploy: which files are imported, what of them comes into force at once, and what waits for an editor. It reads and writes nothing."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from bot.db.safeguards import MOST_AT_ONCE
from bot.dossier.diagnostics import Diagnostic, Place
from bot.dossier.entries import (
    FILES_ALONE,
    HEADER,
    WHOLE,
    Content,
    Entry,
    Key,
    Unit,
    contents_in_force,
    digest_of,
    ended,
    key_at,
    merge,
    place_of,
    read,
    units,
    with_former,
)
from bot.dossier.entry_fields import former_keys, references
from bot.dossier.loader import load_contents
from bot.dossier.models import BulletinId, Dossier, Fact, FactId
from bot.dossier.yaml_reader import Value
from bot.newsroom.figures import UNPRINTED, as_they_were, figures_of, with_figures
from bot.newsroom.ledger_diff import bulletin_change

# Which tree

FORMER_SECONDS = 600.0
"""For so long no process may have had the tree imported last before a former one is imported without an owner's word."""


@dataclass(frozen=True, slots=True)
class Tree:
    """Files that were imported. ``imported``: first, or by an owner's word; ``seen``: when a process with them last said so."""

    tree: str
    imported: float
    seen: float


def may_import(tree: str, last: str, trees: Collection[Tree], had: str, noted_since: float, now: float) -> bool:
    """Whether a process imports the files that it has. An owner's word needs no asking.

    A former tree waits, so that a process that comes back with it, or a release that is being replaced, turns nothing back: unless this
    very process read the last one before it, as when an author undoes a change, or nobody has that one any more.

    Args:
        tree: the files'.
        last: the tree imported last; "": none was, or none since a restore.
        trees: all that were ever imported.
        had: the tree that this process read before this one; "": none.
        noted_since: since when this process has noted without a gap that it runs.
        now: the database's moment, as all of these.
    """
    known = {each.tree: each for each in trees}
    if tree == last:
        return False
    if tree not in known or last not in known or known[tree].imported > known[last].imported or had == last:
        return True
    return now - max(known[last].seen, noted_since) >= FORMER_SECONDS


# What of it

Reason = Literal["differs", "clashes", "many", "figures", "former"]
"""Why an entry of a deploy waits for an editor.

It ``differs`` from what a decision made; it ``clashes`` with what is in force; it is one of ``many`` bulletins that would be edited, which
an owner takes; the bulletin prints former ``figures``, which were wrong if somebody takes it; it is a ``former`` text.
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An entry in a deploy's draft. ``content``: if it is taken, None: it is removed; ``because``: what does not stand beside it."""

    why: Reason
    content: Content | None
    because: Diagnostic | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a deploy does.

    Attributes:
        entries: as they are kept after it, in their order.
        draft: what waits. It replaces what waited of the deploy before, where nobody has typed into that.
        renamed: former key → key, of entries that are the same under another name.
        waits: whether all of it waits, because it cannot be told what of it does not stand beside what is in force.
    """

    entries: Mapping[Key, Entry]
    draft: Mapping[Key, Waiting]
    renamed: Mapping[Key, Key] = field(default_factory=dict)
    waits: bool = False

    @property
    def contents(self) -> dict[Key, Content]:
        """What is in force after it."""
        return contents_in_force(self.entries)


class _Unclear(Exception):
    """It cannot be told what of a deploy does not stand beside what is in force."""


@dataclass(slots=True)
class Deploy:
    """A deploy of files while it is found out what of it comes into force.

    Attributes:
        kept: the entries as they are kept, in their order.
        files: all entries of the files, in their order. They are valid alone.
        tree: whether it was never imported before, or was; ``confirmed``: an owner said so.
        seen: the bulletins that readers have.
        today: the office's day.
        now: the database's moment.
        is_desk_used: whether somebody edits at a desk. A fact that files change has changed then, and was not wrong.
        guarded: bulletins that an owner edits, however few they are: those that are ``many`` so far, and any after a restore.
        left: what is left out, and why.
        figures: bulletin → the facts as they were that it keeps from now on.
        renamed: former key → key.
    """

    kept: Mapping[Key, Entry]
    files: Mapping[Key, Content]
    tree: Literal["new", "former", "confirmed"]
    seen: Collection[Key]
    today: date
    now: float
    is_desk_used: bool = False
    guarded: Collection[Key] = ()
    left: dict[Key, tuple[Reason, Diagnostic | None]] = field(default_factory=dict)
    figures: dict[Key, dict[str, Value]] = field(default_factory=dict)
    renamed: dict[Key, Key] = field(default_factory=dict)

    @property
    def before(self) -> dict[Key, Content]:
        """What is in force."""
        return contents_in_force(self.kept)

    def plan(self) -> Plan:
        """What it does to what is in force."""
        self._find_renamed()
        try:
            self._leave_out()
        except _Unclear:
            self.renamed, self.figures = {}, {}
            self.left = dict.fromkeys((*self.files, *self.kept), ("clashes", None))
            return Plan(self.kept, self.draft(self.kept), waits=True)
        entries = self.entries()
        return Plan(entries, self.draft(entries), self.renamed)

    # ---- The same under another name

    def _find_renamed(self) -> None:
        """Finds what files have under another name. A copy of a bulletin that readers have is left out while they have that, too."""
        for key, content in self.files.items():
            if key in self.kept and self.kept[key].gone is None:
                continue
            former = [each for each in self._former(key, content) if each in self.kept and each != key]
            if former and former[0] in self.files and key.startswith("bulletins/"):
                message, because = f"the same as {former[0]}", place_of(former[0])
                wrong = Diagnostic(place_of(key)[0], (), message, "expected one of them", because=because)
                self.left[key] = "clashes", wrong
            elif former and former[0] not in (*self.files, *self.renamed):
                self.renamed[former[0]] = key

    def _former(self, key: Key, content: Content) -> Iterator[Key]:
        kind, _, name = key.partition("/")
        if kind in ("topics", "programs"):
            yield from former_keys(content)
        elif kind == "questions":
            topics = (self.files.get(Key(f"{each}/{name}")) for each in ("topics", "programs"))
            for former in (each for topic in topics for each in former_keys(topic)):
                yield Key(f"questions/{former.partition('/')[2]}")
        elif kind == "bulletins":
            yield from (Key(f"bulletins/{each}") for each in _former_ids(content))
            for other, entry in self.kept.items():
                of_it = entry.content or {}, entry.file or {}
                if other in self.seen and (_story(content) in map(_story, of_it) or name in _former_ids(of_it[0])):
                    yield other

    # ---- Each entry

    def entries(self) -> dict[Key, Entry]:
        """The entries as they are kept, without what is left out."""
        former, found = {new: old for old, new in self.renamed.items()}, dict[Key, Entry]()
        for key in dict.fromkeys((*self.files, *self.kept)):
            if key in self.renamed:
                continue
            before = self.kept.get(former.get(key, key))
            entry = self._left(key, before) if key in self.left else self._merged(key, before, self.files.get(key))
            if entry is None:
                continue
            if key in former and key.startswith("bulletins/"):
                entry = replace(entry, content={**(entry.content or {}), "was": self._names(former[key], key)})
            if key in self.figures:
                own = {**self.figures[key], **figures_of(entry.content)}
                entry = replace(entry, content=with_figures(entry.content or {}, own))
            found[key] = entry
        return found

    def _left(self, key: Key, before: Entry | None) -> Entry | None:
        if before is None or key != HEADER:
            return before
        languages = {name: self.files[key][name] for name in FILES_ALONE if name in self.files[key]}
        return replace(before, content={**(before.content or {}), **languages})

    def _merged(self, key: Key, before: Entry | None, theirs: Content | None) -> Entry | None:
        if before is None:
            return Entry(theirs, theirs) if theirs is not None else None
        merged = merge(key, before.file, before.in_force, theirs, before.was)
        content, file = merged.content, read(key, before.file, theirs, merged.former)
        # a difference that ends with files that say what was decided is decided: what they said before does not come back
        gone = ended(key, before.file, before.in_force, theirs, content)
        was = before.was and with_former(key, before.was, gone, content)
        if content is None:
            return replace(before, file=file, gone=self.now if before.gone is None else before.gone, was=was)
        former = before.content or {}
        mark, is_decision = former.get("withdrawn"), "" in before.was.get(_WITHDRAWN, ())
        if _drops_a_figure(key, former, content):
            self.left[key] = ("differs", None)
            return before
        if mark and "withdrawn" not in content and (self.tree == "former" or is_decision):
            content = {**content, "withdrawn": mark}
            file = file if is_decision or file is None else {**file, "withdrawn": mark}
        return Entry(content, file, was=was)

    def _names(self, former: Key, key: Key) -> list[Value]:
        """All ids that a bulletin had before ``key``."""
        names = [former.partition("/")[2], *_former_ids(self.kept[former].content or {})]
        return [each for each in names if f"bulletins/{each}" != key]

    # ---- What cannot stand, and a handful

    def _leave_out(self) -> None:
        """Leaves out what does not stand beside what is in force, and edits of more bulletins than a handful.

        Raises:
            _Unclear: it cannot be told what that is.
        """
        before, errors = self.before, list[Diagnostic]()
        if not before or contents_in_force(self.entries()) == before:
            return
        former = load_contents(before, self.today, errors).dossier
        known = {(each.path, each.place, each.message) for each in errors}
        while former is not None and (contents := contents_in_force(self.entries())) != before:
            errors = []
            after = load_contents(contents, self.today, errors).dossier
            if after is None:
                raise _Unclear
            if self.is_desk_used and self._keep_figures(former, after, self.seen):
                continue
            wrong = [each for each in errors if (each.path, each.place, each.message) not in known]
            if contents != self.files and self._leave_clashes(wrong, contents):
                continue
            edited = {key for key in self.seen if _is_edited(former, after, key, self.renamed.get(key, key))}
            many = edited if len(edited) > MOST_AT_ONCE else edited & set(self.guarded)
            if not many:
                return
            if not self._leave_many(former, after, many, contents):
                raise _Unclear

    def _leave_clashes(self, wrong: Collection[Diagnostic], contents: Mapping[Key, Content]) -> bool:
        before, left = self.before, set[Key]()
        changed = {key for key in {*before, *contents} if before.get(key) != contents.get(key)} - self.left.keys()
        for each in wrong:
            if each.because == _LANGUAGES:  # files' alone: its readers get the default language's
                continue
            own, other = _key_at(each.path, each.place), _key_at(*each.because) if each.because else None
            sides = [key for key in (own, other) if key in changed]
            if {own, other} & left or (not sides and each.because is None):
                continue
            if not sides or (own == sides[0] and other is None and contents.get(own) == self.files.get(own)):
                raise _Unclear
            # what is new to all first: nothing of before refers to it
            key = min(sides, key=lambda key: (key in before, key != own))
            left |= self._leave(key, "clashes", each)
        return bool(left)

    def _leave(self, key: Key, why: Reason, because: Diagnostic | None = None) -> set[Key]:
        """Leaves an entry out; of one that has another name, both."""
        pair = {key, *(old for old, new in self.renamed.items() if key in (old, new))}
        pair |= {self.renamed.pop(old) for old in pair & self.renamed.keys()}
        self.left |= dict.fromkeys(pair, (why, because))
        return pair

    def _leave_many(
        self, former: Dossier, after: Dossier, many: Collection[Key], contents: Mapping[Key, Content]
    ) -> bool:
        """Of a bulletin that its own file edits it is left out; of a fact's value, the bulletins keep the former one; of a source, that."""
        before, left = self.before, set[Key]()
        for key in many:
            present = self.renamed.get(key, key)
            if key not in self.left and _own(before.get(key)) != _own(contents.get(present)):
                left |= self._leave(present, "many")
        if left or self._keep_figures(former, after, many):
            return True
        for key in many:
            named = {each for each, _ in references(key, before[key])}
            named |= {each for fact in named if fact in before for each, _ in references(fact, before[fact])}
            for source in named - self.left.keys():
                if before.get(source) != contents.get(source):
                    left |= self._leave(source, "many")
        return bool(left)

    # ---- Figures that were right then

    def _keep_figures(self, former: Dossier, after: Dossier, bulletins: Collection[Key]) -> bool:
        """Writes the facts that a deploy alters into the bulletins that print them; False: nothing is to be written."""
        before, altered = self.before, _altered(former, after)
        new = dict[Key, dict[str, Value]]()
        for key in bulletins:
            own, present = before.get(key), self.renamed.get(key, key)
            facts = as_they_were(former, before, own, altered) if own and "withdrawn" not in own else {}
            if facts.keys() - self.figures.get(present, {}).keys():
                new[present] = {**facts, **self.figures.get(present, {})}
        self.figures |= new
        return bool(new)

    # ---- The draft

    def draft(self, entries: Mapping[Key, Entry]) -> dict[Key, Waiting]:
        """What the files say otherwise than what is kept, but for what decisions replaced and a former tree says."""
        found = dict[Key, Waiting]()
        for key in dict.fromkeys((*self.files, *entries)):
            entry, theirs = entries.get(key), self.files.get(key)
            ours, file = (entry.in_force, entry.file) if entry else (None, None)
            is_one = ours is None or theirs is None
            own, there, said = ({WHOLE: each} if is_one else units(key, each) for each in (ours, theirs, file))
            otherwise, former = list[Unit](), list[Unit]()
            for unit in dict.fromkeys((*there, *own)):
                if own.get(unit) == there.get(unit) or (key == HEADER and unit in FILES_ALONE):
                    continue
                if entry and digest_of(there.get(unit)) in entry.was.get(unit, ()):
                    former += [unit] if self.tree == "new" and there.get(unit) != said.get(unit) else []
                elif not (unit == _WAS and key.startswith("bulletins/")) and not (
                    unit == _WITHDRAWN and self.tree == "former" and not there.get(unit)
                ):
                    otherwise.append(unit)
            if not otherwise and not former:
                continue
            why, because = self.left.get(key) or (self._why(otherwise), None)
            found[key] = Waiting(why, read(key, theirs, ours, [*otherwise, *former]), because)
        return found

    def _why(self, otherwise: Collection[Unit]) -> Reason:
        if set(otherwise) == {_FIGURES}:
            return "figures" if self.is_desk_used else "many"
        return "differs" if otherwise else "former"


_WITHDRAWN, _FIGURES, _WAS = Unit("withdrawn"), Unit("figures"), Unit("was")
_LANGUAGES = ("dossier.yaml", ("languages",))


def _key_at(path: str, place: Place) -> Key | None:
    return Key(f"feeds/{place[0]}") if path == "feeds.yaml" and place else key_at(path, place)


def _story(content: Content) -> tuple[Value, ...]:
    """What tells one bulletin from another, whatever its id."""
    return tuple(content.get(name) for name in ("date", "title", "body"))


def _former_ids(content: Content) -> list[Value]:
    was = content.get("was")
    return was if isinstance(was, list) else []


def _own(content: Content | None) -> Content | None:
    """A bulletin without what a deploy writes into it."""
    return content and {name: value for name, value in content.items() if name not in ("figures", "was")}


def _drops_a_figure(key: Key, before: Content, after: Content) -> bool:
    """Whether the text of a bulletin names another fact in place of one that it keeps as it was."""
    if not figures_of(before):
        return False
    named = [{each for each, _ in references(key, _own(side) or {})} for side in (before, after)]
    was, now = ({each for each in side if each.startswith("facts/")} for side in named)
    return any(f"facts/{name}" in was - now for name in figures_of(before)) and bool(now - was)


def _is_edited(former: Dossier, after: Dossier, key: Key, present: Key) -> bool:
    """Whether messages with a bulletin would be edited: it reads otherwise, is withdrawn, or is given back."""
    was, now = (BulletinId(each.partition("/")[2]) for each in (key, present))
    change = bulletin_change(former, after, now, was)
    if change is None or change.edit not in ("corrected", "withdrawn", "restored"):
        return False
    return change.edit != "corrected" or any(each in former.languages for each in change.languages)


def _altered(former: Dossier, after: Dossier) -> set[FactId]:
    """The facts that bulletins would print otherwise, or not at all."""

    def as_printed(fact: Fact | None) -> object:
        return fact and fact.model_dump(exclude=UNPRINTED - {"sources"})

    return {name for name, fact in former.facts.items() if as_printed(fact) != as_printed(after.facts.get(name))}
