"""What the public pages are about and where they stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.answers.reply import Button
from bot.dossier.model import Dossier


@dataclass(frozen=True, slots=True)
class Site:
    """What the pages are about and where they stand.

    Attributes:
        origin: scheme and host, without a slash at the end.
        invitations: how one gets the bot, in a language.
    """

    dossier: Dossier
    today: date
    origin: str
    invitations: Sequence[Button]
