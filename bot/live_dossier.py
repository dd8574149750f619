"""The dossier in force, as the database has it; in a process without one, that of its files."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType

from bot.dossier.diagnostics import Diagnostic, sort
from bot.dossier.entries import Content, Edition, InForce, Key, Stored, changed, entries_of, in_force, in_order
from bot.dossier.loader import Loading, in_force_of, load_contents, with_changes
from bot.dossier.models import Dossier
from bot.replies.answer import is_matched, matcher_for

Now = Callable[[], datetime]
"""A clock."""


NOTHING = Loading(None, ())
NO_CHANGES = Edition()


utc_now: Now = partial(datetime.now, UTC)
"""The machine's clock."""


def compose(edition: Edition, files: Loading, now: datetime) -> Loading:
    """What is in force. Takes tenths of a second.

    ``files``: those of this process, which hold where none were imported.
    """
    if not edition.entries:
        return with_changes(files, edition.stored, now.date())
    return replace(load_contents(edition.contents, now.date()), changed=standings(edition))


def _ready(loading: Loading) -> Loading:
    """Ready to be asked, which takes longer if topics have changed."""
    if loading.dossier is not None:
        matcher_for(loading.dossier)
    return loading


def standings(edition: Edition) -> dict[Key, InForce]:
    """What each entry that changes have put in force is worth beside the files imported last."""
    contents, files, found = edition.contents, edition.files, dict[Key, InForce]()
    for stored in edition.stored:
        entry, content = in_force(stored, files.get(stored.key)), contents.get(stored.key)
        is_aside = entry.content != content  # the dossier was not valid with it
        found[stored.key] = InForce("set aside", content) if is_aside else entry
    return found


