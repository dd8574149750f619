"""Bulletins as they are sent: the text of a bulletin in a language, and the messages with one bulletin or several. PURE.

The ledger stores the texts, so any process can send, correct or withdraw a bulletin even if its dossier has changed.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Literal, TypeVar

from pydantic import TypeAdapter

from bot.dossier.markdown import Items, Paragraph, Span, Spans, plain, uncited, without_citations
from bot.dossier.models import Bulletin, Dossier, Language, SourceId
from bot.replies.citations import with_citations
from bot.replies.dossier_texts import DossierTexts, facts_in
from bot.replies.formatting import day
from bot.replies.i18n import phrases_in
from bot.replies.question import NEWS
from bot.replies.reply import Block, Button, Note, Reply, SourceLink, TitleCard, lines_of, with_lines
from bot.replies.word_diff import Words, marked

DIGEST_CHARACTERS = 3000
"""The most characters of text and addresses of links in one digest. The line of sources, which is not counted, must fit into Telegram's 4096
characters as well. In Discord's embeds the addresses count, too."""

_FRAME_CHARACTERS = 40
"""The day and the line breaks around a bulletin in a digest."""

_SHORTEST_CHARACTERS = 300
"""The shortest length to which a bulletin in a digest is cut."""

_LINK_CHARACTERS = 6
"""The characters of Discord's Markdown for a link besides text and address, and the number of a citation."""

MOST_FIGURES = 3
"""How many figures a correction names."""

_LONGEST_FIGURE = 40
_SPACES = " \t\r\n"
_SPACE = re.compile(f"[{_SPACES}]+")
_CLAUSE = re.compile(r"\n|(?:[,;:.!?…،؛]\S? | [–—-] )[^\W\d_]")
"""Begins a clause, which is more than a figure: "95 euros, at most"."""

_AROUND_FIGURE = f"{_SPACES}.,;:!?()[]«»“”„\"'…"

TITLE_CARD = "card"
"""The ``picture`` of a bulletin that is sent with its title card."""

Label = Literal["none", "corrected", "correction", "withdrawn"]
"""What a message says about its bulletin: nothing; that the message was edited; that it corrects an earlier message; that the
bulletin is withdrawn."""


@dataclass(frozen=True, slots=True)
class BulletinText:
    """A bulletin in one language, its facts filled in. ``buttons`` are sent with it everywhere.

    ``corrections``: the days on which it was corrected, and what was wrong before, as far as that was told in this language.
    ``because``: why it was withdrawn, in a revision that withdraws it.
    """

    title: str
    day: date
    blocks: tuple[Paragraph | Items, ...]
    sources: tuple[SourceLink, ...] = ()
    picture: str | None = None
    emoji: str = "📰"
    buttons: tuple[Button, ...] = ()
    corrections: tuple[tuple[date, str], ...] = ()
    because: tuple[Paragraph | Items, ...] = ()

    def was_wrong(self, day: date | None) -> str:
        """What was wrong in the text until the correction of this day (UTC); "" if nothing is said of it."""
        return next((words for each, words in self.corrections if each == day), "")


@dataclass(frozen=True, slots=True)
class LabelledBulletin:
    """A text and its label. ``since``: the day of the correction or withdrawal; None without a label."""

    text: BulletinText
    label: Label = "none"
    since: date | None = None


_JSON: TypeAdapter[BulletinText] = TypeAdapter(BulletinText)


def bulletin_text(dossier: Dossier, bulletin: Bulletin, language: Language) -> BulletinText:
    """The bulletin for readers of a language of the dossier."""
    composer = DossierTexts(dossier, language).of(bulletin)
    language = composer.language
    blocks = composer.blocks(bulletin.body[language])
    corrections = [(day, texts[language]) for day, texts in bulletin.corrections.items() if language in texts]
    return BulletinText(
        composer.title(bulletin),
        bulletin.date,
        blocks,
        composer.sources(bulletin.sources, facts_in(composer.dossier, bulletin.body[language]), blocks),
        bulletin.picture,
        corrections=tuple((day, " ".join(text.split())) for day, text in sorted(corrections)),
    )


