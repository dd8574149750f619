"""Translating a change: each text of the default language beside its field in another one. Works without a script."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aiohttp import web

from bot.dossier.entries import ABSENT, Key, fields, value_digest
from bot.dossier.figure_validators import beside_facts, differences
from bot.dossier.models import Language
from bot.newsroom.desk import DeskError, Edit, Item
from bot.newsroom.labels import shown
from bot.newsroom.translation import Memory, Offer, Translation, memory, offers, source_of, translation
from bot.platforms.web.desk.form import EntryForm, FormField, entry_forms
from bot.platforms.web.desk.frame import Frame, change_id, saves_first
from bot.platforms.web.desk.sign_in import Visit
from bot.replies.cache import VersionedCache
from bot.replies.word_diff import Words, marked

_MARKED = 20_000
"""Characters of a text in which the changed words are marked; a longer one only says that it was changed."""


@dataclass(frozen=True, slots=True)
class Row:
    """A text and its translation.

    Attributes:
        source: the text of the default language.
        field: the form's field of the other language.
        state: how it stands to the text.
        words: of the text, with those marked that were changed since; empty: none were, or it is not known which.
        figures: figures that differ, in the text and in the translation.
        beside: a typed figure and the fact that has another value.
        offers: sentences that were translated before.
    """

    source: str
    field: FormField
    state: Translation
    words: tuple[Words, ...] = ()
    figures: tuple[tuple[str, str], ...] = ()
    beside: tuple[tuple[str, str], ...] = ()
    offers: Sequence[Offer] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """An entry and its texts."""

    form: EntryForm
    rows: Sequence[Row]


class TranslationPages:
    """The page on which a change is translated into one language."""

    def __init__(self, frame: Frame) -> None:
        self.frame, self._desk = frame, frame.desk
        self._memories = VersionedCache[Memory](4)

    async def show(self, visit: Visit) -> web.Response:
        return await self._show(visit, await self.frame.item(visit))

    async def refused(self, visit: Visit, refusal: DeskError, edits: Sequence[Edit]) -> web.Response:
        """The page with what was typed, and why it was refused."""
        return await self._show(visit, await self.frame.item(visit), edits=edits, error=str(refusal), status=409)

    @saves_first
    async def press(self, visit: Visit) -> str:
        """Save, "It still holds", or a sentence that was translated before."""
        language, (action, _, rest) = self._language(visit), visit.field("action").partition(":")
        name, _, words = rest.partition("\t")
        key, *place = name.split("|")
        if action == "holds" and place and place[-1] == language:
            await self._desk.keep_translation(change_id(visit), visit.person, Key(key), tuple(place))
        elif action == "insert" and place and place[-1] == language:
            await self._insert(visit, name, words)
        return f"{visit.request.path}#{name}" if place else visit.request.path

    async def _insert(self, visit: Visit, name: str, words: str) -> None:
        """Adds a sentence to the end of a text."""
        item = await self.frame.item(visit)
        key, *place = name.split("|")
        entry = item.entries.get(Key(key))
        stored = fields(entry.content).get(tuple(place), ABSENT) if entry else ABSENT
        text = f"{shown(stored)} {words}".strip()
        await self._desk.save(item.change.id, visit.person, [Edit(Key(key), tuple(place), value_digest(stored), text)])

    async def check(self, visit: Visit) -> web.Response:
        """What is to be said of the texts as they are typed, without saving them."""
        item = await self.frame.item(visit)
        parts = await self._parts(visit, item, self.frame.edits(visit, item))
        return await self.frame.page(visit, "desk_translation_checked.html", parts=parts, code=self._language(visit))

    def _language(self, visit: Visit) -> Language:
        language = Language(visit.request.match_info["language"])
        if language not in self.frame.dossier.written_languages or language == self.frame.default:
            raise web.HTTPNotFound(text="The dossier has no texts in this language.")
        return language

    async def _show(
        self, visit: Visit, item: Item, *, edits: Sequence[Edit] = (), error: str = "", status: int = 200
    ) -> web.Response:
        return await self.frame.page(
            visit,
            "desk_translation.html",
            status,
            item=item,
            change=item.change,
            title=self.frame.title_of(item),
            parts=await self._parts(visit, item, edits),
            code=self._language(visit),
            others=[pair for pair in self.frame.language_names().items() if pair[0] != self.frame.default],
            error=error,
        )

    async def _parts(self, visit: Visit, item: Item, edits: Sequence[Edit]) -> list[Part]:
        """The entries of a change that have texts, each text with its translation."""
        language, default, live, rules = self._language(visit), self.frame.default, self._desk.live, self.frame.rules()
        async with self._desk.store.database.read() as connection:
            rows = await self._desk.store.changes.versions(connection, item.change.id)
        versions = {key: [row.contents[key] for row in rows if row.contents.get(key)] for key in item.entries}
        version, facts = live.complete.version, live.complete.facts
        known = self._memories.get(version, (default, language))
        if known is None:
            made = await asyncio.to_thread(memory, live.contents, default, language)
            known = self._memories.put(version, (default, language), made)

        def rows_of(form: EntryForm) -> Iterator[Row]:
            entry = item.entries[form.key]
            of_itself = frozenset(memory({form.key: entry.base}, default, language)) if entry.base else frozenset()
            for field in form.fields.values():
                original = form.fields.get(".".join(source_of(field.field, default)))
                is_spoken = len(field.field) > 1 and field.field[-1] == language
                is_text = is_spoken and field.control.kind in ("line", "text")
                if not is_text or original is None or not (original.text or field.text):
                    continue
                source, state = original.text, translation(entry, field.field, default, versions[form.key])
                differing = differences(source, field.text, (default, language), facts) if field.text else []
                is_marked = state.before and len(source) < _MARKED
                # what this text says in force already is no find
                offered = offers(source, field.text, known)
                yield Row(
                    _flowed(source),
                    field,
                    state,
                    marked(_flowed(state.before), _flowed(source)) if is_marked else (),
                    tuple((", ".join(each.source), ", ".join(each.target)) for each in differing),
                    tuple((each.text, each.fact) for each in beside_facts(field.text, language, facts)),
                    [each for each in offered if each.known not in of_itself or state.is_missing],
                )

        def every_part() -> list[Part]:
            return [Part(form, [*rows_of(form)]) for form in entry_forms(item.entries, rules, default, edits)]

        parts = await asyncio.to_thread(every_part)
        return [part for part in parts if part.rows]


def _flowed(text: str) -> str:
    """The text without the line breaks that nobody sees: those between paragraphs and items stay."""
    return re.sub(r"(?<!\n)\n(?!\n|[-*] |\d{1,3}[.)] )", " ", text)
