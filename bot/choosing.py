"""Choosing the language of a chat: what is in force, the others as buttons, and what who may not is told."""

from functools import cache

from babel import Locale, UnknownLocaleError

from bot.answers.phrases import phrases
from bot.answers.question import Command
from bot.answers.reply import Button, Reply
from bot.dossier.model import Dossier, Language
from bot.dossier.text import Paragraph, Span

_FLAGS = {"en": "🇬🇧", "id": "🇮🇩", "ru": "🇷🇺"}
_NAMES = {"id": "Bahasa Indonesia"}
"""Where CLDR has but the country's name."""


@cache
def name_of(language: str) -> str:
    """``English``, ``Français``: as its readers call it (CLDR); the code where CLDR has none."""
    try:
        name = Locale.parse(language).get_language_name(language) or language
    except (UnknownLocaleError, ValueError):
        return language
    return _NAMES.get(language) or name[:1].upper() + name[1:]


def labelled(language: str) -> str:
    """Its name behind its flag, for a button."""
    return f"{_FLAGS.get(language, '')} {name_of(language)}".strip()


def languages(dossier: Dossier, language: Language, for_bulletins: Language | None) -> Reply:
    """The dossier's languages to choose from, said in ``language``, which is the one in force.

    Where everybody is answered in their own, what is chosen is ``for_bulletins`` alone; None where it is for answers too.
    """
    tongue, chosen = phrases(language), for_bulletins or language
    name = labelled(chosen)
    if for_bulletins:
        now = tongue.say("Bulletins come here in: {language}. Answers are in each asker’s own language.", language=name)
    else:
        now = tongue.say("Answers here are in: {language}", language=name)
    buttons = tuple(
        Button(labelled(each), Command("language", each), choice=True, chosen=each == chosen)
        for each in dossier.languages
    )
    return Reply(None, language, tongue.say("Language"), "🌐", (Paragraph((Span(now),)),), buttons=buttons)


def refusal(language: Language) -> Reply:
    """What somebody without the right to change a chat is told."""
    tongue = phrases(language)
    words = tongue.say("This changes the whole chat, so only its admins can do it.")
    return Reply(None, language, tongue.say("For admins"), "🔒", (Paragraph((Span(words),)),), private=True)
