"""The names of languages, their recognition in typed text, and the panel to choose one. PURE."""

from functools import cache

from babel.lists import format_list
from rapidfuzz import fuzz, process

from bot.dossier.markdown import Paragraph, Span
from bot.dossier.models import Dossier, Language
from bot.languages import cldr, record
from bot.replies.formatting import capitalised, locale
from bot.replies.i18n import phrases_in
from bot.replies.question import Command
from bot.replies.reply import Button, Reply

_LANGUAGE_ALIKE = 75
"""The similarity (0 to 100) from which a text counts as a misspelling of a language's name."""

_MAX_SHOWN = 32
"""The most characters of an unknown name that are quoted."""


def language_panel(
    dossier: Dossier, language: Language, for_bulletins: Language | None, unknown: str = "", *, is_channel: bool = False
) -> Reply:
    """The panel to choose one of the dossier's languages.

    Args:
        dossier: the dossier.
        language: the language of the panel.
        for_bulletins: the language of bulletins, if askers are answered in their own languages; None: answers are in ``language``, too.
        unknown: the typed text, if it is not a name of one of the languages.
        is_channel: whether the panel is about a channel, in which nobody asks.
    """
    phrases, chosen = phrases_in(language), for_bulletins or language
    if for_bulletins or is_channel:
        text = bulletins_language(chosen, language, is_channel=is_channel)
    else:
        text = phrases.say("Answers here are in: {language}", language=language_label(chosen))
    buttons = tuple(
        Button(language_label(code), Command("language", code), choice=True, chosen=code == chosen)
        for code in dossier.languages
    )
    back = Button(phrases.say("◀️ Back"), Command("settings"))
    texts = [phrases.say("I do not know a language called “{words}”.", words=unknown[:_MAX_SHOWN])] if unknown else []
    blocks = tuple(Paragraph((Span(sentence),)) for sentence in (*texts, text))
    return Reply(None, language, phrases.say("Language"), "🌐", blocks, buttons=(*buttons, back))


def bulletins_language(spoken: Language, language: Language, *, is_channel: bool) -> str:
    """In which language bulletins come, said in ``language``."""
    phrases, name = phrases_in(language), language_label(spoken)
    if is_channel:
        return phrases.say("Bulletins come to this channel in: {language}", language=name)
    return phrases.say("Bulletins come here in: {language}. Answers are in each asker’s own language.", language=name)


def language_named(text: str, dossier: Dossier) -> Language | None:
    """The dossier's language with this code or name, in any of its languages or in English; None if there is none."""
    wanted = " ".join(text.lower().removeprefix("bahasa").split())
    spoken = [(code, _name_in(code, each)) for code in dossier.languages for each in (*dossier.languages, "en")]
    names = {name.lower(): code for code, name in spoken if name}
    names |= {code: code for code in dossier.languages}
    best = process.extractOne(wanted, list(names), scorer=fuzz.ratio, score_cutoff=_LANGUAGE_ALIKE) if wanted else None
    return names.get(wanted) or (names[best[0]] if best else None)


def languages_in_words(dossier: Dossier, language: Language) -> str:
    """The names of the dossier's languages, as a list in ``language``."""
    return format_list([_name_in(code, language) or code for code in dossier.languages], locale=locale(language))


def _name_in(code: str, language: str) -> str:
    spoken = cldr(language)
    return str(spoken.languages.get(code, "")) if spoken else ""


@cache
def language_name(language: str) -> str:
    """The language's own name (CLDR): ``English``, ``Français``; the code if CLDR has no name."""
    spoken = cldr(language)
    name = (spoken and spoken.get_language_name(language)) or ""
    return record(language).name or capitalised(name, language) or language


def language_label(language: str) -> str:
    """The flag and the name, for a button."""
    return f"{record(language).flag} {language_name(language)}".strip()
