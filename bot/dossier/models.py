"""The dossier: its topics, facts, sources, bulletins and feeds. PURE.

Each model describes an editor's file (``nota check --schema`` prints its JSON Schema) and is the frozen value that the
rest of the program works with. Texts are maps of language to small Markdown (see :mod:`bot.dossier.markdown`).
"""

import calendar
import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import Annotated, ClassVar, Literal, LiteralString, NewType, Self
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
    GetJsonSchemaHandler,
    StringConstraints,
    Tag,
    field_validator,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

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


def _expect(holds: Callable[[str], bool], kind: LiteralString, wrong: LiteralString) -> AfterValidator:
    """Refuses a text of which this does not hold. ``kind``: of pydantic's error; ``wrong``: its message."""

    def check(text: str) -> str:
        if not holds(text):
            raise PydanticCustomError(kind, wrong)
        return text

    return AfterValidator(check)


_SEEN = _expect(is_visible, "string_too_short", "nothing that a reader sees")
_Filled = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Words = Annotated[_Filled, AfterValidator(_refuse_long), _SEEN]
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


_ON_THE_WEB = _expect(is_web_address, "web_address", "no address of the web")
WebAddress = Annotated[str, StringConstraints(pattern=r"^https?://[^\s<>\"]+$"), _ON_THE_WEB]


def _is_contact(address: str) -> bool:
    return is_web_address(address) or _AT_A_DOMAIN.fullmatch(address) is not None


_AT_A_DOMAIN = re.compile(r"[\w.+-]+@(?:[\w-]+\.)+[\w-]{2,}")

Contact = Annotated[str, _expect(_is_contact, "contact", "neither a page nor an e-mail address")]
"""The address of a page, or an e-mail address."""


Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), _expect(is_currency, "currency", "no currency")]
"""A code of ISO 4217 that CLDR knows."""

Named = Words | dict[str, Words]
"""One text for all languages, or one for each."""


def in_language(named: Named, language: str) -> str:
    """The text in the language, else the first or only one."""
    return named if isinstance(named, str) else named.get(language) or next(iter(named.values()), "")


@dataclass(frozen=True, slots=True)
class Shown:
    """A field at the desk, in English: the catalogues have the rest.

    Attributes:
        label: what it is called.
        hint: what to write into it; "" if that needs no word.
        rare: whether few editors need it: it stands in a part that is opened by a press.
        fixed: whether no form has it: files alone say it, or it comes with the entry's key.
        long: whether it is a text of several lines.
        none: what it says by null or an empty list, where that is something else than nothing said.
        types: of a fact that is picked: those that fit; empty for all.
        in_lines: whether ids are typed and not picked.
        for_all: whether it is mostly one text for all languages.
        parts: key of an inner map → its label.
    """

    label: str
    hint: str = ""
    rare: bool = False
    fixed: bool = False
    long: bool = False
    none: str = ""
    types: tuple[str, ...] = ()
    in_lines: bool = False
    for_all: bool = False
    parts: Mapping[str, str] = field(default_factory=dict)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Describes the field to text editors, too, where its model does not say more."""
        says = [f"{self.label}.", self.hint, f"Null or empty: {self.none}." * bool(self.none)]
        return {"description": " ".join(filter(None, says)), **handler(schema)}


class Entry(BaseModel):
    """A file, or an entry of a file. Unknown keys are errors. The order of its fields is that of the desk's forms."""

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

_Sources = Annotated[list[SourceId], Shown("Sources", "Insert… cites one behind a statement.")]
_Questions = Annotated[Asks, Shown("How people ask", "One question a line, as people write it.")]
_NotAsked = Annotated[Asks, Shown("What sounds like it and is not", "One question a line.")]
_Approximate = Annotated[Flag, Shown("About: the figure is rounded")]
_TYPE, _VALUE = Shown("Kind", fixed=True), Shown("Value")
_ID = Shown("Id", "The file’s stem; need not be given.", fixed=True)

