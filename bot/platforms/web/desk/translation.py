"""Translating a change: each text of the default language beside its field in another one. Works without a script."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from aiohttp import web

from bot.db.changes import ChangedEntry
from bot.dossier.entries import ABSENT, Content, Key, fields, value_digest
from bot.dossier.figure_validators import Facts, beside_facts, differences
from bot.dossier.models import Language
from bot.newsroom.desk import DeskError, Edit, Item
from bot.newsroom.labels import shown
from bot.newsroom.translation import Memory, Offer, Translation, memory, offers, source_of, translation
from bot.platforms.web.desk.form import EntryForm, FormField, FormRules, entry_forms
from bot.platforms.web.desk.frame import Frame, change_id, saves_first
from bot.platforms.web.desk.sign_in import Visit
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
        language, live = self._language(visit), self._desk.live
        async with self._desk.store.database.read() as connection:
            versions = await self._desk.store.changes.versions(connection, item.change.id)
        kept = {key: [row.contents[key] for row in versions if row.contents.get(key)] for key in item.entries}
        known = await asyncio.to_thread(
            _remembered, _Contents(live.complete.version, live.contents), self.frame.default, language
        )
        languages = self.frame.default, language
        return await asyncio.to_thread(
            parts_of, item.entries, self.frame.rules(), languages, edits, kept, live.complete.facts, known
        )


def parts_of(
    entries: Mapping[Key, ChangedEntry],
    rules: FormRules,
    languages: tuple[Language, Language],
    edits: Sequence[Edit],
    versions: Mapping[Key, Sequence[Content]],
    facts: Facts,
    known: Memory,
) -> list[Part]:
    """The entries of a change that have texts, each text with its translation. ``languages``: the default one, and that of the page."""
    found, (default, language) = list[Part](), languages
    for form in entry_forms(entries, rules, default, edits):
        entry, rows = entries[form.key], list[Row]()
        of_itself = frozenset(memory({form.key: entry.base}, default, language)) if entry.base else frozenset()
        for field in form.fields.values():
            source = form.fields.get(".".join(source_of(field.field, default)))
            is_text = len(field.field) > 1 and field.field[-1] == language and field.control.kind in ("line", "text")
            if not is_text or source is None or not (source.text or field.text):
                continue
            state = translation(entry, field.field, default, versions.get(form.key, ()))
            rows.append(_row(source.text, field, state, languages, facts, known, of_itself))
        if rows:
            found.append(Part(form, rows))
    return found


def _row(
    source: str,
    field: FormField,
    state: Translation,
    languages: tuple[Language, Language],
    facts: Facts,
    known: Memory,
    of_itself: frozenset[str],
) -> Row:
    differing = differences(source, field.text, languages, facts) if field.text else []
    words = marked(_flowed(state.before), _flowed(source)) if state.before and len(source) < _MARKED else ()
    # what this text says in force already is no find
    offered = [each for each in offers(source, field.text, known) if each.known not in of_itself or state.is_missing]
    return Row(
        _flowed(source),
        field,
        state,
        words,
        tuple((", ".join(each.source), ", ".join(each.target)) for each in differing),
        tuple((each.text, each.fact) for each in beside_facts(field.text, languages[1], facts)),
        offered,
    )


def _flowed(text: str) -> str:
    """The text without the line breaks that nobody sees: those between paragraphs and items stay."""
    return re.sub(r"(?<!\n)\n(?!\n|[-*] |\d{1,3}[.)] )", " ", text)


@dataclass(frozen=True, slots=True)
class _Contents:
    """The entries in force; equal if their dossier is."""

    version: str
    contents: Mapping[Key, Content]

    def __hash__(self) -> int:
        return hash(self.version)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Contents) and other.version == self.version


@lru_cache(maxsize=4)
def _remembered(in_force: _Contents, default: Language, language: Language) -> Memory:
    return memory(in_force.contents, default, language)
