"""A figure is wrong: found as readers read it, and put right with its source and its day on one screen. That becomes a change."""

import asyncio
import re
from collections.abc import Iterable, Iterator, Sequence

from aiohttp import web

from bot.db.changes import ChangedEntry
from bot.dossier.entries import Content, Key, alterations, fields, without_empties
from bot.dossier.models import FactEntry, FactId
from bot.dossier.written_numbers import read
from bot.languages import SPOKEN
from bot.newsroom.change_content import clean
from bot.newsroom.desk import Edit
from bot.newsroom.figures import ANSWERS, UNPRINTED
from bot.newsroom.labels import Titles
from bot.platforms.web.desk.entries import title_of_entry
from bot.platforms.web.desk.form import APOSTROPHES, FormField, edits_in, entry_forms, with_edits
from bot.platforms.web.desk.frame import Frame
from bot.platforms.web.desk.insert import is_address, known_source, new_source
from bot.platforms.web.desk.mistakes import WORDS
from bot.platforms.web.desk.sign_in import HOME, Visit
from bot.platforms.web.desk.titles import grouped, options
from bot.platforms.web.forms import see_other
from bot.replies.formatting import fact_text

FIGURE = f"{HOME}/figure"

MOST_FOUND = 20
"""Facts, and texts, with the figure: more is another search."""

_TEXTS = ("topics/", "programs/", "bulletins/", "claims/")

_WORD = re.compile(r"[^\W\d_]+|[%$€£¥₽]")


class FigurePages:
    """The page. ``frame``: what all pages share."""

    def __init__(self, frame: Frame) -> None:
        self.frame, self._desk = frame, frame.desk

    async def show(self, visit: Visit) -> web.Response:
        """The facts that read so, where they stand, and the form of the one that is chosen, or that alone reads so."""
        return await self._show(visit, Key(visit.request.query.get("fact", "")))

    async def _show(self, visit: Visit, key: Key, edits: Sequence[Edit] = (), error: str = "") -> web.Response:
        titles, wanted = self.frame.titles(visit), clean(visit.field("q") or visit.request.query.get("q", ""))[:100]
        facts, texts = await asyncio.to_thread(_reading, titles, wanted) if wanted else ([], [])
        if not self._is_fact(key):
            key = facts[0] if len(facts) == 1 else Key("")
        facts = [key] if key else facts[:MOST_FOUND]
        uses = await self._desk.uses() if facts else {}
        gone = {each for each, content in titles.contents.items() if content and "withdrawn" in content}
        users = {each: [use for use in grouped(uses.get(each, ())) if use not in gone] for each in facts}
        sources = (titles.contents.get(key) or {}).get("sources")
        return await self.frame.page(
            visit,
            "desk_figure.html",
            409 if error else 200,
            wanted=wanted,
            facts=facts,
            texts=[each for each in texts if each not in gone][:MOST_FOUND],
            users=users,
            chats=await self.frame.chats({other for each in users.values() for other in each}),
            titles=titles,
            chosen=key,
            fields=self._fields(key, edits) if key else [],
            sources=sources if isinstance(sources, list) else [],
            kept=visit.form.get("sources", ()) if error else sources or (),
            options=options(titles),
            day=visit.field("day") or (await self._desk.today()).isoformat(),
            other=await self.frame.open_change(key) if key else None,
            typed=lambda name: clean(visit.field(name)),
            error=error,
            wrong_at={},
        )

    def _is_fact(self, key: Key) -> bool:
        return key.startswith("facts/") and key in self._desk.live.contents

    def _fields(self, key: Key, edits: Sequence[Edit]) -> list[FormField]:
        """The fields of a fact's value."""
        content = self._desk.live.contents[key]
        entries = {key: ChangedEntry(key, content, content, {})}
        [form] = entry_forms(entries, self.frame.rules(), self.frame.default, edits)
        own = (each for each in form.fields.values() if each.field[0] not in FactEntry.model_fields)
        return [each for each in own if not each.control.is_rare and (len(each.field) == 1 or each.field[0] == "value")]

    async def put_right(self, visit: Visit) -> web.Response:
        """A change with the right figure, its source and its day, and with what is said of the wrong one."""
        key, live = Key(visit.field("fact")), self._desk.live
        if not self._is_fact(key):
            raise web.HTTPNotFound(text="There is no such entry.")
        other = await self.frame.open_change(key)
        if other is not None and visit.person.account in other.savers:
            return see_other(f"{HOME}/{other.id}?working")
        address, publisher = clean(visit.field("address")), clean(visit.field("publisher"))
        in_force = live.contents[key]
        edits = edits_in(visit.form, {key: in_force}, self.frame.rules(visit.person.language))
        content = dict(with_edits({key: in_force}, edits)[key] or {})
        if other is not None or {place[0] for place in alterations(in_force, content)} <= UNPRINTED:
            return await self._show(visit, key, edits, "Nothing is changed yet.")
        if address and not is_address(address):
            return await self._show(visit, key, edits, WORDS["address"])
        known, new = known_source(address, live.contents) if address else None, dict[Key, Content]()
        if address and known is None:
            source, words = new_source(address, live.contents)
            known = await self._desk.free_key("sources", publisher or words)
            new[known] = source | ({"publisher": publisher} if publisher else {})
        named = dict.fromkeys([*visit.form.get("sources", ()), *([known.partition("/")[2]] if known else [])])
        content = without_empties({**content, "checked": visit.field("day"), "sources": [*named]})
        made = await self.frame.made(visit, title_of_entry(self.frame, key, content), {key: content, **new})
        if made is None:  # a second press
            other = await self.frame.open_change(key)
            return see_other(f"{HOME}/{other.id}" if other else HOME)
        item = await self._desk.item(made.id, visit.person)
        said = next((each for each in ANSWERS if each == visit.field("said")), None)
        if item is not None and said and await self._desk.figures(item.change, item.entries):
            await self._desk.answer(made.id, visit.person, key, said)
        return see_other(f"{HOME}/{made.id}#checked")


def _reading(titles: Titles, wanted: str) -> tuple[list[Key], list[Key]]:
    """The facts that read so in a language, and the other entries in a text of which the figure is typed out."""
    facts, texts = list[tuple[bool, Key]](), list[Key]()
    for key, content in titles.contents.items():
        if key.startswith("facts/") and (fact := titles.dossier.facts.get(FactId(key.partition("/")[2]))):
            spoken = ((code, fact_text(fact, code)) for code in {*titles.dossier.languages, *SPOKEN})
            found = set(_alike(wanted, spoken, f"{titles.of(key)} {(content or {}).get('currency', '')}"))
            facts += [(max(found), key)] if found else []
        elif key.startswith(_TEXTS) and any(map(str.isdigit, wanted)):
            spoken = ((place[-1], text) for place, text in fields(content).items() if isinstance(text, str))
            if True in _alike(wanted, spoken):
                texts.append(key)
    return [key for is_whole, key in facts if is_whole] or [key for _, key in facts], texts


def _alike(wanted: str, texts: Iterable[tuple[str, str]], title: str = "") -> Iterator[bool]:
    """Of each text with all numbers that are wanted: whether it, or the title, has the words as well."""
    wanted = APOSTROPHES.sub("", wanted)
    words = _WORD.findall(wanted.casefold())
    for language, text in texts:
        asked, written = read(wanted, language).numbers, read(text, language).numbers
        if all(any(each.readings & other.readings for other in written) for each in asked):
            has_words = all(word in f"{text} {title}".casefold() for word in words)
            if has_words or asked:
                yield has_words
