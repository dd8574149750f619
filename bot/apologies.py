"""What a reader is told where there is no answer: what happened, and what to do. PURE."""

from bot.answers.phrases import phrases
from bot.answers.reply import Reply
from bot.dossier.model import Language
from bot.dossier.text import Paragraph, Span


def too_fast(language: Language) -> Reply:
    """Somebody asks faster than people do; said once."""
    tongue = phrases(language)
    words = tongue.say("That is a lot of questions at once. Give me half a minute, then go on asking.")
    return _apology(language, "⏸", tongue.say("One moment"), words)


def out_of_order(language: Language, incident: str) -> Reply:
    """Something failed that should not; ``incident`` is the id under which the log has it."""
    tongue = phrases(language)
    words = tongue.say(
        "I could not answer this just now. Please try again; if it keeps happening, give whoever runs this bot the code {incident}.",
        incident=incident,
    )
    return _apology(language, "🛠", tongue.say("Something went wrong"), words)


def outdated(language: Language) -> Reply:
    """A button that leads nowhere any more."""
    tongue = phrases(language)
    words = tongue.say("This button is from an older edition. Send /help for what I can tell you now.")
    return _apology(language, "🕰", tongue.say("An old button"), words)


def _apology(language: Language, emoji: str, title: str, words: str) -> Reply:
    return Reply(None, language, title, emoji, (Paragraph((Span(words),)),), private=True)
