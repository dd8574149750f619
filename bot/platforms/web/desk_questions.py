"""What readers asked and claimed, at the desk: it becomes an example of a topic, a sentence of a fact, or a reviewed claim, in a change."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from bot.claims.check import Judgement
from bot.claims.declared_check import COMPARED
from bot.db.changes import Change, ChangeId
from bot.db.questions import UnansweredQuestion
from bot.dossier.diagnostics import Diagnostic
from bot.dossier.entries import Content, Field, Key, content_of, fields, place_of
from bot.dossier.examples import file_for_examples
from bot.dossier.models import Dossier, FactId, Language, TopicId, in_language
from bot.newsroom.change_content import Contents, clean, problems
from bot.newsroom.desk import OPEN, Desk, DeskError, Item
from bot.newsroom.new_example import example_text, new_example
from bot.platforms.web.desk_sign_in import HOME, Visit
from bot.platforms.web.forms import number_in, see_other
from bot.replies.answer import checker_for
from bot.replies.claims import as_declared
from bot.replies.formatting import fact_text
from bot.replies.i18n import phrases_in

MOST = 20
"""Questions, and claims, on the desk's first page."""

_LOOKED_AT = 100
"""Claims that are compared with the sentences that are declared by now, the commonest first."""

MAX_SENTENCE = 200
"""Characters."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question or claim of readers. ``change``: that is open and has these words; None: none has."""

    found: UnansweredQuestion
    change: ChangeId | None = None


class QuestionPages:
    """What readers asked and claimed.

    Args:
        desk: makes the changes.
        page: writes a page from a template.
        overview: writes the desk's first page with a notice, as an answer to a form that was refused.
        made: makes a change of a form, once.
    """

    def __init__(
        self,
        desk: Desk,
        page: Callable[..., Awaitable[web.Response]],
        overview: Callable[[Visit, str, int], Awaitable[web.Response]],
        made: Callable[[Visit, str, Contents], Awaitable[Change | None]],
    ) -> None:
        self._desk, self._page, self._overview, self._made = desk, page, overview, made

    # ---- On the first page

    async def asked(self, items: list[Item]) -> dict[str, Any]:
        """The commonest questions without an answer, and claims that no sentence matches. ``items``: the open changes."""
        unanswered, kept = self._desk.store.unanswered, _words_in(items)
        questions = await unanswered.commonest(limit=MOST)
        claims = await unanswered.commonest(limit=_LOOKED_AT, kind="claim")
        open_claims = await asyncio.to_thread(_without_verdict, self._desk.live.complete, claims)
        return {
            "questions": [Asked(each, kept.get(each.wording)) for each in questions],
            "claims": [Asked(each, kept.get(each.wording)) for each in open_claims[:MOST]],
        }

    async def added(self, visit: Visit) -> Change | None:
        """The change to which something was added a moment ago, as the page's address says."""
        number = visit.request.query.get("added", "")
        async with self._desk.store.database.read() as connection:
            found = await self._desk.store.changes.read(connection, ChangeId(number_in(number))) if number else None
        return found if found is not None and found.state in OPEN else None

    # ---- Examples

    async def add_example(self, visit: Visit) -> web.Response:
        """A question without an answer becomes an example of a topic, in one change with others."""
        dossier, text = self._desk.live.complete, example_text(visit.field("wording")[:MAX_SENTENCE])
        topic, language = TopicId(visit.field("topic")), Language(visit.field("language"))
        if topic not in dossier.topics or language not in dossier.languages or not text:
            raise web.HTTPBadRequest(text="This needs a question and a topic.")
        title = phrases_in(dossier.header.default_language).say("Examples")
        try:
            beside = await self._beside(Key(file_for_examples(dossier, topic).removesuffix(".yaml")), title)
            example = await asyncio.to_thread(new_example, beside, topic, text, language)
            if example.outcome != "added":
                return await self._overview(visit, example.notice(beside, visit.person.language), 409)
            key, place = Key(example.file.removesuffix(".yaml")), ("asks", language)
            change = await self._desk.add_sentence(visit.person, key, place, text, title)
        except DeskError as refusal:
            return await self._overview(visit, phrases_in(visit.person.language).say(str(refusal)), 409)
        return see_other(f"{HOME}?{urlencode({'added': change.id})}")

    async def _beside(self, key: Key, title: str) -> Dossier:
        """The dossier with what the change has to which an example would be added."""
        _, entries = await self._desk.gathering(key, title)
        live, contents = self._desk.live, {each: entry.content for each, entry in entries.items()}
        if not contents:
            return live.complete
        _, loading = await asyncio.to_thread(problems, live.loading, contents, live.loading.day, alone=True)
        return loading.dossier or live.complete

    # ---- Claims

    async def show_claim(self, visit: Visit) -> web.Response:
        """A claim, what Nota makes of it today, and what an editor can make of it."""
        query = visit.request.query
        return await self._show_claim(visit, query.get("wording", ""), query.get("language", ""))

    async def _show_claim(
        self,
        visit: Visit,
        wording: str,
        spoken: str,
        *,
        sentence: str = "",
        fact: str = "",
        error: str = "",
        fix: str = "",
    ) -> web.Response:
        """``error``: why the sentence was refused, a phrase, or a diagnostic of `nota check` with its ``fix``."""
        dossier, language, words = self._desk.live.complete, Language(spoken), _one_line(wording)
        if language not in dossier.languages or not words:
            raise web.HTTPNotFound(text="There is no such claim.")
        judgements, proposed = await asyncio.to_thread(_read, dossier, words, language)
        near = next((each.near for each in judgements if each.near), "")
        of_near = next(
            (name for name, each in dossier.facts.items() if near and near in each.says.get(language, ())), ""
        )
        return await self._page(
            visit,
            "desk_claim.html",
            409 if error else 200,
            wording=words,
            spoken=language,
            judgements=judgements,
            sentence=sentence or proposed,
            facts=_facts(dossier, visit.person.language),
            chosen=fact or of_near,
            says=dossier.facts[FactId(of_near)].says[language] if of_near else (),
            error=error,
            fix=fix,
        )

    async def add_sentence(self, visit: Visit) -> web.Response:
        """A claim, with {} for its value, becomes a declared sentence of a fact. It judges nothing until the change is in force."""
        dossier, language = self._desk.live.complete, Language(visit.field("language"))
        fact, sentence = FactId(visit.field("fact")), _one_line(visit.field("sentence"))
        again = {"wording": visit.field("wording"), "spoken": language, "sentence": sentence, "fact": fact}
        if fact not in dossier.facts or language not in dossier.languages:
            raise web.HTTPBadRequest(text="This needs a sentence and a fact.")
        if sentence.count("{}") != 1:
            return await self._show_claim(visit, **again, error="Write {} once, where the value stands.")
        key, place = Key(f"facts/{fact}"), ("says", language)
        title = phrases_in(dossier.header.default_language).say("Claims of readers")
        try:
            _, entries = await self._desk.gathering(key, title)
            contents = {each: entry.content for each, entry in entries.items()}
            content = contents.get(key) or self._desk.live.contents[key]
            if wrong := await self._wrong(
                {**contents, key: _with_sentence(content, place, sentence)}, key, place, sentence
            ):
                return await self._show_claim(visit, **again, error=wrong.message, fix=wrong.fix)
            change = await self._desk.add_sentence(visit.person, key, place, sentence, title)
        except DeskError as refusal:
            return await self._show_claim(visit, **again, error=str(refusal))
        return see_other(f"{HOME}/{change.id}")

    async def _wrong(self, contents: Contents, key: Key, field: Field, sentence: str) -> Diagnostic | None:
        """What is wrong with a new sentence of a fact."""
        every = fields(contents[key])[field]
        place = *place_of(key)[1], *field, every.index(sentence) if isinstance(every, list) else 0
        errors = await self._desk.errors(None, contents)
        return next((each for each in errors if not each.is_warning and each.place == place), None)

    async def review(self, visit: Visit) -> web.Response:
        """A claim becomes a reviewed claim, whose verdict and reason are written in its change."""
        dossier, language = self._desk.live.complete, Language(visit.field("language"))
        wording = _one_line(visit.field("wording"))
        if language not in dossier.languages or not wording:
            raise web.HTTPBadRequest(text="This needs a claim.")
        known = _words_in(await self._desk.items(visit.person)).get(wording)
        if known is not None:
            return see_other(f"{HOME}/{known}")
        key = await self._desk.free_key("claims", wording)
        content: Content = {"says": {language: [wording]}, "date": (await self._desk.today()).isoformat()}
        made = await self._made(visit, wording, {key: content})
        return see_other(f"{HOME}/{made.id}" if made else HOME)


