"""What readers asked and claimed, at the desk: it becomes an example of a topic, a sentence of a fact, or a reviewed claim, in a change."""

import asyncio
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from aiohttp import web

from bot.claims.check import Judgement
from bot.claims.declared_check import COMPARED
from bot.db.changes import Change, ChangeId
from bot.db.questions import MAX_WORDING, AwaitedQuestion, CountedWording
from bot.dossier.diagnostics import Diagnostic
from bot.dossier.entries import Content, Field, Key, fields, place_of
from bot.dossier.examples import file_for_examples
from bot.dossier.models import Dossier, FactId, Language, TopicId, in_language
from bot.dossier.yaml_reader import Value
from bot.embeddings import Embeddings
from bot.matching.meanings import Vector
from bot.newsroom.change_content import Contents, problems
from bot.newsroom.desk import OPEN, DeskError, Item, entry_contents, with_sentences
from bot.newsroom.new_example import example_text, new_example
from bot.newsroom.numbers import LEAST
from bot.newsroom.question_groups import SHOWN_FROM, Brought, Group, alike_by, brought, grouped, spread
from bot.newsroom.reports import one_line
from bot.platforms.web.desk.frame import Frame
from bot.platforms.web.desk.sign_in import BROUGHT, HOME, Visit
from bot.platforms.web.forms import number_in, see_other
from bot.replies.answer import checker_for
from bot.replies.claims import as_declared
from bot.replies.explanation import title_of
from bot.replies.formatting import fact_text
from bot.replies.i18n import phrases_in
from bot.replies.question import AboutTopic, Chosen, Command, from_token

MOST = 100
"""Groups of questions and claims on the page."""

WORDINGS = 300
"""Different words that are compared, the most frequent ones."""

GROUPING_SECONDS = 2.0
"""How long the page waits for vectors of words that have none yet. Words without a vector are compared by their words."""

DAYS = 14
"""Days of which the page shows how often something was brought."""

MAX_SENTENCE = 200
"""Characters."""

_DAY_SECONDS = 86400


