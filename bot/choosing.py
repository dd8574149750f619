"""Choosing the language of a chat: what is in force, the others as buttons, and what who may not is told."""

from bot.answers.phrases import phrases
from bot.answers.question import Command
from bot.answers.reply import Button, Reply
from bot.dossier.model import Dossier, Language
from bot.dossier.text import Paragraph, Span

LANGUAGE_NAMES = {"en": "🇬🇧 English", "id": "🇮🇩 Bahasa Indonesia", "ru": "🇷🇺 Русский"}


def languages(dossier: Dossier, language: Language, for_bulletins: Language | None) -> Reply:
    """The dossier's languages to choose from, said in ``language``, which is the one in force.

    Where everybody is answered in their own, what is chosen is ``for_bulletins`` alone; None where it is for answers too.
    """
    tongue, chosen = phrases(language), for_bulletins or language
    name = LANGUAGE_NAMES.get(chosen, chosen)
    if for_bulletins:
        now = tongue.say("Bulletins come here in: {language}. Answers are in each asker's own language.", language=name)
    else:
        now = tongue.say("Answers here are in: {language}", language=name)
    buttons = tuple(
        Button(LANGUAGE_NAMES.get(each, each), Command("language", each), choice=True, chosen=each == chosen)
        for each in dossier.languages
    )
    return Reply(None, language, tongue.say("Language"), "🌐", (Paragraph((Span(now),)),), buttons=buttons)


def refusal(language: Language) -> Reply:
    """What somebody without the right to change a chat is told."""
    tongue = phrases(language)
    words = tongue.say("This changes the whole chat, so only its admins can do it.")
    return Reply(None, language, tongue.say("For admins"), "🔒", (Paragraph((Span(words),)),), private=True)