COUNTED_FORMS = ("words", "gen")
"""Forms of a number or duration with small numbers spelled out, as newspapers do in running text. ``gen`` is the genitive, which Russian uses after
«из» and «после»; in languages without cases it is the same as ``words``."""


class FactEntry(Entry, ABC):
    """The keys of every fact.

    ``of``: what the value measures; ``note``: where sources disagree; ``stated_by``: who says so; ``derived``: whether we computed
    it. A claim gets a verdict only from the sentences in ``says``.

    Attributes:
        called: its type, as the desk names it.
        not_offered: fields that no form of the type offers: a name gives no verdict, and only a place is named wrongly.
    """

    called: ClassVar[str]
    not_offered: ClassVar[Collection[str]] = ("instead",)

    of: Annotated[Named | None, Shown("What it measures")] = None
    stated_by: Annotated[Named | None, Shown("Who says so")] = Field(
        default=None, description="Who says so, as a text names them: {fact_id.by}."
    )
    note: Annotated[Named | None, Shown("Where sources disagree", long=True)] = None
    says: Annotated[
        Asks,
        Shown(
            "How people say it",
            "One sentence a line, each with {} once, where the value stands. {it} stands for any name of the subject.",
        ),
    ] = Field(
        default_factory=dict,
        description="How people state it, per language: affirmative sentences, each with {} once, where the value stands. {it} is any "
        "of the dossier's names, {id} the value of another fact. Without it the fact gives no verdict on a claim.",
    )
    also: Annotated[
        Asks,
        Shown(
            "What may follow its sentences", "One phrase a line that is true of it, for example “that day”.", rare=True
        ),
    ] = Field(default_factory=dict)
    by: Annotated[Asks, Shown("Other names for who says so", "One name a line.", rare=True)] = Field(
        default_factory=dict
    )
    rivals: Annotated[list[FactId], Shown("Figures of others for nearly the same", rare=True)] = Field(
        default_factory=list
    )
    instead: Annotated[list[Words] | Asks, Shown("Places that are named wrongly", "One place a line.", rare=True)] = (
        Field(
            default_factory=list,
            description="Of a place: the places that people name wrongly; for all languages, or per language.",
        )
    )
    topic: Annotated[TopicId | None, Shown("Topic that is shown with it")] = Field(
        default=None,
        description="The topic that a claim about it is answered with; default: the only one whose text refers to it.",
    )
    sources: _Sources = Field(default_factory=list)
    checked: Annotated[Day | None, Shown("Last checked")] = None
    derived: Annotated[Flag, Shown("Nota counted it: no source prints it", rare=True)] = False

    @property
    @abstractmethod
    def numbers(self) -> tuple[float, ...]:
        """The numbers that it prints."""

    @property
    def printed_forms(self) -> Collection[str]:
        """The forms of its value, beside the normal one, that a text can print."""
        return ()

    @abstractmethod
    def columns(self, language: str) -> Mapping[str, object]:
        """Its value as a table has it: column of facts.csv → value."""


class Money(FactEntry):
    """An amount or a range: ``amount``, or ``min`` and ``max``, in units of ``currency`` (ISO 4217).

    ``below``: the sources say "less than", which pictures print as ``<``; a text says it in its own words.
    """

    called = "Amount of money"

    type: Annotated[Literal["money"], _TYPE]
    amount: Annotated[Amount | None, Shown("Amount", "One amount, or the lowest and the highest.")] = Field(
        default=None, validation_alias=AliasChoices("amount", "value")
    )
    min: Annotated[Amount | None, Shown("Lowest")] = None
    max: Annotated[Amount | None, Shown("Highest")] = None
    currency: Annotated[Currency, Shown("Currency", "Three letters, for example IDR.")]
    period: Annotated[Literal["hour", "day", "week", "month", "year"] | None, Shown("Per")] = None
    approximate: _Approximate = False
    below: Annotated[Flag, Shown("Less than this", rare=True)] = False

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

    @property
    def numbers(self) -> tuple[float, ...]:
        return tuple({self.low: None, self.high: None})

    def columns(self, language: str) -> Mapping[str, object]:
        values = {"value": self.amount, "min": self.min, "max": self.max, "unit": self.currency}
        return values | {"period": self.period, "approximate": self.approximate, "below": self.below}