def withdrawal_reasons(dossier: Dossier, bulletin: Bulletin) -> dict[str, tuple[Paragraph | Items, ...]]:
    """Why the bulletin is withdrawn, in each language of the dossier; "": for readers of any other. Citations are left out."""
    if bulletin.withdrawn is None:
        return {}
    reasons: dict[str, tuple[Paragraph | Items, ...]] = {
        language: with_lines(DossierTexts(dossier, language).reason(bulletin.withdrawn), uncited)
        for language in dossier.languages
    }
    return reasons | {"": reasons[dossier.header.default_language]}


def with_reason(reasons: Mapping[str, tuple[Paragraph | Items, ...]], language: str, stored: str) -> str:
    """A stored text (:func:`to_json`) in a language with the reason of its withdrawal."""
    return to_json(replace(from_json(stored), because=reasons.get(language) or reasons.get("", ())))


def corrected(
    text: BulletinText, before: BulletinText | None, day: date, language: Language, *, was_withdrawn: bool = False
) -> BulletinText:
    """A text with what was wrong in the one ``before`` its correction of ``day``: what was said of it, else the figures.

    "5,200, not 4,000" is said only where nothing else differs, and not more than :data:`MOST_FIGURES` do. ``was_withdrawn``: readers
    read last that it is withdrawn, so they read first that it is not any more.
    """
    say, wrong = phrases_in(language).say, text.was_wrong(day)
    if before and not wrong:
        figures = _changed_figures(marked(words_of(before), words_of(text)))
        wrong = "; ".join(say("{new}, not {old}", new=new, old=old) for old, new in figures) + ("." if figures else "")
    if was_withdrawn:
        wrong = f"{say('It is not withdrawn any more.')} {wrong}".strip()
    return replace(text, corrections=((day, wrong), *text.corrections)) if wrong != text.was_wrong(day) else text


def words_of(text: BulletinText) -> str:
    """Headline and text, without the numbers of its sources."""
    return "\n\n".join([text.title, *map(without_citations, lines_of(text.blocks))])


def _changed_figures(words: Iterable[Words]) -> list[tuple[str, str]]:
    """The figures before and after; [] if other words differ, too."""
    found = dict[tuple[str, str], None]()
    for old, new in pairwise((Words(""), *words, Words(""))):
        if (old.mark == "deleted") != (new.mark == "inserted"):
            return []  # what was added or left out is no other figure, wherever else one was left out or added
        if old.mark != "deleted":
            continue
        singly = [_SPACE.split(each.text.strip(_SPACES)) for each in (old, new)]
        are_many = len(singly[0]) == len(singly[1]) and all(_has_digit(word) for words in singly for word in words)
        for one, other in zip(*singly, strict=True) if are_many else [(old.text, new.text)]:
            pair = one.strip(_AROUND_FIGURE), other.strip(_AROUND_FIGURE)
            have_numbers = all(len(each) <= _LONGEST_FIGURE and _has_digit(each) for each in pair)
            is_figure = have_numbers and not any(map(_CLAUSE.search, pair))
            if pair[0] == pair[1] or not is_figure or _says_more(*pair):
                return []
            found[pair] = None
    return list(found) if len(found) <= MOST_FIGURES else []


def _says_more(old: str, new: str) -> bool:
    """Whether the same numbers stand among more or fewer words: "95 euros" → "95 euros or more". "5 million" → "5 billion" do not."""
    same = re.findall(r"\d+", old) == re.findall(r"\d+", new)
    return same and len(_SPACE.split(old)) != len(_SPACE.split(new))


def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text))


