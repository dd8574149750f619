"""The bot's own words, as opposed to the dossier's.

English stands in the code; Indonesian and Russian stand in gettext catalogues beside this file, one folder a language,
one file an area (``ru/answers.po``). A language without catalogues gets English.
"""

import gettext
from functools import cache
from importlib.resources import files
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from bot.answers.numbers import number


class Phrases:
    """The phrases of one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._catalogue = _catalogue(language)

    def say(self, english: str, /, **values: object) -> str:
        """The phrase, ``{name}`` filled from ``values``."""
        phrase = self._catalogue.gettext(english)
        return phrase.format(**values) if values else phrase

    def count(self, one: str, many: str, /, n: int, **values: object) -> str:
        """The phrase in the plural form that ``n`` asks for; ``{n}`` is the number as the language writes it."""
        return self._catalogue.ngettext(one, many, n).format(n=number(n, self.language), **values)


@cache
def phrases(language: str) -> Phrases:
    """The phrases of a language; built once."""
    return Phrases(language)


def _catalogue(language: str) -> gettext.NullTranslations:
    merged: gettext.NullTranslations = gettext.NullTranslations()
    folder = files(__name__).joinpath(language)
    if not language.isalpha() or not folder.is_dir():
        return merged
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".po"):
            compiled = BytesIO()
            with file.open("rb") as stream:
                write_mo(compiled, read_po(stream, locale=language))
            compiled.seek(0)
            translations = gettext.GNUTranslations(compiled)
            translations.add_fallback(merged)
            merged = translations
    return merged
