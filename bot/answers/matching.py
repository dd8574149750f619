"""Questions in people's own words → the topics they are about. PURE."""

from datetime import date

from bot.answers.declines import cannot_tell
from bot.answers.reply import Reply
from bot.dossier.model import Dossier, Language


def reply_in_words(dossier: Dossier, text: str, language: Language, today: date) -> Reply:
    """The reply to a question in somebody's own words."""
    return cannot_tell(dossier, (), language)
