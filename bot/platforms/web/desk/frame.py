"""What the pages of the desk share: their frame, the change of an address, and saving what was typed into it."""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import wraps
from secrets import token_urlsafe
from typing import Any, Generic, Protocol, TypeVar

from aiohttp import web

from bot.db.applied_updates import AlreadyApplied
from bot.db.changes import Change, ChangeId
from bot.db.delivery_reports import Progress
from bot.dossier.entries import Key, bulletins_in
from bot.dossier.entry_fields import forms_in
from bot.dossier.logo import FILES as LOGO_FILES
from bot.dossier.models import BulletinId, Dossier, Language
from bot.dossier.schema import KINDS
from bot.newsroom.change_content import Contents
from bot.newsroom.change_messages import ACTIONS, DONE, STATES
from bot.newsroom.desk import PLANNED, Desk, DeskError, Edit, Item, Overtaken
from bot.newsroom.labels import CHOICES, Titles, hint, kind_of, label, shown
from bot.platforms.platform import Platform
from bot.platforms.web.app_markup import labels, page
from bot.platforms.web.desk.form import (
    NONE,
    OF_CHANGE,
    FormRules,
    change_fields,
    differences,
    edits_in,
    is_typed,
    moment_of,
    refuse_long,
    title_of_change,
)
from bot.platforms.web.desk.sign_in import PREVIEW, Visit
from bot.platforms.web.desk.titles import key_of
from bot.platforms.web.forms import number_in, see_other
from bot.replies.bulletins import TITLE_CARD
from bot.replies.dossier_texts import DossierTexts
from bot.replies.formatting import day as written_day
from bot.replies.i18n import phrases_in
from bot.replies.language_panel import language_name
from bot.replies.listings import page_of
from bot.schedule import local_time

_ONCE = re.compile(r"[\w-]{8,32}")

TWICE = "Somebody else has changed the same text. Choose which one stays."


class PartlySaved(Overtaken):
    """What nobody else has changed meanwhile is saved, the rest is not."""

    def __init__(self) -> None:
        super().__init__(TWICE)


_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Paged(Generic[_Row]):
    """A page of a long list. ``found``: how many there are on all pages; ``number``: of the page, from 1; ``last``: of the last one."""

    rows: Sequence[_Row]
    found: int
    number: int
    last: int


def paged(found: Sequence[_Row], page: str, size: int) -> Paged[_Row]:
    """The page that an address names, the nearest one if there is none with that number."""
    rows, number, last = page_of(found, number_in(page), size)
    return Paged(rows, len(found), number, last)


