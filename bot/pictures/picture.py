"""A picture and what it is about. PURE."""

from dataclasses import dataclass
from typing import Literal

from bot.answers.question import AboutBulletin, AboutTopic
from bot.dossier.model import Language

Subject = AboutTopic | AboutBulletin
Theme = Literal["light", "dark"]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture, and what it says to somebody who cannot see it; both in ``language``."""

    svg: str
    alt: str
    language: Language