def _words_in(items: list[Item]) -> Mapping[str, ChangeId]:
    """The examples, and the sentences of reviewed claims, that open changes have → the change."""
    return {
        str(sentence): item.change.id
        for item in items
        for key, entry in item.entries.items()
        if key.startswith(("questions/", "claims/"))
        for place, sentences in fields(entry.content).items()
        if place[0] in ("asks", "says") and isinstance(sentences, list)
        for sentence in sentences
    }


def _without_verdict(dossier: Dossier, claims: list[UnansweredQuestion]) -> list[UnansweredQuestion]:
    """The claims that no declared sentence and no reviewed claim matches by now. Of words that were not kept, nobody knows."""
    checker = checker_for(dossier)
    return [
        each
        for each in claims
        if each.language in dossier.languages
        and not (each.wording and checker.check(each.wording, Language(each.language)).is_settled)
    ]


def _read(dossier: Dossier, words: str, language: Language) -> tuple[tuple[Judgement, ...], str]:
    """What Nota makes of a claim, and how it would be declared."""
    checker = checker_for(dossier)
    proposed = as_declared(dossier, words, checker.value_in(words, language), language)
    return checker.check(words, language).judgements, proposed


def _facts(dossier: Dossier, language: Language) -> list[tuple[FactId, str]]:
    """The facts that can have declared sentences: what they measure, and their value."""
    return [
        (name, f"{in_language(fact.of, language) if fact.of else name}: {fact_text(fact, language)}")
        for name, fact in dossier.facts.items()
        if fact.type in COMPARED
    ]


def _with_sentence(content: Content, place: Field, sentence: str) -> Content:
    values = fields(content)
    known = values.get(place, [])
    return content_of({**values, place: [*(known if isinstance(known, list) else ()), sentence]})


def _one_line(text: str) -> str:
    return " ".join(clean(text[:MAX_SENTENCE]).split())