class Percent(FactEntry):
    """``value`` in percent; ``of`` says of what, as in "share of households with broadband"."""

    called = "Percentage"

    type: Annotated[Literal["percent"], _TYPE]
    value: Annotated[Amount, _VALUE]
    approximate: _Approximate = False

    @property
    def numbers(self) -> tuple[float, ...]:
        return (self.value,)

    def columns(self, language: str) -> Mapping[str, object]:
        return {"value": self.value, "unit": "%", "approximate": self.approximate}


class Duration(FactEntry):
    """Calendar years, months and days; at least one of the three is given."""

    called = "Length of time"

    type: Annotated[Literal["duration"], _TYPE]
    years: Annotated[Count, Shown("Years")] = 0
    months: Annotated[Count, Shown("Months")] = 0
    days: Annotated[Count, Shown("Days")] = 0

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if not (self.years or self.months or self.days):
            raise Unfitting("length", "no length, expected years, months or days")
        return self

    @property
    def numbers(self) -> tuple[float, ...]:
        return tuple(float(each) for each in (self.years, self.months, self.days) if each)

    @property
    def printed_forms(self) -> Collection[str]:
        return COUNTED_FORMS

    def columns(self, language: str) -> Mapping[str, object]:
        parts = ((self.years, "Y"), (self.months, "M"), (self.days, "D"))
        return {"value": "P" + "".join(f"{count}{unit}" for count, unit in parts if count)}


class DayFact(FactEntry):
    """A date: ``value``, or computed ``from`` another date fact ``plus`` a duration fact."""

    called = "Day"

    type: Annotated[Literal["date"], _TYPE]
    value: Annotated[Day | None, _VALUE] = Field(default=None, validation_alias=AliasChoices("value", "date"))
    from_: Annotated[FactId | None, Shown("Counted from", types=("date",))] = Field(default=None, alias="from")
    plus: Annotated[FactId | None, Shown("After", types=("duration",))] = None

    @model_validator(mode="after")
    def _given_or_computed(self) -> Self:
        if (self.value is None) == (self.from_ is None) or (self.from_ is None) != (self.plus is None):
            raise Unfitting("one-day", "not exactly one day, expected value, or both from and plus")
        return self

    @property
    def numbers(self) -> tuple[float, ...]:
        return (float(self.value.day), float(self.value.year)) if self.value else ()

    def columns(self, language: str) -> Mapping[str, object]:
        return {"value": self.value.isoformat() if self.value else None}


class Number(FactEntry):
    """A count. ``unit`` holds the language's plural forms, separated by ``|``, in CLDR's order; one form never changes."""

    called = "Number"

    type: Annotated[Literal["number"], _TYPE]
    value: Annotated[Figure, _VALUE]
    unit: Annotated[
        Named | None,
        Shown(
            "What is counted",
            "For one and for several, with | between: ferry|ferries. Russian has three: паром|парома|паромов.",
        ),
    ] = None
    approximate: _Approximate = False

    @property
    def numbers(self) -> tuple[float, ...]:
        return (self.value,)

    @property
    def printed_forms(self) -> Collection[str]:
        return COUNTED_FORMS

    def columns(self, language: str) -> Mapping[str, object]:
        unit = in_language(self.unit, language).partition("|")[0] if self.unit else None
        return {"value": self.value, "unit": unit, "approximate": self.approximate}


class TextFact(FactEntry):
    not_offered: ClassVar[Collection[str]] = ("says", "also", "by", "rivals", "instead")

    value: Annotated[Named, _VALUE]
    forms: Annotated[dict[str, dict[str, Words]], Shown("Form", rare=True)] = Field(
        default_factory=dict, description="Other forms, as grammatical cases: form → language → text."
    )

    @property
    def numbers(self) -> tuple[float, ...]:
        return ()

    @property
    def printed_forms(self) -> Collection[str]:
        return self.forms

    def columns(self, language: str) -> Mapping[str, object]:
        return {}


