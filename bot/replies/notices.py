"""Replies that are no answers: somebody asks too much, presses an old button, lacks a right; an error; what an admin should know. PURE."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.dossier.markdown import Items, Paragraph, Span
from bot.dossier.models import Dossier, Language
from bot.replies.fallbacks import latest_bulletin, subscribe_button
from bot.replies.i18n import phrases_in
from bot.replies.question import Command
from bot.replies.reply import Button, Reply


def rate_limit_notice(language: Language) -> Reply:
    """Somebody asks faster than people do. Sent once."""
    phrases = phrases_in(language)
    text = phrases.say("That is a lot of questions at once. Give me half a minute, then go on asking.")
    return _notice(language, "⏸", phrases.say("One moment"), text)


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
    return Reply(None, language, title or say("Your channel"), "📣", (Paragraph((Span(text),)),), buttons=buttons)


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
    sentences = [_loss(each, language) for each in losses[:MAX_LOSSES]]
    if len(losses) > MAX_LOSSES:
        sentences.append(f"… +{len(losses) - MAX_LOSSES}")
    if len(sentences) == 1:
        return _notice(language, "🔇", say("A right is missing"), sentences[0])
    items = Items(tuple((Span(each),) for each in sentences))
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
    return Reply(None, language, title, emoji, (Paragraph((Span(text),)),), private=True)
