"""Bulletins as they are sent: what one says in a language, and the replies that carry it. PURE.

The ledger keeps the articles, so that what was sent can be corrected, taken back or sent late whatever the dossier says
by then, and by whichever process is at hand.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal

from pydantic import TypeAdapter

from bot.dossier.markdown import Items, Paragraph, Span, plain
from bot.dossier.models import Bulletin, Dossier, Language
from bot.replies.composer import Composer, facts_in
from bot.replies.formatting import day
from bot.replies.i18n import phrases_in
from bot.replies.question import NEWS
from bot.replies.reply import Block, Button, Note, Reply, SourceLink, TitleCard

DIGEST_CHARACTERS = 2400
"""One digest holds this much text, sources apart, which leaves room for them in Telegram's 4096 and Discord's embeds."""


Label = Literal["none", "corrected", "correction", "retracted"]
"""What a message says of itself: nothing; corrected in place; a correction sent anew; taken back."""


TITLE_CARD = "card"
"""What a bulletin's ``picture`` says for its title card to go with it."""


@dataclass(frozen=True, slots=True)
class BulletinText:
    """What a bulletin says in one language, its facts filled in; ``buttons`` go with it wherever it is sent."""

    title: str
    day: date
    blocks: tuple[Paragraph | Items, ...]
    sources: tuple[SourceLink, ...] = ()
    picture: str | None = None
    emoji: str = "📰"
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class LabelledBulletin:
    """An article and what is to be said of it; ``since`` is the day of the correction or of the retraction."""

    article: BulletinText
    mark: Label = "none"
    since: date | None = None


_CODEC: TypeAdapter[BulletinText] = TypeAdapter(BulletinText)


def bulletin_text(dossier: Dossier, bulletin: Bulletin, language: Language) -> BulletinText:
    """The bulletin in a language of the dossier."""
    composer = Composer(dossier, language)
    return BulletinText(
        composer.line(bulletin.title[language]),
        bulletin.date,
        composer.blocks(bulletin.body[language]),
        composer.sources(bulletin.sources, facts_in(dossier, bulletin.body[language])),
        bulletin.picture,
    )


def to_json(article: BulletinText) -> str:
    """The article as the ledger keeps it."""
    return _CODEC.dump_json(article).decode()


def from_json(kept: str) -> BulletinText:
    """The article that :func:`to_json` wrote."""
    return _CODEC.validate_json(kept)


def fingerprint(article: BulletinText) -> str:
    """The same for articles that say the same; 16 hexadecimal digits."""
    return hashlib.blake2b(to_json(article).encode(), digest_size=8).hexdigest()


@lru_cache(maxsize=256)
def single_reply(
    marked: LabelledBulletin, language: Language, notice: str = "", card: TitleCard | None = None
) -> Reply:
    """The message that carries one bulletin; ``notice`` is something to tell the chat besides.

    ``card`` is the bulletin's title card, which goes with it where its ``picture`` says so.
    """
    article = marked.article
    if marked.mark == "retracted":
        return Reply(None, language, _title(marked, language), "🚫", (*_marks(marked, language), *_notice(notice)))
    return Reply(
        NEWS,
        language,
        _title(marked, language),
        "✏️" if marked.mark == "correction" else article.emoji,
        (_when(article, language), *article.blocks, *_marks(marked, language), *_notice(notice)),
        article.sources,
        buttons=article.buttons,
        picture=article.picture,
        card=card if article.picture == TITLE_CARD else None,
    )


def digest_reply(parts: tuple[LabelledBulletin, ...], language: Language, notice: str = "") -> Reply:
    """The message that carries several bulletins, the oldest first."""
    count = phrases_in(language).count("{n} bulletin", "{n} bulletins", len(parts))
    title = f"{phrases_in(language).say('Digest')} · {count}"
    blocks = tuple(block for part in parts for block in _part(part, language))
    kept = (part for part in parts if part.mark != "retracted")
    sources = tuple(dict.fromkeys(source for part in kept for source in part.article.sources))
    return Reply(NEWS, language, title, "🗞", (*blocks, *_notice(notice)), sources)


def split_into_digests(articles: Iterable[tuple[int, BulletinText]]) -> Iterator[tuple[int, ...]]:
    """Which numbers go into one digest message each, in order: as many as fit, at least one."""
    held: list[int] = []
    length = 0
    for number, article in articles:
        size = _length(article)
        if held and length + size > DIGEST_CHARACTERS:
            yield tuple(held)
            held, length = [], 0
        held.append(number)
        length += size
    if held:
        yield tuple(held)


def _length(article: BulletinText) -> int:
    words = [plain(block.spans) if isinstance(block, Paragraph) else _items(block) for block in article.blocks]
    return len(article.title) + sum(map(len, words)) + 40


def _items(items: Items) -> str:
    return "\n".join(f"• {plain(item)}" for item in items.items)


def _title(marked: LabelledBulletin, language: Language) -> str:
    title, phrases = marked.article.title, phrases_in(language)
    if marked.mark == "retracted":
        return phrases.say("Withdrawn: {title}", title=title)
    return phrases.say("Correction: {title}", title=title) if marked.mark == "correction" else title


def _when(article: BulletinText, language: Language) -> Paragraph:
    return Paragraph((Span(day(article.day, language), italic=True),))


def _marks(marked: LabelledBulletin, language: Language) -> Iterator[Note]:
    """What the message says of itself, below what it reports."""
    since = day(marked.since, language) if marked.since else ""
    phrases = phrases_in(language)
    if marked.mark == "retracted":
        yield Note((Span(phrases.say("Withdrawn by the editors on {day}. Please do not pass it on.", day=since)),))
    elif marked.mark != "none":
        yield Note((Span(phrases.say("Corrected on {day}.", day=since)),))


def _notice(words: str) -> Iterator[Note]:
    if words:
        yield Note((Span(words),))


def _part(part: LabelledBulletin, language: Language) -> Iterator[Block]:
    """One bulletin of a digest."""
    article = part.article
    yield Paragraph((Span(_title(part, language), bold=True), Span("\n"), *_when(article, language).spans))
    if part.mark != "retracted":
        yield from article.blocks
    yield from _marks(part, language)
