"""The texts of the bot's profile and of an empty chat with it (core.telegram.org/bots/api#setmydescription). PURE."""

from bot.dossier.markdown import Paragraph, plain
from bot.dossier.models import Dossier, Language
from bot.platforms.base import cut
from bot.platforms.telegram.limits import DESCRIPTION, SHORT_DESCRIPTION
from bot.replies.dossier_texts import DossierTexts


def description(dossier: Dossier, language: Language) -> str:
    """The text of an empty chat with the bot."""
    return cut(full_description(dossier, language), DESCRIPTION)


def short_description(dossier: Dossier, language: Language) -> str:
    """The text of the bot's profile."""
    return cut(full_short_description(dossier, language), SHORT_DESCRIPTION)


def full_description(dossier: Dossier, language: Language) -> str:
    """The dossier's summary, uncut."""
    blocks = DossierTexts(dossier, language).blocks(dossier.header.summary[language])
    return " ".join(plain(block.spans) for block in blocks if isinstance(block, Paragraph))


def full_short_description(dossier: Dossier, language: Language) -> str:
    """The dossier's title, uncut."""
    return DossierTexts(dossier, language).line(dossier.header.title[language])
