"""The kinds of entries and the types of facts, each by its model, and their JSON Schema for text editors. PURE."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, TypeAdapter

from bot.dossier.models import (
    Between,
    Bulletin,
    Claim,
    Fact,
    FactEntry,
    Feed,
    FeedId,
    Header,
    Match,
    Questions,
    Source,
    SourceId,
    Topic,
)

SINGLE_FILES = ("dossier.yaml", "sources.yaml", "facts.yaml", "feeds.yaml")


@dataclass(frozen=True, slots=True)
class EntryKind:
    """What editors write one of. Its fields are those of its model.

    Attributes:
        model: of a fact it goes by its type.
        one, several: what it is called, in English: the catalogues have the rest.
        not_offered: fields that no form offers where they are not set.
        begins_with: the field that the words have with which one is added; "": none is added so.
        between: the sign between the words of its id. An underscore may stand in commands and in texts.
        cites: whether its texts cite sources.
        values_first: whether values stand before texts in its form.
        in_order: whether its form has the order of its model; others have their texts together, their lists and their values.
    """

    model: type[BaseModel]
    one: str
    several: str
    not_offered: Collection[str] = ()
    begins_with: str = ""
    between: str = "_"
    cites: bool = True
    values_first: bool = False
    in_order: bool = False


KINDS: Mapping[str, EntryKind] = {
    "topics": EntryKind(Topic, "Topic", "Topics", ("known",), "title"),
    "programs": EntryKind(Topic, "Programme", "Programmes", (), "title", "-"),
    "facts": EntryKind(FactEntry, "Fact", "Facts", (), "of", values_first=True),
    "sources": EntryKind(Source, "Source", "Sources", (), "publisher", "-", cites=False, values_first=True),
    "bulletins": EntryKind(Bulletin, "Bulletin", "Bulletins", ("withdrawn",)),
    "claims": EntryKind(Claim, "Claim", "Claims", (), "says", "-", in_order=True),
    "questions": EntryKind(Questions, "Examples of a topic", "Examples", cites=False),
    "header": EntryKind(Header, "About the dossier", "About the dossier", cites=False),
}
"""By the folder or map of a dossier, in the order of lists."""

FACT_TYPES: Mapping[str, type[FactEntry]] = {
    get_args(model.model_fields["type"].annotation)[0]: model for model in get_args(get_args(Fact)[0])
}
"""By the word that a file has."""

FOLDERS = ("topics", "programs", "questions", "claims", "bulletins")
"""The kinds of which each entry is a file."""

_FILES: dict[str, Any] = {
    "dossier.yaml": Header,
    "sources.yaml": dict[SourceId, Source],
    "facts.yaml": dict[str, Fact],
    "feeds.yaml": dict[FeedId, Feed],
    **{f"{kind}/*.yaml": KINDS[kind].model for kind in FOLDERS},
}


def schemas() -> dict[str, Any]:
    """File pattern → JSON Schema of such a file."""
    return {pattern: TypeAdapter(kind).json_schema() for pattern, kind in _FILES.items()}


def model_of(name: str, loc: tuple[str | int, ...]) -> type[BaseModel]:
    """The model of the map around ``loc`` (as pydantic gives it) in the file ``name``."""
    if name == "facts.yaml":
        return FACT_TYPES.get(str(loc[0]) if loc else "", FACT_TYPES["money"])
    if len(loc) > 1 and loc[0] in _INNER:
        return _INNER[str(loc[0])]
    kind = name.split("/", maxsplit=1)[0].removesuffix(".yaml")
    return Feed if kind == "feeds" else KINDS["header" if kind == "dossier" else kind].model


_INNER: dict[str, type[BaseModel]] = {"match": Match, "progress": Between}
