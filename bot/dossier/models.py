"""The dossier: its topics, facts, sources, bulletins and feeds. PURE.

Each model describes an editor's file (``nota check --schema`` prints its JSON Schema) and is the frozen value that the
rest of the program works with. Texts are maps of language to small Markdown (see :mod:`bot.dossier.markdown`).
"""

import calendar
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import Annotated, Literal, NewType, Self
from zoneinfo import ZoneInfo

from babel.numbers import is_currency
from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from bot.dossier.markdown import PLACEHOLDER, citations, is_web_address


def is_visible(text: str) -> bool:
    """Whether a reader sees anything of it: something else than spaces, control characters and signs without width."""
    return any(unicodedata.category(sign) not in _UNSEEN for sign in text)


_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"})


class Unfitting(ValueError):
    """Values that do not go together, or do not exist. ``code`` is that of the diagnostic (:mod:`bot.dossier.diagnostics`)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


MAX_TEXT = 10_000
"""Characters of one text: more than twice what a message of any platform can have. A longer one is neither parsed nor rendered."""

MAX_BRACKETS = 1_000
"""Opening brackets of one text. The parser of Markdown looks from each of them for the other one, a thousand times as long as at a letter."""


def _refuse_long(words: str) -> str:
    if len(words) > MAX_TEXT:
        raise Unfitting("too-long", f"a text of {len(words)} characters, expected at most {MAX_TEXT}")
    if (brackets := words.count("[")) > MAX_BRACKETS:
        raise Unfitting("brackets", f"a text with {brackets} opening brackets, expected at most {MAX_BRACKETS}")
    return words


def _refuse_invisible(words: str) -> str:
    if not is_visible(words):
        raise PydanticCustomError("string_too_short", "nothing that a reader sees")
    return words


_Filled = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Words = Annotated[_Filled, AfterValidator(_refuse_long), AfterValidator(_refuse_invisible)]
Flag = Annotated[bool, Field(strict=True)]
Count = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
Figure = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-1e18, le=1e18)]
Amount = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0, le=1e18)]


def _refuse_numbers(value: object) -> object:
    """Refuses numbers, which pydantic would read as seconds since 1970."""
    if isinstance(value, (str, date)):
        return value
    raise PydanticCustomError("date_type", "no day or moment")


Day = Annotated[date, BeforeValidator(_refuse_numbers)]
Moment = Annotated[datetime, BeforeValidator(_refuse_numbers)]


def _web_address(url: str) -> str:
    if not is_web_address(url):
        raise PydanticCustomError("web_address", "no address of the web")
    return url


WebAddress = Annotated[str, StringConstraints(pattern=r"^https?://[^\s<>\"]+$"), AfterValidator(_web_address)]


def _contact(address: str) -> str:
    if not is_web_address(address) and not _AT_A_DOMAIN.fullmatch(address):
        raise PydanticCustomError("contact", "neither a page nor an e-mail address")
    return address


_AT_A_DOMAIN = re.compile(r"[\w.+-]+@(?:[\w-]+\.)+[\w-]{2,}")

Contact = Annotated[str, AfterValidator(_contact)]
"""The address of a page, or an e-mail address."""


def _currency(code: str) -> str:
    if not is_currency(code):
        raise PydanticCustomError("currency", "no currency")
    return code


Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), AfterValidator(_currency)]
"""A code of ISO 4217 that CLDR knows."""

Named = Words | dict[str, Words]
"""One text for all languages, or one for each."""


def in_language(named: Named, language: str) -> str:
    """The text in the language, else the first or only one."""
    return named if isinstance(named, str) else named.get(language) or next(iter(named.values()), "")


class Entry(BaseModel):
    """A file, or an entry of a file. Unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


TopicId = NewType("TopicId", str)

BulletinId = NewType("BulletinId", str)
SourceId = NewType("SourceId", str)
FactId = NewType("FactId", str)
FeedId = NewType("FeedId", str)
ClaimId = NewType("ClaimId", str)
Language = NewType("Language", str)

_FORMER_PICTURES = {"timeline": "duration", "ranges": "pricing", "share": "coverage"}