def to_json(text: BulletinText) -> str:
    """The text as the ledger stores it."""
    # what has none is written as releases before 0.7 did, so that its hash stays, and no message is edited
    empty = {name for name in ("corrections", "because") if not getattr(text, name)}
    return _JSON.dump_json(text, exclude=empty).decode()


def from_json(stored: str) -> BulletinText:
    """Reverses :func:`to_json`."""
    return _JSON.validate_json(stored)


def text_hash(text: BulletinText) -> str:
    """16 hexadecimal digits, the same for equal texts."""
    return hashlib.blake2b(to_json(text).encode(), digest_size=8).hexdigest()


_Message = TypeVar("_Message", BulletinText, Reply)


def as_try_out(message: _Message, language: Language) -> _Message:
    """What is sent to one reader before its audience, marked as such."""
    return replace(message, title=f"{phrases_in(language).say('Try-out')}: {message.title}", emoji="🧪")


@lru_cache(maxsize=256)
def single_reply(
    bulletin: LabelledBulletin, language: Language, notice: str = "", card: TitleCard | None = None
) -> Reply:
    """The message with one bulletin.

    ``notice``: another notice for the chat, at the end. ``card``: sent with the bulletin if its ``picture`` is :data:`TITLE_CARD`.
    """
    text, end = bulletin.text, (*_reason(bulletin), *_label_note(bulletin, language), *_notice(notice))
    if bulletin.label == "withdrawn":
        return Reply(None, language, _title(bulletin, language), "🚫", end)
    reply = Reply(
        NEWS,
        language,
        _title(bulletin, language),
        "✏️" if bulletin.label == "correction" else text.emoji,
        (Paragraph((_day(text, language),)), *text.blocks, *end),
        text.sources,
        buttons=text.buttons,
        picture=text.picture,
        card=card if text.picture == TITLE_CARD else None,
        heads=(0,),
    )
    return with_citations(reply)


def digest_reply(bulletins: tuple[LabelledBulletin, ...], language: Language, notice: str = "") -> Reply:
    """The message with several bulletins, the oldest first. Bulletins that a correction made too long are shortened."""
    bulletins = _fitted(bulletins, language)
    count = phrases_in(language).count("{n} bulletin", "{n} bulletins", len(bulletins))
    title = f"{phrases_in(language).say('Digest')} · {count}"
    blocks, heads = list[Block](), list[int]()
    for bulletin in bulletins:
        heads.append(len(blocks))
        blocks += _digest_blocks(bulletin, language)
    in_force = (bulletin for bulletin in bulletins if bulletin.label != "withdrawn")
    sources = tuple(dict.fromkeys(source for bulletin in in_force for source in bulletin.text.sources))
    whole = (*blocks, *_notice(notice))
    return with_citations(Reply(NEWS, language, title, "🗞", whole, sources, heads=tuple(heads)))


def split_into_digests(texts: Iterable[tuple[int, BulletinText]]) -> Iterator[tuple[int, ...]]:
    """The numbers of the texts of each digest, in order: as many as fit, at least one."""
    numbers: list[int] = []
    length = 0
    for number, text in texts:
        size = _length(text)
        if numbers and length + size > DIGEST_CHARACTERS:
            yield tuple(numbers)
            numbers, length = [], 0
        numbers.append(number)
        length += size
    if numbers:
        yield tuple(numbers)


def _length(text: BulletinText) -> int:
    return len(text.title) + sum(_length_of_line(line, text) for line in lines_of(text.blocks)) + _FRAME_CHARACTERS


def _length_of_line(line: Spans, text: BulletinText) -> int:
    cited = {source.id: source for source in text.sources}
    sources = ((cited.get(SourceId(span.source or "")), span) for span in line)
    links = [replace(source, place=span.place).address if source else span.url for source, span in sources]
    return len(plain(line)) + 2 + sum(len(link) + _LINK_CHARACTERS for link in links if link)


