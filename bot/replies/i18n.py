"""The bot's own phrases, as opposed to the dossier's texts.

English phrases are in the code, other languages in gettext catalogues, ``locales/<language>.po``. A language without a catalogue gets English.
"""

import gettext
from functools import cache
from importlib.resources import files
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from bot.replies.formatting import number

_LOCALES = files("bot.replies").joinpath("locales")


class Phrases:
    """The phrases of one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._catalogue = _catalogue(language)

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


@cache
def catalogues() -> tuple[str, ...]:
    """The languages that have a catalogue, in one order for all processes."""
    return tuple(sorted(file.name.removesuffix(".po") for file in _LOCALES.iterdir() if file.name.endswith(".po")))


def has_phrases(language: str) -> bool:
    """Whether the bot speaks the language itself; else its own words are English."""
    return language == "en" or language in catalogues()


def _catalogue(language: str) -> gettext.NullTranslations:
    if language == "en" or not has_phrases(language):
        return gettext.NullTranslations()
    compiled = BytesIO()
    with _LOCALES.joinpath(f"{language}.po").open("rb") as stream:
        write_mo(compiled, read_po(stream, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