PictureName = Annotated[Words, AfterValidator(lambda name: _FORMER_PICTURES.get(name, name))]
"""The picture to draw. The names that three of them had until 0.5.0 mean the same."""

Asks = dict[Language, list[Words]]
"""Language → sentences as people write them; a language may be left out."""


class FactEntry(Entry):
    """The keys of every fact.

    ``of``: what the value measures; ``note``: where sources disagree; ``stated_by``: who says so; ``derived``: whether we computed
    it. A claim gets a verdict only from the sentences in ``says``.
    """

    sources: list[str] = Field(default_factory=list)
    checked: Day | None = Field(default=None, description="The day it was last compared with its sources.")
    of: Named | None = Field(default=None, description="What it measures, in a few words: pictures and tables show it.")
    note: Named | None = None
    stated_by: Named | None = Field(default=None, description="Who says so, as a text names them: {fact_id.by}.")
    derived: Flag = False
    says: Asks = Field(
        default_factory=dict,
        description="How people state it, per language: affirmative sentences, each with {} once, where the value stands. {it} is any "
        "of the dossier's names. Without it the fact gives no verdict on a claim.",
    )
    by: Asks = Field(default_factory=dict, description="More names for who says so, per language, as claims use them.")
    rivals: list[FactId] = Field(
        default_factory=list, description="Facts that give others' figures for nearly the same."
    )
    instead: list[Words] | Asks = Field(
        default_factory=list,
        description="Of a place: the places that people name wrongly; for all languages, or per language.",
    )
    topic: TopicId | None = Field(
        default=None,
        description="The topic that a claim about it is answered with; default: the only one whose text refers to it.",
    )


class Money(FactEntry):
    """An amount or a range: ``amount``, or ``min`` and ``max``, in units of ``currency`` (ISO 4217).

    ``below``: the sources say "less than", which pictures print as ``<``; a text says it in its own words.
    """

    type: Literal["money"]
    amount: Amount | None = Field(default=None, validation_alias=AliasChoices("amount", "value"))
    min: Amount | None = None
    max: Amount | None = None
    currency: Currency
    period: Literal["hour", "day", "week", "month", "year"] | None = None
    approximate: Flag = False
    below: Flag = False

    @model_validator(mode="after")
    def _one_or_range(self) -> Self:
        if (self.amount is None) == (self.min is None) or (self.min is None) != (self.max is None):
            raise Unfitting("amount", "neither one amount nor a range, expected amount, or both min and max")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise Unfitting("range", "min is above max, expected min not above max")
        return self

    @property
    def low(self) -> float:
        return self.amount if self.amount is not None else self.min or 0

    @property
    def high(self) -> float:
        return self.amount if self.amount is not None else self.max or 0


class Percent(FactEntry):
    """``value`` in percent; ``of`` says of what, as in "share of households with broadband"."""

    type: Literal["percent"]
    value: Amount
    approximate: Flag = False


class Duration(FactEntry):
    """Calendar years, months and days; at least one of the three is given."""

    type: Literal["duration"]
    years: Count = 0
    months: Count = 0
    days: Count = 0

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if not (self.years or self.months or self.days):
            raise Unfitting("length", "no length, expected years, months or days")
        return self


class DayFact(FactEntry):
    """A date: ``value``, or computed ``from`` another date fact ``plus`` a duration fact."""

    type: Literal["date"]
    value: Day | None = Field(default=None, validation_alias=AliasChoices("value", "date"))
    from_: str | None = Field(default=None, alias="from")
    plus: str | None = None

    @model_validator(mode="after")
    def _given_or_computed(self) -> Self:
        if (self.value is None) == (self.from_ is None) or (self.from_ is None) != (self.plus is None):
            raise Unfitting("one-day", "not exactly one day, expected value, or both from and plus")
        return self


class Number(FactEntry):
    """A count. ``unit`` holds the language's plural forms, separated by ``|``, in CLDR's order; one form never changes."""

    type: Literal["number"]
    value: Figure
    unit: Named | None = None
    approximate: Flag = False


class _TextFact(FactEntry):
    value: Named
    forms: dict[str, dict[str, Words]] = Field(
        default_factory=dict, description="Other forms, as grammatical cases: form → language → text."
    )


class Name(_TextFact):
    type: Literal["name"]