def _fitted(bulletins: tuple[LabelledBulletin, ...], language: Language) -> tuple[LabelledBulletin, ...]:
    """The bulletins, shortened to fit into one message, the longest first."""
    fitted = [
        replace(bulletin, text=replace(bulletin.text, blocks=())) if bulletin.label == "withdrawn" else bulletin
        for bulletin in bulletins
    ]
    for number in sorted(range(len(fitted)), key=lambda number: -_length(fitted[number].text)):
        excess = sum(_length(each.text) + len(each.text.was_wrong(each.since)) for each in fitted) - DIGEST_CHARACTERS
        if excess > 0:
            text = fitted[number].text
            room = max(_SHORTEST_CHARACTERS, _length(text) - excess)
            fitted[number] = replace(fitted[number], text=_shortened(text, room, language))
    return tuple(fitted)


def _shortened(text: BulletinText, room: int, language: Language) -> BulletinText:
    """The beginning of a text in at most ``room`` characters, with a note that says where the whole text is."""
    whole = Span(phrases_in(language).say("Shortened here; the whole text is in /news."), italic=True)
    room -= len(text.title) + _FRAME_CHARACTERS + len(whole.text) + 2
    blocks: list[Paragraph | Items] = []
    for block in text.blocks:
        lines = [block.spans] if isinstance(block, Paragraph) else list(block.items)
        kept = []
        for line in lines:
            room -= _length_of_line(line, text)
            if room < 0:
                break
            kept.append(line)
        if isinstance(block, Items) and kept:
            blocks.append(Items(tuple(kept)))
        elif kept:
            blocks.append(block)
        elif isinstance(block, Paragraph):
            room_of_line = room + _length_of_line(block.spans, text)
            blocks.append(Paragraph((Span(_first_words(plain(block.spans), room_of_line)),)))
        if room < 0:
            break
    return replace(text, blocks=(*blocks, Paragraph((whole,))))


def _first_words(text: str, room: int) -> str:
    return f"{text[: max(0, room - 2)].rpartition(' ')[0]}…"


def _title(bulletin: LabelledBulletin, language: Language) -> str:
    title, phrases = bulletin.text.title, phrases_in(language)
    if bulletin.label == "withdrawn":
        return withdrawn_title(title, language)
    return phrases.say("Correction: {title}", title=title) if bulletin.label == "correction" else title


def withdrawn_title(title: str, language: Language) -> str:
    return phrases_in(language).say("Withdrawn: {title}", title=title)


def _day(text: BulletinText, language: Language) -> Span:
    return Span(day(text.day, language), italic=True)


def _reason(bulletin: LabelledBulletin) -> tuple[Paragraph | Items, ...]:
    """Why it is withdrawn, which stands in place of its text."""
    return bulletin.text.because if bulletin.label == "withdrawn" else ()


def _label_note(bulletin: LabelledBulletin, language: Language) -> Iterator[Note]:
    """The note below the text that explains the label."""
    phrases = phrases_in(language)
    since = phrases.day(bulletin.since) if bulletin.since else ""
    if bulletin.label == "withdrawn":
        yield Note((Span(phrases.say("Withdrawn by the editors on {day}. Please do not pass it on.", day=since)),))
    elif bulletin.label != "none":
        because = bulletin.text.was_wrong(bulletin.since)
        words = phrases.say("Corrected on {day}: {because}", day=since, because=because)
        yield Note((Span(words if because else phrases.say("Corrected on {day}.", day=since)),))


def _notice(text: str) -> Iterator[Note]:
    if text:
        yield Note((Span(text),))


def _digest_blocks(bulletin: LabelledBulletin, language: Language) -> Iterator[Block]:
    title = Span(_title(bulletin, language), bold=True)
    yield Paragraph((title, Span("\n"), _day(bulletin.text, language)))
    yield from _reason(bulletin)
    if bulletin.label != "withdrawn":
        yield from bulletin.text.blocks
    yield from _label_note(bulletin, language)
