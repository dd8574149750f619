"""What a dossier is made of. PURE.

Each model is both what an editor's file must look like (its JSON Schema is what ``nota check --schema`` prints) and the
frozen value the rest of the program works with. Texts are maps of language to small Markdown (see :mod:`.text`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Annotated, Literal, NewType

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from bot.dossier.facts import Fact, Named
from bot.dossier.feeds import Match
from bot.dossier.kinds import Day, Flag, Moment, WebAddress, Words

TopicId = NewType("TopicId", str)
BulletinId = NewType("BulletinId", str)
SourceId = NewType("SourceId", str)
FactId = NewType("FactId", str)
FeedId = NewType("FeedId", str)
Language = NewType("Language", str)

PROGRAM_PREFIX = "program:"

Texts = dict[Language, Words]
"""Language → text; every language of the dossier must be there."""


class Entry(BaseModel):
    """What one file, or one entry of a file, holds. Unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Header(Entry):
    """``dossier.yaml``."""

    id: Words
    title: Texts
    summary: Texts
    languages: Annotated[list[Language], Field(min_length=1)]
    default_language: Language
    checked: Day | None = Field(default=None, description="The day the dossier as a whole was last checked.")
    colour: Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")] = "#1F4E8C"


class Source(Entry):
    """An entry of ``sources.yaml``: a published page. ``publisher``: one name for all languages, or one for each."""

    publisher: Named
    title: Words | None = None
    url: WebAddress
    published: Day | None = Field(default=None, description="The day it was published; null: the page gives none.")


class Feed(Entry):
    """An entry of ``feeds.yaml``: what a publisher brings out, and which of it concerns the dossier."""

    url: WebAddress
    publisher: Words
    language: Language
    topics: list[TopicId] = Field(default_factory=list, description="Of every bulletin made from it.")
    match: Match = Field(default_factory=Match, description="Which items are taken; left out: all of them.")
    mode: Literal["review", "auto"] = Field(default="review", description="auto: published without an editor.")


class Between(Entry):
    """Between which two date facts a progress bar runs."""

    from_: FactId = Field(alias="from")
    to: FactId


class Topic(Entry):
    """``topics/<id>.yaml`` or ``programs/<id>.yaml``: what one command answers."""

    id: TopicId = Field(default=TopicId(""), description="The file's stem; need not be given.")
    command: Words | None = Field(default=None, description="Default: the id.")
    aliases: list[Words] | dict[Language, list[Words]] = Field(default_factory=list)
    emoji: Words = Field(default="📄", description="One sign, shown before the title.")
    title: Texts
    summary: Texts = Field(description="The command's description in menus: plain, one line.")
    body: Texts
    asks: dict[Language, list[Words]] = Field(default_factory=dict, description="How people ask, per language.")
    sources: list[SourceId] = Field(default_factory=list)
    related: list[TopicId] = Field(default_factory=list)
    picture: Words | None = None
    notes: list[FactId] | None = Field(
        default=None, description="Facts whose notes are shown; default: those of every fact the body refers to."
    )
    order: Annotated[int, Field(strict=True, ge=-1_000_000, le=1_000_000)] = Field(
        default=1000, description="Position in lists; equal ones go by id."
    )
    progress: Between | None = Field(default=None, description="Shows where today stands between two date facts.")

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


class Bulletin(Entry):
    """``bulletins/<date>-<slug>.yaml``: a dated news item; its id is the file's stem."""

    id: BulletinId = Field(default=BulletinId(""), description="The file's stem; need not be given.")
    date: Day
    title: Texts
    body: Texts
    topics: list[TopicId] = Field(default_factory=list)
    sources: list[SourceId] = Field(default_factory=list)
    urgent: Flag = Field(default=False, description="Passes quiet hours and digests.")
    not_before: Moment | None = Field(default=None, description="Held back until then; must carry a UTC offset.")
    picture: Words | None = None

    @field_validator("not_before")
    @classmethod
    def _aware(cls, moment: datetime | None) -> datetime | None:
        if moment is not None and moment.tzinfo is None:
            raise ValueError("no UTC offset, expected a moment, as in 2026-01-31T09:00:00+07:00")
        return moment


@dataclass(frozen=True)
class Dossier:
    """One immutable value. Topics and programmes stand in one map, in the order they are listed; bulletins newest first.

    ``files`` is what was read from the files where there are bulletins besides; None where there are none.
    """

    header: Header
    sources: Mapping[SourceId, Source]
    facts: Mapping[FactId, Fact]
    topics: Mapping[TopicId, Topic]
    bulletins: Mapping[BulletinId, Bulletin]
    version: str = field(default="", compare=False)
    feeds: Mapping[FeedId, Feed] = field(default_factory=dict)
    files: "Dossier | None" = field(default=None, compare=False, repr=False)

    @property
    def as_read(self) -> "Dossier":
        """What was read from the files, the same object as long as they stay the same."""
        return self.files or self

    def with_news(self, bulletins: Iterable[Bulletin], sources: Mapping[SourceId, Source]) -> "Dossier":
        """With bulletins that are in no file, the newest first, and their sources; of one day they stand first."""
        every = sorted([*bulletins, *self.bulletins.values()], key=lambda each: each.date, reverse=True)
        return replace(
            self, bulletins={each.id: each for each in every}, sources={**self.sources, **sources}, files=self.as_read
        )

    @property
    def languages(self) -> list[Language]:
        return self.header.languages

    def language(self, wanted: str | None) -> Language:
        """The dossier's language for a language tag (``id-ID``, ``ru``); the default one where it has none."""
        tag = _primary(wanted or "")
        return Language(tag) if tag in self.header.languages else self.header.default_language

    def speaks(self, tag: str) -> bool:
        """Whether it has the language of a tag."""
        return _primary(tag) in self.header.languages

    @cached_property
    def programs(self) -> tuple[Topic, ...]:
        return tuple(topic for topic in self.topics.values() if topic.is_program)

    @cached_property
    def commands(self) -> Mapping[str, TopicId]:
        """Every command and alias, lower case, to its topic."""
        return dict(self._command_words())

    def _command_words(self) -> Iterator[tuple[str, TopicId]]:
        for topic in self.topics.values():
            yield from ((alias.lower(), topic.id) for alias in topic.all_aliases)
        yield from ((topic.command_word.lower(), topic.id) for topic in self.topics.values())


@lru_cache(maxsize=1024)
def _primary(tag: str) -> str:
    """The language in a tag; Indonesian has an older code, too."""
    language = tag.lower().replace("_", "-").split("-")[0]
    return {"in": "id"}.get(language, language)
