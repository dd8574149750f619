"""Replies that are no answers: somebody asks too much, presses an old button, lacks a right; an error; what an admin should know. PURE."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from babel import Locale
from babel.core import get_global

from bot.dossier.markdown import Items, Span
from bot.dossier.models import Dossier, Language
from bot.replies.fallbacks import help_button, latest_bulletin, subscribe_button
from bot.replies.i18n import phrases_in
from bot.replies.language_panel import languages_in_words
from bot.replies.question import Command
from bot.replies.reply import Button, Reply, text_reply


def rate_limit_notice(language: Language) -> Reply:
    """Somebody asks faster than people do. Sent once."""
    phrases = phrases_in(language)
    text = phrases.say("That is a lot of questions at once. Give me half a minute, then go on asking.")
    return _notice(language, "⏸", phrases.say("One moment"), text)


def busy_group(language: Language, private_chat: str) -> Reply:
    """Many ask in a group to which the platform limits our messages. ``private_chat``: a link to the chat where nobody waits."""
    say = phrases_in(language).say
    text = say(
        "Many are asking here just now, and I may write only so often in one group. "
        "Ask again in a minute, or in the private chat with me."
    )
    opens = Button(f"💬 {say('Open the private chat')}", url=private_chat)
    return replace(_notice(language, "⏸", say("One moment"), text), buttons=(opens,))


def try_again(language: Language) -> Reply:
    """We may not ask the platform for something just now, because others wanted it, too."""
    say = phrases_in(language).say
    return _notice(
        language, "⏸", say("One moment"), say("Many want that just now. Please press again in a few seconds.")
    )


def only_visiting(language: Language) -> Reply:
    """Somebody asks for something about a chat of which the bot is no member."""
    say = phrases_in(language).say
    text = say(
        "I am not a member of this chat, so I can answer here and nothing more. "
        "For bulletins and settings, write to me in private."
    )
    return _notice(language, "🚪", say("I am only visiting"), text)


def apology(language: Language, incident: str) -> Reply:
    """An error of ours; ``incident`` is its id in the log."""
    phrases = phrases_in(language)
    text = phrases.say(
        "I could not answer this just now. Please try again; if it keeps happening, give whoever runs this bot the code {incident}.",
        incident=incident,
    )
    return _notice(language, "🛠", phrases.say("Something went wrong"), text)


def outdated_button(language: Language) -> Reply:
    """The button's topic or bulletin does not exist any more."""
    phrases = phrases_in(language)
    text = phrases.say("This button is from an older edition. Send /help for what I can tell you now.")
    return _notice(language, "🕰", phrases.say("An old button"), text)


def old_panel(language: Language) -> Reply:
    """The press came from an admins' panel that was opened long ago."""
    phrases = phrases_in(language)
    text = phrases.say(
        "This panel is older than a quarter of an hour and may show what no longer holds. Open it again with /settings."
    )
    return _notice(language, "🕰", phrases.say("Open it again"), text)


def not_your_answer(language: Language) -> Reply:
    """Somebody else than the asker, and no admin, wants to change an answer that everybody sees."""
    phrases = phrases_in(language)
    text = phrases.say("This answer belongs to whoever asked. Ask me yourself, and you get your own.")
    return _notice(language, "✋", phrases.say("Not your question"), text)


def about(title: str, reply: Reply) -> Reply:
    """A panel about a channel, which stands in its admin's private chat, under the channel's name."""
    name = title or phrases_in(reply.language).say("Your channel")
    return replace(reply, emoji="📣", title=f"{name} › {reply.heading}")


def choose_channel(language: Language) -> Reply:
    """Asks somebody for one of their channels. ``placeholder``: the label of the button that lists them."""
    say = phrases_in(language).say
    text = say(
        "Choose it with the button below the field in which you write. It must be one where I am an admin, as you are."
    )
    reply = text_reply(language, "📣", say("My channels"), text)
    return replace(reply, placeholder=f"📣 {say('Choose a channel')}")


def not_your_channel(language: Language) -> Reply:
    """Somebody who is no admin of a channel wants to set it up, or we are not in it."""
    say = phrases_in(language).say
    text = say("Only an admin of the channel can set it up, and only while I am in it.")
    return _notice(language, "🔒", say("For admins"), text)


