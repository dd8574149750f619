"""Notices: rate limits, old buttons, missing rights, errors. PURE."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from bot.dossier.markdown import Items, Span
from bot.dossier.models import Dossier, Language
from bot.languages import script_of, scripts_of
from bot.replies.fallbacks import help_button, latest_bulletin, subscribe_button
from bot.replies.i18n import phrases_in
from bot.replies.language_panel import languages_in_words
from bot.replies.question import Command
from bot.replies.reply import Button, Reply, said_reply, text_reply

_notice = partial(said_reply, private=True)


def rate_limit_notice(language: Language) -> Reply:
    """The notice that somebody's limit of questions is reached. It is sent once."""
    text = "That is a lot of questions at once. Give me half a minute, then go on asking."
    return _notice(language, "⏸", "One moment", text)


def busy_group(language: Language, private_chat: str) -> Reply:
    """The notice that the limit of messages to a group is reached. ``private_chat``: a link to the private chat, which has no such limit."""
    text = (
        "That is a lot for one group: I may write only so often here. "
        "Ask again in a minute, or in the private chat with me."
    )
    opens = Button(f"💬 {phrases_in(language).say('Open the private chat')}", url=private_chat)
    return _notice(language, "⏸", "One moment", text, opens)


def try_again(language: Language) -> Reply:
    """The notice that the platform's limit for an action is reached."""
    text = "Many want that just now. Please press again in a few seconds."
    return _notice(language, "⏸", "One moment", text)


def only_visiting(language: Language) -> Reply:
    """The notice that the bot is not a member of the chat."""
    text = (
        "I am not a member of this chat, so I can answer here and nothing more. "
        "For bulletins and settings, write to me in private."
    )
    return _notice(language, "🚪", "I am only visiting", text)


def apology(language: Language, incident: str) -> Reply:
    """The notice of an internal error. ``incident``: its id in the log."""
    text = "I could not answer this just now. Please try again; if it keeps happening, give whoever runs this bot the code {incident}."
    return _notice(language, "🛠", "Something went wrong", text, incident=incident)


def outdated_button(language: Language) -> Reply:
    """The notice that a button's topic or bulletin does not exist any more."""
    text = "This button is from an older version. Send /help for what I can tell you now."
    return _notice(language, "🕰", "An old button", text)


def old_panel(language: Language) -> Reply:
    """The notice that an admins' panel was opened too long ago."""
    text = (
        "This panel is older than a quarter of an hour and may show what no longer holds. Open it again with /settings."
    )
    return _notice(language, "🕰", "Open it again", text)


def not_your_answer(language: Language) -> Reply:
    """The notice that only the asker and admins can change an answer that everybody sees."""
    text = "This answer belongs to whoever asked. Ask me yourself, and you get your own."
    return _notice(language, "✋", "Not your question", text)


def about(title: str, reply: Reply) -> Reply:
    """A panel about a channel, with the channel's name as its title. It stands in an admin's private chat."""
    name = title or phrases_in(reply.language).say("Your channel")
    return replace(reply, emoji="📣", title=f"{name} › {reply.heading}")


def choose_channel(language: Language) -> Reply:
    """Asks an admin for one of their channels. The reply's ``placeholder`` is the label of the button that lists them."""
    text = (
        "Choose it with the button below the field in which you write. It must be one where I am an admin, as you are."
    )
    reply = said_reply(language, "📣", "My channels", text)
    return replace(reply, placeholder=f"📣 {phrases_in(language).say('Choose a channel')}")


def not_your_channel(language: Language) -> Reply:
    """The notice that the asker is not an admin of the channel, or the bot is not in it."""
    text = "Only an admin of the channel can set it up, and only while I am in it."
    return _notice(language, "🔒", "For admins", text)


def channel_panel(language: Language, title: str, dossier: Dossier) -> Reply:
    """The panel for the admin who added the bot to a channel, sent in private, because the channel's readers see no panels."""
    say = phrases_in(language).say
    text = say("I am in “{title}” now. Subscribe it here; its readers see bulletins only.", title=title)
    buttons = (
        subscribe_button(language),
        *latest_bulletin(dossier, language),
        Button(f"⚙️ {say('Settings')}", Command("settings")),
        Button(f"🌐 {say('Language')}", Command("language")),
    )
    return text_reply(language, "📣", title or say("Your channel"), text, *buttons)


def is_in_other_script(text: str, dossier: Dossier) -> bool:
    """Whether most letters surely belong to scripts that the dossier's languages do not use."""
    known = list(map(scripts_of, dossier.languages))
    letters = [letter for letter in text if letter.isalpha()]
    foreign = sum(all(script_of(letter) not in scripts for scripts in known) for letter in letters)
    return all(known) and foreign * 2 > len(letters)


def unread_script(dossier: Dossier, language: Language) -> Reply:
    """The reply to a question in a script that the dossier's languages do not use."""
    to_help, languages = help_button(dossier, language), languages_in_words(dossier, language)
    text = "I read these languages: {languages}."
    return said_reply(language, "🔤", "I cannot read that", text, to_help, languages=languages)


MAX_LOSSES = 20
"""The most channels in one notice; a server may have hundreds."""


@dataclass(frozen=True, slots=True)
class LostRights:
    """Rights that the bot lost in a channel, by their names on the platform in the reader's language.

    ``for_bulletins``: whether bulletins need one of them; otherwise only pictures do.
    """

    title: str
    rights: Sequence[str]
    for_bulletins: bool = True


def lost_rights(language: Language, losses: Sequence[LostRights]) -> Reply:
    """The notice, one for all channels, about rights that the bot lost. It is for somebody who can give them back."""
    say = phrases_in(language).say
    sentences = [_loss(loss, language) for loss in losses[:MAX_LOSSES]]
    if len(losses) > MAX_LOSSES:
        sentences.append(f"… +{len(losses) - MAX_LOSSES}")
    if len(sentences) == 1:
        return text_reply(language, "🔇", say("A right is missing"), sentences[0], private=True)
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
    """The notice that only admins may change the chat."""
    return _notice(language, "🔒", "For admins", "This is about the whole chat, so only its admins can do it.")
