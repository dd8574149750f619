"""How the bot describes itself, before it is cut to what Telegram takes. PURE."""

from bot.answers.composing import Composer
from bot.dossier.model import Dossier, Language
from bot.dossier.text import Paragraph, plain


def long_words(dossier: Dossier, language: Language) -> str:
    """The dossier's summary, for an empty chat."""
    blocks = Composer(dossier, language).blocks(dossier.header.summary[language])
    return " ".join(plain(block.spans) for block in blocks if isinstance(block, Paragraph))


def short_words(dossier: Dossier, language: Language) -> str:
    """The dossier's title, for the profile."""
    return Composer(dossier, language).line(dossier.header.title[language])
