"""The bot's own phrases, as opposed to the dossier's texts.

English phrases are in the code, other languages in gettext catalogues, ``phrases.po`` of :mod:`bot.languages`. A language without a catalogue gets English.
"""

import gettext
from datetime import date, datetime
from functools import cache
from io import BytesIO

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from bot.languages import SPOKEN, direction, file_of
from bot.replies.formatting import day, moment, number


class Phrases:
    """The phrases of one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._catalogue = _catalogue(language)

    def day(self, value: date) -> str:
        """A day within a phrase. In an English one that stands in for a right-to-left language it is English, too: its parts would change places."""
        return day(value, self._of_days)

    def moment(self, value: datetime) -> str:
        """The same with the time of day."""
        return moment(value, self._of_days)

    @property
    def _of_days(self) -> str:
        stands_in = direction(self.language) == "rtl" and not has_phrases(self.language)
        return "en" if stands_in else self.language

    def say(self, english: str, /, **values: object) -> str:
        """The phrase in this language, with ``{name}`` replaced from ``values``."""
        phrase = self._catalogue.gettext(english)
        return phrase.format(**values) if values else phrase

    def count(self, one: str, many: str, /, n: int, **values: object) -> str:
        """The phrase in the plural form for ``n``; ``{n}`` is the number as the language writes it."""
        return self._catalogue.ngettext(one, many, n).format(n=number(n, self.language), **values)


@cache
def phrases_in(language: str) -> Phrases:
    """The phrases of a language."""
    return Phrases(language)


def counted(n: int, one: str, many: str = "") -> str:
    """A number of things in English: 1 reader, 2 readers. ``many``: of what does not end with an s."""
    return phrases_in("en").count(f"{{n}} {one}", f"{{n}} {many or f'{one}s'}", n)


def has_phrases(language: str) -> bool:
    """Whether the bot speaks the language itself; else its own words are English."""
    return language in SPOKEN


def messages_of(language: str) -> Catalog:
    """The catalogue of a language that has one."""
    file = file_of(language, "phrases.po")
    if file is None:
        return Catalog()
    with file.open("rb") as stream:
        return read_po(stream, locale=language)


def _catalogue(language: str) -> gettext.NullTranslations:
    if language == "en" or not has_phrases(language):
        return gettext.NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, messages_of(language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