def channel_panel(language: Language, title: str, dossier: Dossier) -> Reply:
    """What whoever added the bot to a channel gets in private: its readers never see a panel."""
    say = phrases_in(language).say
    text = say("I am in “{title}” now. Subscribe it here; its readers see bulletins only.", title=title)
    buttons = (
        subscribe_button(language),
        *latest_bulletin(dossier, language),
        Button(f"⚙️ {say('Settings')}", Command("settings")),
        Button(f"🌐 {say('Language')}", Command("language")),
    )
    return text_reply(language, "📣", title or say("Your channel"), text, *buttons)


_CHARACTERS_OF = {"Hans": {"CJK"}, "Hant": {"CJK"}, "Jpan": {"CJK", "HIRAGANA", "KATAKANA"}, "Kore": {"HANGUL", "CJK"}}
"""Scripts (ISO 15924) whose letters have other names in Unicode than the script."""


def is_in_other_script(text: str, dossier: Dossier) -> bool:
    """Whether most letters are of scripts that none of the dossier's languages is written in."""
    scripts = [_script_of(letter) for letter in text if letter.isalpha()]
    foreign = sum(script not in _scripts(tuple(dossier.languages)) for script in scripts)
    return foreign * 2 > len(scripts)


@cache
def _scripts(languages: tuple[Language, ...]) -> frozenset[str]:
    """The first words of the Unicode names of the languages' letters, by CLDR (unicode.org/reports/tr35/#Likely_Subtags)."""
    likely, english, names = get_global("likely_subtags"), Locale("en").scripts, set[str]()
    for language in languages:
        script = next((part for part in str(likely.get(language, "")).split("_") if len(part) == 4), "Latn")
        names |= _CHARACTERS_OF.get(script) or {str(english.get(script, script)).split()[0].upper()}
    return frozenset(names)


@lru_cache(maxsize=4096)
def _script_of(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]


def unread_script(dossier: Dossier, language: Language) -> Reply:
    """A question in letters that the dossier's languages do not use."""
    say = phrases_in(language).say
    text = say("I read these languages: {languages}.", languages=languages_in_words(dossier, language))
    buttons = (help_button(dossier, language),)
    return text_reply(language, "🔤", say("I cannot read that"), text, *buttons)


MAX_LOSSES = 20
"""Channels named in one notice; a server may have hundreds."""


@dataclass(frozen=True, slots=True)
class LostRights:
    """Rights that the bot has lost in a channel, as the platform calls them in the reader's language.

    ``for_bulletins``: whether bulletins need one of them; if not, only pictures do.
    """

    title: str
    rights: Sequence[str]
    for_bulletins: bool = True


def lost_rights(language: Language, losses: Sequence[LostRights]) -> Reply:
    """Tells who can mend it what does not work any more, in one message however many channels there are."""
    say = phrases_in(language).say
    sentences = [_loss(loss, language) for loss in losses[:MAX_LOSSES]]
    if len(losses) > MAX_LOSSES:
        sentences.append(f"… +{len(losses) - MAX_LOSSES}")
    if len(sentences) == 1:
        return _notice(language, "🔇", say("A right is missing"), sentences[0])
    items = Items(tuple((Span(sentence),) for sentence in sentences))
    return Reply(None, language, say("A right is missing"), "🔇", (items,), private=True)


def _loss(lost: LostRights, language: Language) -> str:
    say, rights = phrases_in(language).say, ", ".join(lost.rights)
    if lost.for_bulletins:
        return say(
            "In “{title}” I may no longer: {rights}. Until that is allowed again, bulletins may be missing there.",
            title=lost.title,
            rights=rights,
        )
    return say(
        "In “{title}” I may no longer: {rights}. Answers come without pictures there.", title=lost.title, rights=rights
    )


def admins_only(language: Language) -> Reply:
    """The asker may not change the chat."""
    phrases = phrases_in(language)
    text = phrases.say("This changes the whole chat, so only its admins can do it.")
    return _notice(language, "🔒", phrases.say("For admins"), text)


def _notice(language: Language, emoji: str, title: str, text: str) -> Reply:
    return text_reply(language, emoji, title, text, private=True)