class Place(TextFact):
    called = "Place"
    not_offered = ()

    type: Annotated[Literal["place"], _TYPE]


class Name(TextFact):
    called = "Name"

    type: Annotated[Literal["name"], _TYPE]


class Wording(TextFact):
    called = "Wording"

    type: Annotated[Literal["text"], _TYPE]


Fact = Annotated[Money | Percent | Number | DayFact | Duration | Place | Name | Wording, Field(discriminator="type")]


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

_TITLE = Shown("Title")


class Header(Entry):
    """``dossier.yaml``."""

    id: Annotated[Words, Shown("Id", fixed=True)]
    title: Annotated[Texts, _TITLE]
    summary: Annotated[Texts, Shown("Summary", long=True)]
    names: Annotated[Asks, Shown("What people call the subject", "One name a line, the one used most first.")] = Field(
        default_factory=dict
    )
    languages: Annotated[list[Language], Field(min_length=1), Shown("Languages of the dossier", fixed=True)]
    default_language: Annotated[Language, Shown("Default language", fixed=True)]
    languages_in_preparation: Annotated[list[Language], Shown("Languages in preparation", fixed=True)] = Field(
        default_factory=list,
        description="Languages that are being added: missing texts are warnings, and readers are not offered them.",
    )
    checked: Annotated[Day | None, Shown("Last checked")] = None
    about: Annotated[Texts | None, Shown("Who speaks here", long=True)] = Field(
        default=None, description="Who speaks here: one line at the foot of the page."
    )
    contact: Annotated[Contact | None, Shown("Page or address to reach them", rare=True)] = None
    licence: Annotated[Texts | None, Shown("Terms of use", long=True)] = None
    name: Annotated[Named | None, Shown("Who publishes", rare=True)] = Field(
        default=None, description="Who publishes: at the head of the page and on pictures; default: Nota."
    )
    logo: Annotated[Literal["logo.svg", "logo.png"] | None, Shown("Logo", fixed=True, rare=True)] = None
    figures: Annotated[list[FactId], Field(max_length=4), Shown("Key figures of the page", rare=True)] = Field(
        default_factory=list
    )
    subject: Annotated[list[TopicId], Shown("Topics whose silence is reported", rare=True)] = Field(
        default_factory=list
    )
    colour: Annotated[
        str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$"), Shown("Colour", "For example #1F4E8C.", rare=True)
    ] = "#1F4E8C"
    zone: Annotated[Words, Shown("Time zone of the office", "For example Asia/Jakarta.", rare=True)] = Field(
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

    publisher: Annotated[Named, Shown("Publisher", for_all=True)]
    title: Annotated[Words | None, Shown("Headline")] = None
    url: Annotated[WebAddress, Shown("Address")]
    published: Annotated[Day | None, Shown("Day on which it was published")] = Field(
        default=None, description="The day it was published; null: the page gives none."
    )
    kind: Annotated[SourceKind | None, Shown("Kind")] = None
    archived: Annotated[WebAddress | None, Shown("Copy in an archive")] = None


class Feed(Entry):
    """An entry of ``feeds.yaml``: a publisher's feed, and which of its items concern the dossier."""

    url: WebAddress
    publisher: Words
    language: Language
    topics: list[TopicId] = Field(default_factory=list, min_length=1, description="Of every bulletin made from it.")
    match: Match = Field(default_factory=Match, description="Which items are taken; left out: all of them.")
    mode: Literal["review", "auto"] = Field(
        default="review", description="Both mean that an editor decides; auto is a word of earlier releases."
    )


class Between(Entry):
    """The two date facts between which a progress bar runs."""

    from_: Annotated[FactId, Shown("Progress bar: from", types=("date",), rare=True)] = Field(alias="from")
    to: Annotated[FactId, Shown("Progress bar: to", types=("date",), rare=True)]


class Questions(Entry):
    """``questions/<topic id>.yaml``: more examples for a topic, beside those of its own file."""

    asks: _Questions = Field(default_factory=dict)
    not_asked: _NotAsked = Field(default_factory=dict)


_KNOWN = {"driver": "Who drives it", "schedule": "Timetable", "budget": "Budget"}


class Topic(Entry):
    """``topics/<id>.yaml`` or ``programs/<slug>.yaml``: the answer to one command."""

    id: Annotated[TopicId, _ID] = TopicId("")
    title: Annotated[Texts, _TITLE]
    summary: Annotated[Texts, Shown("In one line")] = Field(
        description="The command's description in menus: plain, one line."
    )
    body: Annotated[Texts, Shown("Text", "A fact stands in braces: {id}", long=True)]
    asks: _Questions = Field(default_factory=dict)
    not_asked: _NotAsked = Field(default_factory=dict)
    sources: _Sources = Field(default_factory=list)
    related: Annotated[list[TopicId], Shown("Related topics")] = Field(default_factory=list)
    picture: Annotated[PictureName | None, Shown("Picture")] = None
    emoji: Annotated[_Filled, Shown("Sign", "One sign, before the title.", rare=True)] = "📄"
    order: Annotated[
        int,
        Field(strict=True, ge=-1_000_000, le=1_000_000),
        Shown("Position in lists", "Small numbers come first.", rare=True),
    ] = Field(default=1000, description="Position in lists; equal ones go by id.")
    command: Annotated[Words | None, Shown("Command", rare=True)] = Field(default=None, description="Default: the id.")
    aliases: Annotated[
        list[Words] | dict[Language, list[Words]],
        Shown("Other commands", "One command a line, without the slash.", rare=True),
    ] = Field(default_factory=list)
    figures: Annotated[list[FactId] | None, Shown("Facts in the picture", rare=True, none="None of them")] = Field(
        default=None, description="Facts that the picture shows; default: those that the body refers to."
    )
    comparable: Annotated[Flag, Shown("The figures of the picture count the same", rare=True)] = Field(
        default=False,
        description="Whether the picture's figures count the same: amounts get bars, and there is no caveat.",
    )
    caveat: Annotated[Texts | None, Shown("Caveat of the picture", rare=True)] = None
    notes: Annotated[list[FactId] | None, Shown("Facts whose notes are shown", rare=True, none="None of them")] = Field(
        default=None, description="Facts whose notes are shown; default: those of every fact the body refers to."
    )
    known: Annotated[
        dict[Literal["driver", "schedule", "budget"], FactId | None],
        Shown("What is known", rare=True, none="Not published", parts=_KNOWN),
    ] = Field(default_factory=dict)
    progress: Annotated[Between | None, Shown("Progress bar", rare=True)] = None
    was: Annotated[
        list[TopicId],
        Shown("Former ids", "One id a line. Followers, old links and what names them come here.", in_lines=True),
    ] = Field(default_factory=list, description="Its former ids: its followers, links and what names it stay with it.")

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

    date: Annotated[Day, Shown("Withdrawn on")]
    because: Annotated[Texts, Shown("Why it is withdrawn", long=True)]


class Bulletin(Entry):
    """``bulletins/<date>-<slug>.yaml``: a dated news item; its id is the file's stem."""

    id: Annotated[BulletinId, _ID] = BulletinId("")
    date: Annotated[Day, Shown("Day", fixed=True)]
    title: Annotated[Texts, _TITLE]
    short: Annotated[Texts | None, Shown("Short title, for buttons", rare=True)] = Field(
        default=None, description="The title on buttons; default: the title."
    )
    body: Annotated[Texts, Shown("Text", long=True)]
    topics: Annotated[list[TopicId], Shown("Topics")] = Field(default_factory=list, min_length=1)
    sources: _Sources = Field(default_factory=list)
    picture: Annotated[PictureName | None, Shown("Picture", rare=True)] = None
    urgent: Annotated[Flag, Shown("Urgent: passes quiet hours and digests", rare=True)] = False
    not_before: Annotated[Moment | None, Shown("Not before", fixed=True)] = Field(
        default=None, description="Nothing of it is shown or sent before; must carry a UTC offset."
    )
    corrections: Annotated[
        dict[Day, dict[Language, Words]],
        Shown(
            "What was wrong",
            "Readers see it beside the corrected text. A language that you leave empty says nothing.",
            long=True,
        ),
    ] = Field(
        default_factory=dict,
        description="Day of a correction, as in UTC → what was wrong before, per language: a language may be left out.",
    )
    figures: Annotated[dict[FactId, Fact], Shown("Figures as they were", fixed=True)] = Field(
        default_factory=dict, description="Fact → the whole fact as it was then, which its texts print. Nota writes it."
    )
    was: Annotated[list[BulletinId], Shown("Former ids", fixed=True)] = Field(
        default_factory=list, description="Its former ids: what was sent of them is its."
    )
    withdrawn: Annotated[Withdrawal | None, Shown("Withdrawn")] = Field(
        default=None, description="It is shown and sent nowhere any more; messages that carried it say so."
    )

    @field_validator("not_before", "withdrawn", mode="before")
    @classmethod
    def _given(cls, value: object) -> object:
        if value is None:  # it would lift an embargo or a withdrawal unseen
            raise ValueError("empty, expected a value, or nothing of this line")
        return value

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

    id: Annotated[ClaimId, _ID] = ClaimId("")
    says: Annotated[Asks, Field(min_length=1), Shown("What people say", "One sentence a line, in their words.")]
    verdict: Annotated[
        Literal["true", "false", "misleading", "unproven", "disputed"],
        BeforeValidator(
            _truth, json_schema_input_type=Literal["true", "false", "misleading", "unproven", "disputed"] | bool
        ),
        Shown("Verdict"),
    ]
    because: Annotated[Texts, Shown("Why", "What is so, and who says it.", long=True)]
    sources: _Sources = Field(default_factory=list)
    one_of: Annotated[
        Asks,
        Shown(
            "Words for which {} stands",
            "One a line. In what people say, {} stands for any of them, and {it} for any name of the subject.",
            rare=True,
        ),
    ] = Field(default_factory=dict)
    topic: Annotated[TopicId | None, Shown("Topic that is shown with it", rare=True)] = Field(
        default=None, description="The topic that is shown beneath; default: what it seems to be about."
    )
    date: Annotated[Day, Shown("Day of the review")]


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
        in_header = _facts_in([*self.header.summary.values(), *(self.header.about or {}).values()])
        facts_of_others = (self.facts.keys() - referred) | facts_of(others) | in_header | {*self.header.figures}
        hidden = self._sources_of(embargoed, referred) - self._sources_of(others, facts_of_others)
        hidden -= {source for claim in self.claims.values() for source in (*claim.sources, *_cited_in(claim.because))}
        sources = {name: each for name, each in self.sources.items() if name not in hidden}
        return replace(self, bulletins=bulletins, sources=sources, withdrawn=withdrawn)

    def then(self, bulletin: Bulletin) -> "Dossier":
        """The dossier with the figures that the bulletin keeps: its texts print these."""
        return replace(self, facts={**self.facts, **bulletin.figures}) if bulletin.figures else self

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

    def bulletin_named(self, name: BulletinId) -> BulletinId | None:
        """The id of the bulletin that has this id, or had it; None: none has."""
        known = {**self.bulletins, **self.withdrawn}
        return name if name in known else next((each.id for each in known.values() if name in each.was), None)

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
            facts |= _facts_in([*entry.summary.values(), *(entry.caveat or {}).values()])
            facts |= {*(entry.notes or ()), *(entry.figures or ())}
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