@dataclass(slots=True)
class LiveDossier:
    """The dossier in force. A broken one never replaces it.

    Attributes:
        complete: the dossier with its bulletins under embargo, for editors and the newsroom.
        diagnostics: of this process's files, and of what is in force; warnings included.
        now: the clock by which an embargo ends.
        files: this process's files, as they were last without an error. They hold once they are imported.
        had: names the files before these; "": there were none.
        edition: what is in force.
        loading: the dossier of it.
        reloading: held while another dossier is made, so that what was read earlier never replaces what was read later.
    """

    complete: Dossier
    diagnostics: tuple[Diagnostic, ...] = ()
    now: Now = utc_now
    files: Loading = NOTHING
    had: str = ""
    edition: Edition = NO_CHANGES
    loading: Loading = NOTHING
    reloading: asyncio.Lock = field(default_factory=asyncio.Lock)
    _listeners: list[Callable[[], None]] = field(default_factory=list)
    _published: "_Published | None" = None
    _version: int = 0
    _contents: tuple[Loading, Mapping[Key, Content]] = (NOTHING, MappingProxyType({}))
    _prepared: tuple[object, tuple[Stored, ...], Loading] | None = None
    _expected: tuple[Mapping[Key, Content], Loading] | None = None
    _candidate: tuple[Loading, tuple[Stored, ...], Loading] | None = None
    _said: tuple[Diagnostic, ...] = ()
    """Of the files that were read last."""

    def __post_init__(self) -> None:
        if self.files is NOTHING:
            self.files = Loading(self.complete, ())

    @classmethod
    def of(cls, files: Loading, edition: Edition = NO_CHANGES, now: Now = utc_now) -> "LiveDossier | None":
        """What is in force in a process with these files; None: it has no dossier. Its words are not made ready (:meth:`build_index`)."""
        loading = compose(edition, files, now())
        if loading.dossier is None:
            return None
        live = cls(loading.dossier, now=now, files=files, edition=edition, loading=loading, _said=files.diagnostics)
        live.diagnostics = live._every_diagnostic()
        return live

    @property
    def tree(self) -> str:
        """Names this process's files; "": they never were without an error."""
        return self.files.dossier.tree if self.files.dossier else ""

    @property
    def own(self) -> Dossier:
        """The dossier of this process's files, if they have one, else the one in force."""
        return self.files.dossier or self.complete

    @property
    def contents(self) -> Mapping[Key, Content]:
        """The content in force of every entry, of bulletins as their writers wrote it."""
        if self._contents[0] is not self.loading:
            written = {key: each.content for key, each in self.loading.changed.items() if each.content is not None}
            of_files = {**entries_of(self.loading.documents), **written}
            self._contents = self.loading, self.edition.contents or of_files
        return self._contents[1]

    @property
    def of_files(self) -> Mapping[Key, Content]:
        """What files say of every entry: those imported last, or this process's own where none were."""
        return self.edition.files or entries_of(self.files.documents)

    @property
    def dossier(self) -> Dossier:
        """The content that readers may see now, without bulletins under embargo. Show readers bulletins from here only."""
        now = self.now()
        if self._published is None or not self._published.since <= now < self._published.until:
            self._published = _Published.at(self.complete, now)
            self._version += 1
        return self._published.dossier

    @property
    def version(self) -> int:
        """Grows whenever :attr:`dossier` becomes another one: by a reload, by a change, by the end of an embargo."""
        _ = self.dossier
        return self._version

    def on_change(self, listener: Callable[[], None]) -> None:
        """Calls ``listener`` after every load, whether the content was good or broken, and after every change."""
        self._listeners.append(listener)

    async def reload(self, load: Callable[[], Loading]) -> None:
        """Loads the files in a thread. Where none were imported yet, they are put into force unless they are broken."""
        async with self.reloading:
            files, loading = await asyncio.to_thread(load), self.loading
            self._said = files.diagnostics
            if files.dossier is not None and files.dossier.tree != self.tree:
                self.files, self.had = files, self.tree
                if not self.edition.entries:
                    loading = await asyncio.to_thread(lambda: _ready(compose(self.edition, files, self.now())))
            self._put(self.edition, loading)

    def edition_with(self, contents: Mapping[Key, Content | None]) -> Edition:
        """What changes have put in force, once a change has put these contents in force as well."""
        known, of_files = {each.key: each for each in self.edition.stored}, self.of_files
        new = [changed(known.get(key), key, of_files.get(key), content) for key, content in sorted(contents.items())]
        others = [each for each in self.edition.stored if each.key not in contents]
        return replace(self.edition, number=self.edition.number + 1, stamp="", stored=(*others, *new))

    async def prepare(self, stored: tuple[Stored, ...]) -> Loading:
        """What is in force with these changed entries, made in a thread and kept until another one is made."""
        of: object = self.edition if self.edition.entries else self.files
        if self._prepared is None or self._prepared[:2] != (of, stored):
            self._prepared = of, stored, await asyncio.to_thread(self._with, self.files_in_force, stored)
        return self._prepared[2]

    async def expect(self, stored: tuple[Stored, ...]) -> None:
        """Loads what will be in force once these entries are, so that :meth:`switch` takes no time. Nobody sees it until then."""
        loading, edition = await self.prepare(stored), self.edition
        in_force = in_force_of(edition.files, loading.changed)
        if edition.entries and (self._expected is None or self._expected[0] != in_force):
            ordered = {
                key: in_force[key] for key in in_order(edition.files, edition.entries, in_force) if key in in_force
            }
            loaded = await asyncio.to_thread(lambda: _ready(load_contents(ordered, self.now().date())))
            self._expected = ordered, loaded

    async def candidate(self) -> Loading:
        """What the import of this process's files would put in force, made in a thread and kept until another one is made."""
        of, stored = self.files, self.edition.stored
        if self._candidate is None or self._candidate[:2] != (of, stored):
            self._candidate = of, stored, await asyncio.to_thread(self._with, lambda: of, stored)
            self.diagnostics = self._every_diagnostic()
        return self._candidate[2]

    def files_in_force(self) -> Loading:
        """The files imported last, or this process's own where none were. Loads them: call it in a thread."""
        return load_contents(self.edition.files, self.now().date()) if self.edition.entries else self.files

    def _with(self, files: Callable[[], Loading], stored: tuple[Stored, ...]) -> Loading:
        return _ready(with_changes(files(), stored, self.now().date()))

    async def switch(self, edition: Edition) -> None:
        """Puts into force what the database says now."""
        async with self.reloading:
            if edition.stamp == self.edition.stamp:
                return
            if self._expected is not None and [*self._expected[0].items()] == [*edition.contents.items()]:
                loading = replace(self._expected[1], changed=standings(edition))
            else:
                loading = await asyncio.to_thread(lambda: _ready(compose(edition, self.files, self.now())))
            self._put(edition, loading)

    def update(self, files: Loading) -> None:
        """Puts files into force unless they are broken, in a process that knows of no database."""
        self._said = files.diagnostics
        if files.dossier is not None:
            self.files = files
        self._put(self.edition, files)

    def _put(self, edition: Edition, loading: Loading) -> None:
        """Puts a dossier into force unless it is broken, and tells whoever listens."""
        if loading.dossier is not None:
            before, self.complete = self.complete, loading.dossier
            self.loading, self.edition = loading, edition
            if self.complete != before or self.complete.version != before.version:
                self._published = None
        self.diagnostics = self._every_diagnostic()
        for listener in self._listeners:
            listener()

    def _every_diagnostic(self) -> tuple[Diagnostic, ...]:
        """Those of the files that were read last, of their import, and of what is in force."""
        found = {(each.path, each.place, each.message): each for each in self.loading.diagnostics}
        if self._candidate is not None and self._candidate[:2] == (self.files, self.edition.stored):
            found |= {(each.path, each.place, each.message): each for each in self._candidate[2].diagnostics}
        return sort(({**found, **{(each.path, each.place, each.message): each for each in self._said}}).values())

    async def build_index(self) -> None:
        """Waits until the dossier can be asked in free text. Its index is built in a thread."""
        if not is_matched(self.complete):
            await asyncio.to_thread(matcher_for, self.complete)


@dataclass(frozen=True, slots=True)
class _Published:
    """The content that readers may see from the end of one embargo (``since``) until the end of the next."""

    dossier: Dossier
    since: datetime
    until: datetime

    @classmethod
    def at(cls, complete: Dossier, now: datetime) -> "_Published":
        ends = [bulletin.not_before for bulletin in complete.bulletins.values() if bulletin.not_before is not None]
        since = max((end for end in ends if end <= now), default=datetime.min.replace(tzinfo=UTC))
        until = min((end for end in ends if end > now), default=datetime.max.replace(tzinfo=UTC))
        return cls(complete.published(now), since, until)