@dataclass(frozen=True, slots=True)
class Proposal:
    """What most readers of a group chose, which one press of an editor adds.

    Attributes:
        readers: how many chose it.
        words: the texts of the group after which they did, without those that are in an open change or in force.
        topic: whose examples the words become; "": none's.
        key: the fact or the review whose sentences they become; "": none's. With neither, readers said that nothing that was offered was meant.
        sentence: the declared sentence that was chosen.
    """

    readers: int
    words: frozenset[str]
    topic: str = ""
    key: str = ""
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A group, as the page shows it.

    Attributes:
        proposal: what its readers chose; None: too few chose the same.
        spread: how often it was brought on each of the last :data:`DAYS` days, the oldest first.
        changes: text → the open change that has it.
    """

    group: Group
    proposal: Proposal | None
    spread: list[int]
    changes: Mapping[str, ChangeId]

    @property
    def change(self) -> ChangeId | None:
        """An open change that has words of it; None: none has."""
        return next(iter(self.changes.values()), None)


@dataclass(frozen=True, slots=True)
class Groups:
    """What readers brought in the last 30 days.

    Attributes:
        shown: the groups of which editors may see words.
        hidden: how often the rest was brought.
        unkept: how often something was brought of which no words are kept.
    """

    shown: list[Row]
    hidden: int
    unkept: int


class QuestionPages:
    """What readers asked and claimed.

    Args:
        frame: what all pages share.
        embeddings: compares what readers brought by its meaning; None: words are compared.
    """

    def __init__(self, frame: Frame, embeddings: Embeddings | None) -> None:
        self.frame, self._desk, self._embeddings = frame, frame.desk, embeddings

    # ---- What readers bring

    async def show(self, visit: Visit, notice: str = "", status: int = 200) -> web.Response:
        """What readers bring and get no answer to, in groups."""
        groups = await self.groups(visit)
        # the change to which something was added a moment ago, as the page's address says
        number = visit.request.query.get("added", "")
        async with self._desk.store.database.read() as connection:
            found = await self._desk.store.changes.read(connection, ChangeId(number_in(number))) if number else None
        return await self.frame.page(
            visit,
            "desk_brought.html",
            status,
            groups=replace(groups, shown=groups.shown[:MOST]),
            by_meaning=self._embeddings is not None and not self._embeddings.fault,
            shown_from=SHOWN_FROM,
            rounded=_rounded,
            titles={
                name: title_of(self.frame.dossier, name, visit.person.language) for name in self.frame.dossier.topics
            },
            added=found if found is not None and found.state in OPEN else None,
            notice=notice,
        )

    async def groups(self, visit: Visit) -> Groups:
        """The groups without the claims that a sentence or a review decides by now, the most frequent first."""
        store, dossier = self._desk.store, self.frame.dossier
        counted = await store.unanswered.by_day(WORDINGS)
        awaited = await store.awaited.all()
        marks = await store.unanswered.marks()
        every = await asyncio.to_thread(_open, [each for each in counted if each.wording], awaited, dossier, marks)
        vectors: Mapping[str, Vector] = {}
        if self._embeddings is not None:
            texts = {each.text: each.language for each in every}
            vectors = await self._embeddings.centred(texts, GROUPING_SECONDS)
        groups = await asyncio.to_thread(lambda: grouped(every, alike_by(vectors, dossier)))
        known = _words_in(await self._desk.items(visit.person))
        proposals = await asyncio.to_thread(lambda: [proposal_of(group, dossier, known) for group in groups])
        today = int(await self._desk.now() // _DAY_SECONDS)
        rows = [
            Row(
                group,
                proposal,
                spread(group.by_day, today, DAYS),
                {each.text: known[each.text] for each in group.every if each.text in known},
            )
            for group, proposal in zip(groups, proposals, strict=True)
        ]
        return Groups(
            [row for row in rows if row.group.shown],
            sum(row.group.times for row in rows if not row.group.shown),
            sum(each.times for each in counted if not each.wording),
        )

    def _ticked(self, visit: Visit) -> dict[Language, list[str]]:
        """Language → the words that were ticked, each as ``language|words``."""
        dossier, ticked = self.frame.dossier, dict[Language, list[str]]()
        for each in dict.fromkeys(visit.form.get("says", ())):
            code, _, words = each.partition("|")
            language, text = dossier.language(code), one_line(words, MAX_SENTENCE)
            if code == language and text:
                ticked.setdefault(language, []).append(text)
        return ticked

    # ---- Examples

    async def add_examples(self, visit: Visit) -> web.Response:
        """Questions without an answer become examples of a topic, all or none, in one change with others. Those that it has stay."""
        dossier, topic = self.frame.dossier, TopicId(visit.field("topic"))
        if topic not in dossier.topics:
            raise web.HTTPBadRequest(text="This needs a question and a topic.")
        title = phrases_in(dossier.header.default_language).say("Examples")
        key = Key(file_for_examples(dossier, topic).removesuffix(".yaml"))
        say = phrases_in(visit.person.language).say
        added, notice = dict[Field, list[str]](), say("Tick the words first.")
        try:
            _, entries = await self._desk.gathering(key, "examples")
            contents = entry_contents(entries)
            for language, questions in self._ticked(visit).items():
                place = ("asks", language)
                for text in filter(None, map(example_text, questions)):
                    beside = await self._beside(contents)
                    example = await asyncio.to_thread(new_example, beside, topic, text, language)
                    if example.outcome == "added":
                        content = contents.get(key) or self._desk.live.contents.get(key)
                        contents[key] = with_sentences(content, {place: [text]})
                        added.setdefault(place, []).append(text)
                    elif example.outcome == "known":
                        notice = example.notice(beside, visit.person.language)
                    else:
                        return await self.show(visit, example.notice(beside, visit.person.language), 409)
            if not added:
                return await self.show(visit, notice, 409)
            change = await self._desk.add_sentences(visit.person, key, added, title, "examples")
        except DeskError as refusal:
            return await self.show(visit, say(str(refusal)), 409)
        return see_other(f"{BROUGHT}?{urlencode({'added': change.id})}")

    async def new_topic(self, visit: Visit) -> web.Response:
        """Questions become the examples of a new topic, whose text is written in its change."""
        ticked = self._ticked(visit)
        if not ticked:
            return await self.show(visit, phrases_in(visit.person.language).say("Tick the words first."), 409)
        language, questions = next(iter(ticked.items()))
        key = await self._desk.free_key("topics", questions[0])
        asks: dict[str, Value] = {code: [*filter(None, map(example_text, of_code))] for code, of_code in ticked.items()}
        content: Content = {
            "title": {language: questions[0]},
            "asks": {code: texts for code, texts in asks.items() if texts},
        }
        return await self._to_new(visit, questions[0], {key: content})

    async def _to_new(self, visit: Visit, title: str, contents: Contents) -> web.Response:
        """The way to a new change; to the first page, if this very form has made it already."""
        made = await self.frame.made(visit, title, contents)
        return see_other(f"{HOME}/{made.id}" if made else HOME)

    async def _beside(self, contents: Contents) -> Dossier:
        """The dossier with these contents of a change, as far as it is valid with them."""
        live = self._desk.live
        if not contents:
            return live.complete
        _, loading = await asyncio.to_thread(problems, live.loading, contents, live.loading.day, alone=True)
        return loading.dossier or live.complete

    # ---- Claims

    async def show_claim(self, visit: Visit, error: str = "", fix: str = "", **given: str) -> web.Response:
        """A claim, what Nota makes of it today, and what an editor can make of it.

        ``error``: why the sentence was refused, a phrase, or a diagnostic of `nota check` with its ``fix``; ``given``: fields that no form has.
        """

        def value(name: str) -> str:
            return given.get(name) or visit.field(name) or visit.request.query.get(name, "")

        dossier, language = self.frame.dossier, Language(value("language"))
        words = one_line(value("wording"), MAX_SENTENCE)
        if language not in dossier.languages or not words:
            raise web.HTTPNotFound(text="There is no such claim.")
        judgements, proposed = await asyncio.to_thread(_read, dossier, words, language)
        near = next((each.near for each in judgements if each.near), "")
        says = ((name, each.says.get(language, ())) for name, each in dossier.facts.items() if near)
        of_near = next((name for name, sentences in says if near in sentences), "")
        return await self.frame.page(
            visit,
            "desk_claim.html",
            409 if error else 200,
            wording=words,
            spoken=language,
            judgements=judgements,
            sentence=one_line(value("sentence"), MAX_SENTENCE) or proposed,
            facts=_facts(dossier, visit.person.language),
            chosen=value("fact") or of_near,
            says=dossier.facts[FactId(of_near)].says[language] if of_near else (),
            error=error,
            fix=fix,
        )

    async def add_sentence(self, visit: Visit) -> web.Response:
        """A claim, with {} for its value, becomes a declared sentence of a fact. It judges nothing until the change is in force."""
        dossier, language = self.frame.dossier, Language(visit.field("language"))
        fact, sentence = FactId(visit.field("fact")), one_line(visit.field("sentence"), MAX_SENTENCE)
        if fact not in dossier.facts or language not in dossier.languages:
            raise web.HTTPBadRequest(text="This needs a sentence and a fact.")
        if sentence.count("{}") != 1:
            return await self.show_claim(visit, "Write {} once, where the value stands.")
        try:
            added = await self._add_sentences(visit, Key(f"facts/{fact}"), {("says", language): [sentence]})
        except DeskError as refusal:
            return await self.show_claim(visit, str(refusal))
        if isinstance(added, tuple):
            return await self.show_claim(visit, added[1].message, added[1].fix)
        return see_other(f"{HOME}/{added.id}")

    async def add_chosen(self, visit: Visit) -> web.Response:
        """Claims become sentences of the fact, or of the review, whose sentence readers chose after them, all or none."""
        key, ticked, say = Key(visit.field("key")), self._ticked(visit), phrases_in(visit.person.language).say
        if not key.startswith(("facts/", "claims/")) or key not in self._desk.live.contents:
            raise web.HTTPBadRequest(text="This needs a claim and what it says.")
        every = [(words, language) for language, texts in ticked.items() for words in texts]
        declared = await asyncio.to_thread(_declared, self.frame.dossier, key, every)
        sentences = dict[Field, list[str]]()
        for (_, language), sentence in declared.items():
            sentences.setdefault(("says", language), []).append(sentence)
        try:
            added = await self._add_sentences(visit, key, sentences) if sentences else None
        except DeskError as refusal:
            return await self.show(visit, say(str(refusal)), 409)
        if added is None:
            return await self.show(visit, say("Tick the words first."), 409)
        if not isinstance(added, tuple):
            return see_other(f"{BROUGHT}?{urlencode({'added': added.id})}")
        sentence, wrong = added
        if not key.startswith("facts/"):
            return await self.show(visit, f"{sentence}: {wrong.message}, {wrong.fix}", 409)
        words, language = next(each for each, made in declared.items() if made == sentence)
        given = {"wording": words, "language": language, "sentence": sentence, "fact": key.partition("/")[2]}
        return await self.show_claim(visit, wrong.message, wrong.fix, **given)

    async def _add_sentences(
        self, visit: Visit, key: Key, sentences: Mapping[Field, list[str]]
    ) -> Change | tuple[str, Diagnostic]:
        """The open change to which sentences of an entry were added; or the first one with which something is wrong: then nothing is."""
        _, entries = await self._desk.gathering(key, "claims")
        contents = entry_contents(entries)
        content = with_sentences(contents.get(key) or self._desk.live.contents[key], sentences)
        new, (_, at) = fields(content), place_of(key)
        found = await self._desk.errors(None, {**contents, key: content})
        errors = {each.place: each for each in found if not each.is_warning}
        for place, texts in sentences.items():
            for text in texts:
                every = new[place]
                if wrong := errors.get((*at, *place, every.index(text) if isinstance(every, list) else 0)):
                    return text, wrong
        title = phrases_in(self.frame.dossier.header.default_language).say("Claims of readers")
        return await self._desk.add_sentences(visit.person, key, sentences, title, "claims")

    async def review(self, visit: Visit) -> web.Response:
        """What says the same becomes a reviewed claim, whose verdict and reason are written in its change."""
        ticked = self._ticked(visit)
        if not ticked:
            return await self.show(visit, phrases_in(visit.person.language).say("Tick the words first."), 409)
        known = _words_in(await self._desk.items(visit.person))
        wording = next(iter(ticked.values()))[0]
        if wording in known:
            return see_other(f"{HOME}/{known[wording]}")
        key = await self._desk.free_key("claims", wording)
        content: Content = {
            "says": {code: [*says] for code, says in ticked.items()},
            "date": (await self._desk.today()).isoformat(),
        }
        return await self._to_new(visit, wording, {key: content})


def proposal_of(group: Group, dossier: Dossier, known: Container[str] = ()) -> Proposal | None:
    """What most readers of a group chose. ``known``: the words that open changes have."""
    agreement = group.agreement
    if agreement is None:
        return None
    words = [each for each in agreement.words if each.text not in known]
    match from_token(agreement.choice, dossier):
        case AboutTopic(topic) if topic in dossier.topics:
            asks = dossier.topics[topic].asks
            new = frozenset(each.text for each in words if each.text not in asks.get(each.language, ()))
            return Proposal(agreement.readers, new, topic=topic) if new else None
        case Chosen(name):
            declared = (checker_for(dossier).declared[each].named(name) for each in dossier.languages)
            said = next(filter(None, declared), None)
            words = [each for each in words if len(each.text) < MAX_WORDING]  # its end may be missing
            if said is None or not words:
                return None
            own = next((slot.fact for slot in said.slots if slot.is_own), "")
            key = f"claims/{said.claim.id}" if said.claim else f"facts/{own}"
            return Proposal(agreement.readers, frozenset(each.text for each in words), key=key, sentence=said.text)
        case Command():
            return Proposal(agreement.readers, frozenset())
        case _:
            return None


def _declared(dossier: Dossier, key: Key, claims: Iterable[tuple[str, Language]]) -> dict[tuple[str, Language], str]:
    """How claims would be declared for a fact, with {} for their only value of its type, or for a review."""
    checker, fact = checker_for(dossier), dossier.facts.get(FactId(key.removeprefix("facts/")))
    values = {claim: checker.value_in(*claim, fact.type) if fact else "" for claim in claims}
    return {claim: as_declared(dossier, claim[0], value, claim[1]) for claim, value in values.items()}


def _rounded(number: int) -> str:
    """As on the page of numbers: nothing under five."""
    return f"{number - number % LEAST}+" if number >= LEAST else f"<{LEAST}"


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


def _open(
    counted: list[CountedWording],
    awaited: list[AwaitedQuestion],
    dossier: Dossier,
    marks: Mapping[str, Mapping[str, str]],
) -> list[Brought]:
    """What readers brought, without the claims that a declared sentence or a reviewed claim decides by now."""
    checker = checker_for(dossier)
    every = [each for each in brought(counted, awaited, dossier, marks) if each.language in dossier.languages]
    return [each for each in every if not checker.check(each.text, each.language).is_settled]


def _read(dossier: Dossier, words: str, language: Language) -> tuple[tuple[Judgement, ...], str]:
    """What Nota makes of a claim, and how it would be declared."""
    checker = checker_for(dossier)
    proposed = as_declared(dossier, words, checker.value_in(words, language), language)
    return tuple(checker.explained(each, language) for each in checker.check(words, language).judgements), proposed


def _facts(dossier: Dossier, language: Language) -> list[tuple[FactId, str]]:
    """The facts that can have declared sentences: what they measure, and their value."""
    return [
        (name, f"{in_language(fact.of, language) if fact.of else name}: {fact_text(fact, language)}")
        for name, fact in dossier.facts.items()
        if fact.type in COMPARED
    ]
