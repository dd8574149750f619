"""The model of each kind of file, and its JSON Schema for text editors. PURE."""

from typing import Any

from pydantic import BaseModel, TypeAdapter

from bot.dossier import models
from bot.dossier.models import (
    Between,
    Bulletin,
    Claim,
    Fact,
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

FACT_TYPES: dict[str, type[BaseModel]] = {
    "money": models.Money,
    "percent": models.Percent,
    "date": models.DayFact,
    "duration": models.Duration,
    "number": models.Number,
    "name": models.Name,
    "place": models.Place,
    "text": models.Wording,
}

_FILES: dict[str, Any] = {
    "dossier.yaml": Header,
    "sources.yaml": dict[SourceId, Source],
    "facts.yaml": dict[str, Fact],
    "feeds.yaml": dict[FeedId, Feed],
    "topics/*.yaml": Topic,
    "programs/*.yaml": Topic,
    "questions/*.yaml": Questions,
    "bulletins/*.yaml": Bulletin,
    "claims/*.yaml": Claim,
}


def schemas() -> dict[str, Any]:
    """File pattern → JSON Schema of such a file."""
    return {pattern: TypeAdapter(kind).json_schema() for pattern, kind in _FILES.items()}


def model_of(name: str, loc: tuple[str | int, ...]) -> type[BaseModel]:
    """The model of the map around ``loc`` (as pydantic gives it) in the file ``name``."""
    if name == "facts.yaml":
        return FACT_TYPES.get(str(loc[0]) if loc else "", models.Money)
    if len(loc) > 1 and loc[0] in _INNER:
        return _INNER[str(loc[0])]
    return _MODELS.get(name.split("/", maxsplit=1)[0], Topic)


_MODELS: dict[str, type[BaseModel]] = {
    "sources.yaml": Source,
    "feeds.yaml": Feed,
    "dossier.yaml": Header,
    "questions": Questions,
    "bulletins": Bulletin,
    "claims": Claim,
}

_INNER: dict[str, type[BaseModel]] = {"match": Match, "progress": Between}