class Place(_TextFact):
    type: Literal["place"]


class Wording(_TextFact):
    type: Literal["text"]


Fact = Annotated[Money | Percent | Duration | DayFact | Number | Name | Place | Wording, Field(discriminator="type")]


def later(start: date, duration: Duration) -> date:
    """The day ``duration`` after ``start``; a day that the month does not have becomes its last day.

    Raises:
        ValueError, OverflowError: the day is after the year 9999.
    """
    months = start.year * 12 + start.month - 1 + duration.years * 12 + duration.months
    year, month = months // 12, months % 12 + 1
    day = min(start.day, calendar.monthrange(year, month)[1])
    return date.fromordinal(date(year, month, day).toordinal() + duration.days)


MatchPhrase = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]
"""A word or several consecutive words; other forms of the same words match too."""

MatchPhrases = Annotated[list[MatchPhrase], Field(min_length=1)]


def _shape(value: object) -> str:
    return "[phrases]" if isinstance(value, list) else "[phrase]"


OneOf = Annotated[
    Annotated[MatchPhrase, Tag("[phrase]")] | Annotated[MatchPhrases, Tag("[phrases]")], Discriminator(_shape)
]
"""A phrase, or a list of alternatives."""


class Match(Entry):
    """The items of a feed that concern the dossier; an absent group matches all."""

    all: list[OneOf] = Field(default_factory=list, description="Every one must be there; of a list inside, one.")
    any: list[MatchPhrase] = Field(default_factory=list, description="At least one must be there.")
    none: list[MatchPhrase] = Field(default_factory=list, description="Not one may be there.")

    def phrases(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Each phrase with its place below ``match``."""
        for index, entry in enumerate(self.all):
            if isinstance(entry, str):
                yield ("all", index), entry
            else:
                yield from ((("all", index, step), phrase) for step, phrase in enumerate(entry))
        yield from ((("any", index), phrase) for index, phrase in enumerate(self.any))
        yield from ((("none", index), phrase) for index, phrase in enumerate(self.none))


NEWEST = FactId("newest_bulletin")
"""What texts name the day of the newest bulletin by, which Nota counts itself. No fact may have this id; where a dossier of an earlier release has one,
that is printed."""

PROGRAM_PREFIX = "program:"

Texts = dict[Language, Words]
"""Language → text, in every language of the dossier."""


class Header(Entry):
    """``dossier.yaml``."""

    id: Words
    title: Texts
    summary: Texts
    names: Asks = Field(
        default_factory=dict,
        description="What people call the subject, per language, the words most used first: {it} in claims.",
    )
    languages: Annotated[list[Language], Field(min_length=1)]
    default_language: Language
    languages_in_preparation: list[Language] = Field(
        default_factory=list,
        description="Languages that are being added: missing texts are warnings, and readers are not offered them.",
    )
    checked: Day | None = Field(default=None, description="The day the dossier as a whole was last checked.")
    about: Texts | None = Field(default=None, description="Who speaks here: one line at the foot of the page.")
    contact: Contact | None = Field(
        default=None, description="A page, or an e-mail address, where readers reach who speaks here."
    )
    licence: Texts | None = Field(default=None, description="On what terms others may use the texts.")
    name: Named | None = Field(
        default=None, description="Who publishes: at the head of the page and on pictures; default: Nota."
    )
    logo: Literal["logo.svg", "logo.png"] | None = Field(default=None, description="The file in the dossier's folder.")
    figures: Annotated[list[FactId], Field(max_length=4)] = Field(
        default_factory=list, description="Key figures at the top of the dossier's page, as facts."
    )
    subject: list[TopicId] = Field(
        default_factory=list,
        description="The topics and programmes whose silence the page and the chart of bulletins report.",
    )
    colour: Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")] = "#1F4E8C"
    zone: Words = Field(
        default="UTC", description="The office's time zone, as in Asia/Jakarta: of days and planned hours."
    )

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:  # a name that it does not know is a KeyError
            raise Unfitting("zone", "no time zone, expected a name of the tz database, as in Asia/Jakarta") from error
        return name


SourceKind = Literal["official", "agency", "newspaper", "reprint"]


class Source(Entry):
    """An entry of ``sources.yaml``: a published page. ``publisher``: one name for all languages, or one for each."""

    publisher: Named
    title: Words | None = None
    url: WebAddress
    published: Day | None = Field(default=None, description="The day it was published; null: the page gives none.")
    kind: SourceKind | None = None
    archived: WebAddress | None = Field(default=None, description="A copy of the page in an archive.")


class Feed(Entry):
    """An entry of ``feeds.yaml``: a publisher's feed, and which of its items concern the dossier."""

    url: WebAddress
    publisher: Words
    language: Language
    topics: list[TopicId] = Field(default_factory=list, description="Of every bulletin made from it.")
    match: Match = Field(default_factory=Match, description="Which items are taken; left out: all of them.")
    mode: Literal["review", "auto"] = Field(
        default="review", description="Both mean that an editor decides; auto is a word of earlier releases."
    )


class Between(Entry):
    """The two date facts between which a progress bar runs."""

    from_: FactId = Field(alias="from")
    to: FactId


class Questions(Entry):
    """``questions/<topic id>.yaml``: more examples for a topic, beside those of its own file."""

    asks: Asks = Field(default_factory=dict, description="How people ask, per language.")
    not_asked: Asks = Field(default_factory=dict, description="What sounds like this topic and is not about it.")


class Topic(Entry):
    """``topics/<id>.yaml`` or ``programs/<slug>.yaml``: the answer to one command."""

    id: TopicId = Field(default=TopicId(""), description="The file's stem; need not be given.")
    command: Words | None = Field(default=None, description="Default: the id.")
    aliases: list[Words] | dict[Language, list[Words]] = Field(default_factory=list)
    emoji: _Filled = Field(default="📄", description="One sign, shown before the title.")
    title: Texts
    summary: Texts = Field(description="The command's description in menus: plain, one line.")
    body: Texts
    asks: Asks = Field(default_factory=dict, description="How people ask, per language.")
    not_asked: Asks = Field(default_factory=dict, description="What sounds like this topic and is not about it.")
    sources: list[SourceId] = Field(default_factory=list)
    related: list[TopicId] = Field(default_factory=list)
    picture: PictureName | None = None
    figures: list[FactId] | None = Field(
        default=None, description="Facts that the picture shows; default: those that the body refers to."
    )
    comparable: Flag = Field(
        default=False,
        description="Whether the picture's figures count the same: amounts get bars, and there is no caveat.",
    )
    caveat: Texts | None = Field(default=None, description="The caveat of the picture, in place of Nota's own.")
    known: dict[Literal["driver", "schedule", "budget"], FactId | None] = Field(
        default_factory=dict, description="What is known of a programme, as facts; null: it has not been published."
    )
    notes: list[FactId] | None = Field(
        default=None, description="Facts whose notes are shown; default: those of every fact the body refers to."
    )
    order: Annotated[int, Field(strict=True, ge=-1_000_000, le=1_000_000)] = Field(
        default=1000, description="Position in lists; equal ones go by id."
    )
    progress: Between | None = Field(default=None, description="Shows where today stands between two date facts.")
    was: list[TopicId] = Field(
        default_factory=list, description="Its former ids: its followers, links and what names it stay with it."
    )

    def with_questions(self, questions: Questions) -> Self:
        """The topic with the examples of its ``questions/`` file after its own."""
        asks, not_asked = _joined(self.asks, questions.asks), _joined(self.not_asked, questions.not_asked)
        return self.model_copy(update={"asks": asks, "not_asked": not_asked})

    @property
    def is_program(self) -> bool:
        return self.id.startswith(PROGRAM_PREFIX)

    @property
    def command_word(self) -> str:
        """The command without its slash; by default the id (a programme's with ``_`` for ``-``)."""
        slug = self.id.removeprefix(PROGRAM_PREFIX)
        return self.command or (slug.replace("-", "_") if self.is_program else slug)

    @property
    def all_aliases(self) -> tuple[str, ...]:
        """The aliases of every language."""
        if isinstance(self.aliases, list):
            return tuple(self.aliases)
        return tuple(dict.fromkeys(alias for aliases in self.aliases.values() for alias in aliases))


def _joined(first: Asks, second: Asks) -> Asks:
    return {language: [*first.get(language, ()), *second.get(language, ())] for language in {**first, **second}}


class Withdrawal(Entry):
    """When and why a bulletin was withdrawn. Readers see the reason in place of its text."""

    date: Day
    because: Texts = Field(description="The reason: in one language at least.")


class Bulletin(Entry):
    """``bulletins/<date>-<slug>.yaml``: a dated news item; its id is the file's stem."""

    id: BulletinId = Field(default=BulletinId(""), description="The file's stem; need not be given.")
    date: Day
    title: Texts
    short: Texts | None = Field(default=None, description="The title on buttons; default: the title.")
    body: Texts
    topics: list[TopicId] = Field(default_factory=list)
    sources: list[SourceId] = Field(default_factory=list)
    urgent: Flag = Field(default=False, description="Passes quiet hours and digests.")
    not_before: Moment | None = Field(
        default=None, description="Nothing of it is shown or sent before; must carry a UTC offset."
    )
    picture: PictureName | None = None
    corrections: dict[Day, dict[Language, Words]] = Field(
        default_factory=dict,
        description="Day of a correction, as in UTC → what was wrong before, per language: a language may be left out.",
    )
    withdrawn: Withdrawal | None = Field(
        default=None, description="It is shown and sent nowhere any more; messages that carried it say so."
    )

    @field_validator("not_before")
    @classmethod
    def _aware(cls, moment: datetime | None) -> datetime | None:
        if moment is not None and moment.tzinfo is None:
            raise ValueError("no UTC offset, expected a moment, as in 2026-01-31T09:00:00+07:00")
        return moment

    def is_embargoed(self, now: datetime) -> bool:
        return self.not_before is not None and self.not_before > now


def _truth(value: object) -> object:
    """Accepts ``true`` and ``false`` without quotes, which YAML reads as booleans."""
    return {True: "true", False: "false"}.get(value, value) if isinstance(value, bool) else value


class Claim(Entry):
    """``claims/<id>.yaml``: a claim that people make, reviewed by an editor."""

    id: ClaimId = Field(default=ClaimId(""), description="The file's stem; need not be given.")
    says: Annotated[Asks, Field(min_length=1)] = Field(
        description="How people say it, per language. {it} is any of the dossier's names, {} any of one_of."
    )
    one_of: Asks = Field(default_factory=dict, description="A closed list that {} stands for, per language.")
    topic: TopicId | None = Field(
        default=None, description="The topic that is shown beneath; default: what it seems to be about."
    )
    verdict: Annotated[
        Literal["true", "false", "misleading", "unproven", "disputed"],
        BeforeValidator(
            _truth, json_schema_input_type=Literal["true", "false", "misleading", "unproven", "disputed"] | bool
        ),
    ]
    because: Texts = Field(description="What is so instead, and who says it.")
    sources: list[SourceId] = Field(default_factory=list)
    date: Day = Field(description="The day it was reviewed.")


def file_of(entry: Topic | Bulletin | Claim) -> str:
    """The file an entry was read from, relative to the dossier's folder."""
    if isinstance(entry, Claim):
        return f"claims/{entry.id}.yaml"
    if isinstance(entry, Bulletin):
        return f"bulletins/{entry.id}.yaml"
    folder = "programs" if entry.is_program else "topics"
    return f"{folder}/{entry.id.removeprefix(PROGRAM_PREFIX)}.yaml"


@dataclass(frozen=True)
class Dossier:
    """The content as one immutable value.

    Attributes:
        topics: topics and programmes, in the order of lists.
        bulletins: newest first. Readers see those of :meth:`published` only.
        version: a digest of everything in force: changes with any value in the files or in a change.
        tree: a digest of the files alone.
        untranslated: languages in which a bulletin has the words of another one.
        former_topics: the topics that a change gave to a bulletin, if the dossier lacks some of them. They are its audience: without
            topics it would be for everybody.
        questions: the files of ``questions/``, by stem. The topics of a loaded dossier hold their examples.
        claims: what editors reviewed, the newest first.
        withdrawn: the bulletins that were withdrawn; ``bulletins`` has none of them.
        logo: the logo as it is served; b"" if there is none.
    """

    header: Header
    sources: Mapping[SourceId, Source]
    facts: Mapping[FactId, Fact]
    topics: Mapping[TopicId, Topic]
    bulletins: Mapping[BulletinId, Bulletin]
    version: str = field(default="", compare=False)
    feeds: Mapping[FeedId, Feed] = field(default_factory=dict)
    questions: Mapping[str, Questions] = field(default_factory=dict)
    claims: Mapping[ClaimId, Claim] = field(default_factory=dict)
    withdrawn: Mapping[BulletinId, Bulletin] = field(default_factory=dict)
    tree: str = field(default="", compare=False)
    untranslated: Mapping[BulletinId, frozenset[Language]] = field(default_factory=dict)
    former_topics: Mapping[BulletinId, tuple[TopicId, ...]] = field(default_factory=dict)
    logo: bytes = field(default=b"", repr=False)

    def published(self, now: datetime) -> "Dossier":
        """The dossier for readers, without bulletins under embargo and the sources that only those name.

        Returns the dossier itself if no bulletin is under embargo.
        """
        withdrawn = {
            name: withdrawal for name, withdrawal in self.withdrawn.items() if not withdrawal.is_embargoed(now)
        }
        embargoed = [bulletin for bulletin in self.bulletins.values() if bulletin.is_embargoed(now)]
        if not embargoed and len(withdrawn) == len(self.withdrawn):
            return self
        names = {bulletin.id for bulletin in embargoed}
        bulletins = {name: bulletin for name, bulletin in self.bulletins.items() if name not in names}
        others: list[Topic | Bulletin] = [*self.topics.values(), *bulletins.values()]
        referred = facts_of(embargoed)
        facts_of_others = (
            (self.facts.keys() - referred)
            | facts_of(others)
            | _facts_in([*self.header.summary.values(), *(self.header.about or {}).values()])
            | set(self.header.figures)
        )
        hidden = self._sources_of(embargoed, referred) - self._sources_of(others, facts_of_others)
        hidden -= {source for claim in self.claims.values() for source in (*claim.sources, *_cited_in(claim.because))}
        sources = {name: each for name, each in self.sources.items() if name not in hidden}
        return replace(self, bulletins=bulletins, sources=sources, withdrawn=withdrawn)

    def spoken(self, bulletin: BulletinId, language: Language) -> Language:
        """The language of the words that readers of a language get of a bulletin. Half a translation is not sent, and nobody reads it."""
        missing = self.untranslated.get(bulletin, frozenset())
        order = (language, self.header.default_language, *self.languages)
        return next((each for each in order if each not in missing), language)

    def topic_of_questions(self, stem: str) -> TopicId | None:
        """The topic that ``questions/<stem>.yaml`` belongs to; a programme's file may be named by its slug."""
        named = (self.topic_named(TopicId(each)) for each in (stem, PROGRAM_PREFIX + stem))
        return next((topic.id for topic in named if topic is not None), None)

    @cached_property
    def former_ids(self) -> Mapping[TopicId, TopicId]:
        """Former id of a topic → its id."""
        return {former: topic.id for topic in self.topics.values() for former in topic.was}

    def topic_named(self, name: TopicId) -> Topic | None:
        """The topic that has this id, or had it; None: none has."""
        return self.topics.get(name) or self.topics.get(self.former_ids.get(name, name))

    def with_questions(self) -> "Dossier":
        """The dossier with the examples of ``questions/`` in its topics."""
        topics = dict(self.topics)
        for stem, questions in self.questions.items():
            if topic := self.topic_of_questions(stem):
                topics[topic] = topics[topic].with_questions(questions)
        return replace(self, topics=topics)

    def place_of_ask(self, topic: Topic, language: Language, position: int) -> tuple[str, tuple[str | int, ...]]:
        """The file and the place in it of ``topic.asks[language][position]``."""
        stem = next((question for question in self.questions if self.topic_of_questions(question) == topic.id), None)
        added = len(self.questions[stem].asks.get(language, ())) if stem else 0
        own = len(topic.asks[language]) - added
        if position < own:
            return file_of(topic), ("asks", language, position)
        return f"questions/{stem}.yaml", ("asks", language, position - own)

    def _sources_of(self, entries: "Iterable[Topic | Bulletin]", facts: Iterable[FactId]) -> set[str]:
        """The sources that entries and facts name, or cite."""
        named: set[str] = set()
        for entry in entries:
            named |= {*entry.sources, *_cited_in(entry.body)}
        for fact in (self.facts[name] for name in facts if name in self.facts):
            named |= {*fact.sources, *_cited_in(fact.note)}
        return named

    @property
    def on_subject(self) -> list[Bulletin]:
        """The bulletins whose first topic is one of the ``subject``, the newest first."""
        return [each for each in self.bulletins.values() if each.topics and each.topics[0] in self.header.subject]

    @cached_property
    def counted(self) -> Mapping[FactId, DayFact]:
        """:data:`NEWEST`, if a topic or the header prints it. It has no value where there is no bulletin."""
        header = self.header.summary, self.header.about or {}
        printed = facts_of(self.topics.values()) | _facts_in(text for each in header for text in each.values())
        day = next((each.date for each in self.bulletins.values()), None)
        newest = DayFact.model_construct(type="date", value=day, derived=True)
        return {NEWEST: newest} if NEWEST in printed else {}

    @property
    def languages(self) -> list[Language]:
        """Those that readers are offered."""
        return self.header.languages

    @property
    def written_languages(self) -> list[Language]:
        """The languages that editors write: also those in preparation."""
        return [*self.header.languages, *self.header.languages_in_preparation]

    def language(self, wanted: str | None) -> Language:
        """The dossier's language for a language tag (``id-ID``, ``ru``, None), else the default language."""
        tag = _primary(wanted or "")
        return Language(tag) if tag in self.header.languages else self.header.default_language

    def speaks(self, tag: str) -> bool:
        """Whether the dossier has the language of a tag."""
        return _primary(tag) in self.header.languages

    @cached_property
    def programs(self) -> tuple[Topic, ...]:
        return tuple(topic for topic in self.topics.values() if topic.is_program)

    @cached_property
    def cites(self) -> bool:
        """Whether the body of a topic or a bulletin cites a source."""
        entries: list[Topic | Bulletin] = [*self.topics.values(), *self.bulletins.values()]
        return any(_cited_in(entry.body) for entry in entries)

    @cached_property
    def commands(self) -> Mapping[str, TopicId]:
        """Command or alias, in lower case → topic."""
        return dict(self._command_words())

    def _command_words(self) -> Iterator[tuple[str, TopicId]]:
        """The later ones count: no former id takes the word of another topic."""
        for former, name in self.former_ids.items():
            slug = former.removeprefix(PROGRAM_PREFIX)
            yield from ((word, name) for word in (former.lower(), slug.lower(), slug.lower().replace("-", "_")))
        for topic in self.topics.values():
            yield from ((alias.lower(), topic.id) for alias in topic.all_aliases)
        yield from ((topic.command_word.lower(), topic.id) for topic in self.topics.values())


def facts_of(entries: Iterable[Topic | Bulletin]) -> set[FactId]:
    """The facts that the entries' texts, notes and progress bars refer to."""
    facts: set[FactId] = set()
    for entry in entries:
        facts |= _facts_in([*entry.title.values(), *entry.body.values()])
        if isinstance(entry, Bulletin):
            facts |= _facts_in((entry.short or {}).values())
        else:
            facts |= _facts_in(entry.summary.values()) | {*(entry.notes or ()), *(entry.figures or ())}
            facts |= {fact for fact in entry.known.values() if fact}
            facts |= {entry.progress.from_, entry.progress.to} if entry.progress else set()
    return facts


def _cited_in(texts: Named | Mapping[Language, str] | None) -> set[str]:
    """The sources that texts cite."""
    every = [texts] if isinstance(texts, str) else (texts or {}).values()
    return {source for text in every for _, source in citations(text)}


def _facts_in(texts: Iterable[str]) -> set[FactId]:
    return {FactId(match[1]) for words in texts for match in PLACEHOLDER.finditer(words)}


@lru_cache(maxsize=1024)
def _primary(tag: str) -> str:
    """The language subtag; ``in`` is the old code of Indonesian."""
    language = tag.lower().replace("_", "-").split("-")[0]
    return {"in": "id"}.get(language, language)
