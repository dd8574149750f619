"""A word of a message, as it was read. PURE."""

from dataclasses import dataclass
from typing import Literal

from bot.answers.reading.places import is_place, town_in
from bot.dossier.model import Language

Kind = Literal["light", "known", "town", "elsewhere", "unknown", "aside"]


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the message.

    Attributes:
        typed: as it was written (tidied).
        word: the known word it was taken for.
        language: whose word that is.
        kind: carries no subject; the dossier has it; a town that the dossier does not speak of, in a country that it is about;
            it belongs to other subjects; nobody knows it; it says who asks.
        terms: under which an index may know it: its stem and its root; of a word cut short, every one it may be.
        sureness: 0 to 1: how sure it is that this word was meant.
        senses: what it has in common with other words, as terms.
    """

    typed: str
    word: str
    language: Language
    kind: Kind
    terms: tuple[str, ...]
    sureness: float = 1.0
    senses: tuple[str, ...] = ()

    @property
    def is_place(self) -> bool:
        """Whether it names a place or a people."""
        return is_place(self.word, self.language) or bool(town_in(self.word, self.language))
