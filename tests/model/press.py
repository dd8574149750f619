"""Editors, their files and their desk: two replicas of the newsroom, whatever comes over them, and what the reference is told of it."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any, NamedTuple, TypeVar

from bot.db.changes import Action, Change, ChangedEntry, ChangeId, Person
from bot.db.connection import AnyRow
from bot.db.engine import DATABASE_AWAY
from bot.db.store import Store
from bot.dossier.entries import Content, Key, value_digest
from bot.dossier.models import BulletinId, Language
from bot.newsroom.change_content import is_withdrawal
from bot.newsroom.change_rules import TAKE_BACK_SECONDS
from bot.newsroom.desk import DeskError, Edit, Saved
from bot.reader import Address
from tests.model.entries import MARK
from tests.model.offices import (
    LANGUAGES,
    Fields,
    Files,
    Office,
    content_of,
    fields_of,
    moment_of,
    number_of,
    slug_of,
    title_of,
    with_mark,
    with_words,
    without_mark,
)
from tests.model.reference import DAY, HOUR, News, Reference, Written
from tests.model.simulation import Link

Result = TypeVar("Result")

EDITORS = tuple(Person(f"telegram:{number}", name, Language("en")) for number, name in ((1, "Anna"), (2, "Budi")))

NOTE_SECONDS = 10.0
"""How often a process notes that it runs."""

OWNER = "telegram:9"

OVERDUE = "Its time passed"


class Stored(NamedTuple):
    """A change as the database has it: its row, its entries by slug, and the last decision."""

    change: Change
    entries: Mapping[str, ChangedEntry]
    last: AnyRow | None

    def words(self) -> dict[tuple[str, str], int]:
        titles: dict[str, Any] = {slug: (entry.content or {})["title"] for slug, entry in self.entries.items()}
        return {(slug, language): number_of(title) for slug, each in titles.items() for language, title in each.items()}

    def said(self, *, base: bool = False) -> dict[str, Fields]:
        """What each bulletin says; ``base``: before the change."""
        return {
            slug: fields_of(entry.base if base else entry.content) or {}
            for slug, entry in self.entries.items()
            if not base or entry.base
        }


@dataclass
class Press:
    """The editors' side of the model.

    Attributes:
        run: runs a coroutine.
        store: the model's own way to the database.
        open_store: a way to the database for another process.
        latest: the newest files. An office may have older ones.
        trees: digest → the files of every tree that ever was.
        tree: the digest of the tree in force.
    """

    run: Callable[[Coroutine[Any, Any, Any]], Any]
    store: Store
    open_store: Callable[[Link], Store]
    reference: Reference
    latest: dict[BulletinId, Content] = field(default_factory=dict)
    former: list[Files] = field(default_factory=list)
    trees: dict[str, Files] = field(default_factory=dict)
    tree: str = ""
    offices: list[Office] = field(default_factory=list)
    written: list[Written] = field(default_factory=list)
    tops: dict[str, int] = field(default_factory=dict)
    looked: float = float("-inf")
    rows: Callable[[], list[Any]] = list
    suspended: Callable[[], dict[str, str]] = dict
    _names: "count[int]" = field(default_factory=count)
    _known: dict[BulletinId, Content] = field(default_factory=dict)
    """Every file that ever was, as it was last."""
    _compared: list[str] = field(default_factory=list)
    """The trees in the order in which they were imported first."""

    @property
    def clock(self) -> Callable[[], float]:
        return self.reference.clock

    def starts(self) -> None:
        """Two replicas with the newest files."""
        self._known |= self.latest
        for _ in range(2):
            self.offices.append(self._office(self.latest))
        self.look_all()

    def _office(self, files: Files) -> Office:
        link = Link()
        office = Office(f"office-{next(self._names)}", self.open_store(link), link, self.clock, dict(files))
        self.trees[office.tree] = dict(files)
        return office

    # Files

    def adds(self, slug: str, topics: tuple[str, ...], *, urgent: bool, not_before: float | None) -> None:
        """A new file of the day."""
        day = datetime.fromtimestamp(self.clock(), UTC).date()
        more: dict[str, Any] = {"date": day.isoformat()} | ({"urgent": True} if urgent else {})
        if not_before is not None:
            more["not_before"] = _moment(not_before)
        self.tops[slug] = 1
        self.latest[BulletinId(f"{day}-{slug}")] = content_of(slug, 1, topics, **more)

    def edits(self, act: str, news: News, hours: float = 0.0) -> None:
        """Changes a file, which is deployed later (:meth:`deploys`)."""
        name = BulletinId(news.id)
        content = self.latest.get(name)
        if act == "export":
            self._exports(news)
        elif act == "find":
            self.latest[name] = self._known[name]
        elif content is None:
            return
        elif act == "lose":
            del self.latest[name]
        elif act == "put off":
            self.latest[name] = {**content, "not_before": _moment(self.clock() // 1.0 + hours * HOUR)}
        else:
            self.latest[name] = {
                "correct": lambda: with_words(content, self._next(news.slug), *LANGUAGES),
                "translate": lambda: with_words(content, self._next(news.slug), "id"),
                "first words": lambda: with_words(content, 1, *LANGUAGES),
                "withdraw": lambda: with_mark(content, datetime.fromtimestamp(news.day, UTC).date()),
                "restore": lambda: without_mark(content),
            }[act]()

    def _exports(self, news: News) -> None:
        office = self._current()
        if office is not None and (content := office.content(BulletinId(news.id))) is not None and "title" in content:
            self.latest[BulletinId(news.id)] = content

    def _next(self, slug: str) -> int:
        self.tops[slug] += 1
        return self.tops[slug]

    def is_file(self, news: News) -> bool:
        return news.id in self.latest

    def can_be_found(self) -> list[News]:
        return [each for each in self.reference.news.values() if each.id in self._known and not self.is_file(each)]

    def rolls_back(self) -> None:
        """The files before the newest are the newest again."""
        if self.former:
            self.latest = dict(self.former.pop())
            self._deploy(self.offices)

    def deploys(self, reach: str = "both") -> None:
        """The newest files get to both replicas, or to one of them first."""
        reached = {"first": self.offices[:1], "second": self.offices[1:]}.get(reach, self.offices)
        self.former.append(dict(self.trees.get(self.tree, {})))
        self._deploy(reached)

    def _deploy(self, reached: list[Office]) -> None:
        self._known |= self.latest
        for office in reached:
            if office.files != self.latest:
                self.run(office.deploy(dict(self.latest)))
                self.trees[office.tree] = dict(self.latest)
        self.look_all()

    def _current(self) -> Office | None:
        """An office that has the files in force."""
        return next((each for each in self.offices if each.tree == self.tree), None)

    @property
    def is_behind(self) -> bool:
        """Whether a replica's files wait, because they are former ones."""
        return any(office.tree != self.tree for office in self.offices)

    # Looks

    def release(self) -> None:
        """The replicas look, if there may be something to do."""
        now = self.clock()
        is_due = any(each.state == "approved" and each.due <= now for each in self.written) or any(
            news.state == "scheduled" and not news.is_missing and not news.is_withdrawn and news.not_before <= now
            for news in self.reference.news.values()
        )
        if is_due or (self.is_behind and now - self.looked > NOTE_SECONDS):
            self.look_all()

    def look_all(self) -> None:
        """One look of each."""
        for office in self.offices:
            self.looks(office)
        first, second = (office.live for office in self.offices)
        if first.edition.stamp == second.edition.stamp and first.complete.version != second.complete.version:
            self._break("two replicas have other dossiers of what is in force")

    def _notes(self) -> None:
        """Each has noted meanwhile that it runs, however far time has leapt."""
        if self.clock() - self.looked > NOTE_SECONDS or self.clock() < self.looked:
            for office in self.offices:
                self.run(office.worker.newsroom.note_in_use(office.tree, office.name))
        self.looked = self.clock()

    def looks(self, office: Office, *, loses_answer: int = 0) -> None:
        """One look, and what it did. With ``loses_answer`` the answer to so many of its first writes is lost, and it looks again."""
        self._notes()
        self.reference.works()
        office.link.answers_to_lose = loses_answer
        for _ in range(loses_answer + 1):
            try:
                self.run(office.worker.look())
                break
            except DATABASE_AWAY:
                continue
        office.link.answers_to_lose = 0
        if any(each.state == "approved" and each.due <= self.clock() for each in self.written):
            self.run(office.worker.look())  # a bulletin whose mend did not come into force waited for it
        self._has_looked(office)
        self.reference.has_worked()

    def dies(self, number: int, after: int) -> None:
        """A replica dies in the middle of a look, after so many transactions; another one takes its place."""
        self._notes()
        place = number % len(self.offices)
        office = self.offices[place]
        self.reference.works()
        office.link.dies_after = after
        with suppress(*DATABASE_AWAY):
            self.run(office.worker.look())
        office.link.cut("refuses")
        self.offices[place] = self._office(office.files)
        self.looks(self.offices[place])

    def _has_looked(self, office: Office) -> None:
        """Compares what is in force now with what must be."""
        latest, confirmation, many = self.run(self._latest())
        if latest != self.tree and latest is not None:
            self._has_compared(office, latest, many)
        changed = [each for each in self.written if each.state == "approved"]
        stored = {each.id: self.run(self._stored(each.id)) for each in changed}
        for each in sorted(changed, key=lambda each: stored[each.id].change.edition or float("inf")):
            self._has_waited(each, stored[each.id])
        if confirmation:  # an owner takes them
            self.run(office.desk.take_many(OWNER, confirmation))
            self.run(office.worker.look())
            for slug, fields_ in many.items():
                self.reference.news[slug].entry.is_taken(fields_)
        self._has_overtaken()
        for news in self.reference.news.values():
            self.reference.stands(news)
        self._has_published(self.reference.publishes())
        self._compare(office)

    def _has_compared(self, office: Office, latest: str, many: Collection[str]) -> None:
        """Other files are imported, but for the bulletins that are ``many``."""
        others = [each for each in self.offices if each is not office and each.tree == self.tree]
        is_former = latest in self._compared
        if is_former and others and self._compared.index(latest) < self._compared.index(self.tree):
            self._break(f"{office.name} brings former files back, although another process has later ones")
        self._compared += [] if is_former else [latest]
        self.tree = latest
        files = self._said_by(self.trees[latest])
        for name, content in self.trees[latest].items():
            slug = slug_of(_title(content))
            if slug not in self.reference.news:
                self._appears(slug, name, content)
        for news in self.reference.news.values():
            if news.slug not in many:
                news.entry.is_deployed(files.get(news.slug), is_former=is_former)

    def _appears(self, slug: str, name: BulletinId, content: Content) -> None:
        moment = moment_of(content)
        topics: Any = content.get("topics", ())
        news = News(slug, name, _day(content), frozenset(topics), bool(content.get("urgent")))
        news.embargoes.append((self.reference.now, moment))
        said = fields_of(content)
        assert said is not None
        self.reference.appears(news, said)

    def _has_waited(self, written: Written, stored: Stored) -> None:
        """What became of an approved change."""
        now, change = self.clock(), stored.change
        if change.state == "approved":
            if change.due is not None and change.due <= now:
                self._break(f"change {change.id} was approved, and its time is over, but it is not in force")
            return
        written.state = change.state
        if change.state == "in_force":
            if now < max(written.due, written.planned):
                self._break(f"change {change.id} comes into force before its time")
            self._is_in_force(written, stored)
        elif stored.last is None or stored.last.action != "overtaken" or not stored.last.reason:
            self._break(f"change {change.id} was approved, and is {change.state} without a word")
        elif stored.last.reason.startswith(OVERDUE):
            if now < written.due + DAY:
                self._break(f"change {change.id} is not overdue, and returned")
        else:
            self._is_returned(written, stored)

    def _is_in_force(self, written: Written, stored: Stored) -> None:
        for slug, fields_ in stored.said().items():
            entry = stored.entries[slug]
            name = BulletinId(entry.key.removeprefix("bulletins/"))
            if slug not in self.reference.news:
                news = News(slug, name, _day(entry.content or {}), frozenset(_topics(entry.content)), urgent=False)
                news.embargoes.append((self.reference.now, 0.0))
                self.reference.appears(news, fields_)
            news = self.reference.news[slug]
            expected = written.approved.get(slug, {})
            if written.is_withdrawal and news.entry.fields is not None:  # it holds for whatever text is in force
                expected = {**news.entry.fields, MARK: expected.get(MARK)}
            if fields_ != expected:
                self._break(f"change {written.id} puts {slug} in force as {fields_}, not {expected}")
            news.entry.is_decided(fields_)
        written.approved = {}

    def _is_returned(self, written: Written, stored: Stored) -> None:
        """A change was returned because something else has come into force: is it so, and is all that was typed still there?"""
        said = stored.said()
        current = {slug: self._in_force(slug) for slug in written.approved}
        if all(current[slug] == written.base.get(slug) for slug in written.approved):
            self._break(f"change {written.id} is returned for no reason: {stored.last and stored.last.reason}")
        for slug, name, value in written.changed():
            if said.get(slug, {}).get(name) != value:
                self._break(f"change {written.id} loses {slug}, {name}, when it is returned")
        written.approved, written.words = {}, stored.words()

    def _in_force(self, slug: str) -> Fields | None:
        news = self.reference.news.get(slug)
        return news.entry.fields if news is not None else None

    def _has_overtaken(self) -> None:
        """Something else of the same came into force: what waited for approval is a draft again, merged with it."""
        for written in [each for each in self.written if each.state == "review"]:
            found = self.run(self._stored(written.id))
            words, written.state = found.words(), found.change.state
            is_altered = any(self._in_force(slug) != fields_ for slug, fields_ in found.said(base=True).items())
            is_text = not all(is_withdrawal(each.base, each.content) for each in found.entries.values())
            if is_altered and written.state == "review" and is_text:
                self._break(f"change {written.id} waits for approval, and what it was made from is not in force")
            for (slug, language), number in written.words.items():
                is_typed = (written.id, slug, language, number) in self.reference.authors
                if is_typed and words.get((slug, language)) != number:
                    self._break(f"change {written.id} loses {slug}, {language}, when another one comes into force")
            written.words = words

    def _has_published(self, ripe: list[News]) -> None:
        if ripe:
            rows, suspended = self.rows(), self.suspended()
            for news in ripe:
                self.reference.written(news.slug, [row for row in rows if row.slug == news.slug], suspended)

    def _compare(self, office: Office) -> None:
        """An office after its look: it has what is in force, whichever files are its own."""
        files, found = self._said_by(self.trees[self.tree]), office.in_force()
        for slug in {*files, *found} - self.reference.news.keys():
            if found.get(slug) != files.get(slug):
                self._break(f"{office.name} has {slug} as {found.get(slug)}, which nobody approved")
        for slug, news in self.reference.news.items():
            fields_ = news.entry.fields
            there = found.get(slug)
            if fields_ and there and fields_.get(MARK) and there.get(MARK):
                continue
            if there != fields_:
                self._break(f"{office.name} has {slug} as {there}, not {fields_}")

    def _said_by(self, files: Files) -> dict[str, Fields]:
        return {slug_of(_title(each)): fields_of(each) or {} for each in files.values()}

    async def _latest(self) -> tuple[str | None, str, dict[str, Fields]]:
        """The tree imported last, and the bulletins that wait for an owner, by slug, with what names them."""
        async with self.store.database.read() as connection:
            latest = await self.store.dossier_versions.latest(connection)
            confirmation, keys = await self.store.changes.many(connection)
            found = [entries for _, entries in await self.store.changes.of_deploys(connection)]
        many = [entries[key].content for entries in found for key in keys if key in entries]
        said = {slug_of(_title(each)): fields_of(each) or {} for each in many if each is not None}
        return latest.version if latest else None, confirmation, said

    # The desk

    def writes(
        self,
        kind: str,
        by: Person,
        number: int,
        topics: tuple[str, ...] = (),
        hours: float = 0,
        slugs: Collection[str] | None = None,
    ) -> Written | None:
        """A new change, at one of the replicas, of one of the bulletins with these slugs; None: there is nothing to change."""
        office = self.offices[number % 2]
        contents: dict[Key, Content] = {}
        words: list[tuple[str, str, object]] = []
        if kind in ("new", "two"):
            slug = f"d{len(self.written)}"
            self.tops[slug] = 1
            contents[Key("bulletins/new-1")] = content_of(slug, 1, topics)
            words += [(slug, language, 1) for language in LANGUAGES]
        if kind != "new":
            there = [each for each in self.reference.news.values() if self._can_be(kind, each, office)]
            there = [each for each in there if slugs is None or each.slug in slugs]
            aside = [each for each in there if each.is_missing]
            if not there:
                return None
            news = (aside or there)[number % len(aside or there)]
            content = office.content(BulletinId(news.id))
            assert content is not None
            contents[Key(f"bulletins/{news.id}")], typed = self._changed(kind, content, news)
            words += typed
        planned = self.clock() + hours * HOUR if hours else None
        change = self.run(office.desk.create(by, kind, contents, planned=planned))
        written = Written(change.id, planned or 0.0, {})
        for word in words:
            self._types(written, by, *word)
        self.written.append(written)
        stored = self.run(self._stored(change.id))
        written.words = stored.words()
        written.forms = {each.account: dict(written.words) for each in EDITORS}
        return written

    def _types(self, written: Written, by: Person, slug: str, name: str, value: object) -> None:
        self.reference.authors[written.id, slug, name, value] = by.account

    def _can_be(self, kind: str, news: News, office: Office) -> bool:
        content = office.content(BulletinId(news.id))
        if content is None or "title" not in content:
            return False
        return ("withdrawn" in content) == (kind == "end withdrawal")

    def _changed(self, kind: str, content: Content, news: News) -> tuple[Content, list[tuple[str, str, object]]]:
        if kind == "withdraw":
            day = datetime.fromtimestamp(self.clock(), UTC).date()
            return with_mark(content, day), [(news.slug, MARK, str(day))]
        if kind == "end withdrawal":
            return without_mark(content), [(news.slug, MARK, None)]
        language = "id" if kind == "translate" else "en"
        number = self._next(news.slug)
        return with_words(content, number, language), [(news.slug, language, number)]

    def saves(self, written: Written, by: Person, number: int, *, is_lost: bool = False) -> None:
        """An editor types into a page that may be old, and saves all of it."""
        before = self.run(self._stored(written.id))
        slug, language, typed, edits = self._form(written, before, by, number)
        saved = self._does(number, is_lost, lambda office: office.desk.save(written.id, by, edits))
        after = self.run(self._stored(written.id))
        expected = dict(before.words())
        if after.change.version != before.change.version:
            expected[slug, language] = typed
            self._types(written, by, slug, language, typed)
        elif isinstance(saved, Saved) and not saved.conflicts:
            self._break(f"{by.account} saves change {written.id}, and is told so, but it is not")
        if written.forms[by.account].get((slug, language)) != before.words().get((slug, language)):
            expected = dict(before.words())
        self._is_stored(written, after, expected)
        written.forms[by.account] = dict(after.words())

    def _form(self, written: Written, stored: Stored, by: Person, number: int) -> tuple[str, str, int, list[Edit]]:
        """The bulletin and language that are typed into, the number of the words, and all fields of the page."""
        form = {word: each for word, each in written.forms[by.account].items() if word[0] in stored.entries}
        slug, language = sorted(form)[number % len(form)]
        typed = self._next(slug)
        edits = [
            Edit(
                stored.entries[where].key,
                ("title", of),
                value_digest(title_of(where, of, seen)),
                title_of(where, of, typed if (where, of) == (slug, language) else seen),
            )
            for (where, of), seen in form.items()
        ]
        return slug, language, typed, edits

    def both_save(self, written: Written, number: int) -> None:
        """Writer and translator save at the same moment, each at a replica."""
        before = self.run(self._stored(written.id))
        for editor in EDITORS:
            written.forms[editor.account] = dict(before.words())
        forms = [self._form(written, before, editor, number + place) for place, editor in enumerate(EDITORS)]

        async def at_once() -> list[Any]:
            saves = (
                office.desk.save(written.id, editor, form[3])
                for office, editor, form in zip(self.offices, EDITORS, forms, strict=True)
            )
            return await asyncio.gather(*saves, return_exceptions=True)

        results = self.run(at_once())
        after = self.run(self._stored(written.id))
        expected = dict(before.words())
        for editor, (slug, language, typed, _), result in zip(EDITORS, forms, results, strict=True):
            if isinstance(result, Saved) and not result.conflicts:
                expected[slug, language] = typed
                self._types(written, editor, slug, language, typed)
        self._is_stored(written, after, expected)
        for editor in EDITORS:
            written.forms[editor.account] = dict(after.words())

    def _is_stored(self, written: Written, stored: Stored, expected: dict[tuple[str, str], int]) -> None:
        if stored.words() != expected:
            self._break(f"change {written.id} holds {stored.words()}, not {expected}")
        written.words = stored.words()

    def decides(
        self,
        written: Written,
        action: Action,
        by: Person,
        number: int,
        *,
        is_lost: bool = False,
        is_stale: bool = False,
    ) -> None:
        """An editor tries it at one of the replicas; ``is_stale``: on a page of an earlier version."""
        before = self.run(self._stored(written.id))
        version = before.change.version - is_stale
        self._does(number, is_lost, lambda office: office.desk.decide(written.id, version, action, by, "why"))
        after = self.run(self._stored(written.id))
        is_merged = action in ("ask", "approve") and after.change.version != before.change.version
        words, conflicts = self._merged(before) if is_merged else (before.words(), [])
        self._is_stored(written, after, words)
        if action == "ask":
            written.forms = {each: dict(written.words) for each in written.forms}
        is_returned = is_merged and bool(conflicts) and before.change.state == "review"
        if is_returned != (
            action in ("ask", "approve") and (before.change.state, after.change.state) == ("review", "draft")
        ):
            self._break(f"change {written.id} is {after.change.state} after {action}; changed by both: {conflicts}")
        if after.change.state == before.change.state:
            return
        if is_stale:
            self._break(f"{by.account} decides on an earlier version of change {written.id}")
        written.state = after.change.state
        written.approved = {}
        if action == "approve" and not is_returned:
            self._is_approved(written, after, by)
        elif after.change.state == "approved":
            self._break(f"{by.account} approves change {written.id} by {action}")

    def _merged(self, before: Stored) -> tuple[dict[tuple[str, str], int], list[tuple[str, str]]]:
        """The words of a change once it is made from what is in force now, and the parts that both have changed.

        Words that the change does not change are as they are in force. Those of which it changes one keep what was typed, and so does all
        of a bulletin that is not in force.
        """
        said, bases = before.said(), before.said(base=True)
        words, conflicts = before.words(), list[tuple[str, str]]()
        for slug, fields_ in said.items():
            own, base, there = (_words(each) for each in (fields_, bases.get(slug), self._in_force(slug)))
            if own == base and there is not None:
                words |= {(slug, language): number for language, number in there.items()}
            elif there not in (own, base):
                conflicts.append((slug, "words"))
            marks = [(each or {}).get(MARK) for each in (fields_, bases.get(slug), self._in_force(slug))]
            if marks[0] != marks[1] and marks[2] not in marks[:2]:
                conflicts.append((slug, MARK))
        return words, conflicts

    def _is_approved(self, written: Written, stored: Stored, by: Person) -> None:
        written.approved, written.base = stored.said(), stored.said(base=True)
        written.is_withdrawal = all(is_withdrawal(each.base, each.content) for each in stored.entries.values())
        due = stored.change.due or 0.0
        is_short = all(is_withdrawal(each.base, each.content) for each in stored.entries.values())
        if due < max(written.planned, self.clock() + (0.0 if is_short else TAKE_BACK_SECONDS)):
            self._break(f"change {written.id} is approved for a moment that is too early")
        written.due = due
        self.reference.is_approved(written, by.account)

    def _does(self, number: int, is_lost: bool, act: Callable[[Office], Coroutine[Any, Any, Any]]) -> Any:
        """At one of the replicas, whose answers may be lost; None: it is not possible, or nobody knows."""
        office = self.offices[number % 2]
        office.link.answers_to_lose = int(is_lost)
        try:
            return self.run(act(office))
        except (DeskError, *DATABASE_AWAY):
            return None
        finally:
            office.link.answers_to_lose = 0

    async def _stored(self, change: ChangeId) -> Stored:
        changes = self.store.changes
        async with self.store.database.read() as connection:
            row = await changes.read(connection, change)
            entries = await changes.entries(connection, change)
            decisions = await changes.decisions(connection, change)
        assert row is not None
        found = {slug_of(_title(entry.content or {})): entry for entry in entries.values()}
        return Stored(row, found, decisions[0] if decisions else None)

    # Else

    def tries_out(self, news: News, chat: str, address: Address, kind: Any) -> None:
        """As `nota publish NAME --to CHAT` does."""
        office = self._current()
        if office is None or news.id not in office.live.complete.bulletins:
            return
        self.reference.tries_out(chat, news.slug, office.in_force()[news.slug])
        reader = self.run(self.store.readers.meet(address, kind, chat, "en"))
        self.run(office.worker.newsroom.try_out(office.live.complete, BulletinId(news.id), reader))

    def finds_all(self) -> None:
        """Every file is back, and says what changes have put in force."""
        self.latest = dict(self.trees[self.tree])
        for news in self.reference.news.values():
            name = BulletinId(news.id)
            if name in self._known and name not in self.latest:
                self.latest[name] = self._known[name]
            content = self.latest.get(name)
            if content is not None and (fields_ := news.entry.fields) is not None:
                for language in LANGUAGES:
                    content = with_words(content, fields_[language], language) if language in fields_ else content
                self.latest[name] = content
        self._deploy(self.offices)

    @property
    def open(self) -> list[Written]:
        return [each for each in self.written if each.state in ("draft", "review", "approved")]

    def _break(self, what: str) -> None:
        self.reference.broken.append(f"{self.reference.now:.2f} s: {what}")


def _words(fields_: Fields | None) -> Fields | None:
    return None if fields_ is None else {name: each for name, each in fields_.items() if name in LANGUAGES}


def _moment(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()


def _day(content: Content) -> float:
    return datetime.fromisoformat(str(content["date"])).replace(tzinfo=UTC).timestamp()


def _title(content: Content) -> str:
    title: Any = content["title"]
    return str(title["en"])


def _topics(content: Content | None) -> tuple[str, ...]:
    topics: Any = (content or {}).get("topics", ())
    return tuple(topics)
