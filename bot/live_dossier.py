"""The dossier in force in this process: its files, with what changes have put in force."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType

from bot.dossier.diagnostics import Diagnostic
from bot.dossier.entries import Content, Edition, Key, Stored, changed, entries_of
from bot.dossier.loader import Loading, with_changes
from bot.dossier.models import Dossier
from bot.replies.answer import is_matched, matcher_for

Now = Callable[[], datetime]
"""A clock."""


NOTHING = Loading(None, ())
NO_CHANGES = Edition()


def utc_now() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


def compose(files: Loading, edition: Edition, now: datetime) -> Loading:
    """The files with what changes have put in force, ready to be asked. Takes tenths of a second, and more if topics have changed."""
    loading = with_changes(files, edition.stored, now.date())
    if loading.dossier is not None:
        matcher_for(loading.dossier)
    return loading


@dataclass(slots=True)
class LiveDossier:
    """The dossier in force. A broken one never replaces it.

    Attributes:
        complete: the dossier with its bulletins under embargo, for editors and the newsroom.
        diagnostics: of the files that were loaded last, and of what changes have put in force; warnings included.
        now: the clock by which an embargo ends.
        files: the files of ``complete`` alone.
        edition: what changes have put in force in it.
        loading: both as one.
        reloading: held while another dossier is made, so that what was read earlier never replaces what was read later.
    """

    complete: Dossier
    diagnostics: tuple[Diagnostic, ...] = ()
    now: Now = utc_now
    files: Loading = NOTHING
    edition: Edition = NO_CHANGES
    loading: Loading = NOTHING
    reloading: asyncio.Lock = field(default_factory=asyncio.Lock)
    _listeners: list[Callable[[], None]] = field(default_factory=list)
    _published: "_Published | None" = None
    _version: int = 0
    _contents: tuple[Loading, Mapping[Key, Content]] = (NOTHING, MappingProxyType({}))
    _prepared: tuple[Loading, tuple[Stored, ...], Loading] | None = None

    @property
    def contents(self) -> Mapping[Key, Content]:
        """The content in force of every entry, of bulletins as their writers wrote it."""
        if self._contents[0] is not self.loading:
            written = {key: each.content for key, each in self.loading.changed.items() if each.content is not None}
            self._contents = self.loading, {**entries_of(self.loading.documents), **written}
        return self._contents[1]

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
        """Loads the files in a thread, and puts them into force unless they are broken."""
        async with self.reloading:
            files = await asyncio.to_thread(load)
            if files.dossier is not None and self.files.dossier and files.dossier.tree == self.files.dossier.tree:
                files = replace(self.files, diagnostics=files.diagnostics)  # so that caches made from it stay valid
            composed = files
            if files.dossier is not None:
                composed = await asyncio.to_thread(compose, files, self.edition, self.now())
            self.update(files, self.edition, composed)

    def edition_with(self, contents: Mapping[Key, Content | None]) -> Edition:
        """What changes have put in force, once a change has put these contents in force as well."""
        known, of_files = {each.key: each for each in self.edition.stored}, entries_of(self.files.documents)
        new = [changed(known.get(key), key, of_files.get(key), content) for key, content in sorted(contents.items())]
        others = [each for each in self.edition.stored if each.key not in contents]
        return Edition(self.edition.number + 1, "", (*others, *new))

    async def prepare(self, stored: tuple[Stored, ...]) -> Loading:
        """What is in force with these changed entries, made in a thread and kept until another one is made."""
        files = self.files
        if self._prepared is None or self._prepared[:2] != (files, stored):
            loading = await asyncio.to_thread(compose, files, Edition(stored=stored), self.now())
            self._prepared = files, stored, loading
        return self._prepared[2]

    async def switch(self, edition: Edition) -> None:
        """Puts into force what changes say now."""
        async with self.reloading:
            if edition.stamp != self.edition.stamp:
                self.update(self.files, edition, await self.prepare(edition.stored))

    def update(self, files: Loading, edition: Edition | None = None, loading: Loading | None = None) -> None:
        """Keeps the diagnostics, and puts a dossier into force unless it is broken.

        ``loading``: the files with what changes have put in force in this edition; None: no change is.
        """
        loading = loading or files
        self.diagnostics = loading.diagnostics
        if loading.dossier is not None:
            before, self.complete = self.complete, loading.dossier
            self.files, self.loading, self.edition = files, loading, edition or self.edition
            if self.complete != before or self.complete.version != before.version:
                self._published = None
        for listener in self._listeners:
            listener()

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
