"""The input of a page or a feed. PURE."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bot.dossier.models import Bulletin, BulletinId, Claim, ClaimId, Dossier, Language
from bot.newsroom.correction_history import NO_HISTORY, Histories, History
from bot.replies.bulletins import bulletin_text
from bot.replies.citations import with_citations
from bot.replies.claims import claim_words
from bot.replies.dossier_texts import DossierTexts
from bot.replies.formatting import capitalised
from bot.replies.i18n import phrases_in
from bot.replies.question import NEWS
from bot.replies.reply import Block, Button, Reply


@dataclass(frozen=True, slots=True)
class PageContext:
    """The input of a page or a feed.

    Attributes:
        dossier: the dossier in force.
        language: the language of the page.
        today: the day for which answers hold.
        origin: scheme and host (and path, if PUBLIC_URL has one), without a slash at the end.
        invitations: links that add the bot to a chat; empty if no platform runs.
        share: pairs of a platform's label and the address, with ``{url}`` and ``{title}``, that opens a message with a link there.
        histories: the corrections and withdrawals of bulletins in the ledger.
    """

    dossier: Dossier
    language: Language
    today: date
    origin: str
    invitations: Sequence[Button] = ()
    share: Sequence[tuple[str, str]] = ()
    histories: Histories = field(default_factory=dict)

    @property
    def texts(self) -> DossierTexts:
        return DossierTexts(self.dossier, self.language)

    @property
    def title(self) -> str:
        return self.texts.line(self.dossier.header.title[self.language])

    @property
    def bulletins(self) -> list[Bulletin]:
        """The bulletins, the newest first."""
        return list(self.dossier.bulletins.values())

    @property
    def withdrawn(self) -> list[BulletinId]:
        """The bulletins that were withdrawn, in the order of their ids; also those of which no file says it any more."""
        gone = (name for name, history in self.histories.items() if history.withdrawn)
        return sorted({*self.dossier.withdrawn, *gone} - set(self.dossier.bulletins))

    def history_of(self, bulletin: BulletinId) -> History:
        return self.histories.get(bulletin, NO_HISTORY)

    @property
    def modified(self) -> date | None:
        """The day on which the dossier last changed for readers; None if it is not known."""
        days = [self.dossier.header.checked, *(fact.checked for fact in self.dossier.facts.values())]
        days += [moment.date() for history in self.histories.values() if (moment := history.changed)]
        days += [entry.date for entry in self.news[:1]]
        return max((day for day in days if day and day <= self.today), default=None)

    def reply_of(self, bulletin: Bulletin) -> Reply:
        """The bulletin's text with numbered citations, and its sources."""
        text = bulletin_text(self.dossier, bulletin, self.language)
        return with_citations(Reply(NEWS, self.language, text.title, blocks=text.blocks, sources=text.sources))

    def bulletin_url(self, bulletin_id: BulletinId) -> str:
        return f"{self.origin}/{self.language}/bulletins/{bulletin_id}"

    @property
    def news(self) -> list[Bulletin | Claim]:
        """Bulletins and reviewed claims, the newest first."""
        every: list[Bulletin | Claim] = [*self.dossier.claims.values(), *self.bulletins]
        return sorted(every, key=lambda entry: entry.date, reverse=True)

    def claim_text(self, claim: Claim) -> str:
        """A sentence of a reviewed claim, in this language or else in the first one that has it."""
        return claim_words(self.dossier, claim, self.language)

    def quoted(self, claim: Claim) -> str:
        """The claim as a headline, in the quotation marks of the language."""
        sentence = self.claim_text(claim)
        return phrases_in(self.language).say("“{words}”", words=capitalised(sentence, self.language))

    def claim_url(self, claim_id: ClaimId) -> str:
        return f"{self.origin}/{self.language}/claims/{claim_id}"


def withdrawal(context: PageContext, bulletin_id: BulletinId) -> dict[str, Any]:
    """When and why a bulletin was withdrawn."""
    language, history = context.language, context.history_of(bulletin_id)
    bulletin = context.dossier.withdrawn.get(bulletin_id)
    title = history.title.get(language) or next(iter(history.title.values()), bulletin_id)
    when = history.withdrawn.date() if history.withdrawn else context.today
    blocks: tuple[Block, ...] = ()
    if bulletin and bulletin.withdrawn:
        title, when = context.texts.title(bulletin), bulletin.withdrawn.date
        blocks = context.texts.reason(bulletin.withdrawn)
    link = {"url": f"/{language}/bulletins/{bulletin_id}", "title": title}
    return {"day": when, "title": "", "blocks": blocks, "link": link, "withdrawn": True}
