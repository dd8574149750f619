"""What makes an item of a feed ours: groups of words and phrases. PURE."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Discriminator, Field, StringConstraints, Tag

Phrase = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]
"""A word, or several that stand together in this order; other forms of the same words count as well."""

Phrases = Annotated[list[Phrase], Field(min_length=1)]


def _shape(given: object) -> str:
    return "[phrases]" if isinstance(given, list) else "[phrase]"


OneOf = Annotated[
    Annotated[Phrase, Tag("[phrase]")] | Annotated[Phrases, Tag("[phrases]")],
    Discriminator(_shape),
]
"""A phrase, or a list of which one is enough."""


class Match(BaseModel):
    """Which items are taken; a group that is left out asks nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    all: list[OneOf] = Field(
        default_factory=list, description="Every one must be there; of a list inside the list, one."
    )
    any: list[Phrase] = Field(default_factory=list, description="At least one must be there.")
    none: list[Phrase] = Field(default_factory=list, description="Not one may be there.")

    def phrases(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Every phrase with its place below ``match``."""
        for index, entry in enumerate(self.all):
            if isinstance(entry, str):
                yield ("all", index), entry
            else:
                yield from ((("all", index, step), phrase) for step, phrase in enumerate(entry))
        yield from ((("any", index), phrase) for index, phrase in enumerate(self.any))
        yield from ((("none", index), phrase) for index, phrase in enumerate(self.none))
