"""The entries in force at the desk: found by kind and words, looked at, and taken into a new change; and entries that are new."""

import asyncio
from itertools import islice

from aiohttp import web

from bot.db.changes import ChangeId
from bot.dossier.entries import Content, Key
from bot.dossier.entry_fields import references
from bot.dossier.schema import KINDS
from bot.dossier.yaml_reader import Value
from bot.newsroom.change_content import NEW, Contents, clean, title_of
from bot.newsroom.change_history import former_contents, with_embargo_of
from bot.newsroom.desk import Item
from bot.platforms.web.desk.frame import Frame, paged
from bot.platforms.web.desk.insert import is_address, known_source, new_source
from bot.platforms.web.desk.sign_in import HOME, Visit
from bot.platforms.web.desk.titles import NEW_KINDS, grouped, is_edited, matching, new_content
from bot.platforms.web.forms import number_in, see_other

ENTRIES_PER_PAGE = 30


class EntryPages:
    """The entries in force. ``frame``: what all pages share."""

    def __init__(self, frame: Frame) -> None:
        self.frame, self._desk = frame, frame.desk

    async def list_entries(self, visit: Visit) -> web.Response:
        """Every entry in force, by kind and by words; ``change``: the change to which they can be added."""
        query, titles = visit.request.query, self.frame.titles(visit)
        kind, wanted = query.get("kind", ""), clean(query.get("q", ""))[:100]
        kind = kind if kind in KINDS else ""
        found = paged(await asyncio.to_thread(matching, titles, kind, wanted), query.get("page", ""), ENTRIES_PER_PAGE)
        return await self.frame.page(
            visit,
            "desk_entries.html",
            entries=found,
            titles=titles,
            kind=kind,
            wanted=wanted,
            uses=await self._desk.uses(),
            edited=self._desk.live.edited,
            item=await self._added_to(visit),
            new_kinds=NEW_KINDS,
        )

    async def show_entry(self, visit: Visit) -> web.Response:
        """One entry in force: what it says, what refers to it, and what it refers to."""
        key, live = Key(visit.request.match_info["key"]), self._desk.live
        content = live.contents.get(key)
        if content is None or not is_edited(key):
            raise web.HTTPNotFound(text="There is no such entry.")
        titles, users = self.frame.titles(visit), grouped((await self._desk.uses()).get(key, ()))
        refers = [each for each, _ in references(key, content) if each in live.contents and each != key]
        open_items = [item for item in await self._desk.items(visit.person) if "save" in item.possible]
        return await self.frame.page(
            visit,
            "desk_entry.html",
            key=key,
            title=titles.of(key),
            value=titles.value(key),
            content=content,
            users={each: (titles.of(each), uses) for each, uses in islice(users.items(), ENTRIES_PER_PAGE)},
            more_users=len(users) - ENTRIES_PER_PAGE,
            refers={each: titles.of(each) for each in dict.fromkeys(refers)},
            is_edited=key in live.edited,
            other=await self.frame.open_change(key),
            open_items=[item for item in open_items if key not in item.entries],
            item=await self._added_to(visit),
        )

    async def _added_to(self, visit: Visit) -> Item | None:
        """The change to which entries of these pages are added, if it can still be written."""
        number = number_in(visit.request.query.get("change", ""))
        item = await self._desk.item(ChangeId(number), visit.person) if number else None
        return item if item is not None and "save" in item.possible else None

    async def create(self, visit: Visit) -> web.Response:
        """A change with a new bulletin, or with a new entry of another kind."""
        new = new_entry(visit, self._desk.live.contents) if visit.field("kind") else None
        if isinstance(new, str):
            return see_other(f"{HOME}/entries/{new}")
        made = await self.frame.made(visit, "", {Key(f"{NEW}1"): {}} if new is None else {})
        if made is None:
            own = [item for item in await self._desk.items(visit.person) if visit.person.account in item.change.savers]
            return see_other(f"{HOME}/{own[0].change.id}" if own else HOME)
        if new is not None:
            await self._desk.add_entry(made.id, visit.person, *new)
        return see_other(f"{HOME}/{made.id}")

    async def change_entry(self, visit: Visit) -> web.Response:
        """A change of an entry that is in force, was once, or is in the files."""
        live, key = self._desk.live, Key(clean(visit.field("key"))[:200])
        match visit.field("action"):
            case "correct":
                if key not in live.contents or not is_edited(key):
                    raise web.HTTPNotFound(text="There is no such entry.")
                if (other := await self.frame.open_change(key)) is not None:
                    return see_other(f"{HOME}/{other.id}{self._translated_to(visit) or '?working'}")
                content: Content | None = live.contents[key]
            case "back":
                which = number_in(visit.field("change")), visit.field("which")
                former = await former_contents(self._desk.store, key, ChangeId(which[0]))
                chosen = next((each for each in former if (each.change.id, each.which) == which), None)
                if chosen is None or not chosen.can_come_back:
                    raise web.HTTPNotFound(text="There is no such entry.")
                content = with_embargo_of(live.contents.get(key), chosen.content)
            case _:
                raise web.HTTPBadRequest(text="Choose one of the buttons.")
        made = await self.frame.made(visit, title_of_entry(self.frame, key, content), {key: content})
        where = made or await self.frame.open_change(key)
        return see_other(f"{HOME}/{where.id}{self._translated_to(visit)}" if where else HOME)

    def _translated_to(self, visit: Visit) -> str:
        """Where the language is written that a form chose to translate to, behind a change's address; "": it chose none."""
        language = visit.field("to")
        is_one = language in self.frame.dossier.written_languages and language != self.frame.default
        return f"/translation/{language}" if is_one else ""


def title_of_entry(frame: Frame, key: Key, content: Content | None) -> str:
    """What a change of one entry is called."""
    content = content or frame.desk.live.contents.get(key)
    return (frame.read(title_of(content, frame.default)) or key.partition("/")[2] or key)[:200]


def new_entry(visit: Visit, contents: Contents) -> Key | tuple[str, dict[str, Value], str]:
    """The new entry of a form with a kind and words, as :func:`new_content`; of an address, the source that has it among ``contents``.

    Raises:
        web.HTTPBadRequest: no such kind can be added.
    """
    kind, words = visit.field("kind"), visit.field("words")
    if kind == "sources" and is_address(words):
        return known_source(words, contents) or ("sources", *new_source(words, contents))
    new = new_content(kind, words[:500], visit.person.language)
    if new is None:
        raise web.HTTPBadRequest(text="Choose one of the buttons.")
    return new