class Frame:
    """What the pages of the desk share.

    Args:
        desk: what is decided, and the changes.
        platforms: as which messages are shown.
    """

    def __init__(self, desk: Desk, platforms: Sequence[Platform[Any]]) -> None:
        self.desk, self.platforms = desk, platforms

    @property
    def dossier(self) -> Dossier:
        """The dossier in force, for editors."""
        return self.desk.live.complete

    @property
    def default(self) -> Language:
        """The dossier's default language."""
        return self.dossier.header.default_language

    # ---- What an address names

    async def item(self, visit: Visit) -> Item:
        """The change of an address.

        Raises:
            web.HTTPNotFound: there is none.
        """
        item = await self.desk.item(change_id(visit), visit.person)
        if item is None:
            raise web.HTTPNotFound(text="There is no such change.")
        return item

    async def open_change(self, key: Key) -> Change | None:
        """The latest change of an entry that is not in force yet."""
        return next(iter(await self.desk.open_changes(key)), None)

    async def progress(self, names: Sequence[BulletinId]) -> Mapping[BulletinId, Progress]:
        """What became of bulletins in the ledger."""
        async with self.desk.store.database.read() as connection:
            return await self.desk.store.deliveries.progress(connection, names)

    async def chats(self, keys: Iterable[Key]) -> dict[Key, int]:
        """In how many chats each of the bulletins among entries stands."""
        progress = await self.progress(bulletins_in(keys))
        return {
            Key(f"bulletins/{name}"): each.counts.get("delivered", 0) + each.counts.get("crosspost", 0)
            for name, each in progress.items()
        }

    # ---- What things are called

    def titles(self, visit: Visit, contents: Contents | None = None) -> Titles:
        """What the entries in force are called, and those of a change; what it removes keeps its title."""
        ours = {key: content for key, content in (contents or {}).items() if content}
        return Titles(self.dossier, visit.person.language, {**self.desk.live.contents, **ours})

    def read(self, title: str) -> str:
        """A title in the default language with its facts filled in, as far as they are there."""
        return Titles(self.dossier, self.default, self.desk.live.contents).read(title)

    def title_of(self, item: Item) -> str:
        """What a change is called."""
        return self.read(title_of_change(item.change, item.contents, self.default))

    def language_names(self) -> dict[str, str]:
        """Language of the dossier → its name in itself."""
        return {str(code): language_name(code) for code in self.dossier.written_languages}

    # ---- What was typed

    def rules(self, language: str = "en") -> FormRules:
        """Which fields forms have; numbers in them are typed as in the language."""
        return FormRules(self.dossier.written_languages, forms_in(self.desk.live.contents.items()), language)

    def edits(self, visit: Visit, item: Item) -> list[Edit]:
        """What the form of a change has in its fields."""
        return edits_in(visit.form, item.contents, self.rules(visit.person.language))

    async def save(self, visit: Visit, edits: Sequence[Edit]) -> Change:
        """Saves what was typed, by field.

        Raises:
            PartlySaved: somebody else has changed the rest meanwhile.
            DeskError: nothing was saved.
        """
        item, typed, zone = await self.item(visit), [edit for edit in edits if is_typed(edit)], self.dossier.header.zone
        for edit in typed:
            refuse_long(edit)
        own = change_fields(item.change, zone, typed)
        kept = {edit.field[0]: shown(edit.value) for edit in typed if edit.key == OF_CHANGE}
        kept = {name: text for name, text in kept.items() if not own[name].is_conflict}
        planned: tuple[float | None] | None = None
        if "planned" in kept:
            try:
                planned = (moment_of(kept["planned"], zone) if kept["planned"] else None,)
            except ValueError as error:
                raise DeskError("This is not a day and an hour.", PLANNED) from error
        of_entries = [edit for edit in typed if edit.key != OF_CHANGE]
        is_conflict = any(field.is_conflict for field in own.values())
        is_whole = not is_conflict and all(edit.key in item.entries for edit in of_entries)
        change = item.change
        if of_entries or kept:
            title = kept["title"][:200] if "title" in kept else None
            saved = await self.desk.save(change.id, visit.person, of_entries, title, planned)
            change, is_whole = saved.change, is_whole and not saved.conflicts
        if not is_whole:
            raise PartlySaved
        return change

    async def made(self, visit: Visit, title: str, contents: Contents) -> Change | None:
        """A new change; None if this very form has made one already, as by a second press."""
        once = visit.field("once")
        cause = f"desk {once}" if _ONCE.fullmatch(once) else None
        try:
            return await self.desk.create(visit.person, title, contents, cause)
        except AlreadyApplied:
            return None
        except DeskError as refusal:
            raise web.HTTPConflict(text=str(refusal)) from refusal

    # ---- A page

    def _choices(self, say: Callable[[str], str]) -> Mapping[str, list[tuple[str, str]]]:
        """Field → what can be chosen, in words."""
        pictures = sorted({topic.picture for topic in self.dossier.topics.values() if topic.picture})
        found = {name: [(value, say(words)) for value, words in each.items()] for name, each in CHOICES.items()}
        found["logo"] = [(each, each) for each in LOGO_FILES]
        return {**found, "picture": [(TITLE_CARD, say("Title card")), *((each, each) for each in pictures)]}

    async def page(self, visit: Visit, template: str, status: int = 200, **values: Any) -> web.Response:
        """A page of the desk. ``values``: of its template, beside those that all have."""
        language, dossier = visit.person.language, self.dossier
        phrases, zone = phrases_in(language), dossier.header.zone
        names_of_languages = self.language_names()

        def when(at: float | None) -> str:
            local = local_time(at or 0.0, zone)
            is_twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()  # as summer time ends
            return f"{phrases.moment(local)} ({zone}{f', UTC{local.isoformat()[-6:]}' if is_twice else ''})"

        text = page(
            template,
            say=phrases.say,
            count=phrases.count,
            when=when,
            on_day=lambda day: written_day(date.fromisoformat(str(day)), language),
            zone=zone,
            line=DossierTexts(dossier, language).line,
            language=language,
            languages=list(names_of_languages.items()),
            offered_languages=dossier.languages,
            language_names=names_of_languages,
            default_language=dossier.header.default_language,
            platforms=labels(self.platforms),
            states=STATES,
            actions=ACTIONS,
            done=DONE,
            person=visit.person,
            is_guest=visit.request.path.startswith(PREVIEW),
            may_decide=self.desk.rules.decides(visit.person.account),
            token=visit.form_token,
            once=token_urlsafe(12),
            path=visit.request.path,
            place=visit.request.path_qs,
            title_of_change=self.title_of,
            differences=differences,
            label_of=lambda key, place: label(key, place, phrases.say, names_of_languages),
            hint_of=lambda key, place: hint(key, place, phrases.say),
            kind_of=lambda key, content=None: kind_of(key, content, phrases.say),
            kinds=KINDS,
            key_of=key_of,
            choices_of=self._choices(phrases.say),
            says_none=NONE,
            **values,
        )
        return web.Response(text=text, content_type="text/html", status=status, headers={"Cache-Control": "no-store"})


class _WithForm(Protocol):
    """Pages with the form of a change."""

    @property
    def frame(self) -> Frame: ...

    async def refused(self, visit: Visit, refusal: DeskError, edits: Sequence[Edit]) -> web.Response:
        """The page of the change as it is now, with why something was refused and what was typed."""


_Pages = TypeVar("_Pages", bound=_WithForm)


def saves_first(
    act: Callable[[_Pages, Visit], Awaitable[str]],
) -> Callable[[_Pages, Visit], Awaitable[web.Response]]:
    """Wraps what a button of a form does: what was typed is saved before it. ``act`` returns the address to go to then."""

    @wraps(act)
    async def press(pages: _Pages, visit: Visit) -> web.Response:
        edits = pages.frame.edits(visit, await pages.frame.item(visit))
        try:
            await pages.frame.save(visit, edits)
            return see_other(await act(pages, visit))
        except DeskError as refusal:
            return await pages.refused(visit, refusal, edits)

    return press


def change_id(visit: Visit) -> ChangeId:
    """The number of the change in an address, or of which the visitor is a guest."""
    return ChangeId(number_in(visit.request.match_info.get("id") or visit.person.account.rpartition(" ")[2]))
