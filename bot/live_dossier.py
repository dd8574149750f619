"""The dossier in force, as the database has it; in a process without one, that of its files."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType

from bot.dossier.diagnostics import Diagnostic, sort
from bot.dossier.entries import Content, Edition, Entry, Key, decided
from bot.dossier.loader import Loading, contents_of, load_contents
from bot.dossier.models import Dossier
from bot.index_process import make_ready
from bot.replies.answer import is_matched

Now = Callable[[], datetime]
"""A clock."""


NOTHING = Loading(None, ())
UNREAD = Loading(None, ())
"""The files of a process that has not read them yet, because what is in force stands in the database."""
NO_CHANGES = Edition()


utc_now: Now = partial(datetime.now, UTC)
"""The machine's clock."""


def compose(edition: Edition, files: Loading, now: datetime) -> Loading:
    """What is in force. Takes tenths of a second.

    ``files``: those of this process, which hold where none were imported.
    """
    return load_contents(edition.contents, now.date()) if edition.entries else files


def _ready(loading: Loading) -> Loading:
    """Ready to be asked, which takes longer if topics have changed."""
    if loading.dossier is not None:
        make_ready(loading.dossier)
    return loading


@dataclass(slots=True)
class LiveDossier:
    """The dossier in force. A broken one never replaces it.

    Attributes:
        complete: the dossier with its bulletins under embargo, for editors and the newsroom.
        diagnostics: of this process's files, and of what is in force; warnings included.
        now: the clock by which an embargo ends.
        files: this process's files, as they were last without an error. They hold once they are imported, and have no documents then.
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
    _contents: tuple[object, Mapping[Key, Content]] = (None, MappingProxyType({}))
    _prepared: tuple[tuple[tuple[Key, Content], ...], Loading] | None = None
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
        of: object = self.edition if self.edition.entries else self.loading
        if self._contents[0] is not of:
            self._contents = of, self.edition.contents or contents_of(self.loading)
        return self._contents[1]

    @property
    def edited(self) -> frozenset[Key]:
        """The entries that are in force otherwise than files last said."""
        return frozenset(key for key, each in self.edition.entries.items() if each.in_force != each.file)

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
            if files.dossier is not None and (files.dossier.tree != self.tree or not self.files.documents):
                self.had = self.tree if files.dossier.tree != self.tree else self.had
                self.files = files
                if not self.edition.entries:
                    loading = await asyncio.to_thread(lambda: _ready(compose(self.edition, files, self.now())))
            self._put(self.edition, loading)

    def drop_documents(self) -> None:
        """Drops what only an import reads of files that were imported. They are read again (:meth:`reload`) before they are imported again."""
        if self.files.dossier is not None and self.files.documents and self.edition.entries:
            own = replace(self.complete, header=self.files.dossier.header, tree=self.tree)
            self.files = Loading(own, self.files.diagnostics, day=self.files.day)

    def edition_with(self, contents: Mapping[Key, Content | None], said: Collection[Key] = ()) -> Edition:
        """What will be in force once somebody has put these contents in force as well. ``said``: those of which files said just that."""
        kept = self.edition.entries or {key: Entry(content, content) for key, content in self.contents.items()}
        entries = decided(kept, contents, self.now().timestamp(), said)
        return replace(self.edition, number=self.edition.number + 1, stamp="", entries=entries)

    async def prepare(self, contents: Mapping[Key, Content]) -> Loading:
        """The dossier of contents that may come into force, made in a thread and kept: :meth:`switch` takes no time then."""
        wanted = tuple(contents.items())
        if self._prepared is None or self._prepared[0] != wanted:
            self._prepared = wanted, await asyncio.to_thread(lambda: _ready(load_contents(contents, self.now().date())))
        return self._prepared[1]

    async def switch(self, edition: Edition) -> None:
        """Puts into force what the database says now."""
        async with self.reloading:
            if edition.stamp == self.edition.stamp:
                return
            if edition.contents == self.contents and [*edition.contents] == [*self.contents] and self.edition.entries:
                loading = self.loading
            elif edition.entries:
                loading = await self.prepare(edition.contents)
            elif self.files.documents:
                loading = await asyncio.to_thread(_ready, self.files)
            else:
                loading = self.loading  # until the files are read again
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
        """Those of the files that were read last, and of what is in force."""
        found = {(each.path, each.place, each.message): each for each in (*self.loading.diagnostics, *self._said)}
        return sort(found.values())

    async def build_index(self) -> None:
        """Waits until the dossier can be asked in free text. Its index is built in a thread."""
        if not is_matched(self.complete):
            await asyncio.to_thread(make_ready, self.complete)


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
